//! The SQL files of a folder: in the order in which they are meant to run, without those that lead back.
//!
//! Migrations of sqlx, diesel, golang-migrate, refinery, Flyway, Prisma and others are told by the names that these
//! tools give them; of a file that holds both ways (dbmate, goose, sql-migrate, Limbeck's own) the comments tell which
//! part is which.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::failure::{Report, Result};

/// Which way the part of a file leads that a comment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// On.
    On,
    /// Back.
    Back,
}

impl Way {
    pub(super) fn is_back(self) -> bool {
        self == Self::Back
    }
}

/// The way that a comment announces, if it does.
pub(super) fn way(comment: &str) -> Option<Way> {
    const ON: [&str; 4] = ["migrate:up", "+goose up", "+migrate up", "limbeck:upgrade"];
    const BACK: [&str; 4] = ["migrate:down", "+goose down", "+migrate down", "limbeck:downgrade"];
    let words = comment.strip_prefix("--")?.trim().to_ascii_lowercase();
    let is = |known: &&str| {
        words
            .strip_prefix(*known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    if ON.iter().any(&is) { Some(Way::On) } else { BACK.iter().any(is).then_some(Way::Back) }
}

/// The `.sql` files of a path in the order in which they run.
///
/// # Errors
///
/// A folder that can't be read.
pub(crate) fn sql_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, &mut files)?;
    let mut files: Vec<(Place, PathBuf)> =
        files.into_iter().filter_map(|file| Some((place(&file)?, file))).collect();
    files.sort_by(|(left, left_path), (right, right_path)| {
        left.cmp(right).then_with(|| natural(left_path, right_path))
    });
    // A baseline stands for what was before it.
    let baseline =
        files.iter().rposition(|(place, _)| matches!(place, Place::Versioned(_, Version::Baseline)));
    if let Some((baseline, (Place::Versioned(until, _), _))) = baseline.map(|at| (at, files[at].clone())) {
        let mut at = 0;
        files.retain(|(place, _)| {
            at += 1;
            !matches!(place, Place::Versioned(version, _) if *version <= until && at - 1 != baseline)
        });
    }
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        Report::error("cli::file", format!("cannot read {}: {error}", folder.display()))
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if name(&path).starts_with('.') {
        } else if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
            files.push(path);
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// When a file runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// By its name.
    Named,
    /// Flyway: by its version, in whichever folder it lies.
    Versioned(Vec<u64>, Version),
    /// Flyway: each time something changes in it, after the others.
    Repeatable(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    Migration,
    Baseline,
}

/// When a file runs; nothing for one that leads back.
fn place(path: &Path) -> Option<Place> {
    let name = name(path);
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".down.sql") {
        return None;
    }
    // `down.sql`, `0001_users_down.sql`: beside one that leads on.
    if let Some(before) =
        lower.strip_suffix("down.sql").filter(|before| before.is_empty() || before.ends_with(['_', '-']))
    {
        let on = [&name[..before.len()], "up.sql"].concat();
        return (!path.with_file_name(on).exists()).then_some(Place::Named);
    }
    let (head, title) = name.split_once("__").unwrap_or((&name, ""));
    let (kind, version) = head.split_at(head.chars().next().map_or(0, char::len_utf8));
    let numbers =
        || -> Option<Vec<u64>> { version.split(['.', '_']).map(|part| part.parse().ok()).collect() };
    Some(match (kind, numbers()) {
        ("V", Some(numbers)) if !title.is_empty() => Place::Versioned(numbers, Version::Migration),
        ("B", Some(numbers)) if !title.is_empty() => Place::Versioned(numbers, Version::Baseline),
        ("U", Some(_)) if !title.is_empty() => return None,
        ("R", _) if version.is_empty() && !title.is_empty() => Place::Repeatable(title.to_owned()),
        _ => Place::Named,
    })
}

/// The order of names in which 2 comes before 10.
fn natural(left: &Path, right: &Path) -> Ordering {
    let parts = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (left, right) = (parts(left), parts(right));
    let differing = left.iter().zip(&right).map(|(left, right)| natural_name(left, right));
    differing.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn natural_name(left: &str, right: &str) -> Ordering {
    let (mut left_rest, mut right_rest) = (left, right);
    loop {
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (left_digits, right_digits) = (digits(left_rest), digits(right_rest));
        if left_digits > 0 && right_digits > 0 {
            let number = |text: &str| text.trim_start_matches('0').to_owned();
            let (l, r) = (number(&left_rest[..left_digits]), number(&right_rest[..right_digits]));
            match l.len().cmp(&r.len()).then_with(|| l.cmp(&r)) {
                Ordering::Equal => {}
                order => return order,
            }
            (left_rest, right_rest) = (&left_rest[left_digits..], &right_rest[right_digits..]);
            continue;
        }
        match (left_rest.chars().next(), right_rest.chars().next()) {
            (Some(l), Some(r)) if l == r => {
                (left_rest, right_rest) = (&left_rest[l.len_utf8()..], &right_rest[r.len_utf8()..]);
            }
            // Equal up to zeros before a number.
            (None, None) => return left.cmp(right),
            (l, r) => return l.cmp(&r),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["10_c", "2_b", "1_a", "a10", "a9", "01_a", "1"];
        names.sort_by(|left, right| natural_name(left, right));
        assert_eq!(names, ["1", "01_a", "1_a", "2_b", "10_c", "a9", "a10"]);
    }

    #[test]
    fn comments_tell_the_way() {
        assert_eq!(way("-- migrate:down transaction:false"), Some(Way::Back));
        assert_eq!(way("--+goose Up"), Some(Way::On));
        assert_eq!(way("-- migrate:downstream"), None);
    }
}
