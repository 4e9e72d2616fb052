//! IF EXISTS and IF NOT EXISTS: a database that is not what the revision believes goes unnoticed.

use squawk_syntax::SyntaxKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};
use crate::file::Run;

pub(super) const RULE: Rule = Rule::statement("lint::if_exists", check).warning();

fn check(context: &Context<'_>) -> Vec<Found> {
    // Outside of a transaction a statement may be run again; a shared schema or extension may be there already.
    let shared =
        matches!(context.statement.ast, Some(ast::Stmt::CreateSchema(_) | ast::Stmt::CreateExtension(_)));
    if shared || !context.file.revision || context.statement.run != Run::Together {
        return Vec::new();
    }
    let found = |words: &'static str| {
        move |node| {
            context.found(
                &node,
                format!("`{words}` hides a database that is not what this revision believes"),
                "leave it out: a revision runs once, and fails where it does not fit",
            )
        }
    };
    context
        .nodes(SyntaxKind::IF_EXISTS)
        .map(found("IF EXISTS"))
        .chain(context.nodes(SyntaxKind::IF_NOT_EXISTS).map(found("IF NOT EXISTS")))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn a_revision_should_know() {
        assert_eq!(codes(&revision("DROP VIEW IF EXISTS app.v;")), ["lint::if_exists"]);
        assert_eq!(codes(&revision("CREATE TABLE IF NOT EXISTS app.t (a int);")), ["lint::if_exists"]);
        assert!(codes(&revision("CREATE EXTENSION IF NOT EXISTS citext;")).is_empty());
        assert!(
            codes(&revision("-- limbeck:no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS app.i;"))
                .is_empty()
        );
    }
}
