//! DELETE of every row.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::delete_without_where", check).about(HazardKind::DataLoss);

fn check(context: &Context<'_>) -> Vec<Found> {
    match &context.statement.ast {
        Some(ast::Stmt::Delete(delete))
            if delete.where_clause_or_current_of().is_none()
                && delete.using_clause().is_none()
                && context.table_exists() =>
        {
            let message = format!("every row of {} is deleted", context.table());
            vec![context.whole(message, "add a WHERE, or say so: `-- loses: every row of …`")]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_where_or_a_label_is_enough() {
        assert_eq!(found("DELETE FROM app.t;"), ["lint::delete_without_where 1:1"]);
        assert!(found("DELETE FROM app.t WHERE a IS NULL;").is_empty());
        assert!(found("-- loses: every row of app.t\nDELETE FROM app.t;").is_empty());
    }
}
