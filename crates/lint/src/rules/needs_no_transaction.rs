//! Statements that PostgreSQL refuses in a transaction block.

use squawk_syntax::SyntaxKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};
use crate::file::Run;

pub(super) const RULE: Rule = Rule::statement("lint::needs_no_transaction", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    if context.statement.run != Run::Together {
        return Vec::new();
    }
    let Some(what) = refused(context) else { return Vec::new() };
    let help = match context.file.revision {
        true => "put `-- limbeck:no-transaction` above it, and `-- limbeck:transaction` above what follows",
        false => "put it behind the `COMMIT`, or into a file of its own that runs without a transaction",
    };
    vec![context.whole(format!("`{what}` cannot run inside a transaction"), help)]
}

/// What the server refuses (`PreventInTransactionBlock`).
fn refused(context: &Context<'_>) -> Option<&'static str> {
    match context.statement.ast.as_ref()? {
        ast::Stmt::CreateIndex(it) => it.concurrently_token().map(|_| "CREATE INDEX CONCURRENTLY"),
        ast::Stmt::DropIndex(it) => it.concurrently_token().map(|_| "DROP INDEX CONCURRENTLY"),
        ast::Stmt::Reindex(_) => {
            let words = context.statement.sql.to_ascii_lowercase();
            words.contains("concurrently").then_some("REINDEX CONCURRENTLY")
        }
        ast::Stmt::AlterTable(_) => {
            context.nodes(SyntaxKind::DETACH_CONCURRENTLY).next().map(|_| "DETACH PARTITION CONCURRENTLY")
        }
        ast::Stmt::Vacuum(_) => Some("VACUUM"),
        ast::Stmt::AlterSystem(_) => Some("ALTER SYSTEM"),
        ast::Stmt::CreateDatabase(_) => Some("CREATE DATABASE"),
        ast::Stmt::DropDatabase(_) => Some("DROP DATABASE"),
        ast::Stmt::CreateTablespace(_) => Some("CREATE TABLESPACE"),
        ast::Stmt::DropTablespace(_) => Some("DROP TABLESPACE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, found, revision};

    #[test]
    fn a_segment_without_a_transaction_is_where_it_belongs() {
        let index = "CREATE INDEX CONCURRENTLY i ON app.t (a);";
        assert_eq!(codes(&revision(index)), ["lint::needs_no_transaction"]);
        assert!(codes(&revision(&format!("-- limbeck:no-transaction\n{index}"))).is_empty());
        assert!(found(index).is_empty());
        assert_eq!(found(&format!("BEGIN;\n{index}\nCOMMIT;")), ["lint::needs_no_transaction 2:1"]);
        assert_eq!(found("BEGIN; VACUUM app.t; COMMIT;"), ["lint::needs_no_transaction 1:8"]);
    }
}
