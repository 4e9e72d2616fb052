//! `limbeck check --all` on the six services beside `pg_dump --schema-only` of the same database.
//!
//! `LIMBECK_BENCH_SCHEMA=FOLDER` adds a generated schema: the folder that `shared/bench/generate.py` writes with
//! `--emit sql,tests/benches/emit_limbeck.py`.
//!
//! The two run in turn, so that the machine's mood is in both; what counts is the ratio of the medians. The
//! binary is the release build's (`cargo build --release -p limbeck-cli`), or `LIMBECK_BIN`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use limbeck_testing::TestDatabase;
use limbeck_tests::bench::{binary, median, time};

const RUNS: usize = 20;

fn main() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mindmirror");
    let database = TestDatabase::new();
    for service in ["habits", "journal", "meals", "movements", "practices", "users"] {
        load(&database, &fixture.join(format!("database/{service}.schema.sql")));
    }
    compare("six services", &database, &fixture, &["--all"]);
    if let Some(folder) = std::env::var_os("LIMBECK_BENCH_SCHEMA").map(PathBuf::from) {
        let database = TestDatabase::new();
        load(&database, &folder.join("schema.sql"));
        compare(&folder.display().to_string(), &database, &folder.join("v1"), &[]);
    }
}

fn load(database: &TestDatabase, file: &Path) {
    database.psql(&std::fs::read_to_string(file).expect("the schema can be read"));
}

/// Times `check` of a project, in turn with `pg_dump` of its database.
fn compare(name: &str, database: &TestDatabase, project: &Path, choice: &[&str]) {
    let check = || {
        let mut command = Command::new(binary());
        command.args(["--quiet", "check", "--url", &database.url()]).args(choice).current_dir(project);
        command
    };
    let dump = || {
        let mut command = Command::new("pg_dump");
        command.args(["--schema-only", "--dbname", &database.url()]);
        command
    };
    time(check());
    time(dump());
    let (mut checks, mut dumps): (Vec<Duration>, Vec<Duration>) =
        (0..RUNS).map(|_| (time(check()), time(dump()))).unzip();
    let (check, dump) = (median(&mut checks), median(&mut dumps));
    println!("{name}");
    println!("  limbeck check          {check:>8.1?} (median of {RUNS})");
    println!("  pg_dump --schema-only  {dump:>8.1?} (median of {RUNS})");
    println!("  ratio                  {:>8.2}", check.as_secs_f64() / dump.as_secs_f64());
}
