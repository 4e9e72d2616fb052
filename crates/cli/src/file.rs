//! A new revision file, from what the arguments say of it.
//!
//! Time and id are inputs: `--rev-id`, and `SOURCE_DATE_EPOCH` as reproducible builds have it.

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use limbeck_revisions::file::checksum;
use limbeck_revisions::{History, Revision, RevisionFile, RevisionId, Target, store};

use crate::args::NewFile;
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::out::Out;
use crate::state::Files;

/// An empty revision that follows these parents.
///
/// # Errors
///
/// An id or a label that exists already, a dependency that does not.
pub(crate) fn new(
    args: &NewFile,
    files: &Files<'_>,
    parents: Vec<RevisionId>,
    message: &str,
) -> Result<RevisionFile> {
    let id = match &args.rev_id {
        Some(id) => id.parse()?,
        None => RevisionId::from_random(RandomState::new().hash_one(std::process::id())),
    };
    let mut file = RevisionFile::new(id, parents, message, now()?);
    file.labels.clone_from(&args.branch_labels);
    for depends in &args.depends_on {
        let points = files.history().points(&depends.parse::<Target>()?, &[])?;
        file.depends.extend(points.into_iter().map(String::from));
    }
    fits(&[&file], files)?;
    Ok(file)
}

/// An empty revision that follows one which is yet to be written; its id comes from that one's, and its name stands
/// behind it in the folder.
///
/// # Errors
///
/// An id that exists already.
pub(crate) fn following(first: &RevisionFile, files: &Files<'_>, message: &str) -> Result<RevisionFile> {
    let id = checksum(first.id.as_str()).chars().take(12).collect::<String>().parse()?;
    let created = first.created.unwrap_or(Timestamp::UNIX_EPOCH);
    let created = created.checked_add(SignedDuration::from_mins(1)).unwrap_or(created);
    let file = RevisionFile::new(id, vec![first.id.clone()], message, created);
    fits(&[first, &file], files)?;
    Ok(file)
}

/// The first revision of a project that begins with a database.
///
/// # Errors
///
/// `SOURCE_DATE_EPOCH` is no number.
pub(crate) fn baseline(files: &Files<'_>) -> Result<RevisionFile> {
    let args = NewFile {
        message: None,
        rev_id: None,
        branch_labels: Vec::new(),
        depends_on: Vec::new(),
        dry_run: false,
    };
    new(&args, files, Vec::new(), "baseline")
}

/// The graph is as sound with the new files as it was without them.
fn fits(new: &[&RevisionFile], files: &Files<'_>) -> Result<()> {
    let mut revisions = files.history().revisions().to_vec();
    revisions.extend(new.iter().map(|file| Revision::of(file, &file.file_name())));
    let history = History::new(revisions);
    match history.problems() {
        [] => Ok(()),
        problems => Err(Failure::of(Exit::Failed, problems.iter().map(|problem| files.report(problem)))),
    }
}

/// Writes files, all or none, and prints their paths; with `--dry-run` prints the files themselves.
///
/// # Errors
///
/// One of them can't be written; then none was.
pub(crate) fn write(args: &NewFile, files: &[(PathBuf, RevisionFile)], out: &Out) -> Result<()> {
    for (folder, file) in files {
        if args.dry_run {
            out.say(format!("would write {}", folder.join(file.file_name()).display()));
            out.data(file.text()?);
            continue;
        }
        for path in store::write(folder, std::slice::from_ref(file))? {
            out.data(path.display().to_string());
        }
    }
    Ok(())
}

fn now() -> Result<Timestamp> {
    match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) if !seconds.is_empty() => {
            seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
                Report::error(
                    "cli::bad_epoch",
                    format!("`SOURCE_DATE_EPOCH` is `{seconds}`, not a number of seconds"),
                )
                .help("unset it, or set it to seconds since 1970")
                .exit(Exit::Usage)
            })
        }
        _ => Ok(Timestamp::now()),
    }
}
