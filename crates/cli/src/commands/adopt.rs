//! `limbeck adopt`: a database that another tool has managed goes on with us.
//!
//! The other tool's table is read and never written: its history stays where it is. What its files say is held
//! against that table (what is pending, edited or interrupted is finished with that tool first); then our version
//! table is stamped.

mod files;
mod tool;

use std::path::{Path, PathBuf};

use limbeck_database::Connection;
use limbeck_database::connect::runtime;
use limbeck_revisions::RevisionId;

use crate::args::{Adopt, Stamp};
use crate::commands::stamp;
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Files, connect};

pub(crate) use tool::Tool;
use tool::{Found, Recorded};

/// Adopts the database of each service.
pub(crate) fn run(args: &Adopt, out: &Out) -> Result<Exit> {
    let mut project = Project::load(&args.choice, out)?;
    let names: Vec<String> =
        project.choose(&args.choice)?.into_iter().map(|service| service.name.clone()).collect();
    for name in names {
        let Some(at) = project.services.iter().position(|service| service.name == name) else { continue };
        let found = runtime()?.block_on(find(args, &project.services[at]))?;
        say(&found, &project.services[at], out);
        finished(args, &project, &project.services[at], &found, out)?;
        not_ours(&mut project.services[at], &found, out);
        let revisions = revisions(args, &project, &project.services[at], &found)?;
        let stamp = Stamp {
            revisions,
            purge: false,
            unchecked: args.unchecked,
            choice: crate::args::Choice {
                services: vec![name],
                all: false,
                config: args.choice.config.clone(),
            },
            connection: args.connection.clone(),
            scratch: args.scratch.clone(),
        };
        stamp::project(&stamp, &project, out)?;
    }
    Ok(Exit::Done)
}

/// The table of the tool that was asked for, or of the only one that has one.
async fn find(args: &Adopt, service: &Service) -> Result<Found> {
    let connection = connect(service, &args.connection).await?;
    let tools = args.from.map_or_else(|| Tool::ALL.to_vec(), |tool| vec![tool]);
    let mut found = Vec::new();
    for tool in tools {
        found.extend(table(tool, &connection, service).await?);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let what = args.from.map_or("no tool that Limbeck knows", Tool::name);
            let places = schemas(service).join("`, `");
            Err(Report::error("cli::nothing_to_adopt", format!("{what} has a version table in `{places}`"))
                .help("is it another database, or was it emptied? `--url` names the one that is meant")
                .help("a database that no tool has managed: `limbeck stamp head`")
                .exit(Exit::Refused))
        }
        _ => {
            let names = found.iter().map(|found| format!("{} ({})", found.tool.name(), found.table));
            let names = names.collect::<Vec<_>>().join(", ");
            Err(Report::error("cli::adopt_unclear", format!("several tools have a version table: {names}"))
                .help("say which one: `--from TOOL`")
                .exit(Exit::Usage))
        }
    }
}

/// The schemas in which a tool's table may lie: the service's own, and the default.
fn schemas(service: &Service) -> Vec<String> {
    let mut schemas = service.schemas.clone();
    if !schemas.iter().any(|schema| schema == "public") {
        schemas.push("public".to_owned());
    }
    schemas
}

async fn table(tool: Tool, connection: &Connection, service: &Service) -> Result<Option<Found>> {
    for schema in schemas(service) {
        if let Some(found) = tool.read(connection, &schema).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn say(found: &Found, service: &Service, out: &Out) {
    let at = match found.rows.as_slice() {
        [] => "empty".to_owned(),
        rows if found.tool == Tool::Alembic => {
            rows.iter().map(|row| row.version.as_str()).collect::<Vec<_>>().join(", ")
        }
        [.., last] => format!("{} applied, the last is {}", found.rows.len(), last.version),
    };
    out.say(format!("{}: {} in {}: {at}", service.name, found.tool.name(), found.table));
}

/// Nothing is left to do for the other tool.
fn finished(args: &Adopt, project: &Project, service: &Service, found: &Found, out: &Out) -> Result<()> {
    let tool = found.tool.name();
    let begun: Vec<&str> =
        found.rows.iter().filter(|row| !row.done).map(|row| row.version.as_str()).collect();
    if !begun.is_empty() {
        let message = format!("{tool} has begun {} and not finished it", begun.join(", "));
        return Err(Report::error("cli::adopt_unfinished", message)
            .place(&found.table)
            .help(format!("bring the database to one side of it with {tool} first"))
            .exit(Exit::Refused));
    }
    let Some(folder) = folder(args, project, service, found.tool)? else {
        out.say(format!(
            "{}: its migrations are not at hand (`--migrations DIR`), so nothing was compared with them",
            service.name
        ));
        return Ok(());
    };
    let known = files::read(found.tool, &folder)?;
    let mut reports = Vec::new();
    let shown = project.shown(&folder);
    for row in &found.rows {
        match known.iter().find(|file| file.version == row.version) {
            None => reports.push(
                Report::error(
                    "cli::adopt_missing",
                    format!("{tool} has applied {}, which no file has", row.version),
                )
                .place(shown.display())
                .help("name the folder that has it (`--migrations DIR`), or bring the file back"),
            ),
            Some(file) if edited(row, file.checksum.as_deref()) => reports.push(
                Report::error(
                    "cli::adopt_edited",
                    format!("{} was edited after {tool} had applied it", row.version),
                )
                .place(file.path.display())
                .help("bring back what was applied; `git log` of the file may have it"),
            ),
            Some(_) => {}
        }
    }
    for file in files::pending(found, &known) {
        reports.push(
            Report::error("cli::adopt_pending", format!("{tool} has not applied {}", file.version))
                .place(file.path.display())
                .help(format!("apply it with {tool} first, or remove it and let Limbeck do it")),
        );
    }
    if !reports.is_empty() {
        return Err(Failure::of(Exit::Refused, reports));
    }
    let checked = match known.iter().any(|file| file.checksum.is_some()) {
        true => "every checksum is right",
        false => "nothing is pending",
    };
    out.say(format!("{}: {} migrations in {}, {checked}", service.name, known.len(), shown.display()));
    Ok(())
}

fn edited(row: &Recorded, checksum: Option<&str>) -> bool {
    match (&row.checksum, checksum) {
        (Some(applied), Some(now)) => applied != now,
        _ => false,
    }
}

/// Where the tool's migrations lie: where we are told, or where the tool itself puts them.
fn folder(args: &Adopt, project: &Project, service: &Service, tool: Tool) -> Result<Option<PathBuf>> {
    if let Some(folder) = &args.migrations {
        if folder.is_dir() {
            return Ok(Some(folder.clone()));
        }
        return Err(Report::error("cli::missing_folder", format!("`{}` is no folder", folder.display()))
            .exit(Exit::Failed));
    }
    let ours = &service.revisions;
    let beside = ours.parent().unwrap_or(Path::new("")).to_owned();
    let places = [beside, project.root.clone()];
    let folders = places.iter().flat_map(|place| tool.folders().iter().map(move |name| place.join(name)));
    // Our own folder may have the usual name too; it is theirs only if it holds files of theirs.
    let mut there = folders.filter(|folder| folder.is_dir());
    Ok(there.find(|folder| files::read(tool, folder).is_ok_and(|files| !files.is_empty())))
}

/// The other tool's table is no object of ours: `check` must not propose to drop it.
fn not_ours(service: &mut Service, found: &Found, out: &Out) {
    let owned = service.schemas.contains(&found.schema);
    if !owned || service.exclude.contains(&found.table) {
        return;
    }
    out.warn(
        Report::warning(
            "cli::adopt_exclude",
            format!("{} lies in a schema of service `{}`", found.table, service.name),
        )
        .at(service.origin.clone())
        .help(format!("add it to limbeck.toml: `exclude = [\"{}\"]`", found.table)),
    );
    service.exclude.push(found.table.clone());
}

/// What is stamped: what we are told; the same ids, where our files have them; else the heads.
fn revisions(args: &Adopt, project: &Project, service: &Service, found: &Found) -> Result<Vec<String>> {
    let files = Files::read_to_write(project, service)?;
    files.sound()?;
    if !args.revisions.is_empty() {
        return Ok(args.revisions.clone());
    }
    let history = files.history();
    if history.is_empty() {
        return Err(Report::error(
            "cli::no_baseline",
            format!("service `{}` has no revision yet", service.name),
        )
        .help("`limbeck revision --offline -m baseline` writes one that makes what the models say")
        .help("a project without models: `limbeck init --from-database URL` writes both")
        .exit(Exit::Refused));
    }
    let same: Vec<String> = found
        .rows
        .iter()
        .filter_map(|row| row.version.parse::<RevisionId>().ok())
        .filter(|id| history.get(id).is_some())
        .map(String::from)
        .collect();
    if found.tool == Tool::Alembic && !same.is_empty() {
        return Ok(same);
    }
    Ok(history.heads().into_iter().map(String::from).collect())
}
