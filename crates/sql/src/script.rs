//! Text to statements, comments and faults.
//!
//! The rule of where a statement ends is psql's (`psqlscan.l`): at a semicolon that stands outside of
//! parentheses, strings and comments, and outside of `BEGIN ATOMIC … END` in a `CREATE FUNCTION` or `CREATE
//! PROCEDURE`. It needs tokens, no grammar, so that SQL which is newer than we are is cut at the same places.

mod psql;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

pub use psql::{arguments, interpolate, psql_pieces};

/// A piece of a file, with the byte at which it begins.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What it is.
    pub what: What<'a>,
    /// Where it begins.
    pub at: usize,
}

/// What a piece is.
#[derive(Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// A statement without its semicolon, comments inside it included.
    Statement(&'a str),
    /// A comment between statements, or a marker that ended one.
    Comment(&'a str),
    /// A marker inside a statement, where it can mean nothing.
    Misplaced(&'a str),
    /// Something never closed.
    Unterminated(&'static str),
    /// A backslash outside of strings, with its word; in a file that psql runs with its line.
    Meta(&'a str),
}

/// What a line comment means for the statement that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Nothing: it is part of it.
    Nothing,
    /// The statement ends before it, whether or not a semicolon stands there.
    End,
    /// It should stand before the statement.
    Misplaced,
}

/// The pieces of a text, in order; `marks` knows the comments that are more than comments.
pub fn pieces<'a>(text: &'a str, marks: impl Fn(&str) -> Marks) -> Vec<Piece<'a>> {
    let mut scan = Scan { text, pieces: Vec::new(), statement: None };
    let mut at = 0;
    for token in tokenize(text) {
        let end = at + token.len as usize;
        scan.token(token.kind, at, end, &marks);
        at = end;
    }
    scan.finish(text.len());
    scan.pieces
}

/// True where the text ends in a line comment, so that a semicolon behind it would be part of it.
pub fn ends_in_comment(text: &str) -> bool {
    tokenize(text).last().is_some_and(|token| token.kind == TokenKind::LineComment)
}

/// The unquoted words of a text, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let mut at = 0;
    tokenize(text).filter_map(move |token| {
        let start = at;
        at += token.len as usize;
        (token.kind == TokenKind::Ident).then(|| text[start..at].to_ascii_lowercase())
    })
}

struct Scan<'a> {
    text: &'a str,
    pieces: Vec<Piece<'a>>,
    statement: Option<Statement>,
}

/// The statement that is being read.
#[derive(Default)]
struct Statement {
    at: usize,
    /// Open parentheses, with the place of the outermost.
    parentheses: usize,
    opened: usize,
    /// The first words, in lower case, until it is known whether it makes a routine.
    words: Vec<String>,
    /// Open `BEGIN` and `CASE` in a routine, with the place of the outermost.
    begins: usize,
    begun: usize,
}

impl Statement {
    /// psql looks for `CREATE [OR REPLACE] {FUNCTION | PROCEDURE}` among the first words.
    fn makes_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let words = match words.as_slice() {
            ["create", "or", "replace", rest @ ..] | ["create", rest @ ..] => rest,
            _ => return false,
        };
        matches!(words.first(), Some(&("function" | "procedure")))
    }

    fn word(&mut self, word: &str, at: usize) {
        if self.words.len() < 4 {
            self.words.push(word.to_ascii_lowercase());
        }
        if !self.makes_routine() || self.parentheses > 0 {
            return;
        }
        if word.eq_ignore_ascii_case("begin") || (self.begins > 0 && word.eq_ignore_ascii_case("case")) {
            if self.begins == 0 {
                self.begun = at;
            }
            self.begins += 1;
        } else if word.eq_ignore_ascii_case("end") && self.begins > 0 {
            self.begins -= 1;
        }
    }
}

impl<'a> Scan<'a> {
    fn token(&mut self, kind: TokenKind, at: usize, end: usize, marks: &impl Fn(&str) -> Marks) {
        let text = &self.text[at..end];
        if let Some(what) = unterminated(kind) {
            self.pieces.push(Piece { what: What::Unterminated(what), at });
        }
        match kind {
            TokenKind::Whitespace | TokenKind::Eof => {}
            TokenKind::LineComment | TokenKind::BlockComment { .. } => {
                let means = if kind == TokenKind::LineComment { marks(text) } else { Marks::Nothing };
                if means == Marks::End {
                    self.end_statement(at);
                }
                if self.statement.is_none() {
                    self.pieces.push(Piece { what: What::Comment(text.trim_end()), at });
                } else if means == Marks::Misplaced {
                    self.pieces.push(Piece { what: What::Misplaced(text.trim_end()), at });
                }
            }
            TokenKind::Semi => match &self.statement {
                Some(open) if open.parentheses > 0 || open.begins > 0 => {}
                Some(_) => self.end_statement(at),
                // A semicolon of its own is an empty statement, which does nothing.
                None => {}
            },
            TokenKind::Unknown if text.starts_with('\\') => {
                let line = self.text[at..].lines().next().unwrap_or(text);
                let command = line.split_whitespace().next().unwrap_or(text);
                self.pieces.push(Piece { what: What::Meta(command), at });
            }
            _ => {
                let open = self.statement.get_or_insert_with(|| Statement { at, ..Statement::default() });
                match kind {
                    TokenKind::OpenParen => {
                        if open.parentheses == 0 {
                            open.opened = at;
                        }
                        open.parentheses += 1;
                    }
                    TokenKind::CloseParen => open.parentheses = open.parentheses.saturating_sub(1),
                    TokenKind::Ident => open.word(text, at),
                    _ => {}
                }
            }
        }
    }

    fn end_statement(&mut self, end: usize) {
        let Some(open) = self.statement.take() else { return };
        if open.parentheses > 0 {
            self.pieces.push(Piece { what: What::Unterminated("parenthesis"), at: open.opened });
        } else if open.begins > 0 {
            self.pieces.push(Piece { what: What::Unterminated("`BEGIN`"), at: open.begun });
        }
        let text = self.text[open.at..end].trim_end();
        self.pieces.push(Piece { what: What::Statement(text), at: open.at });
    }

    fn finish(&mut self, end: usize) {
        self.end_statement(end);
    }
}

/// What a token that is never closed is called.
fn unterminated(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::BlockComment { terminated: false } => Some("comment"),
        TokenKind::QuotedIdent { terminated: false, .. } => Some("quoted name"),
        TokenKind::Literal { kind: LiteralKind::DollarQuotedString { terminated: false } } => {
            Some("dollar-quoted string")
        }
        TokenKind::Literal {
            kind:
                LiteralKind::Str { terminated: false }
                | LiteralKind::NationalStr { terminated: false }
                | LiteralKind::ByteStr { terminated: false }
                | LiteralKind::BitStr { terminated: false }
                | LiteralKind::UnicodeEscStr { terminated: false }
                | LiteralKind::EscStr { terminated: false },
        } => Some("string"),
        _ => None,
    }
}
