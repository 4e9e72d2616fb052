//! The table of applied revisions: one row each, in the first schema that a service owns.
//!
//! Reading never writes, and a table that is not there is an empty one. It is made by the first revision that is
//! applied, in that revision's transaction and after its statements, so that a revision may create the schema
//! itself; and it goes with the last row, so that a downgrade to `base` leaves nothing.
//!
//! A revision that cannot be one transaction is recorded while it runs. `state` is then `upgrading 3`: the
//! third statement is next; or `upgrading 3 begun`: whether it has run is not known. `checksum` is then that of
//! the statements that have run, so that the ones after them may be mended.

use std::fmt;

use limbeck_sql::{Ident, Literal, Name, Sql, sql};
use sha2::{Digest, Sha256};
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use crate::{Connection, Error};

/// What the table is called.
pub const NAME: &str = "limbeck_revisions";

/// The version table of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionTable {
    name: Name,
}

/// One applied revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRevision {
    /// The revision's id.
    pub id: String,
    /// Its message.
    pub message: String,
    /// The checksum of its file; of the statements that have run, while it is not done.
    pub checksum: String,
    /// When it was applied, as `2026-11-22T11:20:00Z`.
    pub applied_at: String,
    /// Whether it is done.
    pub state: State,
}

/// How far a revision has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is applied.
    Done,
    /// It was interrupted on its way up.
    Upgrading(Progress),
    /// It was interrupted on its way down.
    Downgrading(Progress),
}

/// A place in the statements of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many statements have run.
    pub done: usize,
    /// Whether the next one was begun, so that it may have run too.
    pub begun: bool,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, progress) = match self {
            Self::Done => return f.write_str("done"),
            Self::Upgrading(progress) => ("upgrading", progress),
            Self::Downgrading(progress) => ("downgrading", progress),
        };
        write!(f, "{word} {}{}", progress.done + 1, if progress.begun { " begun" } else { "" })
    }
}

impl State {
    fn parse(text: &str) -> Option<Self> {
        if text == "done" {
            return Some(Self::Done);
        }
        let (word, rest) = text.split_once(' ')?;
        let (number, begun) = match rest.strip_suffix(" begun") {
            Some(number) => (number, true),
            None => (rest, false),
        };
        let progress = Progress { done: number.parse::<usize>().ok()?.checked_sub(1)?, begun };
        match word {
            "upgrading" => Some(Self::Upgrading(progress)),
            "downgrading" => Some(Self::Downgrading(progress)),
            _ => None,
        }
    }
}

/// What is recorded of a revision.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The revision's id.
    pub id: &'a str,
    /// Its message.
    pub message: &'a str,
    /// The checksum to compare with later.
    pub checksum: &'a str,
}

/// The checksum of a file: SHA-256 of its bytes, in hex.
pub fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first applied revision whose file has another checksum now; `file` gives checksum and name by id.
///
/// # Errors
///
/// [`Error::Edited`] with that revision. A revision without a file is not this function's concern.
pub fn verify<'a>(
    rows: &[AppliedRevision],
    file: impl Fn(&str) -> Option<(&'a str, &'a str)>,
) -> Result<(), Error> {
    for row in rows.iter().filter(|row| row.state == State::Done) {
        if let Some((checksum, file)) = file(&row.id).filter(|(checksum, _)| *checksum != row.checksum) {
            let _ = checksum;
            return Err(Error::Edited { id: row.id.clone(), file: file.to_owned() });
        }
    }
    Ok(())
}

impl VersionTable {
    /// The version table in a schema.
    pub fn in_schema(schema: impl Into<Ident>) -> Self {
        Self { name: Name::new(schema, NAME) }
    }

    /// Its qualified name.
    pub fn name(&self) -> Name {
        self.name
    }

    /// The applied revisions, by id. Never writes; where there is no table, there are none.
    ///
    /// # Errors
    ///
    /// What the server says; [`Error::UnknownState`] for a row that cannot be understood.
    pub async fn read(&self, connection: &Connection) -> Result<Vec<AppliedRevision>, Error> {
        let query = sql!(
            "SELECT id, message, checksum, pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', \
             'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), state FROM {} ORDER BY id",
            self.name
        );
        let messages = match connection.client.simple_query(query.as_str()).await {
            Ok(messages) => messages,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut rows = Vec::new();
        for message in messages {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
            let state = State::parse(&text(4)).ok_or_else(|| Error::UnknownState {
                table: self.name.to_string(),
                id: text(0),
                state: text(4),
            })?;
            rows.push(AppliedRevision {
                id: text(0),
                message: text(1),
                checksum: text(2),
                applied_at: text(3),
                state,
            });
        }
        Ok(rows)
    }

    /// Replaces rows in one transaction, without running anything: `limbeck stamp`.
    ///
    /// # Errors
    ///
    /// What the server says; nothing is changed then.
    pub async fn stamp(
        &self,
        connection: &Connection,
        remove: &[&str],
        add: &[Record<'_>],
    ) -> Result<(), Error> {
        connection.client.batch_execute("BEGIN").await?;
        let work = async {
            if self.exists(connection).await? {
                for id in remove {
                    connection.client.batch_execute(self.delete(id).as_str()).await?;
                }
            }
            if !add.is_empty() {
                self.create(connection).await?;
            }
            for record in add {
                connection.client.batch_execute(self.delete(record.id).as_str()).await?;
                connection.client.batch_execute(self.insert(record, State::Done).as_str()).await?;
            }
            self.drop_if_empty(connection).await
        };
        match work.await {
            Ok(()) => Ok(connection.client.batch_execute("COMMIT").await?),
            Err(error) => {
                let _ = connection.client.batch_execute("ROLLBACK").await;
                Err(error)
            }
        }
    }

    /// Whether the table is there.
    pub(crate) async fn exists(&self, connection: &Connection) -> Result<bool, Error> {
        let name = Literal::new(self.name.to_string());
        yes(connection, &sql!("SELECT pg_catalog.to_regclass({}) IS NOT NULL", name)).await
    }

    /// Makes the table if it is not there, and its schema likewise.
    pub(crate) async fn create(&self, connection: &Connection) -> Result<(), Error> {
        if self.exists(connection).await? {
            return Ok(());
        }
        // `IF NOT EXISTS` would ask for the right to create schemas even where it is there.
        let schema = Literal::new(self.name.schema.to_string());
        if !yes(connection, &sql!("SELECT pg_catalog.to_regnamespace({}) IS NOT NULL", schema)).await? {
            connection.client.batch_execute(sql!("CREATE SCHEMA {}", self.name.schema).as_str()).await?;
        }
        Ok(connection.client.batch_execute(self.create_statement().as_str()).await?)
    }

    /// Drops the table when its last row is gone.
    pub(crate) async fn drop_if_empty(&self, connection: &Connection) -> Result<(), Error> {
        if !self.exists(connection).await?
            || yes(connection, &sql!("SELECT EXISTS (SELECT FROM {})", self.name)).await?
        {
            return Ok(());
        }
        Ok(connection.client.batch_execute(self.drop_statement().as_str()).await?)
    }

    /// The statement that makes the table, for scripts; the schema must be there.
    pub fn create_statement(&self) -> Sql {
        sql!(
            "CREATE TABLE IF NOT EXISTS {} (\n    id text PRIMARY KEY,\n    message text NOT NULL,\n    \
             checksum text NOT NULL,\n    applied_at timestamp with time zone NOT NULL,\n    state text NOT NULL\n)",
            self.name
        )
    }

    /// The statement that drops the table, for scripts that end at `base`.
    pub fn drop_statement(&self) -> Sql {
        sql!("DROP TABLE {}", self.name)
    }

    /// The statement that records an applied revision, for scripts.
    pub fn insert_statement(&self, record: &Record<'_>) -> Sql {
        self.insert(record, State::Done)
    }

    /// The statement that forgets a revision, for scripts.
    pub fn delete_statement(&self, id: &str) -> Sql {
        self.delete(id)
    }

    pub(crate) fn insert(&self, record: &Record<'_>, state: State) -> Sql {
        sql!(
            "INSERT INTO {} (id, message, checksum, applied_at, state) VALUES ({}, {}, {}, pg_catalog.now(), {})",
            self.name,
            Literal::new(record.id),
            Literal::new(record.message),
            Literal::new(record.checksum),
            Literal::new(state.to_string())
        )
    }

    pub(crate) fn delete(&self, id: &str) -> Sql {
        sql!("DELETE FROM {} WHERE id = {}", self.name, Literal::new(id))
    }

    /// Moves a row on, if it stands where we think it does.
    pub(crate) fn update(&self, record: &Record<'_>, from: State, to: State) -> Sql {
        sql!(
            "UPDATE {} SET message = {}, checksum = {}, applied_at = pg_catalog.now(), state = {} \
             WHERE id = {} AND state = {}",
            self.name,
            Literal::new(record.message),
            Literal::new(record.checksum),
            Literal::new(to.to_string()),
            Literal::new(record.id),
            Literal::new(from.to_string())
        )
    }
}

async fn yes(connection: &Connection, query: &Sql) -> Result<bool, Error> {
    let messages = connection.client.simple_query(query.as_str()).await?;
    Ok(messages.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some("t"),
        _ => false,
    }))
}

fn is_missing(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::UNDEFINED_TABLE) || code == Some(&SqlState::INVALID_SCHEMA_NAME)
}

#[cfg(test)]
mod tests {
    use super::{Progress, State, checksum};

    #[test]
    fn states_are_read_as_they_are_written() {
        for (state, text) in [
            (State::Done, "done"),
            (State::Upgrading(Progress { done: 2, begun: false }), "upgrading 3"),
            (State::Downgrading(Progress { done: 0, begun: true }), "downgrading 1 begun"),
        ] {
            assert_eq!(state.to_string(), text);
            assert_eq!(State::parse(text), Some(state));
        }
        for text in ["", "upgrading", "upgrading 0", "upgrading x", "sideways 1", "upgrading 1 more"] {
            assert_eq!(State::parse(text), None, "{text}");
        }
    }

    #[test]
    fn checksums_are_sha_256_in_hex() {
        assert_eq!(checksum(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
