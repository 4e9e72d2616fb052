//! `limbeck review`: what the new revisions do, for those who decide whether they may.
//!
//! What is new is asked of git (`--base`) or of the database. Each revision is told by its own file: changes,
//! locks, what is lost, what was acknowledged, how it goes back; and judged by `limbeck lint`.

mod data;
mod github;
mod html;
mod markdown;
mod sarif;
mod text;

use limbeck_database::connect::runtime;

use crate::args::{Review, ReviewFormat};
use crate::exit::Exit;
use crate::failure::Result;
use crate::git;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Applied, Files, connect};

use data::{Changed, Reviewed};

/// Everything that is new, service by service.
struct Report {
    revisions: Vec<Reviewed>,
    /// Revisions that were there before and are not what they were.
    changed: Vec<Changed>,
}

/// Prints what is new.
pub(crate) fn run(args: &Review, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let mut report = Report { revisions: Vec::new(), changed: Vec::new() };
    for service in project.choose(&args.choice)? {
        let files = Files::read(&project, service)?;
        let (new, changed) = match &args.base {
            Some(base) => since(base, &files)?,
            None => (pending(args, &files)?, Vec::new()),
        };
        for name in new {
            report.revisions.push(Reviewed::read(&files, &name, service)?);
        }
        report.changed.extend(changed);
    }
    match args.format {
        ReviewFormat::Text => out.data(text::page(&report, out)),
        ReviewFormat::Json => out.json(data::json(&report)),
        ReviewFormat::Markdown => out.data(markdown::page(&report)),
        ReviewFormat::Github => out.data(github::commands(&report)),
        ReviewFormat::Sarif => out.data(format!("{:#}", sarif::log(&report))),
        ReviewFormat::Html => out.data(html::page(&report)),
    }
    let bad = !report.changed.is_empty() || report.revisions.iter().any(Reviewed::is_bad);
    Ok(if bad { Exit::Refused } else { Exit::Done })
}

/// The files that the base does not have, and those that it has otherwise.
fn since(base: &str, files: &Files<'_>) -> Result<(Vec<String>, Vec<Changed>)> {
    let service = files.service;
    let before = git::files_at(base, &service.revisions)?;
    let mut new = Vec::new();
    let mut changed = Vec::new();
    let is_revision = |name: &str| name.ends_with(".sql") && !name.starts_with('.');
    let mut names: Vec<String> = Vec::new();
    if let Ok(entries) = std::fs::read_dir(&service.revisions) {
        names.extend(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()));
    }
    names.retain(|name| is_revision(name));
    names.sort();
    for name in &names {
        match before.get(name) {
            None => new.push(name.clone()),
            Some(blob) if *blob != git::blob(&service.revisions.join(name))? => {
                changed.push(Changed { file: path(files, name), gone: false });
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| is_revision(name) && !names.contains(name));
    changed.extend(gone.map(|name| Changed { file: path(files, name), gone: true }));
    Ok((new, changed))
}

fn path(files: &Files<'_>, name: &str) -> String {
    files.store.folder.join(name).display().to_string()
}

/// The files that the database has not applied, in the order in which they would be.
fn pending(args: &Review, files: &Files<'_>) -> Result<Vec<String>> {
    let service: &Service = files.service;
    let ids = runtime()?.block_on(async {
        let connection = connect(service, &args.connection).await?;
        Applied::read(files, &connection).await?.pending(files)
    })?;
    Ok(ids.iter().filter_map(|id| files.store.get(id)).map(|stored| stored.name.clone()).collect())
}
