//! Statements that write a whole table anew.

use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::table_rewrite", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    let alter = match &context.statement.ast {
        Some(ast::Stmt::AlterTable(alter)) => alter,
        Some(ast::Stmt::Cluster(_)) => return vec![context.whole(message(context), HELP)],
        Some(ast::Stmt::Vacuum(vacuum)) => {
            // `VACUUM FULL t` and `VACUUM (FULL, …) t`.
            let options = vacuum.vacuum_option_list().map(|list| list.syntax().text().to_string());
            let full = options.is_some_and(|options| options.to_ascii_lowercase().contains("full"));
            let full = full || vacuum.full_token().is_some();
            return if full { vec![context.whole(message(context), HELP)] } else { Vec::new() };
        }
        _ => return Vec::new(),
    };
    if !context.table_exists() {
        return Vec::new();
    }
    let rewriting = alter.actions().filter(|action| {
        matches!(
            action,
            ast::AlterTableAction::SetLogged(_)
                | ast::AlterTableAction::SetUnlogged(_)
                | ast::AlterTableAction::SetTablespace(_)
                | ast::AlterTableAction::SetAccessMethod(_)
        )
    });
    rewriting.map(|action| context.found(action.syntax(), message(context), HELP)).collect()
}

const HELP: &str = "copy it into a new table in batches, or do it in a maintenance window and allow it";

fn message(context: &Context<'_>) -> String {
    format!("{} is written anew, locked against everybody", context.table())
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn only_what_writes_rows_counts() {
        assert_eq!(found("ALTER TABLE app.t SET UNLOGGED;"), ["lint::table_rewrite 1:19"]);
        assert_eq!(found("ALTER TABLE app.t SET TABLESPACE fast;"), ["lint::table_rewrite 1:19"]);
        assert_eq!(found("VACUUM (FULL) app.t;"), ["lint::table_rewrite 1:1"]);
        assert_eq!(found("CLUSTER app.t USING i;"), ["lint::table_rewrite 1:1"]);
        assert!(found("VACUUM ANALYZE app.t;").is_empty());
        assert!(found("ALTER TABLE app.t SET (fillfactor = 80);").is_empty());
    }
}
