//! Partitions that come and go.
//!
//! Before a table is attached, a check that says its bound is validated, so that the server need not look through
//! the table while it is locked (manual, ALTER TABLE, ATTACH PARTITION); nor through a default partition beside it, which
//! gets one that says the opposite. A partition leaves concurrently (version 14), for which the server would leave a
//! check behind unless there is one already; it goes with it.

use limbeck_kinds::constraint::validate;
use limbeck_kinds::table::{self, Parents, PartitionOf, Table};
use limbeck_sql::{
    DollarQuoted, HazardKind, Ident, Literal, Lock, LockMode, Name, Sql, Statement, Work, sql,
};

use super::Online;

pub(super) fn leave(
    table: Name,
    from: &Parents,
    to: &Parents,
    plain: Vec<Statement>,
    online: &mut Online<'_>,
) -> Vec<Statement> {
    let stays = |of: &&PartitionOf| to.partition_of.as_ref().map(|of| of.parent) != Some(of.parent);
    let Some(of) = from.partition_of.as_ref().filter(stays) else { return plain };
    if !may_detach(of, online) {
        return plain;
    }
    let name = online.names.free(table.schema, table.name, None, "limbeck_bound");
    let bound = sql!(
        "
BEGIN
    EXECUTE format(
        {},
        pg_get_partition_constraintdef({}::regclass)
    );
END
",
        Literal::new(format_text(table, name)),
        Literal::new(table.to_string())
    );
    let check = Statement::new(sql!("DO {}", DollarQuoted::new(bound))).locking(
        table,
        LockMode::AccessExclusive,
        Work::Catalog,
    );
    let mut statements = vec![
        check,
        validate(table, name).in_own_transaction(),
        detach(table, of),
        table::alter(table, sql!("DROP CONSTRAINT {}", name)),
    ];
    // The rest is of other parents.
    statements.extend(plain.into_iter().skip(1));
    statements
}

/// The pattern of `format` that adds the check, with the names' own per cent signs doubled.
fn format_text(table: Name, name: Ident) -> String {
    let percent = |text: String| text.replace('%', "%%");
    let head = percent(sql!("ALTER TABLE {} ADD CONSTRAINT {} CHECK", table, name).to_string());
    [&head, " (%s) NOT VALID"].concat()
}

/// A partition that is dropped leaves first, so that its parent is never locked against readers and writers.
pub(super) fn drop(table: &Table, mut plain: Vec<Statement>, online: &Online<'_>) -> Vec<Statement> {
    if let Some(of) = &table.partition_of
        && may_detach(of, online)
    {
        plain.insert(0, detach(table.name(), of));
    }
    plain
}

fn detach(table: Name, of: &PartitionOf) -> Statement {
    let parent = of.parent.qualified();
    Statement::new(sql!("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY", parent, table))
        .locking(parent, LockMode::ShareUpdateExclusive, Work::Catalog)
        .locking(table, LockMode::AccessExclusive, Work::Catalog)
        .outside_transaction()
}

/// The server detaches concurrently from version 14 on, and where no partition takes what fits no other.
fn may_detach(of: &PartitionOf, online: &Online<'_>) -> bool {
    let takes_the_rest = table::default_partition(online.context.from, &of.parent).is_some();
    online.context.version >= 140_000 && online.stands(of.parent) && !takes_the_rest
}

pub(super) fn join(
    table: Name,
    to: &Parents,
    mut plain: Vec<Statement>,
    online: &mut Online<'_>,
) -> Vec<Statement> {
    let Some(of) = &to.partition_of else { return plain };
    let Some(condition) = table::condition(of, online.context.to) else { return plain };
    if !online.stands_table(table) || !online.stands(of.parent) {
        return plain;
    }
    let beside = Bound::beside(table, of, &mut plain, online);
    let mut own = Bound::new(table, condition, online);
    for statement in &mut plain {
        own.validation.hazards.append(&mut statement.hazards);
        own.validation.preflights.append(&mut statement.preflights);
        only_catalog(statement, table);
    }
    around([Some(own), beside].into_iter().flatten(), plain)
}

/// A partition that is new beside one that takes the rest.
pub(super) fn create(table: &Table, mut plain: Vec<Statement>, online: &mut Online<'_>) -> Vec<Statement> {
    let Some(of) = table.partition_of.as_ref().filter(|of| online.stands(of.parent)) else { return plain };
    let beside = Bound::beside(table.name(), of, &mut plain, online);
    around(beside, plain)
}

/// A check that is there for the moment, so that the server need not look through a table when it is locked.
struct Bound {
    add: Statement,
    validation: Statement,
    drop: Statement,
}

impl Bound {
    fn new(table: Name, condition: Sql, online: &mut Online<'_>) -> Self {
        let name = online.names.free(table.schema, table.name, None, "limbeck_bound");
        Self {
            add: table::alter(table, sql!("ADD CONSTRAINT {} CHECK ({}) NOT VALID", name, condition)),
            validation: validate(table, name).in_own_transaction(),
            drop: table::alter(table, sql!("DROP CONSTRAINT {}", name)),
        }
    }

    /// Says of the partition that takes the rest that it holds no row of another one's, which the server sees from a
    /// check of its own, too (`check_default_partition_contents` in PostgreSQL's partbounds.c).
    fn beside(
        table: Name,
        of: &PartitionOf,
        statements: &mut [Statement],
        online: &mut Online<'_>,
    ) -> Option<Self> {
        let rest = table::rest(table, of, online.context).filter(|rest| online.stands_table(rest.name))?;
        let condition = table::condition(of, online.context.to)?;
        let mut bound = Self::new(rest.name, sql!("NOT ({})", condition), online);
        let refused =
            format!("rows that belong to {table} are refused by {} until it has its place", rest.name);
        bound.add = bound.add.hazard(HazardKind::Compatibility, refused);
        for statement in statements {
            statement.hazards.retain(|hazard| *hazard != rest.hazard);
            statement.preflights.retain(|preflight| Some(preflight) != rest.preflight.as_ref());
            only_catalog(statement, rest.name);
        }
        bound.validation.hazards.push(rest.hazard);
        bound.validation.preflights.extend(rest.preflight);
        Some(bound)
    }
}

/// The statement looks through the table no longer.
fn only_catalog(statement: &mut Statement, table: Name) {
    let on = |lock: &&mut Lock| lock.relation == table.to_string();
    statement.locks.iter_mut().filter(on).for_each(|lock| lock.work = Work::Catalog);
}

/// Statements with checks before and none of them after.
fn around(bounds: impl IntoIterator<Item = Bound>, statements: Vec<Statement>) -> Vec<Statement> {
    let (mut before, mut validations, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for Bound { add, validation, drop } in bounds {
        before.push(add);
        validations.push(validation);
        after.push(drop);
    }
    before.into_iter().chain(validations).chain(statements).chain(after).collect()
}
