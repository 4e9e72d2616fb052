//! Running statements on a scratch database and reading what it then holds.

use std::collections::BTreeSet;

use limbeck_database::scratch::{Scratch, ScratchDatabase};
use limbeck_database::{Connection, Recording};
use limbeck_kinds::Schema;
use limbeck_schema::Canonical;
use limbeck_sql::{Ident, Literal, sql};
use tokio_postgres::error::{DbError, ErrorPosition};

use super::Engine;
use super::script::Written;
use crate::failure::{Failure, Report, Result};

/// What a session begins with: a function's body may name what a later statement makes.
pub(super) const BEFORE: &str = "SET check_function_bodies = off";

/// What a session ends with, so that what it was set to colours nothing.
pub(super) const LEAVE: [&str; 3] = ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"];

/// A statement that the scratch server refused.
pub(crate) struct Refused {
    /// Which one, from 0.
    pub(crate) at: usize,
    /// What the server said.
    pub(crate) error: tokio_postgres::Error,
}

impl Refused {
    /// The server's own words.
    pub(crate) fn message(&self) -> String {
        message(&self.error)
    }

    /// Whether the statement names what is not there.
    pub(super) fn is_missing(&self) -> bool {
        is_missing(&self.error)
    }

    /// The refusal of a statement that somebody wrote, as the error `code`, where the server points at.
    pub(super) fn report(&self, code: &'static str, what: &str, written: Option<&Written>) -> Report {
        let mut report = Report::error(code, format!("{what}: {}", self.message()));
        if let Some((text, origin)) = written {
            let mut origin = origin.clone();
            if let Some(ErrorPosition::Original(at)) = self.error.as_db_error().and_then(DbError::position) {
                let before: String = text.chars().take((*at as usize).saturating_sub(1)).collect();
                let column = |text: &str| u32::try_from(text.chars().count()).unwrap_or_default();
                match before.rsplit_once('\n') {
                    Some((lines, line)) => {
                        origin.line += u32::try_from(lines.matches('\n').count()).unwrap_or_default() + 1;
                        origin.column = column(line) + 1;
                    }
                    None => origin.column += column(&before),
                }
            }
            report = report.at(origin);
        }
        let Some(error) = self.error.as_db_error() else { return report };
        for said in [error.detail(), error.hint()].into_iter().flatten() {
            report = report.help(said);
        }
        match help(error) {
            Some(help) => report.help(help),
            None => report,
        }
    }
}

/// What to do about a statement that scratch refuses.
fn help(error: &DbError) -> Option<&'static str> {
    let message = error.message();
    Some(match error.code().code() {
        "42704" if message.starts_with("role \"pg_") => {
            "roles that begin with pg_ come with the server: let scratch be of the version that has it (`--scratch-url`)"
        }
        "42704" if message.starts_with("role ") => {
            "create the role on the scratch server, or let its user create roles"
        }
        "42704" if message.starts_with("tablespace ") => {
            "tablespaces belong to a server: create it on the one that `--scratch-url` names"
        }
        "0A000" | "58P01" if message.contains("extension") => {
            "install the extension for the scratch server, or name a server that has it with `--scratch-url`"
        }
        "42601" if message.ends_with("\":\"") => {
            "`:name` is a variable of psql: give it a value with `\\set name value` in the file"
        }
        _ => return None,
    })
}

/// The server's own words, or the driver's where no server said anything.
pub(super) fn message(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// What the server holds after the statements.
pub(crate) struct Built {
    /// The schema, as the server prints it.
    pub(crate) schema: Canonical<Schema>,
    /// The rows that say so, and the server's version.
    pub(crate) recording: Recording,
}

/// In which order statements run.
#[derive(Clone, Copy)]
pub(crate) enum Order<'a> {
    /// As they stand.
    AsWritten,
    /// As they need each other: one that names what is not there yet runs after the others. Where that leads no
    /// further, this names more statements for what is missing, told what there is.
    AsNeeded(&'a dyn Fn(&Schema) -> Result<Vec<String>>),
}

impl Engine<'_> {
    /// Runs the statements on an empty scratch database and reads it back; the database is gone afterwards.
    ///
    /// # Errors
    ///
    /// No scratch server, or a broken connection. A statement that the server refuses is the inner error.
    pub(crate) fn build(
        &mut self,
        statements: &[&str],
        order: Order<'_>,
    ) -> Result<std::result::Result<Built, Refused>> {
        let database = self.scratch_database()?;
        let result = self.runtime.block_on(async {
            let connection = database.connect().await?;
            let result = match order {
                Order::AsWritten => run(&connection, statements).await,
                Order::AsNeeded(lend) => run_as_needed(&connection, statements, lend).await?,
            };
            match result {
                Err(refused) => Ok(Err(refused)),
                Ok(()) => {
                    leave(&connection).await;
                    let recording = limbeck_database::record(&connection).await?;
                    Ok::<_, Failure>(Ok(Built { schema: recording.read()?, recording }))
                }
            }
        });
        let closed = self.runtime.block_on(database.close());
        let result = result?;
        closed?;
        Ok(result)
    }

    /// An empty scratch database; the server is found at the first call, and one line says which it is.
    ///
    /// # Errors
    ///
    /// No scratch server can be had.
    pub(crate) fn scratch_database(&mut self) -> Result<ScratchDatabase> {
        if self.scratch.is_none() {
            let scratch = self.runtime.block_on(Scratch::open(&self.options))?;
            self.out.say(scratch.describe());
            self.scratch = Some(scratch);
        }
        let Some(scratch) = &mut self.scratch else { unreachable!("it was opened above") };
        Ok(self.runtime.block_on(scratch.database())?)
    }
}

/// Takes back what statements left of themselves in the session.
pub(super) async fn leave(connection: &Connection) {
    for leave in ["ROLLBACK"].into_iter().chain(LEAVE) {
        let _ = connection.client.batch_execute(leave).await;
    }
}

/// Runs statements one by one.
pub(super) async fn run(connection: &Connection, statements: &[&str]) -> std::result::Result<(), Refused> {
    before(connection).await;
    // A dump of a later version sets what this one does not know.
    let mut unknown = BTreeSet::new();
    let mut at = 0;
    while let Some(statement) = statements.get(at) {
        let result = if unknown.contains(&at) { Ok(()) } else { run_one(connection, statement).await };
        let Err(error) = result else {
            at += 1;
            continue;
        };
        let refused = at;
        let missing = Missing::of(&error);
        if is_unknown_setting(&error) {
            unknown.insert(at);
        } else if missing.is_none() {
            return Err(Refused { at, error });
        }
        // In its transaction, which has failed, nothing can be lent: it begins again.
        if let Some(begun) = begun(&statements[..at]) {
            let _ = connection.client.batch_execute("ROLLBACK").await;
            at = begun;
        }
        if let Some(missing) = missing
            && missing.lend(connection).await.is_err()
        {
            return Err(Refused { at: refused, error });
        }
    }
    Ok(())
}

/// The statement that began the transaction in which these end.
fn begun(statements: &[&str]) -> Option<usize> {
    let first = |statement: &str| words(statement).next().unwrap_or_default().to_ascii_lowercase();
    let at = statements.iter().rposition(|statement| {
        ["begin", "start", "commit", "end", "abort"].contains(&first(statement).as_str())
    })?;
    ["begin", "start"].contains(&first(statements[at]).as_str()).then_some(at)
}

/// Runs statements in as many rounds as their order takes.
async fn run_as_needed(
    connection: &Connection,
    statements: &[&str],
    lend: &dyn Fn(&Schema) -> Result<Vec<String>>,
) -> Result<std::result::Result<(), Refused>> {
    before(connection).await;
    let mut lend = Some(lend);
    let mut open: Vec<usize> = (0..statements.len()).collect();
    while !open.is_empty() {
        let before = open.len();
        let mut first: Option<Refused> = None;
        let mut later = Vec::new();
        for at in open {
            if !later.is_empty() && looks_at_all(statements[at]) {
                later.push(at);
                continue;
            }
            match run_one(connection, statements[at]).await {
                Ok(()) => {}
                Err(error) if is_unknown_setting(&error) => {}
                Err(error) if is_missing(&error) => {
                    first.get_or_insert(Refused { at, error });
                    later.push(at);
                }
                // In a transaction that failed, what came first is to blame.
                Err(error) if is_in_failed_transaction(&error) => {
                    return Ok(Err(first.unwrap_or(Refused { at, error })));
                }
                Err(error) => return Ok(Err(Refused { at, error })),
            }
        }
        if let Some(refused) = first.filter(|_| later.len() == before) {
            let Some(lend) = lend.take() else { return Ok(Err(refused)) };
            let present = limbeck_database::read(connection).await?;
            for statement in lend(&present)? {
                // What it can't have of these is missed by whoever needs it.
                let _ = run_one(connection, &statement).await;
            }
        }
        open = later;
    }
    Ok(Ok(()))
}

async fn before(connection: &Connection) {
    let _ = connection.client.batch_execute(BEFORE).await;
}

/// What belongs to a server, and is lent to statements that name it: what refers to it is compared by its name alone.
enum Missing {
    Role(String),
    Tablespace(String),
}

impl Missing {
    /// What a statement was refused for.
    fn of(error: &tokio_postgres::Error) -> Option<Self> {
        // `SET` calls what it doesn't find an invalid value.
        let error = error.as_db_error().filter(|error| ["42704", "22023"].contains(&error.code().code()))?;
        let said = error.detail().filter(|detail| detail.starts_with("Tablespace \""));
        let (kind, rest) = said.unwrap_or(error.message()).split_once(" \"")?;
        let name = rest.trim_end_matches('.').strip_suffix("\" does not exist")?.to_owned();
        match kind {
            "role" => Some(Self::Role(name)),
            "tablespace" | "Tablespace" => Some(Self::Tablespace(name)),
            _ => None,
        }
    }

    /// Makes it. The comment of a role says for which scratch database, so that it goes with it; on a server of our
    /// own it may do whatever the statements do in its name.
    async fn lend(&self, connection: &Connection) -> std::result::Result<(), tokio_postgres::Error> {
        match self {
            Self::Role(name) => {
                let name = Ident::new(name);
                let mark = Literal::new(connection.target.database());
                let asked = "SELECT pg_catalog.current_setting('limbeck.private', true) = 'on'";
                let answer = connection.client.query_one(asked, &[]).await?;
                let may = match answer.get::<_, Option<bool>>(0) {
                    Some(true) => sql!(" SUPERUSER"),
                    Some(false) | None => sql!(""),
                };
                let text = sql!("CREATE ROLE {}{}; COMMENT ON ROLE {} IS {}", name, may, name, mark);
                connection.client.batch_execute(text.as_str()).await
            }
            // Only a server of our own takes a tablespace without a place.
            Self::Tablespace(name) => {
                let text = sql!("CREATE TABLESPACE {} LOCATION ''", Ident::new(name));
                connection.client.batch_execute(text.as_str()).await
            }
        }
    }
}

/// Runs a statement; what it names and a scratch server lacks is lent.
async fn run_one(connection: &Connection, statement: &str) -> std::result::Result<(), tokio_postgres::Error> {
    let mut result = connection.client.batch_execute(statement).await;
    while let Err(error) = &result
        && let Some(missing) = Missing::of(error)
        && missing.lend(connection).await.is_ok()
    {
        result = connection.client.batch_execute(statement).await;
    }
    match result {
        // Roles belong to the server: the other side may have made this one already.
        Err(error) if is_duplicate(&error) && makes_role(statement) => Ok(()),
        result => result,
    }
}

/// Whether a statement's effect depends on everything that is there: it runs after what stands before it.
pub(super) fn looks_at_all(statement: &str) -> bool {
    let words: Vec<String> = words(statement).map(str::to_ascii_uppercase).collect();
    let first = words.first().map_or("", String::as_str);
    let of_schema = || words.windows(2).any(|pair| pair[0] == "IN" && pair[1] == "SCHEMA");
    match first {
        "DO" | "CALL" | "SELECT" | "WITH" | "INSERT" | "UPDATE" | "DELETE" => true,
        // What is made later has other privileges.
        "ALTER" if words.get(1).is_some_and(|word| word == "DEFAULT") => true,
        "GRANT" | "REVOKE" | "ALTER" => of_schema(),
        _ => false,
    }
}

/// Runs of what names and key words are made of.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.split(move |c| !part(c)).filter(|word| !word.is_empty())
}

/// Whether the statement names what is not there: a schema, relation, column, function, type or other object.
fn is_missing(error: &tokio_postgres::Error) -> bool {
    const MISSING: [&str; 5] = ["3F000", "42P01", "42703", "42883", "42704"];
    error.as_db_error().is_some_and(|error| MISSING.contains(&error.code().code()))
}

fn is_in_failed_transaction(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.code().code() == "25P02")
}

fn is_duplicate(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.code().code() == "42710")
}

fn is_unknown_setting(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        error.code().code() == "42704" && error.message().starts_with("unrecognized configuration parameter")
    })
}

fn makes_role(statement: &str) -> bool {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    words.next().as_deref() == Some("create")
        && words.next().is_some_and(|word| ["role", "user", "group"].contains(&word.as_str()))
        && !statement.to_ascii_lowercase().contains("user mapping")
}
