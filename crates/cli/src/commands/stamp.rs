//! `limbeck stamp`: the version table says what we say; nothing else is run.

use std::collections::BTreeSet;
use std::time::Duration;

use limbeck_database::connect::runtime;
use limbeck_database::lock::RunLock;
use limbeck_database::version_table::{Record, State};
use limbeck_revisions::{RevisionId, Target};

use crate::args::Stamp;
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;
use crate::project::Project;
use crate::state::{Applied, Files, connect};

/// How long another run is waited for.
pub(super) const WAIT: Duration = Duration::from_secs(60);

/// Stamps each service.
pub(crate) fn run(args: &Stamp, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let targets = args.revisions.iter().map(|text| text.parse()).collect::<Result<Vec<Target>, _>>()?;
    let services = project.choose(&args.choice)?;
    let files = services.into_iter().map(|service| Files::read(&project, service));
    let files = files.collect::<Result<Vec<_>>>()?;
    for files in &files {
        files.sound()?;
    }
    runtime()?.block_on(async {
        for files in &files {
            stamp(args, files, &targets, out).await?;
        }
        Ok(Exit::Done)
    })
}

async fn stamp(args: &Stamp, files: &Files<'_>, targets: &[Target], out: &Out) -> Result<()> {
    let connection = connect(files.service, &args.connection).await?;
    let table = files.version_table();
    let lock = RunLock::acquire(&connection, &table, WAIT).await?;
    let applied = if args.purge {
        Applied { heads: Vec::new(), ..Applied::rows(files, &connection).await? }
    } else {
        Applied::read(files, &connection).await?
    };
    let heads = files.history().stamp(targets, &applied.heads)?;
    let wanted = with_ancestors(files, &heads)?;
    let remove = applied.rows.iter().map(|row| row.id.as_str());
    let remove = remove.filter(|id| !wanted.iter().any(|wanted| wanted.as_str() == *id)).collect::<Vec<_>>();
    let stored = wanted.iter().filter_map(|id| files.store.get(id));
    let there = |record: &Record<'_>| {
        let same = |row: &limbeck_database::version_table::AppliedRevision| {
            row.id == record.id && row.checksum == record.checksum && row.state == State::Done
        };
        applied.rows.iter().any(same)
    };
    let add = stored
        .map(|stored| Record {
            id: stored.file.id.as_str(),
            message: &stored.file.message,
            checksum: &stored.checksum,
        })
        .filter(|record| !there(record))
        .collect::<Vec<_>>();
    let name = &files.service.name;
    if remove.is_empty() && add.is_empty() {
        out.say(format!("{name}: nothing to do, the database is at {}", at(&heads)));
    } else {
        table.stamp(&connection, &remove, &add).await?;
        out.say(format!("{name}: stamped {}", at(&heads)));
    }
    Ok(lock.release(&connection).await?)
}

/// One row an applied revision: the heads and all that they come from.
fn with_ancestors(files: &Files<'_>, heads: &[RevisionId]) -> Result<BTreeSet<RevisionId>> {
    let mut wanted = BTreeSet::new();
    for head in heads {
        let steps = files.history().upgrade(&Target::from(head), &[])?;
        wanted.extend(steps.into_iter().map(|step| step.id));
    }
    Ok(wanted)
}

/// Where that is, in words.
pub(super) fn at(heads: &[RevisionId]) -> String {
    match heads {
        [] => "base".to_owned(),
        heads => heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", "),
    }
}
