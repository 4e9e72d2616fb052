//! How it ended, service by service.

use limbeck_revisions::{Direction, RevisionId};
use serde_json::json;

use crate::commands::stamp::at;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::out::{Format, Out, report_json, table};
use crate::project::Service;

use super::Order;

/// A service and how it ended.
pub(super) struct Row<'a> {
    pub(super) service: &'a Service,
    pub(super) outcome: Outcome,
}

/// How it ended.
pub(super) enum Outcome {
    /// It was at the target.
    NothingToDo { current: Vec<RevisionId> },
    /// It is at the target now.
    Done { applied: Vec<RevisionId>, current: Vec<RevisionId> },
    /// Refused before anything ran.
    Refused(Failure),
    /// It failed; these revisions had been run before, and `interrupted` says whether the last one stands half done.
    Failed { failure: Failure, applied: Vec<RevisionId>, interrupted: bool },
    /// It was not tried.
    NotRun { current: Vec<RevisionId> },
}

impl Outcome {
    /// Whether others may go on.
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::NothingToDo { .. } | Self::Done { .. })
    }

    fn word(&self, direction: Direction) -> &'static str {
        match self {
            Self::NothingToDo { .. } => "nothing to do",
            Self::Done { .. } if direction == Direction::Down => "taken back",
            Self::Done { .. } => "applied",
            Self::Refused(_) => "refused",
            Self::Failed { interrupted: true, .. } => "interrupted",
            Self::Failed { .. } => "rolled back",
            Self::NotRun { .. } => "not run",
        }
    }

    fn applied(&self) -> &[RevisionId] {
        match self {
            Self::Done { applied, .. } | Self::Failed { applied, .. } => applied,
            Self::NothingToDo { .. } | Self::Refused(_) | Self::NotRun { .. } => &[],
        }
    }

    fn current(&self) -> Option<&[RevisionId]> {
        match self {
            Self::Done { current, .. } | Self::NothingToDo { current } | Self::NotRun { current } => {
                Some(current)
            }
            Self::Refused(_) | Self::Failed { .. } => None,
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Refused(failure) | Self::Failed { failure, .. } => Some(failure),
            Self::NothingToDo { .. } | Self::Done { .. } | Self::NotRun { .. } => None,
        }
    }
}

impl Row<'_> {
    /// Says it at once, while others run.
    pub(super) fn say(&self, several: bool, out: &Out) {
        let name = &self.service.name;
        match &self.outcome {
            Outcome::NothingToDo { current } => {
                out.say(format!("{name}: nothing to do, the database is at {}", at(current)))
            }
            Outcome::Refused(failure) | Outcome::Failed { failure, .. }
                if several && out.format == Format::Text =>
            {
                out.report(&failure.clone().of_service(name));
            }
            Outcome::Done { .. } | Outcome::NotRun { .. } | Outcome::Refused(_) | Outcome::Failed { .. } => {}
        }
    }
}

/// Prints the summary and gives the status of the whole.
pub(super) fn finish(rows: Vec<Row<'_>>, order: &Order, out: &Out) -> Result<Exit> {
    let several = rows.len() > 1;
    if out.format == Format::Json {
        out.json(json!({ "services": rows.iter().map(|row| as_json(row, order)).collect::<Vec<_>>() }));
    } else if several {
        let heading = match order.direction {
            Direction::Up => "APPLIED",
            Direction::Down => "TAKEN BACK",
        };
        let cells = |row: &Row<'_>| {
            vec![
                row.service.name.clone(),
                row.outcome.word(order.direction).to_owned(),
                row.outcome.applied().len().to_string(),
                row.outcome.current().map(at).unwrap_or_default(),
            ]
        };
        let cells = rows.iter().map(cells).collect::<Vec<_>>();
        out.data(table(&["SERVICE", "RESULT", heading, "AT"], &cells));
    }
    let failures = rows.into_iter().filter_map(|row| match row.outcome {
        Outcome::Refused(failure) | Outcome::Failed { failure, .. } => Some((row.service, failure)),
        Outcome::NothingToDo { .. } | Outcome::Done { .. } | Outcome::NotRun { .. } => None,
    });
    let mut whole: Option<Failure> = None;
    for (service, failure) in failures {
        let failure = if several { failure.of_service(&service.name) } else { failure };
        let mut sum = whole.take().unwrap_or_else(|| Failure::silent(Exit::Done)).at_least(failure.exit);
        // In a text they have been said, each in its turn.
        if !several || out.format == Format::Json {
            sum.reports.extend(failure.reports);
        }
        whole = Some(sum);
    }
    whole.map_or(Ok(Exit::Done), Err)
}

fn as_json(row: &Row<'_>, order: &Order) -> serde_json::Value {
    let Row { service, outcome } = row;
    json!({
        "service": service.name,
        "schemas": service.schemas,
        "result": outcome.word(order.direction),
        "applied": outcome.applied(),
        "current": outcome.current(),
        "error": outcome.failure().and_then(|failure| failure.reports.first()).map(report_json),
    })
}
