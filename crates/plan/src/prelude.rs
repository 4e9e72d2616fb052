//! What must be said before routines are made: a function's body may name what is made after it, and `pg_dump`
//! switches the check off for the same reason.

use limbeck_sql::{Statement, segments, sql};

/// The statement that says it, for one transaction.
pub(crate) fn statement() -> Statement {
    Statement::new(sql!("SET LOCAL check_function_bodies = off"))
}

/// Says it at the beginning of each transaction that needs it, and only there.
pub(crate) fn once_a_segment(statements: Vec<Statement>) -> Vec<Statement> {
    let prelude = statement();
    let mut all = Vec::with_capacity(statements.len());
    for segment in segments(&statements) {
        if segment.statements.contains(&prelude) {
            all.push(prelude.clone());
        }
        all.extend(segment.statements.iter().filter(|statement| **statement != prelude).cloned());
    }
    all
}
