//! What the tests of the whole tool share: the binary, projects to run it in, and witnesses that it did not write.

mod binary;
mod postgres;
mod project;

pub(crate) use binary::{Outcome, binary, run};
pub(crate) use postgres::{Postgres, SEEDED, psql};
pub(crate) use project::Project;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie one folder below the root").into()
}

/// A file below `fixtures/`, as text.
pub(crate) fn fixture(path: &str) -> String {
    let path = root().join("fixtures").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
