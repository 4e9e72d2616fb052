//! Schemas, in PostgreSQL's sense.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Statement, sql};

use crate::catalog::class::PG_NAMESPACE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

/// The kind `schema`.
pub const KIND: Kind = crate::kind::SCHEMA;

/// The id of the schema of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A schema. It is its name, and no more: owner and grants are objects of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Namespace {
    /// Its id.
    pub id: Id,
}

impl Definition for Namespace {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE SCHEMA {}", self.id.name))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(sql!("DROP SCHEMA {}", self.id.name))
                .hazard(HazardKind::Compatibility, format!("schema {} is gone", self.id.name)),
        ]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::in_place(Vec::new(), Vec::new())
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let system = name.as_str().starts_with("pg_") || name == "information_schema";
    if !system {
        catalog.namespaces.insert(oid, name);
        if !catalog.is_member(PG_NAMESPACE, oid) {
            catalog.add(PG_NAMESPACE, oid, Namespace { id: id(name) });
        }
    }
    Ok(())
}
