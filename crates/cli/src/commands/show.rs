//! `limbeck show REV`: what the graph knows of a revision, and its file.

use limbeck_database::connect::runtime;
use limbeck_revisions::Target;
use limbeck_revisions::render::Entry;
use serde_json::json;

use crate::args::Show;
use crate::exit::Exit;
use crate::failure::Result;
use crate::listing::Listing;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Applied, Files, connect};

/// Shows them. Asks the database only where the target needs it.
pub(crate) fn run(args: &Show, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let target = args.revision.parse::<Target>()?;
    let mut listing = Listing::new(out, services.len());
    for service in services {
        match entries(args, &project, service, &target) {
            Ok((files, entries)) => {
                let text =
                    |entry: &Entry| files.store.get(&entry.id).map_or("", |stored| stored.text.as_str());
                let page = |entry: &Entry| format!("{}\n\n{}", entry.long(), text(entry));
                let json = |entry: &Entry| json!({ "revision": entry, "text": text(entry) });
                let keys = json!({ "revisions": entries.iter().map(json).collect::<Vec<_>>() });
                listing.add(service, entries.iter().map(page), keys);
                listing.also(service, files.sound());
            }
            Err(failure) => listing.failed(service, failure),
        }
    }
    listing.finish()
}

fn entries<'a>(
    args: &Show,
    project: &Project,
    service: &'a Service,
    target: &Target,
) -> Result<(Files<'a>, Vec<Entry>)> {
    let files = Files::read(project, service)?;
    let current = if target.needs_current() {
        runtime()?.block_on(async {
            let connection = connect(service, &args.connection).await?;
            Ok::<_, crate::failure::Failure>(Applied::read(&files, &connection).await?.heads)
        })?
    } else {
        Vec::new()
    };
    let ids = files.history().points(target, &current)?;
    let entries = files.history().entries_of(&ids, &[]);
    Ok((files, entries))
}
