//! Running revisions: each transactional segment with its record in one transaction, every other statement
//! recorded one by one.
//!
//! This module knows statements and their places, not revision files; the caller reads those. Callers hold a
//! [`RunLock`](crate::lock::RunLock). What the lock cannot keep apart (a pooler's sessions) is noticed: each
//! transaction locks the version table, and each record names the state that it expects.

mod interrupted;
mod run;

use std::time::Duration;

use limbeck_schema::Origin;

use crate::version_table::{Record, State, VersionTable, checksum};
use crate::{Connection, Error};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply.
    Upgrade,
    /// Take back.
    Downgrade,
}

/// A revision to run in one direction.
#[derive(Clone, Debug)]
pub struct Step {
    /// The revision's id.
    pub id: String,
    /// Its message.
    pub message: String,
    /// The checksum of its file ([`checksum`]).
    pub checksum: String,
    /// Its file, for messages.
    pub file: String,
    /// Which way.
    pub direction: Direction,
    /// What to run.
    pub segments: Vec<Segment>,
}

/// Statements that share a transaction, or that need to be without one.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Whether they run in one transaction.
    pub transactional: bool,
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement and its place.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text, as it stands in the file.
    pub text: String,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// The column at which it begins, from 1.
    pub column: u32,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How long a statement may queue for a lock, with everybody else queueing behind it.
    pub lock_timeout: Duration,
    /// How often a segment is tried again after that.
    pub retries: u32,
    /// The pause before the second try; it doubles each time, up to half a minute.
    pub pause: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(3), retries: 10, pause: Duration::from_millis(500) }
    }
}

/// What is going on, for people who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A revision begins.
    Begin {
        /// The revision.
        id: &'a str,
        /// Its number of statements.
        statements: usize,
    },
    /// An interrupted revision goes on.
    Resume {
        /// The revision.
        id: &'a str,
        /// How many of its statements have run before.
        done: usize,
    },
    /// A statement begins.
    Statement {
        /// Its number, from 0.
        number: usize,
        /// Its text.
        text: &'a str,
    },
    /// A lock was not to be had; the segment is tried again after a pause.
    Retry {
        /// The try that failed, from 1.
        attempt: u32,
        /// How long we wait.
        pause: Duration,
        /// What the server said.
        message: &'a str,
    },
    /// An index that an earlier try left invalid is dropped and built anew.
    RebuildIndex {
        /// Its name.
        name: &'a str,
    },
    /// The server warns.
    Warning {
        /// Its words.
        message: &'a str,
    },
    /// A revision is applied, or taken back.
    Done {
        /// The revision.
        id: &'a str,
    },
    /// A revision was applied already.
    AlreadyDone {
        /// The revision.
        id: &'a str,
    },
}

/// Runs revisions in order. What was applied before the first error stays applied.
///
/// # Errors
///
/// [`Error::Statement`] with its place in the file; the errors of the version table.
pub async fn apply(
    connection: &Connection,
    table: &VersionTable,
    steps: &[Step],
    options: &ApplyOptions,
    on: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<(), Error> {
    for step in steps {
        run::Run { connection, table, step, options, on: &mut *on }.step().await?;
    }
    Ok(())
}

impl Step {
    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.segments.iter().flat_map(|segment| &segment.statements)
    }

    /// The checksum of the first statements, kept while the revision is under way.
    fn checksum_of_first(&self, count: usize) -> String {
        let mut bytes = Vec::new();
        for statement in self.statements().take(count) {
            bytes.extend_from_slice(statement.text.as_bytes());
            bytes.push(0);
        }
        checksum(&bytes)
    }

    fn record<'a>(&'a self, checksum: &'a str) -> Record<'a> {
        Record { id: &self.id, message: &self.message, checksum }
    }

    /// The state of a row while this step is under way.
    fn state(&self, done: usize, begun: bool) -> State {
        let progress = crate::version_table::Progress { done, begun };
        match self.direction {
            Direction::Upgrade => State::Upgrading(progress),
            Direction::Downgrade => State::Downgrading(progress),
        }
    }

    /// A server's error as one of this file.
    fn fail(&self, statement: &Statement, error: tokio_postgres::Error, attempts: u32) -> Error {
        let Some(server) = error.as_db_error() else { return error.into() };
        let position = match server.position() {
            Some(tokio_postgres::error::ErrorPosition::Original(position)) => Some(*position),
            _ => None,
        };
        let (line, column) = statement.place(position);
        let file = self.file.as_str().into();
        Error::Statement {
            origin: Box::new(Origin { file, line, column, length: 0 }),
            message: server.message().to_owned(),
            detail: server.detail().map(str::to_owned),
            hint: server.hint().map(str::to_owned),
            state: server.code().code().to_owned(),
            attempts,
        }
    }
}

impl Statement {
    /// Line and column in the file of a character of this statement (from 1), or of its beginning.
    fn place(&self, position: Option<u32>) -> (u32, u32) {
        let (mut line, mut column) = (self.line, self.column);
        let before = usize::try_from(position.unwrap_or(1)).unwrap_or(1).saturating_sub(1);
        for character in self.text.chars().take(before) {
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        (line, column)
    }
}
