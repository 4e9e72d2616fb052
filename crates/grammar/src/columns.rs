//! Columns with modifiers, as the strings in `index("created_at desc nulls last")` say them.
//!
//! `name [collate c] [opclass] [asc | desc] [nulls first | last]`, and for exclusion constraints `with op`:
//! PostgreSQL's own `index_elem`. In place of a name an expression may stand, in parentheses or as the call of
//! a function.

use crate::args::{Arg, Form, Parser, Value};
use crate::{Element, ElementKind, Place, Placed, Problem, Text, suggestion};

/// A token at the top level of a piece of SQL; what stands in parentheses is one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Word,
    Quoted,
    Group,
    Other,
}

impl Token<'_> {
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'"' => {
                at = past_quote(bytes, at, b'"');
                Kind::Quoted
            }
            b'\'' => {
                at = past_quote(bytes, at, b'\'');
                Kind::Other
            }
            b'(' => {
                at = past_group(bytes, at);
                Kind::Group
            }
            byte if is_word(byte) => {
                while at < bytes.len()
                    && (is_word(bytes[at]) || bytes[at].is_ascii_digit() || bytes[at] == b'$')
                {
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Other
            }
        };
        tokens.push(Token { kind, text: &sql[start..at], start });
    }
    tokens
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn past_quote(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    at += 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    at
}

fn past_group(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at = past_quote(bytes, at, quote);
                continue;
            }
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// The name that an SQL identifier stands for: quotes taken off, or as written.
pub(crate) fn unquoted(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Quoted => token
            .text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(token.text)
            .replace("\"\"", "\""),
        Kind::Word | Kind::Group | Kind::Other => token.text.to_owned(),
    }
}

/// A qualified name, `a.b.c`, at the beginning of the tokens: how many of them it takes.
fn name_length(tokens: &[Token<'_>]) -> usize {
    if !tokens.first().is_some_and(Token::is_name) {
        return 0;
    }
    let mut length = 1;
    while tokens.get(length).is_some_and(|token| token.text == ".")
        && tokens.get(length + 1).is_some_and(Token::is_name)
    {
        length += 2;
    }
    length
}

/// The parts of a qualified name with nothing after it: `"s.t"` gives `[s, t]`. Unquoted parts are folded to
/// lower case where `fold` says so, as the server would.
pub(crate) fn qualified(sql: &str, fold: bool) -> Option<(Vec<String>, Option<&str>)> {
    let tokens = tokens(sql);
    let length = name_length(&tokens);
    let group = match &tokens[length..] {
        [] => None,
        [group] if group.kind == Kind::Group => Some(inside(group.text)),
        _ => return None,
    };
    if length == 0 {
        return None;
    }
    let parts = tokens[..length]
        .iter()
        .step_by(2)
        .map(|token| {
            let name = unquoted(token);
            if fold && token.kind == Kind::Word { name.to_lowercase() } else { name }
        })
        .collect();
    Some((parts, group))
}

fn inside(group: &str) -> &str {
    group.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(group)
}

/// A comma-separated list of identifiers.
pub(crate) fn identifiers(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql);
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match (at % 2, token) {
            (0, token) if token.is_name() => names.push(unquoted(token)),
            (1, token) if token.text == "," => {}
            _ => return None,
        }
    }
    (tokens.len() % 2 == 1).then_some(names)
}

impl Element {
    /// A column without modifiers.
    pub(crate) fn column(name: impl Into<String>, place: Place) -> Self {
        Self {
            kind: ElementKind::Column(name.into()),
            collation: None,
            opclass: None,
            descending: false,
            nulls_first: None,
            operator: None,
            place,
        }
    }

    /// Whether it is a column and nothing else is said of it.
    pub fn is_bare(&self) -> bool {
        let Self { kind, collation, opclass, descending, nulls_first, operator, place: _ } = self;
        matches!(kind, ElementKind::Column(_))
            && collation.is_none()
            && opclass.is_none()
            && !descending
            && nulls_first.is_none()
            && operator.is_none()
    }
}

/// Reads one string of a list of columns; says what is wrong with it.
fn parse_element(text: &Text) -> Result<Element, String> {
    let tokens = tokens(&text.value);
    let (kind, used) = match tokens.as_slice() {
        [] => return Err("a column is missing".to_owned()),
        [group, ..] if group.kind == Kind::Group => {
            (ElementKind::Expr(Placed::new(inside(group.text).trim().to_owned(), text.place)), 1)
        }
        _ => {
            let length = name_length(&tokens);
            match tokens.get(length) {
                Some(group) if length > 0 && group.kind == Kind::Group => {
                    let call = &text.value[tokens[0].start..group.end()];
                    (ElementKind::Expr(Placed::new(call.to_owned(), text.place)), length + 1)
                }
                _ if length == 1 => (ElementKind::Column(unquoted(&tokens[0])), 1),
                _ => return Err(format!("`{}` is no column", text.value)),
            }
        }
    };
    let mut element = Element { kind, ..Element::column("", text.place) };
    modifiers(&mut element, &text.value, &tokens[used..])?;
    Ok(element)
}

fn modifiers(element: &mut Element, sql: &str, tokens: &[Token<'_>]) -> Result<(), String> {
    let mut rest = tokens;
    if rest.first().is_some_and(|token| token.is("collate")) {
        let length = name_length(&rest[1..]);
        if length == 0 {
            return Err("a collation is missing after `collate`".to_owned());
        }
        element.collation = Some(sql[rest[1].start..rest[length].end()].to_owned());
        rest = &rest[length + 1..];
    }
    let reserved = ["asc", "desc", "nulls", "with"];
    if rest.first().is_some_and(|token| token.is_name() && !reserved.iter().any(|word| token.is(word))) {
        let mut length = name_length(rest);
        if length == 1
            && !rest[0].text.contains("_ops")
            && let Some(near) = suggestion(&rest[0].text.to_lowercase(), ["asc", "desc", "nulls", "collate"])
        {
            return Err(format!("`{}` is no modifier; did you mean `{near}`?", rest[0].text));
        }
        if rest.get(length).is_some_and(|token| token.kind == Kind::Group) {
            length += 1;
        }
        element.opclass = Some(sql[rest[0].start..rest[length - 1].end()].to_owned());
        rest = &rest[length..];
    }
    rest = order(element, rest)?;
    if rest.first().is_some_and(|token| token.is("with")) && rest.len() > 1 {
        element.operator = Some(sql[rest[1].start..].trim().to_owned());
        rest = &[];
    }
    match rest.first() {
        None => Ok(()),
        Some(token) => Err(format!("`{}` is no modifier of a column", token.text)),
    }
}

fn order<'a, 'b>(element: &mut Element, tokens: &'b [Token<'a>]) -> Result<&'b [Token<'a>], String> {
    let mut rest = tokens;
    if let [first, ..] = rest
        && (first.is("asc") || first.is("desc"))
    {
        element.descending = first.is("desc");
        rest = &rest[1..];
    }
    match rest {
        [nulls, first, ..] if nulls.is("nulls") && (first.is("first") || first.is("last")) => {
            element.nulls_first = Some(first.is("first"));
            Ok(&rest[2..])
        }
        [nulls, ..] if nulls.is("nulls") => Err("`nulls` is followed by `first` or `last`".to_owned()),
        _ => Ok(rest),
    }
}

/// An expression with modifiers after it: what ends in `desc`, `nulls last` or the name of an operator class
/// (known by its `_ops`) is no part of the expression.
fn expression(text: &Text) -> Element {
    let tokens = tokens(&text.value);
    let mut end = tokens.len();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    if end >= 3 && is(end - 2, "nulls") && (is(end - 1, "first") || is(end - 1, "last")) {
        end -= 2;
    }
    if end >= 2 && (is(end - 1, "asc") || is(end - 1, "desc")) {
        end -= 1;
    }
    let ordered = end;
    let mut class = end;
    if class >= 3 && tokens[class - 1].kind == Kind::Group && tokens[class - 2].text.ends_with("_ops") {
        class -= 1;
    }
    if class >= 2 && tokens[class - 1].text.ends_with("_ops") {
        let mut first = class - 1;
        while first >= 3 && tokens[first - 1].text == "." && tokens[first - 2].is_name() {
            first -= 2;
        }
        if tokens[first - 1].kind == Kind::Group || tokens[first - 1].is_name() {
            end = first;
        }
    }
    let mut element = Element::column("", text.place);
    if end < ordered {
        element.opclass = Some(text.value[tokens[end].start..tokens[ordered - 1].end()].to_owned());
    }
    // What is cut off was recognised above, so there is nothing to report.
    let _ = order(&mut element, &tokens[ordered..]);
    let expr = match (tokens.first(), end.checked_sub(1).and_then(|last| tokens.get(last))) {
        (Some(first), Some(last)) => &text.value[first.start..last.end()],
        _ => "",
    };
    element.kind = ElementKind::Expr(Placed::new(expr.to_owned(), text.place));
    element
}

impl Parser<'_> {
    /// An element of a list of columns: a field name, or a string with modifiers.
    pub(crate) fn element(&mut self, arg: &Arg) -> Option<Element> {
        match &arg.form {
            Form::Bare if !arg.key().is_empty() => Some(Element::column(arg.key(), arg.place())),
            Form::Literal(Value::Str(text)) => match parse_element(text) {
                Ok(element) => Some(element),
                Err(message) => {
                    self.problem(
                        Problem::new("models::wrong_value", message, text.place)
                            .label("a column with modifiers is expected")
                            .help(
                                "write `name [collate c] [opclass] [asc|desc] [nulls first|last]`; an expression \
                                 stands in `expr = \"…\"`",
                            ),
                    );
                    None
                }
            },
            _ => self.expected(arg, "a field's name or a column with modifiers in a string", "\"…\""),
        }
    }

    /// An element that is an expression: `expr = "lower(title) desc"`.
    pub(crate) fn expr_element(&mut self, arg: &Arg) -> Option<Element> {
        let text = self.sql(arg)?;
        Some(expression(&text))
    }

    /// A list of columns without modifiers: `include(a, b)`, `include = "a"`.
    pub(crate) fn plain_columns(&mut self, arg: &Arg) -> Vec<Element> {
        let elements: Vec<Element> = match &arg.form {
            Form::List(args) => args.iter().filter_map(|inner| self.element(inner)).collect(),
            _ => self.words(arg).into_iter().map(|word| Element::column(word.value, word.place)).collect(),
        };
        elements.into_iter().filter(|element| self.bare(element)).collect()
    }

    /// Whether an element is a bare column; says so if not.
    pub(crate) fn bare(&mut self, element: &Element) -> bool {
        if !element.is_bare() {
            self.problem(
                Problem::new(
                    "models::wrong_value",
                    "a key is made of columns without modifiers",
                    element.place,
                )
                .help("write the field's name only; modifiers belong in `index(…)`"),
            );
        }
        element.is_bare()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(sql: &str) -> String {
        let text = Placed::new(sql.to_owned(), Place(0));
        match parse_element(&text) {
            Ok(element) => shown(&element),
            Err(message) => format!("error: {message}"),
        }
    }

    fn shown(element: &Element) -> String {
        let mut parts = vec![match &element.kind {
            ElementKind::Column(name) => name.clone(),
            ElementKind::Expr(expr) => format!("({})", expr.value),
        }];
        parts.extend(element.collation.iter().map(|name| format!("collate {name}")));
        parts.extend(element.opclass.iter().map(|name| format!("class {name}")));
        parts.extend(element.descending.then(|| "desc".to_owned()));
        parts.extend(element.nulls_first.map(|first| if first { "first" } else { "last" }.to_owned()));
        parts.extend(element.operator.iter().map(|name| format!("with {name}")));
        parts.join(" | ")
    }

    #[test]
    fn modifiers_are_read_in_postgresqls_order() {
        assert_eq!(element("a"), "a");
        assert_eq!(element("created_at desc nulls last"), "created_at | desc | last");
        assert_eq!(element("\"we\"\"ird\" DESC"), "we\"ird | desc");
        assert_eq!(
            element("t collate pg_catalog.\"C\" public.gin_trgm_ops(siglen = 32) asc nulls first"),
            "t | collate pg_catalog.\"C\" | class public.gin_trgm_ops(siglen = 32) | first"
        );
        assert_eq!(element("lower(title) text_pattern_ops"), "(lower(title)) | class text_pattern_ops");
        assert_eq!(element("(a || ')') desc"), "(a || ')') | desc");
        assert_eq!(element("during with &&"), "during | with &&");
        assert_eq!(element("größe"), "größe");
    }

    #[test]
    fn what_is_no_column_is_said() {
        assert_eq!(element("a dsec"), "error: `dsec` is no modifier; did you mean `desc`?");
        assert_eq!(element("a + b"), "error: `+` is no modifier of a column");
        assert_eq!(element(""), "error: a column is missing");
        assert_eq!(element("a nulls"), "error: `nulls` is followed by `first` or `last`");
    }

    #[test]
    fn expressions_keep_all_but_their_modifiers() {
        let expr = |sql: &str| shown(&expression(&Placed::new(sql.to_owned(), Place(0))));
        assert_eq!(expr("lower(title)"), "(lower(title))");
        assert_eq!(expr("lower(title) desc nulls last"), "(lower(title)) | desc | last");
        assert_eq!(expr("lower(title) public.gin_trgm_ops"), "(lower(title)) | class public.gin_trgm_ops");
        assert_eq!(expr("(a).b_ops"), "((a).b_ops)");
        assert_eq!(expr("x::double precision"), "(x::double precision)");
    }

    #[test]
    fn qualified_names_lose_their_quotes() {
        assert_eq!(
            qualified("\"S\".T(\"x\", y)", true),
            Some((vec!["S".to_owned(), "t".to_owned()], Some("\"x\", y")))
        );
        assert_eq!(qualified("a b", true), None);
        assert_eq!(identifiers("\"x\", y"), Some(vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(identifiers("x,"), None);
    }
}
