//! `limbeck check`: exit 1, with the list, where models, database and revisions do not agree. Never writes.

use limbeck_revisions::RevisionId;
use serde_json::{Value, json};

use crate::args::Check;
use crate::bench::{Bench, Compared};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::listing::Listing;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::render;
use crate::state::Files;

/// Compares each service with its database.
pub(crate) fn run(args: &Check, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    bench.read_ahead(&services);
    let mut listing = Listing::new(out, services.len()).silent_on_nothing();
    for service in services {
        let compared = Files::read(&project, service)
            .and_then(|files| bench.compare(&files, &args.connection).map(|compared| (files, compared)));
        match compared {
            Err(failure) => listing.failed(service, failure),
            Ok((files, compared)) => {
                let finding = Finding::of(&compared);
                listing.add(service, lines(&files, &compared, &finding), as_json(service, &files, &compared));
                listing.at_least(finding.exit());
                match finding {
                    Finding::Agrees => out.say(format!("{}: no difference", service.name)),
                    Finding::Unstamped => out.warn(unstamped(service)),
                    Finding::Differs => {}
                }
            }
        }
    }
    let finished = listing.finish();
    bench.leave();
    finished
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Models, database and revisions agree.
    Agrees,
    /// The database is what the models say, and has no version table: it was made by other means.
    Unstamped,
    /// They do not agree.
    Differs,
}

impl Finding {
    /// What it is.
    pub(crate) fn of(compared: &Compared) -> Self {
        let Compared { differences, has_statements, applied, pending, .. } = compared;
        let differs = !differences.is_empty() || *has_statements;
        match (differs, pending.is_empty()) {
            (false, true) => Self::Agrees,
            (false, false) if applied.rows.is_empty() => Self::Unstamped,
            _ => Self::Differs,
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Agrees | Self::Unstamped => Exit::Done,
            Self::Differs => Exit::Refused,
        }
    }
}

fn unstamped(service: &Service) -> Report {
    Report::warning(
        "cli::unstamped",
        format!(
            "the database is what the models of `{}` say, and its version table says nothing",
            service.name
        ),
    )
    .help(format!("`limbeck stamp --service {} head` records that its revisions are applied", service.name))
}

fn lines(files: &Files<'_>, compared: &Compared, finding: &Finding) -> Vec<String> {
    let Compared { differences, unmanaged, pending, .. } = compared;
    let mut lines = differences.iter().map(render::line).collect::<Vec<_>>();
    if *finding == Finding::Differs {
        lines.extend(pending.iter().map(|id| format!("> pending {id}  {}", message(files, id))));
    }
    lines.extend(unmanaged.iter().map(|seen| format!("? {} {}  not managed", seen.kind, seen.object)));
    lines
}

fn message<'a>(files: &'a Files<'_>, id: &RevisionId) -> &'a str {
    files.history().get(id).map_or("", |revision| revision.message.as_str())
}

/// A service as the contract has it.
pub(crate) fn as_json(service: &Service, files: &Files<'_>, compared: &Compared) -> Value {
    let Compared { differences, unmanaged, applied, pending, .. } = compared;
    json!({
        "schemas": service.schemas,
        "current": applied.heads,
        "heads": files.history().heads(),
        "pending": pending,
        "differences": differences.iter().map(render::difference).collect::<Vec<_>>(),
        "unmanaged": unmanaged,
    })
}
