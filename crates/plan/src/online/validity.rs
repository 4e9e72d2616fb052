//! Checks and foreign keys: demanded of new rows first (NOT VALID), then the rows are looked through (VALIDATE) in a
//! transaction of its own, under a lock that hinders neither readers nor writers.

use limbeck_kinds::constraint::{Constraint, ConstraintDefinition, validate};
use limbeck_kinds::{Context, table};
use limbeck_sql::{HazardKind, LockMode, Statement, Work};

pub(super) fn create(
    constraint: &Constraint,
    mut plain: Vec<Statement>,
    context: &Context<'_>,
) -> Vec<Statement> {
    let table = constraint.table();
    let Some(first) = plain.first_mut() else { return plain };
    let Some(not_valid) = constraint.not_valid() else { return plain };
    // The server refuses NOT VALID for the foreign keys of partitioned tables before version 18.
    if constraint.is_foreign_key() && context.version < 180_000 && table::is_partitioned(context.to, table) {
        return plain;
    }
    let mut check = validate(table, constraint.id.name).in_own_transaction();
    if let ConstraintDefinition::ForeignKey(key) = &constraint.definition {
        check = check.locking(key.table.qualified(), LockMode::RowShare, Work::Scan);
    }
    // What rows may refuse is refused here.
    let may_fail = |hazard: &limbeck_sql::Hazard| hazard.kind == HazardKind::MayFail;
    check.hazards = first.hazards.iter().filter(|hazard| may_fail(hazard)).cloned().collect();
    first.hazards.retain(|hazard| !may_fail(hazard));
    check.preflights = std::mem::take(&mut first.preflights);
    first.locks.iter_mut().for_each(|lock| lock.work = Work::Catalog);
    first.sql = not_valid.addition(context).sql;
    plain.insert(1, check);
    plain
}

/// What is validated now was added long ago.
pub(super) fn alter(constraint: &Constraint, plain: Vec<Statement>) -> Vec<Statement> {
    let validation = validate(constraint.table(), constraint.id.name).sql;
    let own = |statement: Statement| {
        if statement.sql == validation { statement.in_own_transaction() } else { statement }
    };
    plain.into_iter().map(own).collect()
}
