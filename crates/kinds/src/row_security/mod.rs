//! Row-level security of tables.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Name, Sql, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, table};

/// The kind `row security`.
pub const KIND: Kind = crate::kind::ROW_SECURITY;

/// The id of the row-level security of a table.
pub fn id(table: Id) -> Id {
    Id::attached(KIND, table, "")
}

/// The row-level security of a table; an object only where anything of it is switched on.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct RowSecurity {
    /// Its id, attached to the table.
    pub id: Id,
    /// Policies decide who sees which rows.
    pub enabled: bool,
    /// They hold for the table's owner, too.
    pub forced: bool,
}

impl RowSecurity {
    fn table(&self) -> Name {
        self.id.qualified()
    }

    fn action(&self, action: Sql, context: &Context<'_>) -> Statement {
        let table = self.table();
        let statement = table::alter(table, sql!("{} ROW LEVEL SECURITY", action));
        if context.from.contains(&table::id(table.schema, table.name)) {
            statement.hazard(HazardKind::Access, format!("who sees and writes which rows of {table}"))
        } else {
            statement
        }
    }

    /// What turns one state into the other; force first on, last off.
    fn actions(&self, from: (bool, bool), to: (bool, bool), context: &Context<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        if !from.1 && to.1 {
            statements.push(self.action(sql!("FORCE"), context));
        }
        if from.0 != to.0 {
            let word = if to.0 { sql!("ENABLE") } else { sql!("DISABLE") };
            statements.push(self.action(word, context));
        }
        if from.1 && !to.1 {
            statements.push(self.action(sql!("NO FORCE"), context));
        }
        statements
    }
}

impl Definition for RowSecurity {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, enabled: _, forced: _ } = self;
        visitor.id(id);
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        self.actions((false, false), (self.enabled, self.forced), context)
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if self.id.target().is_some_and(|table| !context.to.contains(&table)) {
            return Vec::new();
        }
        self.actions((self.enabled, self.forced), (false, false), context)
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self { id: _, enabled, forced } = to;
        let mut details = Vec::new();
        if self.enabled != *enabled {
            details.push(clause::change("enabled", self.enabled, enabled));
        }
        if self.forced != *forced {
            details.push(clause::change("forced", self.forced, forced));
        }
        let statements = to.actions((self.enabled, self.forced), (*enabled, *forced), context);
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let (enabled, forced) = (row.bool()?, row.bool()?);
    if let Some(relation) = catalog.relation_of(oid, &[table::KIND]) {
        let id = id(relation.id);
        catalog.add_leaf(RowSecurity { id, enabled, forced });
    }
    Ok(())
}
