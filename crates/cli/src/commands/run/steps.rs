//! Steps: what may not run yet, what runs, and what is said meanwhile.

use limbeck::refusal::{self, Unacknowledged};
use limbeck_database::{Connection, apply};
use limbeck_lint::Unseen;
use limbeck_revisions::Direction;
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;
use limbeck_schema::Origin;
use limbeck_sql::HazardKind;

use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::guard::{self, Environment};
use crate::out::Out;
use crate::state::Files;

/// Refuses files in which a human must still decide something, each mark at its line.
pub(crate) fn undecided(files: &Files<'_>, steps: &[Step]) -> Result<()> {
    let mut reports = Vec::new();
    for (step, stored) in steps.iter().filter_map(|step| Some((step, files.store.get(&step.id)?))) {
        let script = match step.direction {
            Direction::Up => Some(&stored.file.upgrade),
            Direction::Down => stored.file.downgrade.as_ref(),
        };
        for text in script.into_iter().flat_map(|script| script.todos()) {
            let error = limbeck_revisions::Error::Todo {
                place: limbeck_revisions::Place {
                    file: stored.path.display().to_string(),
                    line: text.line,
                    column: 1,
                },
                text: text.text.clone(),
            };
            reports.push(Report::from(&error));
        }
        if script.is_none() {
            let place =
                limbeck_revisions::Place { file: stored.path.display().to_string(), line: 1, column: 1 };
            let error = limbeck_revisions::Error::Irreversible { id: step.id.clone(), place };
            return Err(error.into());
        }
    }
    if reports.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Refused, reports }) }
}

/// Refuses, outside of development, revisions that lose data without a word that it was seen.
pub(super) fn unacknowledged_loss(
    files: &Files<'_>,
    steps: &[Step],
    environment: &Environment,
) -> Result<()> {
    let mut reports = Vec::new();
    for stored in steps.iter().filter_map(|step| files.store.get(&step.id)) {
        for loss in stored.file.unacknowledged_losses() {
            let refused = guard::development_only(
                environment,
                &format!("losing {loss}"),
                "if that is meant, write `-- limbeck:allow data-loss: REASON` above the statement, or give `--allow data-loss`",
            );
            let Err(failure) = refused else { return Ok(()) };
            let origin = Origin {
                file: stored.path.display().to_string().into(),
                line: line_of(stored, loss),
                column: 1,
                length: 0,
            };
            reports.extend(
                failure
                    .reports
                    .into_iter()
                    .map(|report| Report { code: "cli::data_loss".into(), ..report.at(origin.clone()) }),
            );
        }
    }
    if reports.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Refused, reports }) }
}

/// Refuses, outside of development, what loses data without a label, and what has readers or writers of a large table
/// wait, unless the file says that it was seen.
pub(super) async fn unseen(
    connection: &Connection,
    files: &Files<'_>,
    steps: &[Step],
    allowed: &[HazardKind],
    environment: &Environment,
) -> Result<()> {
    if environment.is_development() {
        return Ok(());
    }
    let mut reports = Vec::new();
    for stored in steps.iter().filter_map(|step| files.store.get(&step.id)) {
        for Unacknowledged { what, unseen } in refusal::unacknowledged(connection, stored, allowed).await? {
            let Unseen { hazard, message, origin, help, .. } = unseen;
            let code = match hazard {
                HazardKind::Blocking => "cli::blocking",
                _ => "cli::data_loss",
            };
            let Err(refused) = environment.require_development(&what) else { return Ok(()) };
            let name = hazard.name();
            let report = Report::error(code, format!("{refused}: {message}")).at(origin);
            let report = if help.is_empty() { report } else { report.help(help) };
            reports.push(report.help(format!(
                "if that is meant, write `-- limbeck:allow {name}: REASON` above the statement, or give `--allow {name}`"
            )));
        }
    }
    if reports.is_empty() { Ok(()) } else { Err(Failure { exit: Exit::Refused, reports }) }
}

/// Says what a downgrade does not bring back; who asked for it is not asked again.
pub(super) fn warn_of_losses(files: &Files<'_>, steps: &[Step], out: &Out) {
    let down = steps.iter().filter(|step| step.direction == Direction::Down);
    for stored in down.filter_map(|step| files.store.get(&step.id)) {
        for loss in stored.file.downgrade.iter().flat_map(|script| script.losses()) {
            out.warn(Report::warning("cli::data_loss", format!("this loses {loss}")).place(format!(
                "{}:{}",
                stored.path.display(),
                line_of(stored, loss)
            )));
        }
    }
}

/// The line of a comment with this text.
fn line_of(stored: &Stored, text: &str) -> u32 {
    let found =
        stored.text.lines().position(|line| line.trim_start().starts_with("--") && line.contains(text));
    found.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(1)
}

/// Says what happens while a revision runs.
pub(super) fn tell(event: &apply::Event<'_>, service: &str, out: &Out) {
    use apply::Event;
    match event {
        Event::Resume { done, .. } => {
            out.say(format!("{service}:   goes on after {done} statements that have run"))
        }
        Event::Statement { text, .. } => {
            out.detail(format!("{service}:   {}", text.lines().next().unwrap_or_default()));
        }
        Event::Retry { attempt, pause, message } => {
            out.say(format!("{service}:   {message}; try {} in {:.1} s", attempt + 1, pause.as_secs_f32()))
        }
        Event::RebuildIndex { name } => out.say(format!("{service}:   builds the invalid index {name} anew")),
        Event::Warning { message } => out.say(format!("{service}:   the server warns: {message}")),
        _ => {}
    }
}
