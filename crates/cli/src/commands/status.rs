//! `limbeck status`: a table, a row a service. One that is broken has its error in its row, and keeps none of the
//! others from theirs.

use limbeck_revisions::RevisionId;
use serde_json::{Value, json};

use crate::args::Status;
use crate::bench::Bench;
use crate::commands::stamp::at;
use crate::engine::Unmanaged;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::out::{Format, Out, failure_line, report_json, table};
use crate::project::{Project, Service};
use crate::render;
use crate::state::Files;

/// What a row says.
#[derive(Default)]
struct Row {
    heads: Vec<RevisionId>,
    current: Option<Vec<RevisionId>>,
    pending: Option<Vec<RevisionId>>,
    drift: Option<Vec<Value>>,
    unmanaged: Vec<Unmanaged>,
    failure: Option<Failure>,
}

/// Prints the table.
pub(crate) fn run(args: &Status, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    let rows = services.iter().map(|service| row(args, &project, service, &mut bench)).collect::<Vec<_>>();
    match out.format {
        Format::Json => {
            let services = services.iter().zip(&rows).map(|(service, row)| as_json(service, row));
            out.json(json!({ "services": services.collect::<Vec<_>>() }));
        }
        Format::Text => {
            let cells =
                services.iter().zip(&rows).map(|(service, row)| cells(service, row)).collect::<Vec<_>>();
            out.data(table(&["SERVICE", "SCHEMA", "HEAD", "CURRENT", "PENDING", "DRIFT", "ERROR"], &cells));
        }
    }
    finish(&services, rows)
}

fn row(args: &Status, project: &Project, service: &Service, bench: &mut Bench<'_>) -> Row {
    let mut row = Row::default();
    if let Err(failure) = fill(&mut row, args, project, service, bench) {
        row.failure = Some(failure);
    }
    row
}

/// As much of a row as there is to know, however it ends.
fn fill(
    row: &mut Row,
    args: &Status,
    project: &Project,
    service: &Service,
    bench: &mut Bench<'_>,
) -> Result<()> {
    let files = Files::read(project, service)?;
    row.heads = files.history().heads();
    let sound = files.sound();
    let applied = service.target(&args.connection).and_then(|target| bench.applied(&files, &target));
    if let Ok(applied) = &applied {
        row.current = Some(applied.heads.clone());
        row.pending = applied.pending(&files).ok();
    }
    sound?;
    applied?;
    if args.drift {
        let compared = bench.compare(&files, &args.connection)?;
        row.drift = Some(compared.differences.iter().map(render::difference).collect());
        row.unmanaged = compared.unmanaged;
    }
    Ok(())
}

fn cells(service: &Service, row: &Row) -> Vec<String> {
    let heads = if row.heads.is_empty() { "none".to_owned() } else { at(&row.heads) };
    vec![
        service.name.clone(),
        service.schemas.join(", "),
        heads,
        row.current.as_deref().map_or("?".to_owned(), at),
        row.pending.as_ref().map_or("?".to_owned(), |pending| pending.len().to_string()),
        row.drift.as_ref().map_or("-".to_owned(), |drift| drift.len().to_string()),
        row.failure.as_ref().map(failure_line).unwrap_or_default(),
    ]
}

fn as_json(service: &Service, row: &Row) -> Value {
    json!({
        "service": service.name,
        "schemas": service.schemas,
        "current": row.current.as_deref().unwrap_or_default(),
        "heads": row.heads,
        "pending": row.pending.as_deref().unwrap_or_default(),
        "differences": row.drift.as_deref().unwrap_or_default(),
        "unmanaged": row.unmanaged,
        "error": row.failure.as_ref().and_then(|failure| failure.reports.first()).map(report_json),
    })
}

/// The graver of failed and pending, with every report below the table.
fn finish(services: &[&Service], rows: Vec<Row>) -> Result<Exit> {
    let pending = rows.iter().any(|row| row.pending.as_ref().is_some_and(|pending| !pending.is_empty()));
    let drift = rows.iter().any(|row| row.drift.as_ref().is_some_and(|drift| !drift.is_empty()));
    let mut whole = Failure::silent(if pending || drift { Exit::Refused } else { Exit::Done });
    for (service, failure) in
        services.iter().zip(rows).filter_map(|(service, row)| Some((service, row.failure?)))
    {
        whole.exit = whole.exit.max(failure.exit);
        let failure = if services.len() > 1 { failure.of_service(&service.name) } else { failure };
        whole.reports.extend(failure.reports);
    }
    if whole.exit == Exit::Done { Ok(Exit::Done) } else { Err(whole) }
}
