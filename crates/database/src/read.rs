//! Reading the catalogs: one snapshot, and round trips whose number does not depend on the number of objects.
//!
//! All queries of [`limbeck_kinds::catalog::READERS`] run in read-only repeatable-read transactions whose
//! `search_path` is `pg_catalog`, so that the server prints every name of a user qualified. Nothing is written, and
//! no table of a user is touched. A small database answers to one batch on the connection at hand; where there is
//! much to read, a second session with the same snapshot prints the expressions meanwhile, and both send their rows
//! by `COPY`, which costs the client the least.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use futures_util::{StreamExt, TryStreamExt, pin_mut};
use limbeck_kinds::Schema;
use limbeck_kinds::catalog::{READERS, Reader, for_version};
use limbeck_schema::Canonical;
use limbeck_sql::{Literal, Sql, sql};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::recording::write_row;
use crate::{Connection, Error, Recording};

/// Begins a transaction that reads.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How names are printed in it, and that rows come in the same order as long as nothing changes: then a reading has the
/// digest of the one before. Parallel workers would also take the cores from the other session and the client.
const SETTINGS: [&str; 4] = [
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
    "SET LOCAL synchronize_seqscans = off",
];

/// A `pg_attribute` of this many bytes (some 300 tables) is worth a second session.
const MUCH: i64 = 2 << 20;

/// How long a second session may take to open. A server that has none to give, or takes one at a time, costs no more.
const PATIENCE: Duration = Duration::from_millis(300);

/// The queries in which the server prints expressions, for which it opens the tables: one session does them all, the
/// other one the rest, which takes about as long.
const EXPRESSIONS: [&str; 9] = [
    "constraints",
    "indexes",
    "defaults",
    "policies",
    "triggers",
    "rules",
    "views",
    "statistics",
    "functions",
];

/// Reads the whole database, as one moment saw it.
///
/// # Errors
///
/// Where the server refuses a query or the connection breaks, and where a catalog holds what it should not:
/// then nothing is returned, never a part.
pub async fn read(connection: &Connection) -> Result<Canonical<Schema>, Error> {
    record(connection).await?.into_schema()
}

/// Reads the rows of the whole database, which say what [`read`] returns.
///
/// # Errors
///
/// Where the server refuses a query or the connection breaks.
pub async fn record(connection: &Connection) -> Result<Recording, Error> {
    record_noting(connection, |_| {}).await
}

/// The same; `note` is told why one session read alone where two would have been faster.
///
/// # Errors
///
/// As for [`record`].
pub async fn record_noting(connection: &Connection, note: impl FnOnce(String)) -> Result<Recording, Error> {
    let places = places(connection.version);
    if !connection.is_pooled() && size(connection).await? >= MUCH {
        // Whatever keeps two sessions from reading together does not keep one from reading alone.
        match by_two(connection, &places).await {
            Ok((recording, alone)) => {
                alone.map(note);
                return Ok(recording);
            }
            Err(error) => {
                note(error.to_string());
                connection.client.batch_execute("ROLLBACK").await?;
            }
        }
    }
    let recording = by_one(connection, &places).await;
    if recording.is_err() {
        // The batch stopped inside its transaction; the connection goes on without it.
        let _ = connection.client.batch_execute("ROLLBACK").await;
    }
    recording
}

/// The places in [`READERS`] of the queries for a server of that version.
fn places(version: i32) -> Vec<usize> {
    (0..READERS.len()).filter(|place| version >= READERS[*place].since).collect()
}

/// The size of `pg_attribute` in bytes, which tells how much there is to read.
async fn size(connection: &Connection) -> Result<i64, Error> {
    const SIZE: &str = "SELECT pg_catalog.pg_relation_size('pg_catalog.pg_attribute')";
    Ok(connection.client.query_typed_one(SIZE, &[]).await?.get(0))
}

/// Sends all queries as one batch.
async fn by_one(connection: &Connection, places: &[usize]) -> Result<Recording, Error> {
    let version = connection.version;
    let mut batch = vec![BEGIN.to_owned()];
    batch.extend(SETTINGS.map(str::to_owned));
    let first = batch.len();
    batch.extend(places.iter().map(|place| for_version(READERS[*place].query, version)));
    batch.push("COMMIT".to_owned());

    let mut recording = Recording::new(version);
    let mut statement = 0;
    let stream = connection.client.simple_query_raw(&batch.join(";\n")).await?;
    pin_mut!(stream);
    while let Some(message) = stream.next().await {
        match message? {
            SimpleQueryMessage::Row(row) => {
                if let Some(place) = usize::checked_sub(statement, first).and_then(|at| places.get(at)) {
                    write_row(recording.rows_mut(*place), (0..row.len()).map(|at| row.get(at)));
                }
            }
            SimpleQueryMessage::CommandComplete(_) => statement += 1,
            _ => {}
        }
    }
    Ok(recording)
}

/// Shares the queries with a second session that sees the same snapshot; says why where there was none.
async fn by_two(connection: &Connection, places: &[usize]) -> Result<(Recording, Option<String>), Error> {
    let prints = |reader: &Reader| EXPRESSIONS.contains(&reader.name);
    let (theirs, ours): (Vec<usize>, Vec<usize>) = places.iter().partition(|place| prints(&READERS[**place]));
    begin(&connection.client, None).await?;
    let row = connection.client.query_typed_one("SELECT pg_catalog.pg_export_snapshot()", &[]).await?;
    let snapshot: String = row.get(0);
    let second = async {
        let other = match tokio::time::timeout(PATIENCE, Connection::open(&connection.target)).await {
            Ok(Ok(other)) => other,
            Ok(Err(error)) => return Ok(Err(error.to_string())),
            Err(_) => return Ok(Err(format!("the server gave no second session within {PATIENCE:?}"))),
        };
        begin(&other.client, Some(&snapshot)).await?;
        let rows = copies(&other, &theirs).await?;
        Ok::<_, Error>(Ok(rows))
    };
    let (own, others) = try_join(copies(connection, &ours), second).await?;
    let (others, alone) = match others {
        Ok(rows) => (rows, None),
        Err(why) => (copies(connection, &theirs).await?, Some(why)),
    };
    connection.client.batch_execute("COMMIT").await?;
    let mut recording = Recording::new(connection.version);
    for (place, rows) in ours.into_iter().zip(own).chain(theirs.into_iter().zip(others)) {
        *recording.rows_mut(place) = rows;
    }
    Ok((recording, alone))
}

/// Begins the transaction of a reading, of a snapshot where one is given.
async fn begin(client: &Client, snapshot: Option<&str>) -> Result<(), Error> {
    let import = snapshot.map(|snapshot| sql!("SET TRANSACTION SNAPSHOT {}", Literal::new(snapshot)));
    let statements: Vec<&str> =
        std::iter::once(BEGIN).chain(import.as_ref().map(Sql::as_str)).chain(SETTINGS).collect();
    Ok(client.batch_execute(&statements.join(";\n")).await?)
}

/// The rows of these queries, all sent at once.
async fn copies(connection: &Connection, places: &[usize]) -> Result<Vec<Vec<u8>>, Error> {
    let client = &connection.client;
    let texts: Vec<Sql> = places
        .iter()
        .map(|place| Sql::from_trusted(for_version(READERS[*place].query, connection.version)))
        .map(|query| sql!("COPY (\n{}\n) TO STDOUT", query))
        .collect();
    let statements = try_join_all(texts.iter().map(|text| client.prepare(text.as_str()))).await?;
    let rows = statements.iter().map(|statement| async move {
        let stream = client.copy_out(statement).await?;
        stream
            .try_fold(Vec::new(), async |mut rows, row| {
                rows.extend_from_slice(&row);
                Ok(rows)
            })
            .await
    });
    Ok(try_join_all(rows).await?)
}

/// The names of the server's roles.
///
/// # Errors
///
/// What the server says.
pub async fn roles(connection: &Connection) -> Result<BTreeSet<String>, Error> {
    const ROLES: &str = "SELECT r.rolname::pg_catalog.text FROM pg_catalog.pg_roles AS r ORDER BY 1";
    let rows = connection.client.query(ROLES, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
