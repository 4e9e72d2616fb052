//! REFRESH MATERIALIZED VIEW without CONCURRENTLY.

use limbeck_sql::HazardKind;
use squawk_syntax::ast;

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::refresh_blocks_readers", check).about(HazardKind::Blocking);

fn check(context: &Context<'_>) -> Vec<Found> {
    match &context.statement.ast {
        Some(ast::Stmt::Refresh(refresh))
            if refresh.concurrently_token().is_none() && context.table_exists() =>
        {
            let message = format!("nobody can read {} while it is refreshed", context.table());
            vec![context.whole(message, "use CONCURRENTLY, which needs a unique index on the view")]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_new_view_has_no_readers() {
        assert_eq!(found("REFRESH MATERIALIZED VIEW app.v;"), ["lint::refresh_blocks_readers 1:1"]);
        assert!(found("REFRESH MATERIALIZED VIEW CONCURRENTLY app.v;").is_empty());
        let new =
            "CREATE MATERIALIZED VIEW app.v AS SELECT 1 AS a WITH NO DATA; REFRESH MATERIALIZED VIEW app.v;";
        assert!(found(new).is_empty());
    }
}
