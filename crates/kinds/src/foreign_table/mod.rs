//! Foreign tables. Their columns and checks are objects as a table's are.

mod column_options;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Statement, Work, sql};

use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Row};
use crate::foreign_options::ForeignOptions;
use crate::table::{self, PartitionOf, Table};
use crate::{Alter, Context, Definition, Visitor, clause, server};

pub use column_options::ColumnOptions;
pub(crate) use column_options::decode as decode_column_options;

/// The kind `foreign table`.
pub const KIND: Kind = crate::kind::FOREIGN_TABLE;

/// The id of the foreign table of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A foreign table, without its columns and constraints, which are objects of their own.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ForeignTable {
    /// Its id.
    pub id: Id,
    /// The server that holds it.
    pub server: Ident,
    /// Its options.
    pub options: ForeignOptions,
    /// The tables that it inherits from, in order; not for a partition.
    pub inherits: Vec<Id>,
    /// What it is a partition of.
    pub partition_of: Option<PartitionOf>,
}

impl Definition for ForeignTable {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, server, options: _, inherits, partition_of } = self;
        visitor.id(id);
        let mut of = server::id(*server);
        visitor.id(&mut of);
        *server = of.name;
        inherits.iter_mut().for_each(|parent| visitor.id(parent));
        if let Some(PartitionOf { parent, bound: _ }) = partition_of {
            visitor.id(parent);
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = table::create_foreign(&self.shape(), self.server, context);
        if let Some(first) = statements.first_mut() {
            *first = self.options.create(first.sql.clone(), &self.id);
        }
        statements
    }

    fn inlines(&self, context: &Context<'_>) -> Vec<Id> {
        table::inlines_of(&self.shape(), context)
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let name = self.id.qualified();
        vec![
            Statement::new(sql!("DROP FOREIGN TABLE {}", name))
                .locking(name, LockMode::AccessExclusive, Work::Catalog)
                .hazard(HazardKind::Compatibility, format!("foreign table {} is gone", self.id)),
        ]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, server, options, inherits: _, partition_of: _ } = to;
        let mut details = Vec::new();
        if self.server != *server {
            details.push(clause::change("server", self.server, server));
            return Alter::replace(details);
        }
        table::describe_parents(&self.shape(), &to.shape(), &mut details);
        let mut statements = Vec::new();
        if self.options != *options {
            details.push(self.options.describe(options));
            let prefix = sql!("ALTER FOREIGN TABLE {}", id.qualified());
            statements.extend(self.options.alter(options, prefix, id));
        }
        Alter::in_place(details, statements)
    }
}

impl ForeignTable {
    /// What it shares with tables.
    fn shape(&self) -> Table {
        Table {
            id: self.id,
            inherits: self.inherits.clone(),
            partition_of: self.partition_of.clone(),
            ..Table::new(self.id.schema, self.id.name)
        }
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let server = row.ident()?;
    let bound = row.sql()?;
    let options = ForeignOptions::from_catalog(&row.texts()?);
    if let Some(relation) = catalog.relation(oid) {
        let parent = Id::inside(table::KIND, "", "");
        let table = ForeignTable {
            id: relation.id,
            server,
            options,
            inherits: Vec::new(),
            partition_of: bound.map(|bound| PartitionOf { parent, bound }),
        };
        catalog.add(PG_CLASS, oid, table);
    }
    Ok(())
}
