//! Security labels, one per object and provider.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, column, extension, view};

/// The kind `security label`.
pub const KIND: Kind = crate::kind::SECURITY_LABEL;

/// The id of a provider's label on an object.
pub fn id(target: Id, provider: Ident) -> Id {
    Id::attached(KIND, target, provider)
}

/// A security label.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct SecurityLabel {
    /// Its id, attached to what it labels.
    pub id: Id,
    /// The label.
    pub label: String,
}

impl SecurityLabel {
    fn set(&self, label: Sql) -> Vec<Statement> {
        let target = self.id.target().map(|target| clause::target(&target)).unwrap_or_default();
        let text = sql!("SECURITY LABEL FOR {} ON {} IS {}", self.id.sub, target, label);
        vec![Statement::new(text).hazard(HazardKind::Access, format!("the label of {}", self.id))]
    }
}

impl Definition for SecurityLabel {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, label: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(sql!("{}", Literal::new(&self.label)))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // A label goes with its object.
        if self.id.target().is_some_and(|target| !view::stands(context.to, &target)) {
            return Vec::new();
        }
        self.set(sql!("NULL"))
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        Alter::in_place(vec![clause::change("label", &self.label, &to.label)], to.create(context))
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid, number) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let provider = row.ident()?;
    let label = row.text()?.to_owned();
    let target = if class == PG_CLASS && number > 0 {
        catalog.relation(oid).map(|relation| column::id(relation.name(), relation.column(number)))
    } else {
        catalog.id_of(class, oid).filter(|id| id.kind != extension::KIND)
    };
    if let Some(target) = target {
        catalog.add_leaf(SecurityLabel { id: id(target, provider), label });
    }
    Ok(())
}
