//! The files of other tools: their versions, and their checksums as the tools make them.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha384};
use siphasher::sip::SipHasher13;

use super::tool::{Found, Tool};
use crate::exit::Exit;
use crate::failure::{Report, Result};

/// A migration of another tool.
pub(super) struct Migration {
    pub(super) version: String,
    pub(super) path: PathBuf,
    /// In the tool's own form, if it keeps one.
    pub(super) checksum: Option<String>,
    /// The versions that it comes after, where the tool says so (Alembic).
    before: Vec<String>,
}

/// The migrations in a folder, by version; files that are none are left out.
///
/// # Errors
///
/// The folder or a file can't be read.
pub(super) fn read(tool: Tool, folder: &Path) -> Result<Vec<Migration>> {
    let unreadable = |error: std::io::Error| -> crate::failure::Failure {
        Report::error("cli::unreadable", format!("`{}` can't be read: {error}", folder.display()))
            .exit(Exit::Failed)
    };
    let mut migrations = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        migrations.extend(migration(tool, &path, &name).map_err(unreadable)?);
    }
    migrations.sort_by(|a, b| a.version.len().cmp(&b.version.len()).then(a.version.cmp(&b.version)));
    Ok(migrations)
}

fn migration(tool: Tool, path: &Path, name: &str) -> std::io::Result<Option<Migration>> {
    let plain = |version: &str| Migration {
        version: version.to_owned(),
        path: path.to_owned(),
        checksum: None,
        before: Vec::new(),
    };
    Ok(match tool {
        // `20230101000000_name.up.sql`, or `.sql`.
        Tool::Sqlx => match name.split_once('_') {
            Some((version, rest))
                if version.parse::<i64>().is_ok()
                    && rest.ends_with(".sql")
                    && !rest.ends_with(".down.sql") =>
            {
                let bytes = fs::read(path)?;
                // Our own files have names like these.
                if bytes.starts_with(b"-- limbeck revision") {
                    return Ok(None);
                }
                let checksum = Sha384::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                // A number in the table has no zeros before it.
                let version = version.trim_start_matches('0');
                Some(Migration { checksum: Some(checksum), ..plain(version) })
            }
            _ => None,
        },
        // A folder `2023-01-01-000000_name` with `up.sql`.
        Tool::Diesel => match name.split_once('_') {
            Some((version, _)) if path.join("up.sql").is_file() => Some(plain(&version.replace('-', ""))),
            _ => None,
        },
        // `V1__name.sql`, `U1__name.sql`.
        Tool::Refinery => match refinery(name) {
            Some((version, label)) => {
                let text = fs::read_to_string(path)?;
                let checksum = refinery_checksum(label, version, &text).to_string();
                Some(Migration { checksum: Some(checksum), ..plain(&version.to_string()) })
            }
            None => None,
        },
        // `m20220101_000001_create_table.rs`.
        Tool::SeaOrm => match name.strip_suffix(".rs") {
            Some(stem) if stem.starts_with('m') && stem[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                Some(plain(stem))
            }
            _ => None,
        },
        Tool::Alembic if name.ends_with(".py") => {
            let text = fs::read_to_string(path)?;
            assigned(&text, "revision")
                .into_iter()
                .next()
                .map(|version| Migration { before: assigned(&text, "down_revision"), ..plain(&version) })
        }
        Tool::Alembic => None,
    })
}

/// Version and name of a file of refinery's.
fn refinery(name: &str) -> Option<(i32, &str)> {
    let (version, label) = name.strip_suffix(".sql")?.strip_prefix(['V', 'U'])?.split_once("__")?;
    Some((version.parse().ok()?, label))
}

/// refinery's checksum: SipHash-1-3 with the key 0 over name, version and text, as Rust hashes them.
fn refinery_checksum(name: &str, version: i32, text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

/// The strings that a module of Alembic's assigns to a name: `down_revision: Union[str, None] = ("a", "b")`.
fn assigned(text: &str, name: &str) -> Vec<String> {
    let line = text.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ':', '=']) && rest.contains('='))
    });
    let value = line.and_then(|line| line.split_once('=')).map_or("", |(_, value)| value);
    let mut strings = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some(length) = rest[start + 1..].find(quote) else { break };
        strings.push(rest[start + 1..start + 1 + length].to_owned());
        rest = &rest[start + length + 2..];
    }
    strings
}

/// What the tool has not applied. Alembic's table holds heads only: all that they come from is applied too.
pub(super) fn pending<'a>(found: &Found, files: &'a [Migration]) -> Vec<&'a Migration> {
    let mut applied: BTreeSet<&str> = found.rows.iter().map(|row| row.version.as_str()).collect();
    loop {
        let before = files.iter().filter(|file| applied.contains(file.version.as_str()));
        let before: Vec<&str> = before
            .flat_map(|file| &file.before)
            .map(String::as_str)
            .filter(|id| !applied.contains(id))
            .collect();
        if before.is_empty() {
            break;
        }
        applied.extend(before);
    }
    files.iter().filter(|file| !applied.contains(file.version.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alembic_s_modules_are_read_without_running_them() {
        let text = "\"\"\"x\n\nRevision ID: a1\n\"\"\"\nrevision: str = 'a1'\ndown_revision: Union[str, None] = (\"b1\", \"c1\")\n";
        assert_eq!(assigned(text, "revision"), ["a1"]);
        assert_eq!(assigned(text, "down_revision"), ["b1", "c1"]);
        assert!(assigned("down_revision = None", "down_revision").is_empty());
    }

    /// What refinery-core 0.8 itself gives for these.
    #[test]
    fn refinery_s_checksums_are_its_own() {
        let initial = refinery_checksum("initial", 1, "CREATE TABLE t (a int);\n");
        assert_eq!(initial, 4_227_034_193_026_840_243);
        let wide = refinery_checksum("add_größe", 12, "ALTER TABLE t ADD b text;\n");
        assert_eq!(wide, 3_154_008_766_865_281_875);
    }

    #[test]
    fn refinery_s_names_are_a_number_and_a_label() {
        assert_eq!(refinery("V1__initial.sql"), Some((1, "initial")));
        assert_eq!(refinery("V1_initial.sql"), None);
        assert_eq!(refinery("V9999999999__x.sql"), None);
    }
}
