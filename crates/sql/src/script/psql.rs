//! A file that psql would run: statements, psql's own commands, and data between them.

use std::borrow::Cow;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

use super::{Marks, Piece, Scan, What, words};

/// The pieces of a file that `psql -f` runs. A command of psql is a piece with the rest of its line; the rows that
/// follow a `COPY … FROM stdin` are none, and it isn't one without them. `marks` is as for [`pieces`](super::pieces).
pub fn psql_pieces<'a>(text: &'a str, marks: impl Fn(&str) -> Marks) -> Vec<Piece<'a>> {
    let mut scan = Scan { text, pieces: Vec::new(), statement: None };
    let mut from = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    // What follows a command or a statement with data is no SQL, so that tokens begin again behind it.
    while let Some(next) = run(&mut scan, from, &marks) {
        from = next;
    }
    scan.finish(text.len());
    scan.pieces
}

/// Reads tokens up to what is no SQL; where that ends.
fn run(scan: &mut Scan<'_>, from: usize, marks: &impl Fn(&str) -> Marks) -> Option<usize> {
    let text = scan.text;
    let mut at = from;
    for token in tokenize(&text[from..]) {
        let end = at + token.len as usize;
        if token.kind == TokenKind::Unknown && text[at..end].starts_with('\\') {
            return Some(meta(scan, at));
        }
        let before = scan.pieces.len();
        scan.token(token.kind, at, end, marks);
        if let (TokenKind::Semi, Some(Piece { what: What::Statement(statement), .. })) =
            (token.kind, scan.pieces.get(before..).and_then(<[Piece<'_>]>::last))
            && reads_rows(statement)
        {
            scan.pieces.pop();
            return Some(data(scan, end));
        }
        at = end;
    }
    None
}

/// A backslash: the command with its arguments. Where its line ends.
fn meta(scan: &mut Scan<'_>, at: usize) -> usize {
    let rest = &scan.text[at..];
    // `\;` parts statements that are sent together.
    if rest.starts_with("\\;") {
        scan.end_statement(at);
        return at + 2;
    }
    let line = rest.lines().next().unwrap_or(rest);
    // `\g` and its like send what stands before them.
    if line.starts_with("\\g") || line.starts_with("\\crosstabview") {
        scan.end_statement(at);
    }
    scan.pieces.push(Piece { what: What::Meta(line.trim_end()), at });
    at + line.len()
}

/// Whether rows for the statement follow it in the file.
fn reads_rows(statement: &str) -> bool {
    let mut words = words(statement);
    if words.next().as_deref() != Some("copy") {
        return false;
    }
    let words: Vec<String> = words.collect();
    words.windows(2).any(|pair| pair[0] == "from" && pair[1] == "stdin")
}

/// Steps over the rows behind a statement, to the end of the line `\.`.
fn data(scan: &mut Scan<'_>, semicolon: usize) -> usize {
    let mut at = semicolon;
    for (number, line) in scan.text[semicolon..].split_inclusive('\n').enumerate() {
        at += line.len();
        if number > 0 && line.trim_end_matches(['\r', '\n']) == "\\." {
            return at;
        }
    }
    scan.pieces.push(Piece { what: What::Unterminated("data block"), at: semicolon });
    at
}

/// The statement with psql's variables put in: `:name` as it is, `:'name'` as a literal, `:"name"` as a name. What
/// has no value stays, as in `a[1:2]`.
pub fn interpolate<'a>(statement: &'a str, value: impl Fn(&str) -> Option<String>) -> Cow<'a, str> {
    let mut result = String::new();
    let (mut at, mut kept, mut colon) = (0, 0, false);
    for token in tokenize(statement) {
        let end = at + token.len as usize;
        let text = &statement[at..end];
        let put = match token.kind {
            _ if !colon => None,
            TokenKind::Ident => value(text),
            TokenKind::Literal { kind: LiteralKind::Str { terminated: true } } => {
                value(text.trim_matches('\'')).map(|value| crate::Literal::new(&value).to_string())
            }
            TokenKind::QuotedIdent { terminated: true, .. } => {
                value(text.trim_matches('"')).map(|value| crate::Ident::new(&value).to_string())
            }
            _ => None,
        };
        if let Some(put) = put {
            result.push_str(&statement[kept..at - 1]);
            result.push_str(&put);
            kept = end;
        }
        // The second of two colons is a cast.
        colon = text == ":" && !(at > 0 && statement[..at].ends_with(':'));
        at = end;
    }
    if kept == 0 {
        return Cow::Borrowed(statement);
    }
    result.push_str(&statement[kept..]);
    Cow::Owned(result)
}

/// The arguments of a command of psql, without their quotes.
pub fn arguments(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let mut word = String::new();
        if first == '\'' || first == '"' {
            let mut chars = rest.char_indices().skip(1).peekable();
            let mut end = rest.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    c if c == first => match chars.peek() {
                        Some((_, next)) if *next == first => {
                            chars.next();
                            word.push(first);
                        }
                        _ => {
                            end = at + 1;
                            break;
                        }
                    },
                    '\\' if first == '\'' => {
                        if let Some((_, escaped)) = chars.next() {
                            word.push(escaped);
                        }
                    }
                    c => word.push(c),
                }
            }
            rest = &rest[end..];
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            word.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        found.push(word);
        rest = rest.trim_start();
    }
    found
}
