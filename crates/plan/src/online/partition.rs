//! Partitions that come and go.
//!
//! Before a table is attached, a check that says its bound is validated, so that the server need not look through
//! the table while it is locked (manual, ALTER TABLE, ATTACH PARTITION). A partition leaves concurrently (version
//! 14), for which the server would leave a check behind unless there is one already; it goes with it.

use limbeck_kinds::Schema;
use limbeck_kinds::constraint::validate;
use limbeck_kinds::table::{self, Parents, PartitionOf, Table};
use limbeck_sql::{DollarQuoted, Ident, Literal, LockMode, Name, Statement, Work, sql};

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
    let takes_the_rest = |schema: &Schema| {
        schema.iter().any(|(_, object)| {
            let sibling = table::parents_of(object).partition_of;
            sibling.is_some_and(|sibling| sibling.parent == of.parent && is_default(&sibling))
        })
    };
    online.context.version >= 140_000 && online.stands(of.parent) && !takes_the_rest(online.context.from)
}

fn is_default(of: &PartitionOf) -> bool {
    of.bound.as_str().eq_ignore_ascii_case("DEFAULT")
}

pub(super) fn join(
    table: Name,
    to: &Parents,
    plain: Vec<Statement>,
    online: &mut Online<'_>,
) -> Vec<Statement> {
    let Some(of) = &to.partition_of else { return plain };
    let Some(condition) = table::condition(of, online.context.to) else { return plain };
    if !online.stands_table(table) || !online.stands(of.parent) {
        return plain;
    }
    let name = online.names.free(table.schema, table.name, None, "limbeck_bound");
    let mut validation = validate(table, name).in_own_transaction();
    let mut statements =
        vec![table::alter(table, sql!("ADD CONSTRAINT {} CHECK ({}) NOT VALID", name, condition))];
    let mut attached = plain;
    for statement in &mut attached {
        validation.hazards.append(&mut statement.hazards);
        validation.preflights.append(&mut statement.preflights);
        statement.locks.iter_mut().for_each(|lock| lock.work = Work::Catalog);
    }
    statements.push(validation);
    statements.extend(attached);
    statements.push(table::alter(table, sql!("DROP CONSTRAINT {}", name)));
    statements
}
