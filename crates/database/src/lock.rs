//! One run at a time: a session's advisory lock, named by the version table.
//!
//! The lock is polled, each time in a transaction of its own. Waiting inside `pg_advisory_lock` holds a snapshot, and
//! CREATE INDEX CONCURRENTLY of the run that is waited for would wait for that snapshot: a deadlock.
//!
//! Behind a pooler a session is not ours to lock; there the table's own lock in every transaction has to do, and
//! the state of the row that every update names (see [`crate::apply`]).

use std::time::{Duration, Instant};

use limbeck_sql::{Literal, sql};
use sha2::{Digest, Sha256};
use tokio_postgres::SimpleQueryMessage;

use crate::version_table::VersionTable;
use crate::{Connection, Error};

/// The first pause between two tries, which doubles up to the last one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// The lock of a version table, held by a session until it is released or the session ends.
#[derive(Debug)]
#[must_use = "the lock is held until `release`"]
pub struct RunLock {
    key: Option<i64>,
}

impl RunLock {
    /// Waits for the lock, up to a time.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] with the holder's process when the time is over.
    pub async fn acquire(
        connection: &Connection,
        table: &VersionTable,
        timeout: Duration,
    ) -> Result<Self, Error> {
        if is_pooled(connection).await? {
            return Ok(Self { key: None });
        }
        let key = key(table);
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        while first(connection, sql!("SELECT pg_catalog.pg_try_advisory_lock({})", key).as_str()).await?
            != Some("t".to_owned())
        {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Error::Locked {
                    table: table.name().to_string(),
                    pid: holder(connection, key).await?,
                });
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
        Ok(Self { key: Some(key) })
    }

    /// Gives the lock back.
    ///
    /// # Errors
    ///
    /// What the server says; the end of the session gives it back too.
    pub async fn release(self, connection: &Connection) -> Result<(), Error> {
        if let Some(key) = self.key {
            connection
                .client
                .batch_execute(sql!("SELECT pg_catalog.pg_advisory_unlock({})", key).as_str())
                .await?;
        }
        Ok(())
    }
}

/// Whether the session is a pooler's: it refused our startup options, or it left them out.
async fn is_pooled(connection: &Connection) -> Result<bool, Error> {
    if connection.is_pooled() {
        return Ok(true);
    }
    // Every session of ours asks for `warning` at its start, and no default is that.
    let messages = first(connection, "SELECT pg_catalog.current_setting('client_min_messages')").await?;
    Ok(connection.target.options.is_none() && messages.as_deref() != Some("warning"))
}

/// The lock's number: the same for the same table name, whoever asks. The database is part of the lock already.
fn key(table: &VersionTable) -> i64 {
    let digest = Sha256::digest(format!("limbeck {}", table.name()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

async fn holder(connection: &Connection, key: i64) -> Result<Option<i32>, Error> {
    // `pg_locks` shows the halves of a 64-bit key as oids, with `objsubid` 1.
    let key = Literal::new(key.to_string());
    let query = sql!(
        "SELECT l.pid FROM pg_catalog.pg_locks AS l \
         JOIN pg_catalog.pg_database AS d ON d.oid = l.database AND d.datname = pg_catalog.current_database() \
         WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted \
           AND (l.classid::int8 << 32) | l.objid::int8 = {}::int8",
        key
    );
    Ok(first(connection, query.as_str()).await?.and_then(|pid| pid.parse().ok()))
}

async fn first(connection: &Connection, query: &str) -> Result<Option<String>, Error> {
    let messages = connection.client.simple_query(query).await?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
