//! Settings that outlive the transaction.

use limbeck_sql::script::words;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};
use crate::file::Run;

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
        Some(ast::Stmt::SetRole(role))
            if !context.statement.sql.to_ascii_lowercase().contains("local") && !gives_role_back(context) =>
        {
            vec![context.found(role.syntax(), "the role stays with the connection", "write `SET LOCAL ROLE`")]
        }
        _ => context
            .nodes(SyntaxKind::CALL_EXPR)
            .filter(|call| {
                let text = call.text().to_string().to_ascii_lowercase();
                let words: String = text.split_whitespace().collect();
                words.trim_start_matches("pg_catalog.").starts_with("set_config(")
                    && words.ends_with(",false)")
            })
            .map(|call| {
                let message =
                    "the setting stays with the connection, and through a pooler with whoever gets it next";
                context.found(&call, message, "let the third argument be true: for this transaction only")
            })
            .collect(),
    }
}

/// Whether the transaction ends in the role that it began in: with a rollback it does anyhow.
fn gives_role_back(context: &Context<'_>) -> bool {
    let Context { script, statement, .. } = context;
    statement.run == Run::Together
        && script.statements.iter().any(|later| {
            later.at > statement.at
                && later.segment == statement.segment
                && words(&later.sql).eq(["reset", "role"])
        })
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn a_role_may_be_taken_for_the_transaction() {
        let alarm = ["lint::session_setting"];
        assert_eq!(codes(&revision("SET ROLE app;")), alarm);
        assert_eq!(codes(&revision("RESET ROLE; SET ROLE app;")), alarm);
        assert!(codes(&revision("SET LOCAL ROLE app;")).is_empty());
        assert!(codes(&revision("SET ROLE app; REVOKE SELECT ON app.t FROM reader; RESET ROLE;")).is_empty());
    }

    #[test]
    fn local_settings_end_with_the_transaction() {
        assert_eq!(codes(&revision("SET lock_timeout = '1s';")), ["lint::session_setting"]);
        assert_eq!(codes(&revision("SET search_path TO app;")), ["lint::session_setting"]);
        let config = |local| format!("SELECT pg_catalog.set_config('search_path', '', {local});");
        assert_eq!(codes(&revision(&config(false))), ["lint::session_setting"]);
        assert!(codes(&revision(&config(true))).is_empty());
        assert!(codes(&revision("SET LOCAL lock_timeout = '1s';")).is_empty());
    }
}
