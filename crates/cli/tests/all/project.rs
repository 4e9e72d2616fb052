//! A project in a folder of its own, with a database of its own where a test wants one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limbeck_testing::TestDatabase;

/// A folder with a `limbeck.toml`.
pub(crate) struct TestProject {
    folder: tempfile::TempDir,
    url: String,
    environment: Vec<(String, String)>,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The run ended with this status.
    #[track_caller]
    pub(crate) fn exits(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard error holds all of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not in stderr:\n{}", self.stderr);
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

impl TestProject {
    /// Services of these names, each after the one before it, each owning the schema of its name.
    pub(crate) fn new(services: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = String::new();
        for (at, name) in services.iter().enumerate() {
            let after =
                at.checked_sub(1).map(|before| format!("\"{}\"", services[before])).unwrap_or_default();
            config.push_str(&format!(
                "[service.{name}]\nmodels = \"{name}/src/models\"\nrevisions = \"{name}/migrations\"\n\
                 schemas = [\"{name}\"]\nurl = \"env:DATABASE_URL\"\nafter = [{after}]\n\n"
            ));
            fs::create_dir_all(folder.path().join(name).join("migrations")).unwrap();
            fs::create_dir_all(folder.path().join(name).join("src/models")).unwrap();
        }
        fs::write(folder.path().join("limbeck.toml"), config).unwrap();
        Self { folder, url: String::new(), environment: Vec::new() }
    }

    /// The same, on this database.
    pub(crate) fn on(mut self, database: &TestDatabase) -> Self {
        self.url = database.url();
        self
    }

    /// The same, with an environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of a service's revisions.
    pub(crate) fn revisions(&self, service: &str) -> PathBuf {
        self.path().join(service).join("migrations")
    }

    /// Writes a revision file: id, parent, the SQL up and down.
    pub(crate) fn revision(&self, service: &str, id: &str, parent: &str, up: &str, down: &str) -> PathBuf {
        let path = self.revisions(service).join(format!("202611221120_{id}_test.sql"));
        let text = format!(
            "-- limbeck revision {id}\n-- parents: {parent}\n-- message: test {id}\n\
             -- created: 2026-11-22T11:20:00Z\n\n-- limbeck:upgrade\n{up}\n\n-- limbeck:downgrade\n{down}\n"
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes the models of a service: one struct, which is the table of its name.
    pub(crate) fn model(&self, service: &str, text: &str) {
        let text = format!("#[derive(limbeck::Table)]\n#[table(schema = \"{service}\")]\n{text}\n");
        fs::write(self.path().join(service).join("src/models/mod.rs"), text).unwrap();
    }

    /// Runs `limbeck` in the project's folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limbeck"));
        command.args(arguments).current_dir(self.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG")) {
            command.env_remove(name);
        }
        command.env_remove("ENVIRONMENT").env("DATABASE_URL", &self.url);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        Output {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
