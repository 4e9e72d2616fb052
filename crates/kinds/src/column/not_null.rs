//! NOT NULL: a mark of a column, and from version 18 on a constraint with a name.

use limbeck_schema::Incidental;
use limbeck_sql::{HazardKind, Ident, Name, Sql, Statement, Work, sql};

use super::{Column, id, locked};
use crate::catalog::class::PG_CONSTRAINT;
use crate::catalog::{Catalog, Malformed, Row};
use crate::names::object_name;
use crate::{Object, constraint, domain, kind, table};

/// The first version in which NOT NULL is a constraint with a name (PostgreSQL 18).
const NAMED: i32 = 180_000;

/// NOT NULL of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct NotNull {
    /// The constraint's name; `None` where nobody says: in models, and on a server before version 18.
    pub name: Option<Ident>,
    /// Children do not inherit it.
    pub no_inherit: bool,
    /// Only new rows are known to satisfy it.
    pub not_valid: bool,
    /// It comes from a parent table only; of a partition, from its parent.
    pub inherited: bool,
    /// A partition has it of its own, too, and keeps it when its parent's goes. Attaching wipes that out, and no
    /// statement tells it.
    pub own: Incidental<bool>,
    /// The name has to be said although the server would choose it: until the plan is done, something else bears it.
    pub said: Incidental<bool>,
}

/// The name that the server gives to a NOT NULL, unless it is taken.
pub fn default_not_null_name(table: Name, column: Ident) -> Ident {
    object_name(table.name, Some(column), "not_null")
}

impl Column {
    /// The name of its NOT NULL, said or not.
    pub fn not_null_name(&self) -> Ident {
        let said = self.not_null.and_then(|not_null| not_null.name);
        said.unwrap_or_else(|| default_not_null_name(self.table(), self.id.name))
    }

    /// Whether its NOT NULL has another name than the server would give.
    pub fn has_own_not_null_name(&self) -> bool {
        self.not_null_name() != default_not_null_name(self.table(), self.id.name)
    }

    /// Whether a child's NOT NULL has a name that it would not get from its parent's.
    pub(super) fn has_other_not_null_than(&self, parent: &Self, version: i32) -> bool {
        let named = self.not_null.is_some_and(|not_null| not_null.name.is_some());
        version >= NAMED && named && self.not_null_name() != parent.not_null_name()
    }

    /// Whether its NOT NULL is another than `NOT NULL` makes.
    fn has_special_not_null(&self, not_null: &NotNull) -> bool {
        let NotNull { name, no_inherit, not_valid, inherited: _, own: _, said } = *not_null;
        let default = default_not_null_name(self.table(), self.id.name);
        name.is_some_and(|name| name != default) || no_inherit || not_valid || said.0
    }

    /// What stands behind the type; nothing where the constraint has to come after.
    pub(super) fn not_null_clause(&self, version: i32) -> Sql {
        // What parents bring is not said again: it would be of its own then.
        let said = self.not_null.filter(|it| version < NAMED || !it.inherited);
        let Some(not_null) = &said else { return sql!("") };
        if version < NAMED || !self.has_special_not_null(not_null) {
            return sql!(" NOT NULL");
        }
        if not_null.not_valid {
            return sql!("");
        }
        sql!(" CONSTRAINT {} NOT NULL{}", self.not_null_name(), no_inherit(not_null))
    }

    /// As a constraint of the table, with its name.
    pub(crate) fn not_null_constraint(&self) -> Option<Sql> {
        let not_null = self.not_null.as_ref()?;
        let valid = if not_null.not_valid { sql!(" NOT VALID") } else { sql!("") };
        let (name, column) = (self.not_null_name(), self.id.name);
        Some(sql!("CONSTRAINT {} NOT NULL {}{}{}", name, column, no_inherit(not_null), valid))
    }

    /// The line of CREATE TABLE for what a column of a parent has beyond it, and for one of a table that has a column
    /// of its own beside its parent's: unsaid, the name would be the parent's.
    pub(crate) fn own_not_null(&self, version: i32) -> Option<Sql> {
        let not_null = self.not_null.as_ref()?;
        (version >= NAMED && not_null.name.is_some() && !not_null.inherited && !not_null.not_valid)
            .then(|| self.not_null_constraint())
            .flatten()
    }

    /// What cannot stand in CREATE TABLE and ADD COLUMN.
    pub(super) fn late_not_null(&self, version: i32) -> Option<Statement> {
        let late = version >= NAMED && self.not_null.is_some_and(|it| it.not_valid && !it.inherited);
        late.then(|| self.demand(version))
    }

    /// The statement that makes it NOT NULL, without a word of what that may cost.
    pub(super) fn demand(&self, version: i32) -> Statement {
        match self.not_null.filter(|it| version >= NAMED && self.has_special_not_null(it)) {
            Some(_) => {
                table::alter(self.table(), sql!("ADD {}", self.not_null_constraint().unwrap_or_default()))
            }
            None => self.action(sql!("SET NOT NULL")),
        }
    }

    /// The same demand for new rows only, where the server knows such.
    pub fn not_null_not_valid(&self, version: i32) -> Option<Statement> {
        let not_null = self.not_null.filter(|it| version >= NAMED && !it.not_valid)?;
        let column = Self { not_null: Some(NotNull { not_valid: true, ..not_null }), ..self.clone() };
        Some(column.demand(version))
    }
}

fn no_inherit(not_null: &NotNull) -> Sql {
    if not_null.no_inherit { sql!(" NO INHERIT") } else { sql!("") }
}

/// Demands a value of each row.
pub fn set_not_null(column: &Column, version: i32) -> Statement {
    let statement = column.demand(version);
    if version >= NAMED && column.not_null.is_some_and(|it| it.not_valid) {
        return statement;
    }
    locked(column.table(), statement.sql, Work::Scan)
        .hazard(HazardKind::MayFail, format!("fails if a row holds NULL in {}", column.id))
}

/// Rows of `pg_constraint` for NOT NULL, of columns and of domains.
pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let (relation_oid, domain_oid) = (row.oid()?, row.oid()?);
    if domain_oid != 0 {
        domain::name_not_null(catalog, oid, domain_oid, name);
        return Ok(());
    }
    let key: Vec<i16> = row.numbers()?;
    let (validated, no_inherit, is_local) = (row.bool()?, row.bool()?, row.bool()?);
    let parents: i32 = row.int()?;
    let Some(relation) = catalog.relation_of(relation_oid, &[table::KIND, kind::FOREIGN_TABLE]) else {
        return Ok(());
    };
    let (table, is_partition) = (relation.name(), relation.is_partition);
    let column = key.first().map(|number| relation.column(*number)).unwrap_or_default();
    if let Some(Object::Column(column)) = catalog.get_mut(&id(table, column)) {
        column.not_null = Some(NotNull {
            name: Some(name),
            no_inherit,
            not_valid: !validated,
            inherited: parents > 0 && (is_partition || !is_local),
            own: Incidental(is_local),
            said: Incidental(false),
        });
        catalog.address(PG_CONSTRAINT, oid, constraint::id(table, name));
    }
    Ok(())
}
