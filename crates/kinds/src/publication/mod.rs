//! Publications, the tables and the schemas in them.

mod identity;
mod parts;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_PUBLICATION;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

pub use identity::forbids_updates;
pub use parts::{PublishedSchema, PublishedTable};
pub(crate) use parts::{decode_schema, decode_table};

/// The kind `publication`.
pub const KIND: Kind = crate::kind::PUBLICATION;

/// The id of the publication of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A publication, without the tables and schemas that were added to it one by one.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Publication {
    /// Its id.
    pub id: Id,
    /// It publishes every table.
    pub all_tables: bool,
    /// What it publishes: `insert`, `update`, `delete`, `truncate`.
    pub operations: Vec<&'static str>,
    /// Changes of partitions are published as those of the partitioned table.
    pub via_root: bool,
    /// Stored generated columns are published (PostgreSQL 18).
    pub generated: bool,
}

impl Publication {
    fn operations(&self) -> Sql {
        sql!("publish = {}", Literal::new(self.operations.join(", ")))
    }
}

impl Definition for Publication {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, all_tables: _, operations: _, via_root: _, generated: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let all = if self.all_tables { sql!(" FOR ALL TABLES") } else { sql!("") };
        let mut options = vec![self.operations()];
        options.extend(self.via_root.then(|| sql!("publish_via_partition_root = true")));
        options.extend(self.generated.then(|| sql!("publish_generated_columns = stored")));
        let options = limbeck_sql::list(options);
        vec![Statement::new(sql!("CREATE PUBLICATION {}{} WITH ({})", self.id.name, all, options))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP PUBLICATION {}", self.id.name))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, all_tables, operations, via_root, generated } = to;
        let mut details = Vec::new();
        if self.all_tables != *all_tables {
            return Alter::replace(vec![clause::change("all tables", self.all_tables, all_tables)]);
        }
        let mut options = Vec::new();
        if self.operations != *operations {
            details.push(clause::change("operations", self.operations.join(", "), operations.join(", ")));
            options.push(to.operations());
        }
        let word = |value: bool| Sql::from_trusted(value.to_string());
        if self.via_root != *via_root {
            details.push(clause::change("via partition root", self.via_root, via_root));
            options.push(sql!("publish_via_partition_root = {}", word(*via_root)));
        }
        if self.generated != *generated {
            details.push(clause::change("generated columns", self.generated, generated));
            let word = if *generated { sql!("stored") } else { sql!("none") };
            options.push(sql!("publish_generated_columns = {}", word));
        }
        let text = sql!("ALTER PUBLICATION {} SET ({})", id.name, limbeck_sql::list(options));
        Alter::in_place(details, vec![Statement::new(text)])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let all_tables = row.bool()?;
    let mut operations = Vec::new();
    for word in ["insert", "update", "delete", "truncate"] {
        operations.extend(row.bool()?.then_some(word));
    }
    let via_root = row.bool()?;
    let generated = row.letter()? == 's';
    if !catalog.is_member(PG_PUBLICATION, oid) {
        let publication = Publication { id: id(name), all_tables, operations, via_root, generated };
        catalog.add(PG_PUBLICATION, oid, publication);
    }
    Ok(())
}
