//! A new column with a CHECK: every row is read to find that it is NULL.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::add_column_check", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::AlterTable(alter)) = &context.statement.ast else { return Vec::new() };
    if !context.table_exists() {
        return Vec::new();
    }
    let checks = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AddColumn(column) => {
            column.constraints().find(|constraint| matches!(constraint, ast::Constraint::CheckConstraint(_)))
        }
        _ => None,
    });
    checks
        .map(|constraint| {
            context.found(
                constraint.syntax(),
                format!("every row of {} is read for it, locked against everybody", context.table()),
                "add the column first, then the constraint NOT VALID, and validate it in a segment of its own",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_check_of_a_new_column_scans() {
        assert_eq!(
            found("ALTER TABLE app.t ADD COLUMN a int CHECK (a > 0);"),
            ["lint::add_column_check 1:36"]
        );
        assert!(found("CREATE TABLE app.t (a int CHECK (a > 0));").is_empty());
    }
}
