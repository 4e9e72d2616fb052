//! Rows in the way of a statement, as errors before anything is run.

use limbeck::refusal::{self, Rows};
use limbeck_database::Connection;
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;

use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::state::Files;

/// Refuses steps that rows are in the way of. Questions that an earlier statement may settle are asked when its
/// revision has run ([`refuse_next`]).
pub(crate) async fn refuse(files: &Files<'_>, connection: &Connection, steps: &[Step]) -> Result<()> {
    refused(refusal::rows_in_the_way(connection, &files.store, steps).await)
}

/// The same for one step, when all before it have run.
pub(crate) async fn refuse_next(connection: &Connection, step: &Step, stored: &Stored) -> Result<()> {
    refused(refusal::rows_in_the_way_of(connection, step, stored).await)
}

fn refused(rows: Vec<Rows>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let report = |Rows { origin, message, .. }| {
        Report::error("cli::rows_in_the_way", message)
            .at(origin)
            .help("nothing has been run: mend the rows first, in a revision before this one or above the statement")
            .help("to try it all the same, write `-- limbeck:allow may-fail: REASON`")
    };
    Err(Failure { exit: Exit::Refused, reports: rows.into_iter().map(report).collect() })
}
