//! What another session's statement is doing, in the server's own words.

use crate::trial::tables;
use crate::{Connection, Error};

/// A statement on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The phase that the server names, such as `building index: scanning table` (manual, Progress Reporting).
    pub phase: Option<String>,
    /// How much of the phase is done, of how much: blocks or rows; nothing where the server doesn't say it.
    pub done: Option<(u64, u64)>,
    /// The processes that hold a lock for which it waits.
    pub blocked_by: Vec<i32>,
}

/// The process that serves a session.
///
/// # Errors
///
/// The server's.
pub async fn process(connection: &Connection) -> Result<Option<i32>, Error> {
    let answers = tables(&connection.client, "SELECT pg_catalog.pg_backend_pid()").await?;
    Ok(answers.first().and_then(|rows| rows.first()?.first()?.as_deref()?.parse().ok()))
}

/// Asks, from another session, what the statement of a process is doing; nothing where there is no such process.
///
/// # Errors
///
/// The server's.
pub async fn of(connection: &Connection, process: i32) -> Result<Option<Progress>, Error> {
    let query = limbeck_sql::sql!(
        "SELECT p.phase, p.done, p.total, pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(a.pid), ' ') \
         FROM pg_catalog.pg_stat_activity AS a LEFT JOIN (SELECT pid, phase, \
         CASE WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END, \
         CASE WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END \
         FROM pg_catalog.pg_stat_progress_create_index) AS p (pid, phase, done, total) ON p.pid = a.pid WHERE a.pid = {}",
        process
    );
    let answers = tables(&connection.client, query.as_str()).await?;
    let Some(row) = answers.into_iter().flatten().next() else { return Ok(None) };
    let text = |at: usize| row.get(at).cloned().flatten();
    let number = |at: usize| text(at)?.parse::<u64>().ok();
    Ok(Some(Progress {
        phase: text(0),
        done: number(1).zip(number(2)).filter(|(_, total)| *total > 0),
        blocked_by: text(3).unwrap_or_default().split(' ').filter_map(|pid| pid.parse().ok()).collect(),
    }))
}
