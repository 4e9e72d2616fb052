//! What git knows of a folder. Only git itself is asked, and only to read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::exit::Exit;
use crate::failure::{Report, Result};

/// The files of a folder (not those below it) at the point where this branch left `base`: name and blob.
///
/// # Errors
///
/// There is no git, no repository, or no such reference.
pub(crate) fn files_at(base: &str, folder: &Path) -> Result<BTreeMap<String, String>> {
    // A folder that is new has no files there.
    let place = folder.ancestors().find(|place| place.is_dir()).unwrap_or(folder);
    if base.starts_with('-') {
        return Err(no_reference(base, "a reference does not begin with a dash"));
    }
    let commit = match git(place, &["merge-base", "HEAD", base]) {
        Ok(commit) => commit.trim().to_owned(),
        // Histories without a common commit: a shallow clone, mostly.
        Err(_) => git(place, &["rev-parse", "--verify", "--end-of-options", &format!("{base}^{{commit}}")])
            .map_err(|reason| no_reference(base, &reason))?
            .trim()
            .to_owned(),
    };
    if place != folder {
        return Ok(BTreeMap::new());
    }
    let list = git(place, &["ls-tree", "-z", &commit, "./"]).map_err(|reason| no_reference(base, &reason))?;
    let entries = list.split('\0').filter_map(|entry| {
        // `100644 blob 3b18e512…\tpath/from/the/root.sql`
        let (head, path) = entry.split_once('\t')?;
        let blob = head.split(' ').nth(2)?;
        Some((path.rsplit('/').next().unwrap_or(path).to_owned(), blob.to_owned()))
    });
    Ok(entries.collect())
}

/// The blob that git would make of a file.
///
/// # Errors
///
/// git can't read it.
pub(crate) fn blob(file: &Path) -> Result<String> {
    let folder = file.parent().unwrap_or(file);
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let blob = git(folder, &["hash-object", "--", &name]);
    blob.map(|blob| blob.trim().to_owned()).map_err(|reason| {
        Report::error("cli::git", format!("git can't read `{}`: {reason}", file.display())).into()
    })
}

fn git(folder: &Path, arguments: &[&str]) -> std::result::Result<String, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(|error| format!("git does not run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(error.lines().next().unwrap_or("it failed").trim_start_matches("fatal: ").to_owned())
}

fn no_reference(base: &str, reason: &str) -> crate::failure::Failure {
    Report::error("cli::git", format!("git knows no `{base}`: {reason}"))
        .help("name a branch, a tag or a commit; in CI, fetch it first (`fetch-depth: 0`)")
        .exit(Exit::Usage)
}
