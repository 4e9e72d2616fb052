//! Questions to the rows before a statement that rows can refuse: in the review, and before anything is run.

use limbeck_database::Connection;
use limbeck_revisions::Direction;
use limbeck_revisions::file::{Item, Script};
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;
use limbeck_schema::Origin;
use limbeck_sql::script::words;
use limbeck_sql::{HazardKind, Preflight, Sql, sql};
use tokio_postgres::SimpleQueryMessage;

use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::state::Files;

/// Words with which statements begin that may mend what is in the way of those below them.
const WRITING: &[&str] =
    &["call", "copy", "delete", "do", "execute", "insert", "merge", "select", "truncate", "update", "with"];

/// How many rows are in the way; nothing where the database as it is cannot answer (about a column that a statement
/// before makes), or not in this time. Nothing is written.
pub(crate) async fn count(connection: &Connection, preflight: &Preflight, seconds: u32) -> Option<u64> {
    let client = &connection.client;
    let limit: Sql = sql!("SET LOCAL statement_timeout = {}", seconds * 1000);
    let question = sql!("BEGIN READ ONLY; {}; {}; COMMIT", limit, preflight.count);
    let Ok(messages) = client.simple_query(question.as_str()).await else {
        // The batch stopped inside its transaction.
        let _ = client.batch_execute("ROLLBACK").await;
        return None;
    };
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<u64>().ok(),
        _ => None,
    })
}

/// The finding in words.
pub(crate) fn found(count: u64, preflight: &Preflight) -> String {
    let rows = if count == 1 { "row or value" } else { "rows or values" };
    format!("{count} {rows}: {}", preflight.rows)
}

/// Refuses steps that rows are in the way of. Questions that an earlier statement may settle are asked when its
/// revision has run ([`refuse_next`]).
pub(crate) async fn refuse(files: &Files<'_>, connection: &Connection, steps: &[Step]) -> Result<()> {
    let mut reports = Vec::new();
    for stored in steps.iter().filter_map(|step| Some((step, files.store.get(&step.id)?))) {
        let (open, writes) = questions(stored.0, stored.1);
        reports.extend(asked(connection, stored.1, &open).await);
        if writes {
            break;
        }
    }
    refused(reports)
}

/// The same for one step, when all before it have run.
pub(crate) async fn refuse_next(connection: &Connection, step: &Step, stored: &Stored) -> Result<()> {
    refused(asked(connection, stored, &questions(step, stored).0).await)
}

fn refused(reports: Vec<Report>) -> Result<()> {
    if reports.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Refused, reports }) }
}

/// The questions of a step that no statement above them may settle, and whether it has such a statement.
fn questions<'a>(step: &Step, stored: &'a Stored) -> (Vec<&'a Preflight>, bool) {
    let script: Option<&Script> = match step.direction {
        Direction::Up => Some(&stored.file.upgrade),
        Direction::Down => stored.file.downgrade.as_ref(),
    };
    let acknowledged = step.direction == Direction::Up && stored.file.allows(HazardKind::MayFail);
    let mut open = Vec::new();
    for item in script.into_iter().flat_map(Script::items) {
        match item {
            Item::Preflight(preflight) if !acknowledged => open.push(preflight),
            Item::Statement(statement) => {
                let first = words(statement.sql.as_str()).next().unwrap_or_default();
                if WRITING.contains(&first.as_str()) {
                    return (open, true);
                }
            }
            Item::Preflight(_) | Item::Todo(_) | Item::Allow(_) | Item::Loses(_) | Item::Comment(_) => {}
        }
    }
    (open, false)
}

async fn asked(connection: &Connection, stored: &Stored, questions: &[&Preflight]) -> Vec<Report> {
    let mut reports = Vec::new();
    for preflight in questions {
        let Some(count) = count(connection, preflight, 60).await.filter(|count| *count > 0) else { continue };
        let line = stored.text.lines().position(|line| line.contains(preflight.count.as_str())).unwrap_or(0);
        let origin = Origin {
            file: stored.path.display().to_string().into(),
            line: u32::try_from(line + 1).unwrap_or(1),
            column: 1,
            length: 0,
        };
        reports.push(
            Report::error("cli::rows_in_the_way", found(count, preflight))
                .at(origin)
                .help("nothing has been run: mend the rows first, in a revision before this one or above the statement")
                .help("to try it all the same, write `-- limbeck:allow may-fail: REASON`"),
        );
    }
    reports
}
