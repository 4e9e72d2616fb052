//! How a table becomes a partition, and what stops being one.

use limbeck_schema::Id;
use limbeck_sql::{Hazard, HazardKind, Ident, LockMode, Name, Preflight, Sql, Statement, Work, sql};

use super::{Bound, PartitionOf, parents_of};
use crate::{Context, Object, Schema, column, expression, preflight};

/// A table that stands becomes a partition.
pub(crate) fn attach(table: Name, of: &PartitionOf, context: &Context<'_>) -> Statement {
    let parent = of.parent.qualified();
    let mut statement =
        Statement::new(sql!("ALTER TABLE {} ATTACH PARTITION {} {}", parent, table, of.bound))
            .locking(parent, LockMode::ShareUpdateExclusive, Work::Catalog)
            .locking(table, LockMode::AccessExclusive, Work::Scan)
            .hazard(HazardKind::MayFail, format!("fails if a row of {table} lies outside its bound"));
    if let Some(condition) = condition(of, context.to) {
        let count = preflight::violators(table, &condition);
        statement = statement.preflight(count, format!("rows of {table} that lie outside its bound"));
    }
    with_rest(statement, table, of, context)
}

pub(crate) fn detach(table: Name, of: &PartitionOf) -> Statement {
    let parent = of.parent.qualified();
    Statement::new(sql!("ALTER TABLE {} DETACH PARTITION {}", parent, table)).locking(
        parent,
        LockMode::AccessExclusive,
        Work::Catalog,
    )
}

/// The partition that took all others' rows so far, where a table gets a place beside it: what that means for its rows.
pub struct Rest {
    /// The default partition.
    pub name: Name,
    /// What its rows may refuse.
    pub hazard: Hazard,
    /// How many of them are in the way, where the bound is simple to say.
    pub preflight: Option<Preflight>,
}

/// The partition of a table that takes the rows of no other one.
pub fn default_partition(schema: &Schema, parent: &Id) -> Option<Id> {
    schema.iter().find_map(|(id, object)| {
        let of = parents_of(object).partition_of.filter(|of| of.parent == *parent)?;
        (Bound::read(&of.bound) == Some(Bound::Default)).then_some(*id)
    })
}

/// The default partition beside which a table gets its place, if it stays: the server looks through it, and refuses
/// where a row would have to go over (manual, ALTER TABLE, ATTACH PARTITION).
pub fn rest(table: Name, of: &PartitionOf, context: &Context<'_>) -> Option<Rest> {
    let takes_rest = |schema| default_partition(schema, &of.parent).map(|id| id.qualified());
    let name = takes_rest(context.from).filter(|rest| *rest != table)?;
    if takes_rest(context.to) != Some(name) {
        return None;
    }
    let preflight = condition(of, context.to).map(|condition| Preflight {
        count: preflight::matches(name, &condition),
        rows: format!("rows of {name} that belong to {table}"),
    });
    let message = format!("fails if a row of {name} belongs to {table}");
    Some(Rest { name, hazard: Hazard { kind: HazardKind::MayFail, message }, preflight })
}

/// The statement that gives a table its place, with what it means for the rest.
pub(crate) fn with_rest(
    statement: Statement,
    table: Name,
    of: &PartitionOf,
    context: &Context<'_>,
) -> Statement {
    let Some(Rest { name, hazard, preflight }) = rest(table, of, context) else { return statement };
    let mut statement = statement.locking(name, LockMode::AccessExclusive, Work::Scan);
    statement.hazards.push(hazard);
    statement.preflights.extend(preflight);
    statement
}

/// What a bound demands of a row, where it is simple to say: one key column, and a range or a list.
pub fn condition(of: &PartitionOf, schema: &Schema) -> Option<Sql> {
    let Some(Object::Table(parent)) = schema.get(&of.parent) else { return None };
    let key = parent.partition_key.as_ref()?.as_str();
    let (strategy, key) = key.split_once('(')?;
    let key = Sql::from_trusted(key.trim().strip_suffix(')')?);
    let column = match expression::columns(&key).as_slice() {
        [column] if sql!("{}", column) == key && is_column(schema, of.parent, *column) => *column,
        _ => return None,
    };
    match (strategy.trim(), Bound::read(&of.bound)?) {
        ("RANGE", Bound::Range(low, high)) => range(column, &low, &high),
        ("LIST", Bound::List(values)) => list(column, values),
        _ => None,
    }
}

fn is_column(schema: &Schema, table: Id, column: Ident) -> bool {
    schema.contains(&column::id(table.qualified(), column))
}

/// `FROM (…) TO (…)`
fn range(column: Ident, low: &[String], high: &[String]) -> Option<Sql> {
    let ([low], [high]) = (low, high) else { return None };
    let mut text = sql!("{} IS NOT NULL", column);
    if low != "MINVALUE" {
        text.push(&sql!(" AND {} >= {}", column, Sql::from_trusted(low.as_str())));
    }
    if high != "MAXVALUE" {
        text.push(&sql!(" AND {} < {}", column, Sql::from_trusted(high.as_str())));
    }
    Some(text)
}

/// `IN (…)`
fn list(column: Ident, values: Vec<String>) -> Option<Sql> {
    let (nulls, values): (Vec<String>, Vec<String>) = values.into_iter().partition(|value| value == "NULL");
    let values = limbeck_sql::list(values.into_iter().map(Sql::from_trusted));
    Some(match (nulls.is_empty(), values.is_empty()) {
        (true, true) => return None,
        (true, false) => sql!("{} IS NOT NULL AND {} IN ({})", column, column, values),
        (false, true) => sql!("{} IS NULL", column),
        (false, false) => sql!("{} IS NULL OR {} IN ({})", column, column, values),
    })
}
