//! Whether a declared text and a printed one mean the same, as far as their words tell.

use limbeck_kinds::{TypeBase, TypeName, expression};
use limbeck_sql::{Sql, sql};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

/// Whether two texts have one syntax tree, or the server's is the declared literal with its type behind it.
pub(super) fn means_the_same(declared: &Sql, printed: &Sql, ty: Option<&TypeName>) -> bool {
    let (declared, printed) = (expression::bare(declared), expression::bare(printed));
    if declared == printed {
        return true;
    }
    // `'daily'` in a column of type s.cadence is printed `'daily'::s.cadence`.
    if let Some(ty) = ty
        && is_string(declared.as_str())
        && printed.as_str() == format!("{declared}::{}", base_text(ty))
    {
        return true;
    }
    if !has_the_same_words(declared.as_str(), printed.as_str()) {
        return false;
    }
    match (tree(&declared), tree(&printed)) {
        (Some(declared), Some(printed)) => declared == printed,
        _ => false,
    }
}

/// Whether two texts may have one syntax tree: but for white space, parentheses and case they are the same.
fn has_the_same_words(declared: &str, printed: &str) -> bool {
    fn words(text: &str) -> impl Iterator<Item = u8> {
        let bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'(' | b')'));
        bytes.map(|byte| byte.to_ascii_lowercase())
    }
    words(declared).eq(words(printed))
}

/// One plain string constant, and no more.
fn is_string(text: &str) -> bool {
    text.strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .is_some_and(|inner| !inner.contains(['\'', '\\']))
}

/// The type without its modifier, which a printed constant does not show.
fn base_text(ty: &TypeName) -> String {
    match &ty.base {
        TypeBase::User { .. } => ty.to_string(),
        TypeBase::BuiltIn(text) => {
            let text = text.as_str();
            match (text.find('('), text.find(')')) {
                (Some(open), Some(close)) => format!("{}{}{}", &text[..open], &text[close + 1..], ty.suffix),
                _ => ty.to_string(),
            }
        }
    }
}

/// The syntax tree without white space and needless parentheses, words that are not quoted in lower case.
fn tree(text: &Sql) -> Option<String> {
    let parse = SourceFile::parse(sql!("SELECT {}", text).as_str());
    let mut out = String::with_capacity(4 * text.as_str().len());
    flatten(&parse.syntax_node(), &mut out);
    parse.errors().is_empty().then_some(out)
}

/// Writes a node as the number of its kind and what it holds, in marks that no token contains.
fn flatten(node: &SyntaxNode, out: &mut String) {
    const OPEN: char = '\u{1}';
    const CLOSE: char = '\u{2}';
    const TOKEN: char = '\u{3}';
    let needless = node.kind() == SyntaxKind::PAREN_EXPR;
    if !needless {
        out.push(OPEN);
        out.extend(char::from_u32(node.kind() as u32));
    }
    for element in node.children_with_tokens() {
        if let Some(child) = element.as_node() {
            flatten(child, out);
        }
        let Some(token) = element.as_token() else { continue };
        match token.kind() {
            SyntaxKind::WHITESPACE | SyntaxKind::COMMENT => {}
            SyntaxKind::L_PAREN | SyntaxKind::R_PAREN if needless => {}
            _ => {
                out.push(TOKEN);
                if token.text().contains(['"', '\'', '$']) {
                    out.push_str(token.text());
                } else {
                    out.extend(token.text().chars().map(|c| c.to_ascii_lowercase()));
                }
            }
        }
    }
    if !needless {
        out.push(CLOSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(declared: &str, printed: &str, ty: &str) -> bool {
        means_the_same(
            &Sql::from_trusted(declared),
            &Sql::from_trusted(printed),
            Some(&TypeName::built_in(ty)),
        )
    }

    #[test]
    fn parentheses_and_the_type_of_a_literal_do_not_matter() {
        assert!(same("version > 0", "(version > 0)", "integer"));
        assert!(same("a > 0 AND (b > 0)", "((a > 0) AND (b > 0))", "integer"));
        assert!(same("'daily'", "'daily'::text", "text"));
        assert!(same("'x'", "'x'::character varying", "character varying(20)"));
        assert!(same("now()", "now()", "timestamp with time zone"));
    }

    #[test]
    fn whatever_else_differs_is_asked() {
        assert!(!same("'daily'", "'daily'::text", "uuid"));
        assert!(!same("'1'", "1", "integer"));
        assert!(!same("a IN (1, 2)", "(a = ANY (ARRAY[1, 2]))", "integer"));
        assert!(!same("a AND b OR c", "(a AND (b OR c))", "boolean"));
        assert!(!same("not sql at all (", "x", "text"));
    }
}
