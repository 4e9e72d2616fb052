//! ADD COLUMN.

use limbeck_sql::{HazardKind, LockMode, Sql, Statement, Work, sql};

use super::{Column, Identity, Value, locked, rewrites_on_add, set_not_null};
use crate::{Context, Object, preflight, table};

pub(super) fn add(column: &Column, context: &Context<'_>) -> Vec<Statement> {
    let table = column.table();
    if let Value::Identity(identity) = &column.value
        && (context.version < 170_000 || !table::is_partitioned(context.from, table))
        && table::children(context.from, table).iter().any(|child| table::stands(context.to, *child))
    {
        return add_above_children(column, identity, context.version);
    }
    if column.not_null.is_some() {
        let below = not_null_below(column, context);
        if !below.is_empty() {
            return add_before_its_not_null(column, &below, context);
        }
    }
    let work = if rewrites_on_add(&column.value) { Work::Rewrite } else { Work::Catalog };
    let has_value = !matches!(column.value, Value::Plain);
    let mut statements = Vec::new();
    match column.backfill.0.filter(|_| column.not_null.is_some() && !has_value) {
        // Rows are given their value before it is demanded.
        Some(hint) => {
            let nullable = Column { not_null: None, ..column.clone() };
            let added = sql!("ALTER TABLE {} ADD COLUMN {}", table, nullable.definition(context.version));
            statements.push(locked(table, added, Work::Catalog));
            statements.push(backfill(column, hint.sql()));
            statements.push(set_not_null(column, context.version));
        }
        None => {
            let definition = column.definition(context.version);
            let mut statement = locked(table, sql!("ALTER TABLE {} ADD COLUMN {}", table, definition), work);
            if column.not_null.is_some() && !has_value {
                statement = statement.hazard(
                    HazardKind::MayFail,
                    format!(
                        "fails if {table} holds a row: {} is NOT NULL and has no default",
                        column.id.name
                    ),
                );
                let need =
                    format!("rows without a value for {} (give it a default or a `backfill`)", column.id);
                statement = statement.preflight(preflight::rows(table), need);
            }
            statements.push(statement);
        }
    }
    statements.extend(column.after_create(context.version));
    statements
}

/// The same new column of children whose NOT NULL has another name than it would get from here, the lowest first.
fn not_null_below<'a>(column: &Column, context: &Context<'a>) -> Vec<&'a Column> {
    let mut below = Vec::new();
    let mut open = vec![column.table()];
    while let Some(parent) = open.pop() {
        for child in table::children(context.to, parent) {
            let stays = table::common_parents(child, context).iter().any(|of| of.qualified() == parent);
            if let Some(Object::Column(own)) = context.to.get(&super::id(child, column.id.name))
                && stays
                && own.inherited
            {
                if own.has_other_not_null_than(column, context.version) {
                    below.push(own);
                }
                open.push(child);
            }
        }
    }
    below.reverse();
    below
}

/// A child's NOT NULL cannot be renamed once it is inherited, and comes before.
fn add_before_its_not_null(column: &Column, below: &[&Column], context: &Context<'_>) -> Vec<Statement> {
    let nullable = Column { not_null: None, ..column.clone() };
    let mut statements = add(&nullable, context);
    if let Some(hint) = column.backfill.0.filter(|_| matches!(column.value, Value::Plain)) {
        statements.push(backfill(column, hint.sql()));
    }
    statements.extend(below.iter().chain([&column]).map(|own| set_not_null(own, context.version)));
    statements
}

/// The server adds no identity column where there are children, from version 17 on only where these are no partitions
/// (`ATExecAddColumn`): it becomes one once all have it.
fn add_above_children(column: &Column, identity: &Identity, version: i32) -> Vec<Statement> {
    let (table, name) = (column.table(), column.id.name);
    let plain = Column { value: Value::Default(sql!("0")), ..column.clone() };
    let filled = Statement::new(sql!("UPDATE {} SET {} = DEFAULT", table, name)).locking(
        table,
        LockMode::RowExclusive,
        Work::Rewrite,
    );
    let mut statements = vec![
        locked(table, sql!("ALTER TABLE {} ADD COLUMN {}", table, plain.definition(version)), Work::Catalog),
        plain.action(sql!("DROP DEFAULT")),
        plain.action(sql!("ADD {}", identity.clause(table, name))),
        filled,
    ];
    statements.extend(column.after_create(version));
    statements
}

/// Gives the rows without a value this one.
pub fn backfill(column: &Column, value: Sql) -> Statement {
    let table = column.table();
    let name = column.id.name;
    Statement::new(sql!("UPDATE {} SET {} = {} WHERE {} IS NULL", table, name, value, name)).locking(
        table,
        LockMode::RowExclusive,
        Work::Rewrite,
    )
}
