//! PostgreSQL server binaries on this machine, and private clusters started from them.

mod cluster;
mod folder;
mod template;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use cluster::Cluster;
#[cfg(feature = "embedded")]
pub(crate) use folder::Folder;

use crate::Error;
use crate::connect::version_number;

/// Server binaries of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The folder that holds `postgres` and `initdb`.
    pub bin: PathBuf,
    /// The whole version, as `postgres --version` says it: `15.18`.
    pub version: String,
    /// The major version: 15.
    pub major: u32,
}

impl Installation {
    /// The installation in a folder.
    ///
    /// # Errors
    ///
    /// [`Error::NoStart`] where the folder does not hold `postgres` and `initdb` that run.
    pub fn at(bin: &Path) -> Result<Self, Error> {
        let fail = |reason: String| Error::NoStart { bin: bin.to_owned(), reason };
        let postgres = bin.join("postgres");
        let postgres =
            postgres.canonicalize().map_err(|error| fail(format!("{}: {error}", postgres.display())))?;
        let bin = postgres.parent().unwrap_or(bin).to_owned();
        if !bin.join("initdb").exists() {
            return Err(fail("it has no `initdb`".to_owned()));
        }
        let version = match template::cached_version(&postgres) {
            Some(version) => version,
            None => version(&postgres).map_err(fail)?,
        };
        let major =
            version_number(&version).map(|number| number / 10_000).and_then(|n| u32::try_from(n).ok());
        match major {
            Some(major) => Ok(Self { bin, version, major }),
            None => Err(fail(format!("its version `{version}` is not a number"))),
        }
    }

    /// A program of this installation.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// Asks `postgres --version`, which prints `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(postgres: &Path) -> Result<String, String> {
    let output = Command::new(postgres)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", postgres.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_once(") ").and_then(|(_, rest)| rest.split_whitespace().next());
    version.map(str::to_owned).ok_or_else(|| format!("`postgres --version` says `{}`", text.trim()))
}

/// The installation with this major version if there is one, else the newest.
///
/// `LIMBECK_PG_BIN` names the only folder to look at.
///
/// # Errors
///
/// What was looked at, in words, where nothing was found.
pub fn find(wanted: Option<u32>) -> Result<Installation, String> {
    if let Some(bin) = env::var_os("LIMBECK_PG_BIN").filter(|bin| !bin.is_empty()) {
        return Installation::at(Path::new(&bin)).map_err(|error| format!("LIMBECK_PG_BIN: {error}"));
    }
    let mut folders = folders();
    // Stable: those whose path says the wanted major come first, so that the others need not be run.
    folders.sort_by_key(|folder| wanted.is_none() || guess(folder) != wanted);
    let mut newest: Option<Installation> = None;
    let mut broken = Vec::new();
    let mut asked = false;
    let mut folders = folders.into_iter();
    loop {
        let folder = match folders.next() {
            Some(folder) => folder,
            // A program to run: asked only where the folders did not do.
            None if asked || (wanted.is_none() && newest.is_some()) => break,
            None => {
                asked = true;
                match asked_of_pg_config() {
                    Some(folder) => folder,
                    None => break,
                }
            }
        };
        match Installation::at(&folder) {
            Ok(found) if Some(found.major) == wanted => return Ok(found),
            Ok(found) => {
                let newer =
                    |old: &Installation| version_number(&found.version) > version_number(&old.version);
                if newest.as_ref().is_none_or(newer) {
                    newest = Some(found);
                }
            }
            Err(error) => broken.push(error.to_string()),
        }
    }
    newest.ok_or_else(|| match broken.is_empty() {
        true => "no `postgres` in PATH, `pg_config --bindir` or the usual folders".to_owned(),
        false => broken.join("; "),
    })
}

/// The folders that hold a `postgres`, each once: PATH first, then where packages put it.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ("/Library/PostgreSQL", "", "bin"),
        ("/usr/local", "pgsql", "bin"),
        ("/opt", "pgsql", "bin"),
    ] {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        let wanted = names.iter().filter(|name| name.to_string_lossy().starts_with(prefix));
        folders.extend(wanted.map(|name| Path::new(parent).join(name).join(rest)));
    }
    let mut seen = BTreeSet::new();
    folders
        .into_iter()
        .filter_map(|folder| folder.join("postgres").canonicalize().ok())
        .filter_map(|postgres| postgres.parent().map(Path::to_owned))
        .filter(|folder| seen.insert(folder.clone()))
        .collect()
}

/// The folder that `pg_config` names.
fn asked_of_pg_config() -> Option<PathBuf> {
    let program = env::var_os("PG_CONFIG").unwrap_or_else(|| OsStr::new("pg_config").to_owned());
    let output = Command::new(program).arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    folder.join("postgres").exists().then_some(folder)
}

/// The major version that a path names: `/usr/lib/postgresql/15/bin`, `/usr/pgsql-15/bin`, `postgresql@15`.
fn guess(folder: &Path) -> Option<u32> {
    folder.components().rev().find_map(|component| {
        let text = component.as_os_str().to_str()?;
        let text = text.rsplit(['-', '@']).next().unwrap_or(text);
        text.split('.').next()?.parse().ok()
    })
}
