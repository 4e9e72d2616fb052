//! Owners. Compared only where the caller asks for it: it drops objects of this kind otherwise.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, column, extension, kind};

/// The kind `owner`.
pub const KIND: Kind = crate::kind::OWNER;

/// The id of an object's ownership.
pub fn id(target: Id) -> Id {
    Id::attached(KIND, target, "")
}

/// Who owns an object.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Owner {
    /// Its id, attached to the object.
    pub id: Id,
    /// The owner.
    pub role: Ident,
}

impl Owner {
    fn set(&self) -> Vec<Statement> {
        let target = self.id.target().map(|target| match target.kind {
            kind::AGGREGATE => sql!("AGGREGATE {}", clause::signature(&target)),
            _ => clause::target(&target),
        });
        let text = sql!("ALTER {} OWNER TO {}", target.unwrap_or_default(), self.role);
        vec![Statement::new(text).hazard(HazardKind::Access, format!("{} belongs to {}", self.id, self.role))]
    }
}

impl Definition for Owner {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn roles(&self) -> Vec<Ident> {
        vec![self.role]
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, role: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set()
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        // Everything has an owner: it goes with its object only.
        Vec::new()
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        Alter::in_place(vec![clause::change("owner", self.role, to.role)], to.set())
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid) = (row.oid()?, row.oid()?);
    let role = row.ident()?;
    if catalog.is_member(class, oid) {
        return Ok(());
    }
    let Some(target) = catalog.id_of(class, oid) else { return Ok(()) };
    // The sequence of an identity column follows its table, what a table's row type is follows the table.
    let follows = [column::KIND, extension::KIND, kind::SHELL_TYPE].contains(&target.kind)
        || (class == crate::catalog::class::PG_TYPE && target.kind == kind::TABLE);
    if !follows {
        catalog.add_leaf(Owner { id: id(target), role });
    }
    Ok(())
}
