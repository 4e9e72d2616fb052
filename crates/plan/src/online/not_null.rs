//! SET NOT NULL in steps: from version 18 on it is a constraint that is not valid at first, as a check is. Before, through
//! a check: the server skips its scan under ACCESS EXCLUSIVE where a valid check says already
//! that no row holds NULL (manual, ALTER TABLE).

use limbeck_kinds::column::{Column, set_not_null};
use limbeck_kinds::constraint::validate;
use limbeck_kinds::table;
use limbeck_sql::{Statement, sql};

use super::Online;

/// The demand in steps. `fill` is what gave values to the rows: rows that came in without one before the check was
/// there get theirs after it.
pub(super) fn demand(
    column: &Column,
    plain: Vec<Statement>,
    fill: Option<Statement>,
    online: &mut Online<'_>,
) -> Vec<Statement> {
    let table = column.table();
    let version = online.context.version;
    if let Some(addition) = column.not_null_not_valid(version) {
        let mut validation = validate(table, column.not_null_name()).in_own_transaction();
        take_warnings(&mut validation, plain);
        return [addition].into_iter().chain(fill).chain([validation]).collect();
    }
    let name = online.names.free(table.schema, table.name, Some(column.id.name), "limbeck_not_null");
    let check = sql!("ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", name, column.id.name);
    let mut validation = validate(table, name).in_own_transaction();
    take_warnings(&mut validation, plain);
    let mut steps = vec![table::alter(table, check)];
    steps.extend(fill);
    steps.push(validation);
    steps.push(table::alter(table, sql!("ALTER COLUMN {} SET NOT NULL", column.id.name)));
    steps.push(table::alter(table, sql!("DROP CONSTRAINT {}", name)));
    debug_assert_eq!(
        steps[steps.len() - 2].sql,
        set_not_null(column, version).sql,
        "the statement that it stands for"
    );
    steps
}

fn take_warnings(validation: &mut Statement, plain: Vec<Statement>) {
    for statement in plain {
        validation.hazards.extend(statement.hazards);
        validation.preflights.extend(statement.preflights);
    }
}
