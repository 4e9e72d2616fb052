//! Running a script on scratch, as a runner would, or a statement at a time under the meter.

use limbeck_database::Connection;
use limbeck_database::trial::Meter;
use limbeck_revisions::file::{Item, Mode, Script, Segment};
use limbeck_sql::Lock;
use limbeck_sql::script::words;

/// A statement that the server refused.
pub(super) struct Refusal {
    pub(super) statement: String,
    pub(super) error: tokio_postgres::Error,
}

/// Runs a script; under the meter, what each statement locks, in order, where it could be measured.
///
/// Under the meter each statement has a transaction of its own, so that it shows its own locks and not those of the
/// statements before it. A segment whose statements need one transaction (`SET LOCAL`, cursors) is not measured.
pub(super) async fn walk(
    connection: &Connection,
    script: &Script,
    measured: bool,
) -> Result<Vec<Option<Vec<Lock>>>, Refusal> {
    let mut locks = Vec::new();
    for segment in &script.segments {
        let meter = measured && segment.mode == Mode::Transaction && segment_may_be_split(segment);
        let in_transaction = segment.mode == Mode::Transaction && !meter;
        if in_transaction {
            plain(connection, "BEGIN").await?;
        }
        for item in &segment.items {
            let Item::Statement(statement) = item else { continue };
            let statement = statement.sql.as_str();
            if meter {
                locks.push(metered(connection, statement).await?);
            } else {
                plain(connection, statement).await?;
                locks.push(None);
            }
        }
        if in_transaction {
            plain(connection, "COMMIT").await?;
        }
    }
    Ok(locks)
}

async fn plain(connection: &Connection, statement: &str) -> Result<(), Refusal> {
    let Err(error) = connection.client.batch_execute(statement).await else { return Ok(()) };
    // Where no transaction is open this is but a warning.
    let _ = connection.client.batch_execute("ROLLBACK").await;
    Err(Refusal { statement: statement.to_owned(), error })
}

async fn metered(connection: &Connection, statement: &str) -> Result<Option<Vec<Lock>>, Refusal> {
    plain(connection, "BEGIN").await?;
    let meter = Meter::set(connection).await;
    plain(connection, statement).await?;
    // A meter that fails measures nothing; the statement is not to blame.
    let locks = match meter {
        Ok(meter) => meter.read(connection).await.ok(),
        Err(_) => None,
    };
    plain(connection, "COMMIT").await?;
    Ok(locks)
}

/// Whether each statement says all that it needs.
fn segment_may_be_split(segment: &Segment) -> bool {
    const ALONE: &[&str] = &[
        "alter", "comment", "create", "delete", "drop", "grant", "insert", "merge", "refresh", "revoke",
        "truncate", "update",
    ];
    segment.items.iter().all(|item| match item {
        Item::Statement(statement) => {
            words(statement.sql.as_str()).next().is_some_and(|first| ALONE.contains(&first.as_str()))
        }
        _ => true,
    })
}
