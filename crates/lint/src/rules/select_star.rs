//! `SELECT *` in what the database keeps.

use limbeck_sql::HazardKind;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use super::{Context, Found, Rule};

pub(super) const RULE: Rule = Rule::statement("lint::select_star", check).about(HazardKind::Compatibility);

fn check(context: &Context<'_>) -> Vec<Found> {
    let what = match &context.statement.ast {
        Some(ast::Stmt::CreateView(_)) => "the view keeps the columns of today",
        Some(ast::Stmt::CreateMaterializedView(_)) => "the view keeps the columns of today",
        Some(ast::Stmt::CreateFunction(_)) => "the function's result is fixed to the columns of today",
        Some(ast::Stmt::Insert(_)) => "a column more or another order, and values go astray",
        _ => return Vec::new(),
    };
    let stars = context.nodes(SyntaxKind::TARGET).filter(|target| {
        let text = target.text().to_string();
        let text = text.trim();
        text == "*" || text.ends_with(".*")
    });
    // `EXISTS (SELECT * …)` and `count(*)` give no columns.
    let shown = stars.filter(|star| !star.ancestors().any(|above| above.kind() == SyntaxKind::EXISTS_FN));
    shown
        .filter_map(ast::Target::cast)
        .map(|star| context.found(star.syntax(), format!("`*` here: {what}"), "name the columns"))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::found;

    #[test]
    fn stars_that_are_kept_are_found() {
        assert_eq!(found("CREATE VIEW app.v AS SELECT * FROM app.t;"), ["lint::select_star 1:29"]);
        assert_eq!(found("INSERT INTO app.t SELECT t.* FROM app.u AS t;"), ["lint::select_star 1:26"]);
        assert!(found("CREATE VIEW app.v AS SELECT count(*) AS n FROM app.t;").is_empty());
        assert!(found("CREATE VIEW app.v AS SELECT 1 AS a WHERE EXISTS (SELECT * FROM app.t);").is_empty());
    }
}
