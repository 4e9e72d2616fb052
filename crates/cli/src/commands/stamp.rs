//! `limbeck stamp`: the version table says what we say; nothing else is run.

use std::collections::BTreeSet;
use std::time::Duration;

use limbeck_database::Target as Database;
use limbeck_database::version_table::{AppliedRevision, Record, State};
use limbeck_revisions::store::Stored;
use limbeck_revisions::{RevisionId, Target};

use crate::args::Stamp;
use crate::bench::Bench;
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::out::Out;
use crate::project::Project;
use crate::render;
use crate::state::{Applied, Files};

/// How long another run is waited for.
pub(crate) const WAIT: Duration = Duration::from_secs(60);

/// Stamps each service.
pub(crate) fn run(args: &Stamp, out: &Out) -> Result<Exit> {
    project(args, &Project::load(&args.choice, out)?, out)
}

/// Stamps each service of a project that was read.
pub(crate) fn project(args: &Stamp, project: &Project, out: &Out) -> Result<Exit> {
    let targets = args.revisions.iter().map(|text| text.parse()).collect::<Result<Vec<Target>, _>>()?;
    let services = project.choose(&args.choice)?;
    let files = services.iter().map(|service| Files::read(project, service));
    let files = files.collect::<Result<Vec<_>>>()?;
    for files in &files {
        files.sound()?;
    }
    let mut bench = Bench::new(project, &services, &args.scratch, out)?;
    for files in &files {
        stamp(args, files, &targets, &mut bench, out)?;
    }
    Ok(Exit::Done)
}

fn stamp(
    args: &Stamp,
    files: &Files<'_>,
    targets: &[Target],
    bench: &mut Bench<'_>,
    out: &Out,
) -> Result<()> {
    let target = files.service.target(&args.connection)?;
    let applied = bench.rows(files, &target)?;
    let applied =
        if args.purge { Applied { heads: Vec::new(), ..applied } } else { applied.known(files, &target)? };
    let heads = files.history().stamp(targets, &applied.heads)?;
    if !args.unchecked && !heads.is_empty() && heads == files.history().heads() {
        matches(files, &target, bench)?;
    }
    let wanted = with_ancestors(files, &heads)?;
    let remove = applied.rows.iter().map(|row| row.id.as_str());
    let remove = remove.filter(|id| !wanted.iter().any(|wanted| wanted.as_str() == *id)).collect::<Vec<_>>();
    let there = |record: &Record<'_>| {
        let same = |row: &AppliedRevision| {
            row.id == record.id && row.checksum == record.checksum && row.state == State::Done
        };
        applied.rows.iter().any(same)
    };
    let record = |stored: &'_ Stored| {
        (stored.file.id.to_string(), stored.file.message.clone(), stored.checksum.clone())
    };
    let records = wanted.iter().filter_map(|id| files.store.get(id)).map(record).collect::<Vec<_>>();
    let add = records.iter().map(|(id, message, checksum)| Record { id, message, checksum });
    let add = add.filter(|record| !there(record)).collect::<Vec<_>>();
    let name = &files.service.name;
    if remove.is_empty() && add.is_empty() {
        out.say(format!("{name}: nothing to do, the database is at {}", at(&heads)));
        return Ok(());
    }
    bench.stamp(files, &target, &remove, &add)?;
    out.say(format!("{name}: stamped {}", at(&heads)));
    Ok(())
}

/// Refuses to call a database up to date that is not what the models say.
fn matches(files: &Files<'_>, target: &Database, bench: &mut Bench<'_>) -> Result<()> {
    let service = files.service;
    let (schema, version) = bench.read(target)?;
    let comparison = bench.against(service, schema, version, &[], false)?;
    if comparison.plan.differences.is_empty() && comparison.plan.statements.is_empty() {
        return Ok(());
    }
    let message = format!("the database of service `{}` is not what its models say", service.name);
    let mut report = Report::error("cli::does_not_match", message);
    report.help = comparison.plan.differences.iter().map(render::line).collect();
    Err(report
        .help("bring the database there, stamp the revision that it is at, or give `--unchecked`")
        .exit(Exit::Refused))
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
pub(crate) fn at(heads: &[RevisionId]) -> String {
    match heads {
        [] => "base".to_owned(),
        heads => heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", "),
    }
}
