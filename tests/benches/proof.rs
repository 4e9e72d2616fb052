//! What it costs to prove a change of one column in a large schema: `limbeck revision --dry-run` with its proof, and
//! without.
//!
//! `LIMBECK_BENCH_SCHEMA=FOLDER` names the schema: the folder that `shared/bench/generate.py` writes with
//! `--emit sql,tests/benches/emit_limbeck.py`. The two run in turn; what counts is the difference of the medians, in
//! which the start of the scratch server is contained. The binary is the release build's, or `LIMBECK_BIN`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use limbeck_testing::TestDatabase;
use limbeck_tests::bench::{binary, median, time};

const RUNS: usize = 11;

fn main() {
    let Some(folder) = std::env::var_os("LIMBECK_BENCH_SCHEMA").map(PathBuf::from) else {
        println!("no schema: set LIMBECK_BENCH_SCHEMA to a folder that generate.py has written");
        return;
    };
    let database = TestDatabase::new();
    let schema = std::fs::read_to_string(folder.join("schema.sql")).expect("the schema can be read");
    database.psql(&schema);
    let project = tempfile::tempdir().expect("a folder can be made");
    let copied = Command::new("cp").args(["-r", "--"]).arg(folder.join("v1/.")).arg(project.path()).status();
    assert!(copied.expect("`cp` is there").success());
    add_a_column(&project.path().join("src/models"));
    let revise = |more: &[&str]| {
        let mut command = Command::new(binary());
        let url = database.url();
        command.args(["--quiet", "revision", "-m", "one column", "--dry-run", "--url", &url]).args(more);
        command.current_dir(project.path());
        command
    };
    let output = revise(&[]).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let proved = text.lines().find(|line| line.starts_with("-- proved")).unwrap_or("not proved");
    let (mut with, mut without): (Vec<Duration>, Vec<Duration>) =
        (0..RUNS).map(|_| (time(revise(&[])), time(revise(&["--no-proof"])))).unzip();
    let (with, without) = (median(&mut with), median(&mut without));
    println!("{}: {proved}", folder.display());
    println!("  revision              {with:>8.1?} (median of {RUNS})");
    println!("  revision --no-proof   {without:>8.1?} (median of {RUNS})");
    println!("  the proof             {:>8.1?}", with.saturating_sub(without));
}

/// A column for the first struct of the first file.
fn add_a_column(models: &Path) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(models)
        .expect("the models are there")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let file = files.iter().find(|file| read(file).contains("pub struct")).expect("a file with a struct");
    let text = read(file);
    let (before, after) = text.split_once("pub struct").expect("a struct");
    let (name, fields) = after.split_once('{').expect("a struct has fields");
    let changed = format!("{before}pub struct{name}{{\n    pub one_more: Option<String>,{fields}");
    std::fs::write(file, changed).expect("the models can be written");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a model can be read")
}
