//! LOCK TABLE.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::lock_table", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Some(ast::Stmt::Lock(_)) = &context.statement.ast else { return Vec::new() };
    let sql = context.statement.sql.to_ascii_uppercase();
    let weak = ["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"];
    // `IN SHARE ROW EXCLUSIVE MODE` ends in the name of a weaker lock.
    let holds = |mode: &&str| sql.contains(&format!("IN {mode} MODE"));
    if weak.iter().any(holds) {
        return Vec::new();
    }
    vec![
        context.whole(
            "writers wait until the transaction ends",
            "let each statement take the lock that it needs",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn locks_that_writers_do_not_notice_are_fine() {
        assert_eq!(found("LOCK TABLE app.t;"), ["lint::lock_table 1:1"]);
        assert_eq!(found("LOCK TABLE app.t IN SHARE ROW EXCLUSIVE MODE;"), ["lint::lock_table 1:1"]);
        assert!(found("LOCK TABLE app.t IN ROW EXCLUSIVE MODE;").is_empty());
    }
}
