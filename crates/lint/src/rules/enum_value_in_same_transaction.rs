//! A label that is used in the transaction that adds it.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxToken};

use super::{Context, Found, Rule};
use crate::names;

pub(super) const RULE: Rule = Rule::statement("lint::enum_value_in_same_transaction", check);

fn check(context: &Context<'_>) -> Vec<Found> {
    let Context { script, statement, .. } = context;
    let labels: Vec<String> = script
        .before(statement)
        .filter(|other| names::table(other).is_none_or(|name| !script.makes(name)))
        .filter_map(|other| match &other.ast {
            Some(ast::Stmt::AlterType(alter)) => match alter.action()? {
                ast::AlterTypeAction::AddValue(add) => Some(add.literal()?.syntax().text().to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let Some(ast) = statement.ast.as_ref().filter(|_| !labels.is_empty()) else { return Vec::new() };
    if matches!(ast, ast::Stmt::AlterType(_) | ast::Stmt::CommentOn(_)) {
        return Vec::new();
    }
    let tokens = ast.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    let used: Vec<SyntaxToken> = tokens
        .filter(|token| {
            token.kind() == SyntaxKind::STRING && labels.iter().any(|label| label == token.text())
        })
        .collect();
    let at = statement.at;
    let message = |token: &SyntaxToken| {
        format!("the label {} can be used only after the transaction that adds it", token.text())
    };
    used.iter()
        .map(|token| {
            let range = std::ops::Range::<usize>::from(token.text_range());
            let help = "put `-- limbeck:transaction` above this statement";
            Found::at(at + range.start..at + range.end, message(token), help)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::{codes, revision};

    #[test]
    fn a_label_waits_for_its_commit_unless_the_type_is_new() {
        let add = "ALTER TYPE app.mood ADD VALUE 'calm';\n";
        let using = "UPDATE app.t SET mood = 'calm' WHERE mood IS NULL;";
        let code = ["lint::enum_value_in_same_transaction"];
        assert_eq!(codes(&revision(&format!("{add}{using}"))), code);
        assert!(codes(&revision(&format!("{add}-- limbeck:transaction\n{using}"))).is_empty());
        let new = "CREATE TYPE app.mood AS ENUM ('sad');\n";
        assert!(codes(&revision(&format!("{new}{add}{using}"))).is_empty());
    }
}
