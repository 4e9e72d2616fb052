//! Any database round-trips: what `inspect` prints of it, loaded into an empty database, gives the same `pg_dump`, and
//! the models that it writes say the same.
//!
//! `fixtures/databases/` holds schemas as applications have them, and one of everything. A line of theirs that ends
//! with `-- since 15, else …` is another one on older servers. With `LIMBECK_DATABASE` only those are tried whose name
//! holds it.

use std::path::PathBuf;

use limbeck_database::witness;
use limbeck_kinds::catalog::for_version;
use limbeck_testing::TestDatabase;

use crate::support::{Outcome, root, run};

/// The databases, by name.
fn databases() -> Vec<(String, String)> {
    let only = std::env::var("LIMBECK_DATABASE").unwrap_or_default();
    let entries = std::fs::read_dir(root().join("fixtures/databases")).expect("the fixtures can be read");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let named = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a fixture can be read");
        (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text)
    };
    paths.iter().map(named).filter(|(name, _)| name.contains(&only)).collect()
}

fn loaded(name: &str, text: &str) -> TestDatabase {
    let database = TestDatabase::named(name);
    let version = i32::try_from(database.major() * 10_000).expect("a version");
    database.psql(&for_version(text, version));
    database
}

/// Runs the binary in a folder of its own.
fn limbeck(folder: &tempfile::TempDir, arguments: &[&str]) -> Outcome {
    run(folder.path(), &[], arguments)
}

/// What one text has and the other lacks, line by line.
fn line_difference(left: &str, right: &str) -> String {
    let only = |left: &str, right: &str, mark: char| -> String {
        let right: Vec<&str> = right.lines().collect();
        left.lines().filter(|line| !right.contains(line)).map(|line| format!("{mark} {line}\n")).collect()
    };
    let difference = [only(left, right, '-'), only(right, left, '+')].concat();
    if !difference.is_empty() {
        return difference;
    }
    let places = left.lines().zip(right.lines()).filter(|(left, right)| left != right);
    let places: String = places.take(8).map(|(left, right)| format!("  {left}\n    {right}\n")).collect();
    format!("the lines are the same in another order:\n{places}")
}

/// What is wrong with the database that `inspect --format sql` makes.
fn reloaded_from_sql(name: &str, database: &TestDatabase) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let printed = limbeck(&folder, &["inspect", "--from", &database.url(), "--format", "sql"]).exits(0);
    let copy = TestDatabase::named(&format!("{name} copy"));
    if let Err(error) = copy.try_psql(&printed.stdout) {
        return Err(format!("inspect --format sql: {error}\n{}", printed.stdout));
    }
    let (wanted, dump) = (database.pg_dump(&[]), copy.pg_dump(&[]));
    if wanted != dump {
        return Err(format!("pg_dump differs:\n{}", line_difference(&wanted, &dump)));
    }
    let seen = witness::differences(&database.fingerprint(), &copy.fingerprint());
    if !seen.is_empty() {
        let seen: String = seen.iter().map(|sight| format!("  {sight}\n")).collect();
        return Err(format!("the catalogs differ:\n{seen}"));
    }
    let left = limbeck(&folder, &["diff", "--from", &copy.url(), "--to", &database.url()]).exits(0);
    match left.stdout.is_empty() {
        true => Ok(()),
        false => Err(format!("a difference is left:\n{}", left.stdout)),
    }
}

/// What is wrong with the models that `inspect --format rust` writes.
fn told_by_models(database: &TestDatabase) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let models = limbeck(&folder, &["inspect", "--from", &database.url(), "--format", "rust"]).exits(0);
    let path = folder.path().join("models.rs");
    std::fs::write(&path, &models.stdout).expect("a file can be written");
    let path = path.to_string_lossy();
    for (from, to) in [(&*path, &*database.url()), (&*database.url(), &*path)] {
        let left = limbeck(&folder, &["diff", "--from", from, "--to", to]);
        if left.status != 0 || !left.stdout.is_empty() {
            return Err(format!("models: {left}\n{}", models.stdout));
        }
    }
    Ok(())
}

#[test]
fn a_folder_of_models_is_read_with_the_sql_beside_them() {
    let databases = databases();
    let Some((name, text)) = databases.iter().find(|(name, _)| name == "metrics") else { return };
    let (folder, database) = (tempfile::tempdir().expect("a temporary folder"), loaded(name, text));
    limbeck(&folder, &["inspect", "--from", &database.url(), "--format", "rust", "--out", "models"]).exits(0);
    assert!(folder.path().join("models/schema.sql").exists());
    for (from, to) in [("models", &*database.url()), (&*database.url(), "models")] {
        let left = limbeck(&folder, &["diff", "--from", from, "--to", to]).exits(0);
        assert_eq!(left.stdout, "", "{left}");
    }
}

#[test]
fn every_database_comes_back_from_sql_and_from_models() {
    let mut failed = Vec::new();
    for (name, text) in databases() {
        let database = loaded(&name, &text);
        let wrong = [reloaded_from_sql(&name, &database), told_by_models(&database)];
        failed
            .extend(wrong.into_iter().filter_map(|it| it.err()).map(|error| format!("=== {name}\n{error}")));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
