//! `limbeck current`: where the database is. Never writes.

use limbeck_database::connect::runtime;
use limbeck_revisions::RevisionId;
use limbeck_revisions::render::Entry;
use serde_json::json;

use crate::args::Current;
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::listing::Listing;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Applied, Files, connect};

/// One line an applied head; nothing where there is none.
pub(crate) fn run(args: &Current, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let mut listing = Listing::new(out, services.len());
    for service in services {
        if let Err(failure) = one(args, &project, service, out, &mut listing) {
            listing.failed(service, failure);
        }
    }
    listing.finish()
}

fn one(
    args: &Current,
    project: &Project,
    service: &Service,
    out: &Out,
    listing: &mut Listing<'_>,
) -> Result<()> {
    let files = Files::read(project, service)?;
    let applied = runtime()?.block_on(async {
        let connection = connect(service, &args.connection).await?;
        Applied::read(&files, &connection).await
    })?;
    let entries = files.history().entries_of(&applied.heads, &applied.heads);
    let heads = files.history().heads();
    let line = |entry: &Entry| if out.is_verbose() { entry.long() } else { entry.short() };
    let keys = json!({
        "schemas": service.schemas,
        "current": applied.heads,
        "heads": heads,
        "pending": applied.pending(&files).unwrap_or_default(),
        "revisions": entries,
    });
    listing.add(service, entries.iter().map(line), keys);
    let sound = files.sound();
    if args.check_heads && sound.is_ok() {
        listing.also(service, at_heads(service, &applied.heads, &heads));
    }
    listing.also(service, sound);
    Ok(())
}

fn at_heads(service: &Service, current: &[RevisionId], heads: &[RevisionId]) -> Result<()> {
    let missing =
        heads.iter().filter(|head| !current.contains(head)).map(RevisionId::as_str).collect::<Vec<_>>();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Report::error(
        "cli::behind",
        format!("the database of service `{}` is not at {}", service.name, crate::suggest::listed(missing)),
    )
    .help("`limbeck upgrade` applies what is pending")
    .exit(Exit::Refused))
}
