//! A project of its own in a temporary folder, with a database of its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::binary::{Outcome, run};
use super::postgres::Postgres;
use super::root;

/// A folder with a `limbeck.toml`, and the database it works on.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    /// The database; `DATABASE_URL` of every run.
    pub(crate) database: Postgres,
}

impl Project {
    /// An empty folder and an empty database.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            database: Postgres::new(),
        }
    }

    /// The fixture platform with its committed revisions, on an empty database.
    pub(crate) fn mindmirror() -> Self {
        let project = Self::empty();
        let fixture = root().join("fixtures/mindmirror");
        project.copy(&fixture.join("limbeck.toml"), "limbeck.toml");
        for service in crate::mindmirror::SERVICES {
            for part in ["src", "migrations"] {
                copy_folder(&fixture.join(service).join(part), &project.path(&format!("{service}/{part}")));
            }
        }
        project
    }

    /// The fixture platform without any revision, on an empty database.
    pub(crate) fn mindmirror_without_revisions() -> Self {
        let project = Self::mindmirror();
        for service in crate::mindmirror::SERVICES {
            let folder = project.path(&format!("{service}/migrations"));
            fs::remove_dir_all(&folder).expect("a folder of the copy can be removed");
            fs::create_dir_all(&folder).expect("a folder of the copy can be made");
        }
        project
    }

    /// A path inside the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file of the project, making its folders.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Reads a file of the project.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces text in a file of the project; the text must be there.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not hold `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// The names of the files in a folder of the project, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs the binary at the top of the project.
    pub(crate) fn limbeck(&self, arguments: &[&str]) -> Outcome {
        self.limbeck_with(&[], arguments)
    }

    /// Runs the binary at the top of the project with more in its environment.
    pub(crate) fn limbeck_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let mut all = vec![("DATABASE_URL", self.database.url())];
        all.extend(environment);
        run(self.folder.path(), &all, arguments)
    }

    /// Runs the binary without any database to connect to.
    pub(crate) fn limbeck_alone(&self, arguments: &[&str]) -> Outcome {
        run(self.folder.path(), &[], arguments)
    }

    fn copy(&self, from: &Path, to: &str) {
        fs::copy(from, self.path(to)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    // A fixture without revisions has no folder for them in a clean clone.
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries {
        let entry = entry.expect("an entry can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a file can be copied");
        }
    }
}
