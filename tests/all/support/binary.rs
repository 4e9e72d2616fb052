//! Running the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a run of the binary ended with.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The command line, for messages.
    pub(crate) line: String,
    /// The exit status.
    pub(crate) status: i32,
    /// Data.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Asserts the exit status and hands the outcome on.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Asserts that something is said, on whichever stream.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "`{text}` is missing\n{self}");
        self
    }

    /// Asserts that something is not said on either stream.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "`{text}` must not be said\n{self}"
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, status, stdout, stderr } = self;
        write!(f, "$ {line}\n{stdout}--- stderr\n{stderr}? {status}")
    }
}

/// The binary of this build, or the one that `LIMBECK_BIN` names (a release build, say).
///
/// The tests of the workspace build it; tests of this package alone use the one that is there.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("LIMBECK_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows where it is");
    // target/<profile>/deps/all-… lies one folder below target/<profile>/limbeck.
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let binary = profile.join(format!("limbeck{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "{} is missing: run `cargo build -p limbeck-cli` first", binary.display());
    binary
}

/// Runs the binary in a folder, with a clean environment but for what is given.
pub(crate) fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = Command::new(binary());
    command.current_dir(folder).args(arguments);
    for name in [
        "DATABASE_URL",
        "ENVIRONMENT",
        "LIMBECK_SCRATCH_URL",
        "PGPASSWORD",
        "PGHOST",
        "PGUSER",
        "PGDATABASE",
        "PGPORT",
    ] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("RUST_BACKTRACE", "1").envs(environment.iter().copied());
    let output = command.output().expect("the binary runs");
    let outcome = Outcome {
        line: format!("limbeck {}", arguments.join(" ")),
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    };
    for shame in ["panicked at", "stack backtrace"] {
        assert!(!outcome.stderr.contains(shame), "{outcome}");
    }
    outcome
}
