//! DELETE of every row.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule =
    Rule::statement("lint::delete_without_where", check).about(HazardKind::DataLoss);

fn check(context: &Context<'_>) -> Vec<Found> {
    // Also those of a WITH.
    let deletes = context.running(SyntaxKind::DELETE).filter_map(ast::Delete::cast);
    let all = deletes.filter(|delete| {
        delete.using_clause().is_none() && delete.where_clause_or_current_of().is_none_or(super::always)
    });
    all.filter_map(|delete| {
        let name = delete.relation_name()?.relation_name_ref()?;
        let table = context.existing(name.syntax())?;
        let message = format!("every row of `{}` is deleted", table.full());
        Some(context.found(delete.syntax(), message, "add a WHERE, or say so: `-- loses: every row of …`"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn a_where_or_a_label_is_enough() {
        assert_eq!(found("DELETE FROM app.t;"), ["lint::delete_without_where 1:1"]);
        assert_eq!(found("DELETE FROM app.t WHERE true;"), ["lint::delete_without_where 1:1"]);
        let with = "WITH gone AS (DELETE FROM app.t RETURNING a) INSERT INTO app.u SELECT a FROM gone;";
        assert_eq!(found(with), ["lint::delete_without_where 1:15"]);
        let body = "CREATE PROCEDURE app.p() LANGUAGE sql BEGIN ATOMIC DELETE FROM app.t; END;";
        assert!(found(body).is_empty());
        assert!(found("DELETE FROM app.t WHERE a IS NULL;").is_empty());
        assert!(found("-- loses: every row of app.t\nDELETE FROM app.t;").is_empty());
    }
}
