//! Comments, on whatever they are.

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::{PG_CLASS, PG_EXTENSION};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{
    Alter, Context, Definition, Object, Schema, Visitor, clause, column, constraint, domain, extension,
    sequence, view,
};

/// The kind `comment`.
pub const KIND: Kind = crate::kind::COMMENT;

/// The id of the comment on an object.
pub fn id(target: Id) -> Id {
    Id::attached(KIND, target, "")
}

/// What tells the comment on a constraint's index from the comment on the constraint.
const INDEX: &str = "index";

/// The comment that every database has on schema `public`.
pub(crate) const STANDARD: &str = "standard public schema";

/// A comment.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Comment {
    /// Its id, attached to what it describes.
    pub id: Id,
    /// Its text; empty where the object has none although it came with one.
    pub text: String,
    /// What the server writes there when it makes the object.
    pub standard: Incidental<Option<Ident>>,
}

impl Comment {
    /// A comment on an object.
    pub fn on(target: Id, text: impl Into<String>) -> Self {
        Self { id: id(target), text: text.into(), standard: Incidental(None) }
    }

    fn set(&self, text: Sql) -> Vec<Statement> {
        let target = self.id.target().map(|target| match self.id.sub {
            sub if sub == INDEX => sql!("INDEX {}", target.qualified()),
            _ => clause::target(&target),
        });
        let target = target.unwrap_or_default();
        vec![Statement::new(sql!("COMMENT ON {} IS {}", target, text))]
    }
}

impl Definition for Comment {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, text: _, standard: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(sql!("{}", Literal::new(&self.text)))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // A comment goes with its object.
        let stands = |target: Id| {
            view::stands(context.to, &target)
                || whole_of(context.to, &target).is_some()
                || is_renamed(&target, context)
        };
        if self.id.target().is_some_and(|target| !stands(target)) {
            return Vec::new();
        }
        let standard = self.standard.0.map(|text| sql!("{}", Literal::new(text.as_str())));
        self.set(standard.unwrap_or_else(|| sql!("NULL")))
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let details = vec![clause::change("text", quoted(&self.text), quoted(&to.text))];
        Alter::in_place(details, to.create(context))
    }

    fn extra_needs(&self, schema: &Schema) -> Vec<Id> {
        self.id.target().and_then(|target| whole_of(schema, &target)).into_iter().collect()
    }
}

/// The object that a thing with a name is a part of: the column or domain whose NOT NULL it is (PostgreSQL 18), the
/// column whose identity's sequence it is.
fn whole_of(schema: &Schema, part: &Id) -> Option<Id> {
    if schema.contains(part) {
        return None;
    }
    let name = Some(part.name);
    match part.kind {
        sequence::KIND => schema.iter().find_map(|(id, object)| match object {
            Object::Column(column::Column { value: column::Value::Identity(identity), .. }) => {
                (identity.sequence == part.qualified()).then_some(*id)
            }
            _ => None,
        }),
        constraint::KIND => {
            let named = |column: &&column::Column| column.not_null.is_some_and(|it| it.name == name);
            let columns = crate::table::columns_of(schema, part.relation());
            columns.into_iter().find(named).map(|column| column.id)
        }
        domain::CONSTRAINT_KIND => {
            let id = domain::id(part.schema, part.relation);
            let named = |object: &&Object| matches!(object, Object::Domain(it) if it.not_null_name == name);
            schema.get(&id).filter(named).map(|_| id)
        }
        _ => None,
    }
}

/// Whether it is a NOT NULL that stays under another name, and its comment with it.
fn is_renamed(part: &Id, context: &Context<'_>) -> bool {
    let whole = whole_of(context.from, part).and_then(|whole| context.to.get(&whole));
    match whole {
        Some(Object::Column(column)) => part.kind == constraint::KIND && column.not_null.is_some(),
        Some(Object::Domain(domain)) => domain.not_null,
        _ => false,
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid, column) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let text = row.text()?;
    let standard = Incidental(row.optional()?.map(Ident::new));
    let target = if class == PG_CLASS && column > 0 {
        catalog.relation(oid).map(|relation| column::id(relation.name(), relation.column(column)))
    } else {
        // Members of an extension are the extension's.
        match catalog.id_of(class, oid).filter(|id| class == PG_EXTENSION || id.kind != extension::KIND) {
            // The sequence of an identity is a part of its column.
            Some(id) if class == PG_CLASS && id.kind == column::KIND => {
                catalog.relation(oid).map(|sequence| sequence.id)
            }
            other => other,
        }
    };
    if let Some(target) = target {
        let of_index = class == PG_CLASS && target.kind == constraint::KIND;
        let id = if of_index { Id::attached(KIND, target, INDEX) } else { id(target) };
        catalog.add_leaf(Comment { id, text: text.to_owned(), standard });
    }
    Ok(())
}
