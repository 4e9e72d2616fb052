//! Questions to the rows before a statement that rows can refuse: each counts those in its way.

use limbeck_sql::{Ident, Literal, Name, Sql, sql};

use crate::clause;

/// Rows that hold NULL in a column.
pub fn nulls(table: Name, column: Ident) -> Sql {
    sql!("SELECT count(*) FROM {} WHERE {} IS NULL", table, column)
}

/// Rows at all.
pub(crate) fn rows(table: Name) -> Sql {
    sql!("SELECT count(*) FROM {}", table)
}

/// Groups of rows that are equal in all keys; with NULLs apart, as UNIQUE has it, unless they are not.
pub(crate) fn duplicates(
    table: Name,
    keys: &[Sql],
    predicate: Option<&Sql>,
    nulls_not_distinct: bool,
) -> Sql {
    let mut conditions: Vec<Sql> = predicate.into_iter().map(clause::parenthesised).collect();
    if !nulls_not_distinct {
        conditions.extend(keys.iter().map(|key| sql!("{} IS NOT NULL", key)));
    }
    let filter = if conditions.is_empty() { sql!("") } else { sql!(" WHERE {}", conjunction(&conditions)) };
    let keys = limbeck_sql::list(keys);
    sql!(
        "SELECT count(*) FROM (SELECT FROM {}{} GROUP BY {} HAVING count(*) > 1) AS duplicate",
        table,
        filter,
        keys
    )
}

/// Rows that a check refuses: those for which it is false; NULL passes.
pub(crate) fn violators(table: Name, check: &Sql) -> Sql {
    sql!("SELECT count(*) FROM {} WHERE NOT {}", table, clause::parenthesised(check))
}

/// Rows for which a condition is true.
pub(crate) fn matches(table: Name, condition: &Sql) -> Sql {
    sql!("SELECT count(*) FROM {} WHERE {}", table, condition)
}

/// Rows that refer to nothing.
pub(crate) fn orphans(table: Name, columns: &[Ident], referenced: Name, to: &[Ident]) -> Sql {
    let given: Vec<Sql> = columns.iter().map(|column| sql!("child.{} IS NOT NULL", column)).collect();
    let equal: Vec<Sql> =
        columns.iter().zip(to).map(|(column, to)| sql!("parent.{} = child.{}", to, column)).collect();
    sql!(
        "SELECT count(*) FROM {} AS child WHERE {} AND NOT EXISTS (SELECT FROM {} AS parent WHERE {})",
        table,
        conjunction(&given),
        referenced,
        conjunction(&equal)
    )
}

/// Rows that hold a label.
pub fn holders(table: Name, column: Ident, label: &str) -> Sql {
    sql!("SELECT count(*) FROM {} WHERE {}::text = {}", table, column, Literal::new(label))
}

fn conjunction(conditions: &[Sql]) -> Sql {
    Sql::from_trusted(conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" AND "))
}
