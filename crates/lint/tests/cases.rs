//! Unwise files, of which each finding is known by code, line and column, and harmless ones, in which there is none.
//!
//! `fixtures/lint/unwise/*.sql` end in `-- finds: CODE LINE:COLUMN`, a line for each finding.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use limbeck_lint::{Options, lint};

fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/lint").join(kind);
    let entries = std::fs::read_dir(folder).expect("the fixtures are there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    files.sort();
    files
}

fn found(text: &str) -> Vec<String> {
    let options = Options { owned: vec!["shop".to_owned()], ..Options::default() };
    let verdict = lint("f.sql", text, &options);
    let errors = verdict.errors.iter().map(|error| error.code().to_owned());
    let findings = verdict.findings.iter();
    let findings =
        findings.map(|finding| format!("{} {}:{}", finding.code, finding.origin.line, finding.origin.column));
    errors.chain(findings).collect()
}

#[test]
fn unwise_files_are_found_by_code_line_and_column() {
    let (mut wrong, mut codes) = (Vec::new(), BTreeSet::new());
    let files = files("unwise");
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a fixture can be read");
        let expected: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix("-- finds: ")).map(str::to_owned).collect();
        assert!(!expected.is_empty(), "{} expects nothing", file.display());
        let found = found(&text);
        codes.extend(found.iter().filter_map(|found| found.split(' ').next()).map(str::to_owned));
        if found != expected {
            wrong.push(format!("{}: {found:?}, not {expected:?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files.len() >= 30 && codes.len() >= 30, "{} files, {} codes", files.len(), codes.len());
}

#[test]
fn harmless_files_are_left_in_peace() {
    let files = files("harmless");
    let mut wrong = Vec::new();
    for file in &files {
        let found = found(&std::fs::read_to_string(file).expect("a fixture can be read"));
        if !found.is_empty() {
            wrong.push(format!("{}: {found:?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files.len() >= 30, "{} files", files.len());
}
