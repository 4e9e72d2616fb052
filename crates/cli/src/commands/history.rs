//! `limbeck history`: the revisions, newest first.

use limbeck_database::connect::runtime;
use limbeck_revisions::render::Entry;
use limbeck_revisions::{Range, RevisionId};
use serde_json::json;

use crate::args::History;
use crate::exit::Exit;
use crate::failure::Result;
use crate::listing::Listing;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Applied, Files, connect};

/// Lists them. Asks the database only where the range or `--indicate-current` needs it.
pub(crate) fn run(args: &History, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let range = args.rev_range.as_deref().map(str::parse::<Range>).transpose()?;
    let mut listing = Listing::new(out, services.len());
    for service in services {
        match entries(args, &project, service, range.as_ref()) {
            Ok((files, entries)) => {
                let line = |entry: &Entry| {
                    if out.is_verbose() { format!("{}\n\n", entry.long()) } else { entry.line() }
                };
                listing.add(service, entries.iter().map(line), json!({ "revisions": entries }));
                listing.also(service, files.sound());
            }
            Err(failure) => listing.failed(service, failure),
        }
    }
    listing.finish()
}

fn entries<'a>(
    args: &History,
    project: &Project,
    service: &'a Service,
    range: Option<&Range>,
) -> Result<(Files<'a>, Vec<Entry>)> {
    let files = Files::read(project, service)?;
    let asks = args.indicate_current || range.is_some_and(Range::needs_current);
    let current = if asks { current(&files, args)? } else { Vec::new() };
    let marked = if args.indicate_current { current.as_slice() } else { &[] };
    let history = files.history();
    let entries = match range {
        Some(range) => {
            let revisions = history.range(range, &current)?;
            revisions.into_iter().map(|revision| history.entry(revision, marked)).collect()
        }
        None => history.entries(marked),
    };
    Ok((files, entries))
}

fn current(files: &Files<'_>, args: &History) -> Result<Vec<RevisionId>> {
    runtime()?.block_on(async {
        let connection = connect(files.service, &args.connection).await?;
        Ok(Applied::read(files, &connection).await?.heads)
    })
}
