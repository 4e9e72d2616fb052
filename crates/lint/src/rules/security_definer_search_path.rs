//! Functions that run with their owner's rights and the caller's `search_path`.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::security_definer_search_path", check).about(HazardKind::Access).unlabelled();

fn check(context: &Context<'_>) -> Vec<Found> {
    let makes =
        matches!(context.statement.ast, Some(ast::Stmt::CreateFunction(_) | ast::Stmt::CreateProcedure(_)));
    let sets = context
        .nodes(SyntaxKind::SET_FUNC_OPTION)
        .any(|node| node.text().to_string().to_ascii_lowercase().contains("search_path"));
    if !makes || sets {
        return Vec::new();
    }
    context
        .nodes(SyntaxKind::SECURITY_DEFINER_FUNC_OPTION)
        .filter_map(ast::SecurityDefinerFuncOption::cast)
        .map(|option| {
            context.found(
                option.syntax(),
                "callers choose by their `search_path` what this runs with its owner's rights",
                "add `SET search_path = pg_catalog, pg_temp`, and qualify what the body names",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn the_path_must_be_set() {
        let function = |options: &str| {
            format!("CREATE FUNCTION app.f() RETURNS int LANGUAGE sql {options} AS 'SELECT 1';")
        };
        assert_eq!(found(&function("SECURITY DEFINER")), ["lint::security_definer_search_path 1:50"]);
        assert!(found(&function("SECURITY DEFINER SET search_path = pg_catalog, pg_temp")).is_empty());
        assert!(found(&function("")).is_empty());
    }
}
