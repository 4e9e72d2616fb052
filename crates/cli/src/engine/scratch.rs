//! Running statements on a scratch database and reading what it then holds.

use limbeck_database::scratch::{Scratch, ScratchDatabase};
use limbeck_database::{Connection, Recording};
use limbeck_kinds::Schema;
use limbeck_schema::Canonical;
use limbeck_sql::{Ident, sql};

use super::Engine;
use crate::failure::{Failure, Result};

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
                    // What the statements left of themselves in the session must not colour the reading.
                    for leave in ["ROLLBACK", "RESET SESSION AUTHORIZATION", "RESET ALL"] {
                        let _ = connection.client.batch_execute(leave).await;
                    }
                    let (schema, recording) = limbeck_database::record(&connection).await?;
                    Ok::<_, Failure>(Ok(Built { schema, recording }))
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

/// Runs statements one by one.
pub(super) async fn run(connection: &Connection, statements: &[&str]) -> std::result::Result<(), Refused> {
    before(connection).await;
    for (at, statement) in statements.iter().enumerate() {
        run_one(connection, statement).await.map_err(|error| Refused { at, error })?;
    }
    Ok(())
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
                Err(error) if is_missing(&error) => {
                    first.get_or_insert(Refused { at, error });
                    later.push(at);
                }
                // In a transaction that failed, what came first is to blame.
                Err(error) => return Ok(Err(first.unwrap_or(Refused { at, error }))),
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

/// A function's body may name what a later statement makes.
async fn before(connection: &Connection) {
    let _ = connection.client.batch_execute("SET check_function_bodies = off").await;
}

/// Runs a statement. Roles that it names and the server lacks are made: a scratch server has none, and what refers
/// to a role is compared by the role's name alone.
async fn run_one(connection: &Connection, statement: &str) -> std::result::Result<(), tokio_postgres::Error> {
    let mut result = connection.client.batch_execute(statement).await;
    while let Err(error) = &result
        && let Some(role) = missing_role(error)
    {
        let create = sql!("CREATE ROLE {}", Ident::new(&role));
        if connection.client.batch_execute(create.as_str()).await.is_err() {
            break;
        }
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

fn is_duplicate(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.code().code() == "42710")
}

fn makes_role(statement: &str) -> bool {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    words.next().as_deref() == Some("create")
        && words.next().is_some_and(|word| ["role", "user", "group"].contains(&word.as_str()))
        && !statement.to_ascii_lowercase().contains("user mapping")
}

/// The role of "role "x" does not exist" (42704, undefined object).
fn missing_role(error: &tokio_postgres::Error) -> Option<String> {
    let error = error.as_db_error().filter(|error| error.code().code() == "42704")?;
    let rest = error.message().strip_prefix("role \"")?;
    rest.strip_suffix("\" does not exist").map(str::to_owned)
}
