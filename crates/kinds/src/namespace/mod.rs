//! Schemas, in PostgreSQL's sense.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Statement, sql};

use crate::catalog::class::PG_NAMESPACE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Schema, Visitor, comment};

/// The kind `schema`.
pub const KIND: Kind = crate::kind::SCHEMA;

/// The id of the schema of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A schema. It is its name, and no more: owner and grants are objects of their own.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Namespace {
    /// Its id.
    pub id: Id,
}

/// The schema that every database begins with.
pub const PUBLIC: &str = "public";

/// What an empty database has of these objects.
pub fn of_empty(schema: &Schema) -> Schema {
    let public = id(Ident::new(PUBLIC));
    schema.get(&public).cloned().into_iter().collect()
}

/// What schema `public` has from the beginning (src/bin/initdb/initdb.c).
fn beginning(version: i32) -> Vec<Statement> {
    let name = Ident::new(PUBLIC);
    let mut statements =
        vec![Statement::new(sql!("COMMENT ON SCHEMA {} IS {}", name, Literal::new(comment::STANDARD)))];
    if version >= 150_000 {
        statements.push(Statement::new(sql!("ALTER SCHEMA {} OWNER TO pg_database_owner", name)));
        statements.push(Statement::new(sql!("GRANT USAGE ON SCHEMA {} TO PUBLIC", name)));
    } else {
        statements.push(Statement::new(sql!("GRANT CREATE, USAGE ON SCHEMA {} TO PUBLIC", name)));
    }
    statements
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

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![Statement::new(sql!("CREATE SCHEMA {}", self.id.name))];
        if self.id.name == PUBLIC {
            statements.extend(beginning(context.version));
        }
        statements
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
