//! SQL inside attributes: is it valid, which columns does it name, what would the server call it.

use sqlparser::ast::{Expr, FunctionArguments};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use squawk_syntax::SourceFile;

use crate::pg_types;

/// What is wrong with a piece of SQL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invalid {
    pub(crate) message: String,
    /// The byte at which it goes wrong, if that is known.
    pub(crate) at: Option<usize>,
}

/// Whether text is an expression.
///
/// sqlparser has the better messages but does not know all of PostgreSQL, squawk knows more of PostgreSQL;
/// only what both refuse is refused.
pub(crate) fn validate(text: &str) -> Result<(), Invalid> {
    let Err(refused) = parse(text) else { return Ok(()) };
    let balanced = is_balanced(text);
    if balanced && SourceFile::parse(&["SELECT (", text, "\n)"].concat()).errors().is_empty() {
        return Ok(());
    }
    Err(refused)
}

fn parse(text: &str) -> Result<Expr, Invalid> {
    let dialect = PostgreSqlDialect {};
    let invalid = |error: sqlparser::parser::ParserError| invalid(&error.to_string(), text);
    let mut parser = Parser::new(&dialect).try_with_sql(text).map_err(invalid)?;
    let expr = parser.parse_expr().map_err(invalid)?;
    let next = parser.next_token();
    if next.token == Token::EOF {
        return Ok(expr);
    }
    let location = next.span.start;
    Err(Invalid {
        message: format!("the expression ends before `{}`", next.token),
        at: offset(text, location.line, location.column),
    })
}

/// sqlparser's message without its place, and the place.
fn invalid(message: &str, text: &str) -> Invalid {
    let message = message.trim_start_matches("sql parser error: ");
    let Some((what, place)) = message.rsplit_once(" at Line: ") else {
        // It ran out of text.
        return Invalid {
            message: message.replace("found: EOF", "found the end"),
            at: Some(text.trim_end().len()),
        };
    };
    let numbers = place
        .split_once(", Column: ")
        .and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
    Invalid { message: what.to_owned(), at: numbers.and_then(|(line, column)| offset(text, line, column)) }
}

fn offset(text: &str, line: u64, column: u64) -> Option<usize> {
    let line_start: usize =
        text.split_inclusive('\n').take(usize::try_from(line).ok()?.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(line_start..)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    Some(line_start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
}

fn is_balanced(text: &str) -> bool {
    let Ok(tokens) = pg_types::tokens(text) else { return false };
    let mut depth = 0_i32;
    for token in tokens {
        match token {
            pg_types::Token::Symbol('(') => depth += 1,
            pg_types::Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Where in a literal of the source a byte of its value stands: an offset from the literal's first byte.
pub(crate) fn place_in_literal(literal: &str, value_at: usize) -> Option<usize> {
    let body = literal.find('"')? + 1;
    if literal.starts_with('r') {
        return Some(body + value_at);
    }
    let mut value = 0;
    let mut chars = literal[body..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if value >= value_at {
            return Some(body + at);
        }
        if c != '\\' {
            value += c.len_utf8();
            continue;
        }
        match chars.next()?.1 {
            '\n' | '\r' => while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {},
            'x' => {
                chars.nth(1);
                value += 1;
            }
            // Where a character is written by its number, the place behind it is not worth the arithmetic.
            'u' => return None,
            _ => value += 1,
        }
    }
    Some(body + literal[body..].len().saturating_sub(1))
}

/// The columns among `columns` that an expression names, each once, in order.
///
/// A lexer is enough here: a word counts unless it is a function, a type, or a part of something else.
pub(crate) fn columns_in<'a>(text: &str, table: &str, columns: &'a [String]) -> Vec<&'a str> {
    use pg_types::Token as T;
    let Ok(tokens) = pg_types::tokens(text) else { return Vec::new() };
    let mut found: Vec<&str> = Vec::new();
    let word = |at: usize| match tokens.get(at) {
        Some(T::Word(word, _)) => Some(word.as_str()),
        _ => None,
    };
    let symbol =
        |at: Option<usize>, symbol: char| at.is_some_and(|at| tokens.get(at) == Some(&T::Symbol(symbol)));
    for (at, token) in tokens.iter().enumerate() {
        let (T::Word(name, _) | T::Quoted(name)) = token else { continue };
        let before = at.checked_sub(1);
        let qualified = symbol(before, '.');
        let of_table = qualified
            && matches!(at.checked_sub(2).and_then(|at| tokens.get(at)), Some(T::Word(of, _) | T::Quoted(of)) if of == table);
        let is_cast = symbol(before, ':');
        let is_named = before.and_then(word).is_some_and(|word| word == "as" || word == "collate");
        let is_called = symbol(Some(at + 1), '(');
        let is_typed = matches!(tokens.get(at + 1), Some(T::String(_)));
        let is_qualifier = symbol(Some(at + 1), '.');
        if (qualified && !of_table) || is_cast || is_named || is_called || is_typed || is_qualifier {
            continue;
        }
        if let Some(column) = columns.iter().find(|column| *column == name)
            && !found.contains(&column.as_str())
        {
            found.push(column);
        }
    }
    found
}

/// The name that the server gives to the column of an index over this expression (`FigureIndexColname` in
/// parse_target.c); `None` stands for its `expr`.
pub(crate) fn figure(text: &str) -> Option<String> {
    let expr = parse(text).ok()?;
    figured(&expr).map(|(name, _)| name)
}

/// Whether an expression is the call of a function, which CREATE INDEX takes without parentheses.
pub(crate) fn is_call(text: &str) -> bool {
    matches!(parse(text), Ok(Expr::Function(function)) if function.over.is_none() && function.filter.is_none())
}

/// The name, and whether it is a strong one.
fn figured(expr: &Expr) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match expr {
        Expr::Identifier(ident) => Some((folded(ident), true)),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| (folded(ident), true)),
        Expr::CompoundFieldAccess { root, access_chain } => access_chain
            .iter()
            .rev()
            .find_map(|access| match access {
                sqlparser::ast::AccessExpr::Dot(field) => figured(field),
                sqlparser::ast::AccessExpr::Subscript(_) => None,
            })
            .or_else(|| figured(root)),
        Expr::Function(function) => {
            let name = function.name.0.last()?.as_ident().map(folded)?;
            let _: &FunctionArguments = &function.args;
            Some((name, true))
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figured(inner),
        Expr::Cast { expr: inner, data_type, .. } => match figured(inner) {
            Some((name, true)) => Some((name, true)),
            weak => cast_name(&data_type.to_string()).map(|name| (name, false)).or(weak),
        },
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figured) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".to_owned(), false)),
        },
        Expr::Extract { .. } => strong("extract"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(sqlparser::ast::TrimWhereField::Leading) => "ltrim",
            Some(sqlparser::ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Position { .. } => strong("position"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        _ => None,
    }
}

fn folded(ident: &sqlparser::ast::Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The last name of a type as the server's parser holds it: `int` is `int4`.
fn cast_name(written: &str) -> Option<String> {
    let name = match pg_types::canonical(written).ok()? {
        pg_types::Canonical::User { name, .. } => return Some(name),
        pg_types::Canonical::BuiltIn(name) => name,
    };
    let bare = name.trim_end_matches("[]");
    let bare = bare.split('(').next().unwrap_or(bare).trim();
    let zone = name.ends_with("with time zone");
    Some(
        match bare {
            "boolean" => "bool",
            "integer" => "int4",
            "smallint" => "int2",
            "bigint" => "int8",
            "real" => "float4",
            "double precision" => "float8",
            "character varying" => "varchar",
            "character" | "bpchar" => "bpchar",
            "bit varying" => "varbit",
            "\"bit\"" => "bit",
            time if time.starts_with("timestamp") && zone => "timestamptz",
            time if time.starts_with("timestamp") => "timestamp",
            time if time.starts_with("time") && zone => "timetz",
            time if time.starts_with("time") => "time",
            interval if interval.starts_with("interval") => "interval",
            other => other,
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_postgresql_are_valid() {
        for text in [
            "now()",
            "'{}'",
            "kind in ('habit', 'lesson')",
            "value ~ '^[a-z0-9-]+$'",
            "owner_id = current_setting('app.user')::bigint",
            "(a, b) overlaps (c, d)",
            "archived_at is null -- a comment",
            "a @> '{1}'::int[] and b ?| array['x']",
            "tags && array['a']::text[] or not exists (select 1)",
            "x is not distinct from y",
            "interval '1 day' * n",
            "a at time zone 'utc'",
            "(address).city is json object",
            "E'\\\\x00'::bytea",
            "uuidv7()",
            "nextval('s.q'::regclass)",
        ] {
            assert_eq!(validate(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_says_where_it_ends() {
        let marked = |text: &str| match validate(text) {
            Ok(()) => "valid".to_owned(),
            Err(error) => match error.at {
                Some(at) => format!("{} | {}", error.message, &text[at..]),
                None => error.message,
            },
        };
        assert_eq!(marked("a >"), "Expected: an expression, found the end | ");
        assert_eq!(marked("a > > b"), "Expected: an expression, found: > | > b");
        assert_eq!(marked("a >\n  ) b"), "Expected: an expression, found: ) | ) b");
        assert_eq!(marked("a b c"), "the expression ends before `b` | b c");
        assert_eq!(marked("1) , (2"), "the expression ends before `)` | ) , (2");
        assert!(marked("'abc").starts_with("Unterminated string literal"));
    }

    #[test]
    fn places_are_found_inside_literals() {
        fn at(literal: &str, value_at: usize) -> Option<&str> {
            literal.get(place_in_literal(literal, value_at)?..)
        }
        assert_eq!(at("\"a > > b\"", 4), Some("> b\""));
        assert_eq!(at("r#\"a > > b\"#", 4), Some("> b\"#"));
        assert_eq!(at(r#""\"a\" > >""#, 6), Some(">\""));
        assert_eq!(at("\"ä > >\"", 5), Some(">\""));
        assert_eq!(at("\"a \\\n    > >\"", 4), Some(">\""));
        assert_eq!(at("\"a\"", 1), Some("\""));
    }

    #[test]
    fn columns_are_told_from_functions_types_and_strings() {
        let columns: Vec<String> =
            ["a", "b", "date", "Mixed", "lower"].iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(columns_in("lower(a) = 'b' and A > 1", "t", &columns), ["a"]);
        assert_eq!(columns_in("t.a > b::date and \"Mixed\"", "t", &columns), ["a", "b", "Mixed"]);
        assert_eq!(columns_in("date > date '2020-01-01'", "t", &columns), ["date"]);
        assert_eq!(columns_in("x.a > cast(b as date)", "t", &columns), ["b"]);
        assert!(columns_in("mixed > 1", "t", &columns).is_empty());
    }

    #[test]
    fn index_columns_are_named_as_the_server_names_them() {
        for (text, name) in [
            ("lower(title)", Some("lower")),
            ("pg_catalog.upper(a)", Some("upper")),
            ("a + b", None),
            ("(a)::text", Some("a")),
            ("(a + b)::int", Some("int4")),
            ("(a + b)::timestamptz", Some("timestamptz")),
            ("case when a then b else c end", Some("c")),
            ("case when a then 1 end", Some("case")),
            ("coalesce(a, b)", Some("coalesce")),
            ("a -> 'b'", None),
            ("a at time zone 'utc'", Some("timezone")),
            ("a collate \"C\"", Some("a")),
        ] {
            assert_eq!(figure(text).as_deref(), name, "{text}");
        }
    }
}
