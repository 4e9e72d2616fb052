//! EXCLUDE on a table with rows: its index can't be built beforehand.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::adding_exclusion_constraint", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::AlterTable(alter)) = &context.statement.ast else { return Vec::new() };
    if !context.table_exists() {
        return Vec::new();
    }
    let constraints = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AddConstraint(add) => add.constraint(),
        _ => None,
    });
    constraints
        .filter(|constraint| matches!(constraint, ast::Constraint::ExcludeConstraint(_)))
        .map(|constraint| {
            context.found(
                constraint.syntax(),
                format!("nobody can use {} until the index of the constraint is built", context.table()),
                "make a new table with it and copy the rows in batches, or do it in a maintenance window and allow it",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_new_table_may_have_one() {
        let add = "ALTER TABLE app.t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&);";
        assert_eq!(found(add), ["lint::adding_exclusion_constraint 1:23"]);
        assert!(found(&format!("CREATE TABLE app.t (r int4range); {add}")).is_empty());
    }
}
