//! What a statement that was interrupted may have left behind.

use limbeck_sql::{Ident, Literal, Sql, sql};
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use super::{Event, Statement};
use crate::{Connection, Error};

/// What there is to do yet.
pub(super) enum Begun {
    /// The statement.
    ToDo,
    /// This one in its place.
    Instead(String),
    /// Nothing.
    Finished,
}

/// Drops the invalid index that an interrupted CREATE INDEX CONCURRENTLY leaves, so that it can be built anew; a
/// partition that was left half detached is to be detached for good.
///
/// Where it is not certain whether the statement has run, a valid index of that name says that it has.
pub(super) async fn prepare(
    connection: &Connection,
    statement: &Statement,
    uncertain: bool,
    on: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Begun, Error> {
    if let Some(detach) = Detach::parse(&statement.text) {
        return detach.prepare(connection, uncertain).await;
    }
    let Some(build) = Build::parse(&statement.text) else { return Ok(Begun::ToDo) };
    match (build.find(connection).await?, uncertain) {
        (None, _) => Ok(Begun::ToDo),
        (Some(Found { valid: true, .. }), true) => Ok(Begun::Finished),
        // The server will say that the name is taken.
        (Some(Found { valid: true, .. }), false) => Ok(Begun::ToDo),
        (Some(found), _) => {
            on(Event::RebuildIndex { name: &build.name });
            found.drop(connection).await?;
            Ok(Begun::ToDo)
        }
    }
}

/// Takes away what a build left that the server refused: an invalid unique index still refuses new rows.
pub(super) async fn clean_up(connection: &Connection, statement: &Statement) -> Result<(), Error> {
    let Some(build) = Build::parse(&statement.text) else { return Ok(()) };
    match build.find(connection).await? {
        Some(found) if !found.valid => found.drop(connection).await,
        _ => Ok(()),
    }
}

/// An index of the name that a build gives.
struct Found {
    name: limbeck_sql::Name,
    valid: bool,
}

impl Found {
    async fn drop(&self, connection: &Connection) -> Result<(), Error> {
        Ok(connection.client.batch_execute(sql!("DROP INDEX CONCURRENTLY {}", self.name).as_str()).await?)
    }
}

impl Build {
    async fn find(&self, connection: &Connection) -> Result<Option<Found>, Error> {
        let query = sql!(
            "SELECT n.nspname, i.indisvalid FROM pg_catalog.pg_index AS i \
         JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE i.indrelid = pg_catalog.to_regclass({}) AND c.relname = {}",
            Literal::new(self.table.to_string()),
            Literal::new(self.name.as_str())
        );
        let messages = connection.client.simple_query(query.as_str()).await?;
        Ok(messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(Found {
                name: limbeck_sql::Name::new(row.get(0).unwrap_or_default(), self.name.as_str()),
                valid: row.get(1) == Some("t"),
            }),
            _ => None,
        }))
    }
}

/// Whether an error of a statement that may have run already says that it has.
pub(super) fn says_done(text: &str, error: &tokio_postgres::Error) -> bool {
    let made = [SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT, SqlState::DUPLICATE_DATABASE];
    let dropped = [SqlState::UNDEFINED_OBJECT, SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_DATABASE];
    let Some(code) = error.code() else { return false };
    let words: Vec<Token> = Tokens(text).take(8).collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is(word));
    let adds_value = is(0, "alter") && is(1, "type") && words.iter().any(|token| token.is("add"));
    (is(0, "create") || adds_value) && made.contains(code) || is(0, "drop") && dropped.contains(code)
}

/// Whether a statement may run in a transaction with its record, which settles whether it has run.
///
/// Only what certainly may: the rest (VACUUM, REINDEX, CALL, DO with a COMMIT inside) runs alone.
pub(super) fn may_share(text: &str) -> bool {
    const SHARING: &[&str] =
        &["comment", "delete", "grant", "insert", "merge", "revoke", "select", "truncate", "update", "with"];
    const ALONE: &[&str] = &["database", "subscription", "system", "tablespace"];
    let words: Vec<Token> = Tokens(text).take(2).collect();
    let one_of = |at: usize, list: &[&str]| words.get(at).is_some_and(|t| list.iter().any(|word| t.is(word)));
    let defines = one_of(0, &["alter", "create", "drop"]) && !one_of(1, ALONE);
    one_of(0, SHARING) || (defines && !Tokens(text).any(|token| token.is("concurrently")))
}

/// Whether it builds or drops an index concurrently: it waits for old transactions by its nature, and nobody waits for
/// it meanwhile.
pub(super) fn is_concurrent(text: &str) -> bool {
    let mut tokens = Tokens(text);
    let index = tokens.by_ref().take(3).any(|token| token.is("index"));
    index && tokens.take(2).any(|token| token.is("concurrently"))
}

/// A `CREATE INDEX CONCURRENTLY` with a name.
struct Build {
    name: String,
    /// The table as it is written, quotes and all.
    table: Sql,
}

impl Build {
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens(text).peekable();
        let mut take = |word: &str| tokens.next_if(|token| token.is(word)).is_some();
        if !take("create") {
            return None;
        }
        take("unique");
        if !take("index") || !take("concurrently") {
            return None;
        }
        if take("if") && !(take("not") && take("exists")) {
            return None;
        }
        let built = match tokens.next()? {
            Token::Word(word) if word.eq_ignore_ascii_case("on") => return None,
            Token::Word(word) => word.to_lowercase(),
            Token::Quoted(name) => name,
            Token::Other(_) => return None,
        };
        let mut take = |word: &str| tokens.next_if(|token| token.is(word)).is_some();
        if !take("on") {
            return None;
        }
        take("only");
        let table = name(&mut tokens)?;
        Some(Self { name: built, table })
    }
}

/// An `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`.
struct Detach {
    /// The names as they are written, quotes and all.
    parent: Sql,
    partition: Sql,
}

impl Detach {
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens(text).peekable();
        let mut take = |words: &[&str]| words.iter().all(|word| tokens.next_if(|t| t.is(word)).is_some());
        if !take(&["alter", "table"]) {
            return None;
        }
        let _ = take(&["if"]) && take(&["exists"]);
        let _ = take(&["only"]);
        let parent = name(&mut tokens)?;
        let mut take = |words: &[&str]| words.iter().all(|word| tokens.next_if(|t| t.is(word)).is_some());
        if !take(&["detach", "partition"]) {
            return None;
        }
        let partition = name(&mut tokens)?;
        tokens.next().is_some_and(|token| token.is("concurrently")).then_some(Self { parent, partition })
    }

    /// One that was interrupted has left its partition half detached, or has come to its end.
    async fn prepare(&self, connection: &Connection, uncertain: bool) -> Result<Begun, Error> {
        let Self { parent, partition } = self;
        let query = sql!(
            "SELECT inhdetachpending FROM pg_catalog.pg_inherits \
             WHERE inhparent = pg_catalog.to_regclass({}) AND inhrelid = pg_catalog.to_regclass({})",
            Literal::new(parent.to_string()),
            Literal::new(partition.to_string())
        );
        let messages = connection.client.simple_query(query.as_str()).await?;
        let pending = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0) == Some("t")),
            _ => None,
        });
        Ok(match pending {
            Some(true) => {
                Begun::Instead(sql!("ALTER TABLE {} DETACH PARTITION {} FINALIZE", parent, partition).into())
            }
            None if uncertain => Begun::Finished,
            Some(false) | None => Begun::ToDo,
        })
    }
}

/// A name with its schema, as far as it is written.
fn name(tokens: &mut std::iter::Peekable<Tokens<'_>>) -> Option<Sql> {
    let mut name = sql!("{}", tokens.next()?.ident()?);
    while tokens.next_if_eq(&Token::Other('.')).is_some() {
        name = sql!("{}.{}", name, tokens.next()?.ident()?);
    }
    Some(name)
}

/// A token, as far as the beginning of a statement needs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Other(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn ident(self) -> Option<Ident> {
        match self {
            Self::Word(word) => Some(Ident::new(&word.to_lowercase())),
            Self::Quoted(name) => Some(Ident::new(&name)),
            Self::Other(_) => None,
        }
    }
}

/// The tokens of a text; blanks and comments are left out.
struct Tokens<'a>(&'a str);

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            self.0 = self.0.trim_start();
            if let Some(rest) = self.0.strip_prefix("--") {
                self.0 = rest.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(rest) = self.0.strip_prefix("/*") {
                self.0 = after_comment(rest);
            } else {
                break;
            }
        }
        let first = self.0.chars().next()?;
        if first == '"' {
            let (name, rest) = quoted(&self.0[1..]);
            self.0 = rest;
            return Some(Token::Quoted(name));
        }
        if first.is_alphabetic() || first == '_' {
            let end =
                self.0.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(self.0.len());
            let (word, rest) = self.0.split_at(end);
            self.0 = rest;
            return Some(Token::Word(word.to_owned()));
        }
        self.0 = &self.0[first.len_utf8()..];
        Some(Token::Other(first))
    }
}

/// What follows a comment; comments nest.
fn after_comment(mut text: &str) -> &str {
    let mut depth = 1;
    while depth > 0 {
        let Some(at) = text.find(['*', '/']) else { return "" };
        text = &text[at..];
        if let Some(rest) = text.strip_prefix("*/") {
            depth -= 1;
            text = rest;
        } else if let Some(rest) = text.strip_prefix("/*") {
            depth += 1;
            text = rest;
        } else {
            text = &text[1..];
        }
    }
    text
}

/// A quoted identifier after its first quote, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return (name, &text[at + 1..]);
        }
    }
    (name, "")
}

#[cfg(test)]
mod tests {
    use super::{Build, Detach, is_concurrent, may_share};

    #[test]
    fn concurrent_builds_are_recognised_however_they_are_written() {
        for (text, expected) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Some(("i", "t"))),
            (
                "-- why\ncreate /* a /* b */ */ unique index concurrently if not exists \"We\"\"i\" on only S.\"T\" (a)",
                Some(("We\"i", "s.\"T\"")),
            ),
            ("CREATE INDEX CONCURRENTLY ON t (a)", None),
            ("CREATE INDEX i ON t (a)", None),
            ("DROP INDEX CONCURRENTLY i", None),
            ("CREATE INDEX CONCURRENTLY \"", None),
            ("", None),
        ] {
            let found = Build::parse(text);
            let found = found.as_ref().map(|build| (build.name.as_str(), build.table.as_str()));
            assert_eq!(found, expected, "{text}");
        }
        assert!(may_share("UPDATE t SET a = 1") && may_share("ALTER TYPE t ADD VALUE 'x'"));
        assert!(
            !may_share("VACUUM t")
                && !may_share("DROP INDEX CONCURRENTLY i")
                && !may_share("DROP DATABASE d")
        );
        assert!(is_concurrent("create unique index /* why */ concurrently i on t (a)"));
        assert!(is_concurrent("DROP INDEX CONCURRENTLY IF EXISTS i"));
        assert!(!is_concurrent("CREATE INDEX \"concurrently\" ON t (a)"));
        // It takes its partition from whoever reads it.
        assert!(!is_concurrent("ALTER TABLE ONLY s.t DETACH PARTITION s.p CONCURRENTLY"));
    }

    #[test]
    fn detachments_are_recognised_however_they_are_written() {
        for (text, expected) in [
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", Some(("t", "p"))),
            (
                "alter table if exists only S.\"T\" detach /**/ partition \"we\"\"ird\".p concurrently",
                Some(("s.\"T\"", "\"we\"\"ird\".p")),
            ),
            ("ALTER TABLE t DETACH PARTITION p", None),
            ("ALTER TABLE t ATTACH PARTITION p DEFAULT", None),
            ("ALTER TABLE", None),
        ] {
            let found = Detach::parse(text);
            let found = found.as_ref().map(|found| (found.parent.as_str(), found.partition.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
