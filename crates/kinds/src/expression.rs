//! Looking into expressions as the server prints them.
//!
//! Only the server's own output comes here, printed with `search_path = pg_catalog`: identifiers that need it
//! are quoted, everything of the user is qualified, columns of the one relation stand bare. A lexer is enough
//! to find names in such text. Nothing here judges whether two expressions are equal: the server does.

use limbeck_sql::{Ident, Name, Sql};

/// A piece of SQL text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Token<'a> {
    /// A bare word: identifier or keyword.
    Word(&'a str),
    /// A quoted identifier, with its quotes.
    Quoted(&'a str),
    /// A string constant, with its quotes and prefix.
    String(&'a str),
    /// Anything else, one character or a run of white space.
    Other(&'a str),
}

impl<'a> Token<'a> {
    pub(crate) fn text(self) -> &'a str {
        let (Self::Word(text) | Self::Quoted(text) | Self::String(text) | Self::Other(text)) = self;
        text
    }

    /// The identifier's bare text.
    pub(crate) fn ident(self) -> Option<String> {
        match self {
            Self::Word(text) => Some(text.to_owned()),
            Self::Quoted(text) => Some(unquoted(text, '"')),
            Self::String(_) | Self::Other(_) => None,
        }
    }

    pub(crate) fn is(self, text: &str) -> bool {
        self.text() == text
    }

    pub(crate) fn is_space(self) -> bool {
        matches!(self, Self::Other(text) if text.starts_with(char::is_whitespace))
    }
}

/// The text in pieces, none lost.
pub(crate) fn tokens<'t>(text: &'t str) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        let (length, make): (usize, fn(&'t str) -> Token<'t>) = if first == '"' {
            (quoted(rest, '"'), Token::Quoted)
        } else if first == '\'' {
            (quoted(rest, '\''), Token::String)
        } else if (rest.starts_with("E'") || rest.starts_with("B'") || rest.starts_with("X'"))
            && rest.len() > 2
        {
            (1 + quoted(&rest[1..], '\''), Token::String)
        } else if word(first) {
            (rest.find(|c| !word(c)).unwrap_or(rest.len()), Token::Word)
        } else if first.is_whitespace() {
            (rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()), Token::Other)
        } else {
            (first.len_utf8(), Token::Other)
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(make(token));
        rest = tail;
    }
    tokens
}

/// The length of a quoted token that opens `text`, its quotes included; a doubled quote does not end it.
/// Backslashes need no care: the server prints a quote inside a string doubled, also in `E'…'`.
fn quoted(text: &str, quote: char) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote as u8 {
            if bytes.get(at + 1) != Some(&(quote as u8)) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    text.len().max(1)
}

/// What stands between the quotes.
fn unquoted(text: &str, quote: char) -> String {
    let inner = text.strip_prefix(quote).unwrap_or(text);
    inner.strip_suffix(quote).unwrap_or(inner).replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// Positions of the tokens that name a column of the expression's own relation.
pub(crate) fn column_positions(tokens: &[Token<'_>]) -> Vec<usize> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| !tokens[*at].is_space()).collect();
    let mut found = Vec::new();
    for (place, &at) in solid.iter().enumerate() {
        if !matches!(tokens[at], Token::Word(_) | Token::Quoted(_)) {
            continue;
        }
        let before = |n: usize| place.checked_sub(n).map(|p| tokens[solid[p]]);
        let after = solid.get(place + 1).map(|p| tokens[*p]);
        let is_type = before(1).is_some_and(|t| t.is(":")) && before(2).is_some_and(|t| t.is(":"));
        // The rows of a trigger: `new.a`, `old.a`.
        let of_row = before(2).is_some_and(|t| t.is("new") || t.is("old"))
            && !before(3).is_some_and(|t| t.is(".") || t.is(":"));
        let is_qualified = before(1).is_some_and(|t| t.is(".")) && !of_row;
        let is_call = after.is_some_and(|t| t.is("("));
        let is_schema = after.is_some_and(|t| t.is("."));
        let is_collation = before(1).is_some_and(|t| t.is("COLLATE"));
        let is_keyword = matches!(tokens[at], Token::Word(text) if !starts_as_name(text));
        if !(is_type || is_qualified || is_call || is_schema || is_collation || is_keyword) {
            found.push(at);
        }
    }
    found
}

/// The server prints key words in capitals, and names with capitals in quotes; but numbers are words here too.
pub(crate) fn starts_as_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_lowercase() || c == '_' || !c.is_ascii())
        && !["true", "false", "null"].contains(&text)
}

/// The columns that an expression names, in order, each once; a superset where a word's role is open.
pub fn columns(text: &Sql) -> Vec<Ident> {
    let tokens = tokens(text.as_str());
    let mut found: Vec<Ident> = Vec::new();
    for at in column_positions(&tokens) {
        if let Some(name) = tokens[at].ident() {
            let name = Ident::new(&name);
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// The identifier that opens a text, unquoted, and the rest of the text.
pub(crate) fn first_ident(text: &str) -> (String, &str) {
    match tokens(text).first().copied() {
        Some(token) => (token.ident().unwrap_or_default(), &text[token.text().len()..]),
        None => (String::new(), text),
    }
}

/// Where a bare word stands first, outside strings and quoted names.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let mut at = 0;
    for token in tokens(text) {
        if token == Token::Word(word) {
            return Some(at);
        }
        at += token.text().len();
    }
    None
}

/// All identifiers in a text, of whatever role: to ask whether a function's body may name a column.
pub fn mentions(text: &str, name: &str) -> bool {
    tokens(text).into_iter().filter_map(Token::ident).any(|ident| ident.eq_ignore_ascii_case(name))
}

/// The expression after a column of its relation got another name.
pub fn rename_column(text: &Sql, from: Ident, to: Ident) -> Sql {
    let tokens = tokens(text.as_str());
    let columns = column_positions(&tokens);
    let renamed = |(at, token): (usize, &Token<'_>)| {
        if columns.contains(&at) && token.ident().as_deref() == Some(from.as_str()) {
            to.to_string()
        } else {
            token.text().to_owned()
        }
    };
    Sql::from_trusted(tokens.iter().enumerate().map(renamed).collect::<String>())
}

/// The expression after a type, function, table or sequence that it names with its schema got another name.
pub fn rename_qualified(text: &Sql, from: Name, to: Name) -> Sql {
    map_qualified(text, |name| (name == from).then_some(to))
}

/// The expression after a schema got another name.
pub fn rename_schema(text: &Sql, from: Ident, to: Ident) -> Sql {
    map_qualified(text, |name| (name.schema == from).then_some(Name { schema: to, name: name.name }))
}

fn map_qualified(text: &Sql, map: impl Fn(Name) -> Option<Name> + Copy) -> Sql {
    let tokens = tokens(text.as_str());
    let mut out = String::with_capacity(text.as_str().len());
    let mut at = 0;
    while at < tokens.len() {
        if let [first, dot, second, ..] = tokens[at..]
            && dot.is(".")
            && (at == 0 || !tokens[at - 1].is("."))
            && let (Some(schema), Some(name)) = (first.ident(), second.ident())
            && let Some(renamed) = map(Name::new(schema.as_str(), name.as_str()))
        {
            out.push_str(&renamed.to_string());
            at += 3;
            continue;
        }
        // 'schema.sequence'::regclass, as nextval() takes it.
        if let Token::String(literal) = tokens[at]
            && tokens[at + 1..].iter().map(|token| token.text()).collect::<String>().starts_with("::reg")
            && literal.starts_with('\'')
        {
            let inner = Sql::from_trusted(unquoted(literal, '\''));
            out.push_str(&limbeck_sql::Literal::new(map_qualified(&inner, map).as_str()).to_string());
        } else {
            out.push_str(tokens[at].text());
        }
        at += 1;
    }
    Sql::from_trusted(out)
}

/// The text in a form that reads back as the tree that it was printed from.
///
/// `status IN ('a', 'b')` over a varchar is printed `(status)::text = ANY ((ARRAY['a'::character varying, …])::text[])`.
/// The server reads that as a cast of each element, prints it in another way, and an index or a constraint
/// made from it is another one. Without the outer cast, which the operator implies, the tree is the old one.
///
/// `EXTRACT('YEAR' FROM d)` is printed without the quotes, and the server reads a bare word in lower case.
pub fn as_printed_from(text: &Sql) -> Sql {
    if !text.as_str().contains("])::text[]") && !text.as_str().contains("EXTRACT(") {
        return text.clone();
    }
    let all = tokens(text.as_str());
    let mut out = String::with_capacity(text.as_str().len());
    let mut at = 0;
    while at < all.len() {
        match implied_cast(&all[at..]) {
            Some((array, length)) => {
                out.push_str(&all[at..at + array].iter().map(|token| token.text()).collect::<String>());
                at += length;
            }
            None => {
                match all[at] {
                    Token::Word(field) if is_field(&all[..at]) && field.contains(char::is_uppercase) => {
                        out.push_str(&format!("'{field}'"));
                    }
                    token => out.push_str(token.text()),
                }
                at += 1;
            }
        }
    }
    Sql::from_trusted(out)
}

/// Whether what follows these tokens is the field of `EXTRACT(field FROM …)`.
fn is_field(before: &[Token<'_>]) -> bool {
    matches!(before, [.., extract, open] if extract.is("EXTRACT") && open.is("("))
}

/// For `(ARRAY['a'::character varying, …])::text[]` at the start of the tokens: how many of them are
/// `(ARRAY[…])`, and how many are all of it.
fn implied_cast(all: &[Token<'_>]) -> Option<(usize, usize)> {
    let starts = all.len() > 4
        && ["(", "ARRAY", "["].iter().zip(all).all(|(text, token)| token.is(text))
        && matches!(all[3], Token::String(_));
    if !starts {
        return None;
    }
    let close = all.iter().position(|token| token.is("]"))?;
    let tail = [")", ":", ":", "text", "[", "]"];
    let has_tail = all.len() > close + tail.len()
        && tail.iter().zip(&all[close + 1..]).all(|(text, token)| token.is(text));
    let elements: String = all[3..close].iter().map(|token| token.text()).collect();
    let strings = all[3..close].iter().filter(|token| matches!(token, Token::String(_))).count();
    let casts = elements.matches("::character varying").count() + elements.matches("::bpchar").count();
    (has_tail && strings == casts).then_some((close + 2, close + 1 + tail.len()))
}

/// The time zone in `column AT TIME ZONE 'zone'`, as it stands there; nothing where the expression is another one.
pub fn zone_of(text: &Sql, column: Ident) -> Option<Sql> {
    let text = bare(text);
    let solid: Vec<Token<'_>> = tokens(text.as_str()).into_iter().filter(|token| !token.is_space()).collect();
    let [name, at, time, zone, literal @ Token::String(_)] = solid[..] else { return None };
    let says = |token: Token<'_>, word: &str| token.text().eq_ignore_ascii_case(word);
    let is_zone = says(at, "AT") && says(time, "TIME") && says(zone, "ZONE");
    (is_zone && name.ident()? == column.as_str()).then(|| Sql::from_trusted(literal.text()))
}

/// Whether one pair of parentheses encloses the whole text; those of a subquery are its own.
pub fn is_parenthesised(text: &Sql) -> bool {
    let tokens = tokens(text.as_str());
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 && at + 1 < tokens.len() {
            return false;
        }
    }
    let first = tokens.iter().skip(1).find(|token| !token.is_space());
    let is_query = |token: &Token<'_>| {
        ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| token.text().eq_ignore_ascii_case(word))
    };
    tokens.first().is_some_and(|token| token.is("(")) && !first.is_some_and(is_query)
}

/// The text without the pair of parentheses that encloses all of it, if there is one.
pub fn bare(text: &Sql) -> Sql {
    if is_parenthesised(text) {
        Sql::from_trusted(&text.as_str()[1..text.as_str().len() - 1])
    } else {
        text.clone()
    }
}

/// The parts between the commas that stand in no parentheses and no quotes, trimmed.
pub fn split_list(text: &Sql) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for token in tokens(text.as_str()) {
        match token.text() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && token.is(",") {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(token.text());
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Whether a default must be computed row by row when a column is added, which rewrites the table.
///
/// True for the built-in volatile functions that defaults use, and for every function of the user: its
/// volatility is not written in the text (PostgreSQL's manual, ALTER TABLE, notes on ADD COLUMN).
pub fn may_be_volatile(text: &Sql) -> bool {
    const VOLATILE: &[&str] = &[
        "clock_timestamp",
        "gen_random_uuid",
        "nextval",
        "random",
        "timeofday",
        "uuidv4",
        "uuidv7",
        "setseed",
    ];
    let tokens = tokens(text.as_str());
    (0..tokens.len()).any(|at| {
        let call = tokens.get(at + 1).is_some_and(|token| token.is("("));
        let qualified = at > 0 && tokens[at - 1].is(".");
        call && tokens[at].ident().is_some_and(|name| qualified || VOLATILE.contains(&name.as_str()))
            && matches!(tokens[at], Token::Word(_) | Token::Quoted(_))
    })
}

#[cfg(test)]
mod tests {
    use limbeck_sql::{Ident, Name, Sql};

    use super::*;

    fn sql(text: &str) -> Sql {
        Sql::from_trusted(text)
    }

    #[test]
    fn a_time_zone_is_read_only_where_nothing_else_stands() {
        let zone = |text: &str| zone_of(&sql(text), Ident::new("at")).map(String::from);
        assert_eq!(zone("at AT TIME ZONE 'UTC'").as_deref(), Some("'UTC'"));
        assert_eq!(zone("(\"at\" at time zone 'Europe/Berlin')").as_deref(), Some("'Europe/Berlin'"));
        let others = [
            "at",
            "other AT TIME ZONE 'UTC'",
            "at AT TIME ZONE zone",
            "at AT TIME ZONE 'UTC' + '1 h'",
            "'at' AT TIME ZONE 'UTC'",
        ];
        others.iter().for_each(|text| assert_eq!(zone(text), None, "{text}"));
    }

    #[test]
    fn columns_are_told_from_functions_types_and_key_words() {
        let text = sql(
            r#"((lower(title) <> 'slug'::text) AND ("Order" > 0) AND s.f(a, b::s.title) AND (c COLLATE "C" IS NULL))"#,
        );
        let names: Vec<&str> = columns(&text).iter().map(Ident::as_str).collect();
        assert_eq!(names, ["title", "Order", "a", "b", "c"]);
    }

    #[test]
    fn a_renamed_column_keeps_strings_and_types_as_they_are() {
        let text = sql("((a = 'a'::s.a) AND (a(a) > 1))");
        assert_eq!(
            rename_column(&text, Ident::new("a"), Ident::new("we\"ird")).as_str(),
            r#"(("we""ird" = 'a'::s.a) AND (a("we""ird") > 1))"#
        );
    }

    #[test]
    fn qualified_names_are_renamed_also_inside_regclass_constants() {
        let text = sql("nextval('s.t_id_seq'::regclass) + s.f('s.t_id_seq'::text)");
        let renamed = rename_qualified(&text, Name::new("s", "t_id_seq"), Name::new("s", "Other"));
        assert_eq!(renamed.as_str(), r#"nextval('s."Other"'::regclass) + s.f('s.t_id_seq'::text)"#);
    }

    #[test]
    fn lists_are_split_outside_of_quotes_and_parentheses() {
        let text = sql(r#"a = 'x, y', f(b, c), "d, e" = E'\\\\, '"#);
        assert_eq!(split_list(&text), ["a = 'x, y'", "f(b, c)", r#""d, e" = E'\\\\, '"#]);
        assert!(split_list(&sql("")).is_empty());
    }

    #[test]
    fn only_a_pair_around_everything_counts() {
        assert!(is_parenthesised(&sql("(a > (0))")));
        assert!(!is_parenthesised(&sql("(a) > (0)")));
        assert!(!is_parenthesised(&sql("a")));
        assert!(!is_parenthesised(&sql("")));
        assert!(!is_parenthesised(&sql("( SELECT f() AS f)")));
        assert_eq!(bare(&sql("(a = ')')")).as_str(), "a = ')'");
    }

    #[test]
    fn an_array_of_varchars_keeps_its_type_when_it_is_read_back() {
        let printed =
            sql("((s)::text = ANY ((ARRAY['a'::character varying, ']'::character varying])::text[]))");
        assert_eq!(
            as_printed_from(&printed).as_str(),
            "((s)::text = ANY ((ARRAY['a'::character varying, ']'::character varying])))"
        );
        for other in ["((ARRAY['a'::text])::text[])", "'((ARRAY[''a''::character varying])::text[])'::text"] {
            assert_eq!(as_printed_from(&sql(other)).as_str(), other);
        }
    }

    #[test]
    fn a_field_in_capitals_was_a_string() {
        let printed = sql("(EXTRACT(YEAR FROM d) > EXTRACT(day FROM \"EXTRACT(\"))");
        assert_eq!(
            as_printed_from(&printed).as_str(),
            "(EXTRACT('YEAR' FROM d) > EXTRACT(day FROM \"EXTRACT(\"))"
        );
    }

    #[test]
    fn no_text_makes_the_lexer_panic() {
        for text in ["'", "\"", "E'", "(", "a.", "ä.ß", "''''", "\"\"\"\""] {
            columns(&sql(text));
            is_parenthesised(&sql(text));
            rename_schema(&sql(text), Ident::new("a"), Ident::new("b"));
        }
    }
}
