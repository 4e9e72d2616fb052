//! `limbeck heads` and `limbeck branches`: files only.

use limbeck_revisions::render::Entry;
use limbeck_revisions::{History, RevisionId};
use serde_json::json;

use crate::args::Graph;
use crate::exit::Exit;
use crate::failure::Result;
use crate::listing::Listing;
use crate::out::Out;
use crate::project::Project;
use crate::state::Files;

/// The revisions that no other follows.
pub(crate) fn heads(args: &Graph, out: &Out) -> Result<Exit> {
    list(args, out, History::heads, Entry::short)
}

/// The revisions that several others follow, with these.
pub(crate) fn branches(args: &Graph, out: &Out) -> Result<Exit> {
    list(args, out, History::branch_points, Entry::branch)
}

fn list(
    args: &Graph,
    out: &Out,
    which: fn(&History) -> Vec<RevisionId>,
    line: fn(&Entry) -> String,
) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let mut listing = Listing::new(out, services.len());
    for service in services {
        let files = match Files::read(&project, service) {
            Ok(files) => files,
            Err(failure) => {
                listing.failed(service, failure);
                continue;
            }
        };
        let entries = files.history().entries_of(&which(files.history()), &[]);
        let long = |entry: &Entry| if out.is_verbose() { entry.long() } else { line(entry) };
        listing.add(service, entries.iter().map(long), json!({ "revisions": entries }));
        listing.also(service, files.sound());
    }
    listing.finish()
}
