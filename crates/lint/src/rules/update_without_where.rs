//! UPDATE of every row at once.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::update_without_where", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    match &context.statement.ast {
        Some(ast::Stmt::Update(update))
            if update.where_clause_or_current_of().is_none()
                && update.from_clause().is_none()
                && context.table_exists() =>
        {
            vec![context.whole(
                format!("every row of {} is written and stays locked until the end", context.table()),
                "write in batches, with a WHERE that finds what is left to do",
            )]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_where_is_enough() {
        assert_eq!(found("UPDATE app.t SET a = 1;"), ["lint::update_without_where 1:1"]);
        assert!(found("UPDATE app.t SET a = 1 WHERE a IS NULL;").is_empty());
        assert!(found("CREATE TABLE app.t (a int); UPDATE app.t SET a = 1;").is_empty());
    }
}
