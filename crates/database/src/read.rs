//! Reading the catalogs: one round trip, one snapshot, whatever the number of objects.
//!
//! All queries of [`limbeck_kinds::catalog::READERS`] go out as one simple query, inside one read-only
//! repeatable-read transaction whose `search_path` is `pg_catalog`, so that the server prints every name of a
//! user qualified. Rows are decoded as they arrive. Nothing is written, and no table of a user is touched.

use std::collections::BTreeSet;

use futures_util::{StreamExt, pin_mut};
use limbeck_kinds::Schema;
use limbeck_kinds::catalog::{Catalog, READERS, Reader, Row, for_version};
use limbeck_schema::Canonical;
use tokio_postgres::SimpleQueryMessage;

use crate::{Connection, Error, Recording};

/// What stands before the queries; each of these statements ends with a `CommandComplete` of its own.
const PRELUDE: &[&str] = &[
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL quote_all_identifiers = off",
];

/// Reads the whole database, as one moment saw it.
///
/// # Errors
///
/// Where the server refuses a query or the connection breaks, and where a catalog holds what it should not:
/// then nothing is returned, never a part.
pub async fn read(connection: &Connection) -> Result<Canonical<Schema>, Error> {
    read_rows(connection, |_, _| {}).await
}

/// As [`read`], with the rows kept: they can be read again without a server.
///
/// # Errors
///
/// As for [`read`].
pub async fn record(connection: &Connection) -> Result<(Canonical<Schema>, Recording), Error> {
    let mut recording = Recording::new(connection.version);
    let schema = read_rows(connection, |query, fields| recording.push(query, fields)).await?;
    Ok((schema, recording))
}

async fn read_rows(
    connection: &Connection,
    seen: impl FnMut(&Reader, &[Option<&str>]),
) -> Result<Canonical<Schema>, Error> {
    let result = read_in_transaction(connection, seen).await;
    if result.is_err() {
        // The batch stopped inside its transaction; the connection goes on without it.
        let _ = connection.client.batch_execute("ROLLBACK").await;
    }
    result
}

async fn read_in_transaction(
    connection: &Connection,
    mut seen: impl FnMut(&Reader, &[Option<&str>]),
) -> Result<Canonical<Schema>, Error> {
    let readers: Vec<&Reader> = READERS.iter().filter(|reader| connection.version >= reader.since).collect();
    let mut batch = PRELUDE.join(";\n");
    for reader in &readers {
        batch.push_str(";\n");
        batch.push_str(&for_version(reader.query, connection.version));
    }
    batch.push_str(";\nCOMMIT");

    let mut catalog = Catalog::new(connection.version);
    let mut statement = 0;
    let stream = connection.client.simple_query_raw(&batch).await?;
    pin_mut!(stream);
    while let Some(message) = stream.next().await {
        match message? {
            SimpleQueryMessage::Row(row) => {
                if let Some(reader) = statement_reader(&readers, statement) {
                    decode(reader, &row, &mut catalog, &mut seen)?;
                }
            }
            SimpleQueryMessage::CommandComplete(_) => statement += 1,
            _ => {}
        }
    }
    Ok(Canonical::from_server(catalog.finish()))
}

fn statement_reader<'a>(readers: &[&'a Reader], statement: usize) -> Option<&'a Reader> {
    statement.checked_sub(PRELUDE.len()).and_then(|at| readers.get(at)).copied()
}

fn decode(
    reader: &Reader,
    row: &tokio_postgres::SimpleQueryRow,
    catalog: &mut Catalog,
    seen: &mut impl FnMut(&Reader, &[Option<&str>]),
) -> Result<(), Error> {
    const WIDEST: usize = 48;
    let mut fields = [None; WIDEST];
    let width = row.len().min(WIDEST);
    for (at, field) in fields.iter_mut().enumerate().take(width) {
        *field = row.try_get(at)?;
    }
    seen(reader, &fields[..width]);
    (reader.decode)(&mut Row::new(reader.name, &fields[..width]), catalog).map_err(Error::Catalog)
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
