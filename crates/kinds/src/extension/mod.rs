//! Extensions.

use std::hash::{Hash, Hasher};

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Statement, sql};

use crate::catalog::class::PG_EXTENSION;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, namespace};

/// The kind `extension`.
pub const KIND: Kind = crate::kind::EXTENSION;

/// The id of the extension of that name.
pub fn id(name: impl Into<Ident>) -> Id {
    Id::global(KIND, name)
}

/// An extension.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Its id.
    pub id: Id,
    /// The schema that its objects were made in, as an object.
    pub schema: Id,
    /// Its objects can be moved to another schema.
    pub relocatable: bool,
    /// The installed version. `None` where a declaration leaves it open.
    pub version: Option<String>,
}

/// A version that a declaration leaves open equals any.
impl PartialEq for Extension {
    fn eq(&self, other: &Self) -> bool {
        let Self { id, schema, relocatable: _, version } = self;
        let same_version = version.is_none() || other.version.is_none() || *version == other.version;
        *id == other.id && *schema == other.schema && same_version
    }
}

impl Hash for Extension {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { id, schema, relocatable: _, version: _ } = self;
        (id, schema).hash(state);
    }
}

impl Definition for Extension {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, schema, relocatable: _, version: _ } = self;
        visitor.id(id);
        visitor.id(schema);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        // The version is left to the server, as pg_dump leaves it.
        let statement = if self.schema.name == "pg_catalog" {
            sql!("CREATE EXTENSION {}", self.id.name)
        } else {
            sql!("CREATE EXTENSION {} WITH SCHEMA {}", self.id.name, self.schema.name)
        };
        vec![Statement::new(statement)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![
            Statement::new(sql!("DROP EXTENSION {}", self.id.name))
                .hazard(HazardKind::DataLoss, format!("everything of extension {}", self.id.name)),
        ]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, schema, relocatable: _, version } = to;
        let mut details = Vec::new();
        let mut statements = Vec::new();
        if self.schema != *schema {
            details.push(clause::change("schema", self.schema.name, schema.name));
            if !self.relocatable {
                return Alter::replace(details);
            }
            statements.push(Statement::new(sql!("ALTER EXTENSION {} SET SCHEMA {}", id.name, schema.name)));
        }
        if let (Some(from), Some(to)) = (&self.version, version)
            && from != to
        {
            details.push(clause::change("version", from, to));
            statements.push(Statement::new(sql!(
                "ALTER EXTENSION {} UPDATE TO {}",
                id.name,
                Literal::new(to)
            )));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let namespace = row.oid()?;
    let version = Some(row.text()?.to_owned());
    let relocatable = row.bool()?;
    let schema = catalog.namespace(namespace).unwrap_or_else(|| Ident::new("pg_catalog"));
    catalog.add(
        PG_EXTENSION,
        oid,
        Extension { id: id(name), schema: namespace::id(schema), relocatable, version },
    );
    Ok(())
}
