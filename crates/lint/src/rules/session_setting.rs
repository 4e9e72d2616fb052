//! Settings that outlive the transaction.

use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::session_setting", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    // A plain script has its session for itself.
    if !context.file.revision {
        return Vec::new();
    }
    match &context.statement.ast {
        Some(ast::Stmt::Set(set)) if !matches!(set.set_scope(), Some(ast::SetScope::LocalScope(_))) => {
            vec![context.found(
                set.syntax(),
                "the setting stays with the connection, and through a pooler with whoever gets it next",
                "write `SET LOCAL`",
            )]
        }
        Some(ast::Stmt::SetRole(role)) if !context.statement.sql.to_ascii_lowercase().contains("local") => {
            vec![context.found(role.syntax(), "the role stays with the connection", "write `SET LOCAL ROLE`")]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn local_settings_end_with_the_transaction() {
        assert_eq!(codes(&revision("SET lock_timeout = '1s';")), ["lint::session_setting"]);
        assert_eq!(codes(&revision("SET search_path TO app;")), ["lint::session_setting"]);
        assert!(codes(&revision("SET LOCAL lock_timeout = '1s';")).is_empty());
    }
}
