//! The table of allowed imports, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::root;

/// Crate by crate: what it may import of ours. Only direct imports count.
const ALLOWED: &[(&str, &[&str])] = &[
    ("sql", &[]),
    ("schema", &["sql"]),
    ("diff", &["schema"]),
    ("kinds", &["schema", "sql"]),
    ("grammar", &[]),
    ("derive", &["grammar"]),
    ("models", &["grammar", "kinds", "schema", "sql"]),
    ("database", &["kinds", "schema", "sql"]),
    ("plan", &["diff", "kinds", "schema", "sql"]),
    ("revisions", &["sql"]),
    ("lint", &["revisions", "schema", "sql"]),
    ("limbeck", &["database", "derive", "lint", "revisions", "schema", "sql"]),
    (
        "cli",
        &[
            "database",
            "derive",
            "diff",
            "grammar",
            "kinds",
            "limbeck",
            "lint",
            "models",
            "plan",
            "revisions",
            "schema",
            "sql",
        ],
    ),
    ("testing", &["database", "kinds", "schema"]),
    (
        "tests",
        &[
            "cli",
            "database",
            "diff",
            "grammar",
            "kinds",
            "limbeck",
            "lint",
            "models",
            "plan",
            "revisions",
            "schema",
            "sql",
            "testing",
        ],
    ),
];

#[test]
fn crates_import_only_what_the_table_allows() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        ALLOWED.iter().map(|(name, imports)| (*name, imports.iter().copied().collect())).collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for package in packages {
        let name = short(package["name"].as_str().expect("a package has a name"));
        seen.insert(name.to_owned());
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("`{name}` is not in the table"));
            continue;
        };
        for import in package["dependencies"].as_array().expect("a package lists dependencies") {
            let imported = import["name"].as_str().expect("a dependency has a name");
            // Only a path makes a dependency ours: crates.io may hold names that begin like ours.
            if import["path"].is_null() || import["kind"] == "dev" {
                continue;
            }
            if !may.contains(short(imported)) {
                wrong.push(format!("`{name}` must not import `{}`", short(imported)));
            }
        }
    }
    for name in allowed.keys() {
        if !seen.contains(*name) {
            wrong.push(format!("`{name}` stands in the table, but there is no such crate"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_shipped_imports_the_testing_crate() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("metadata lists packages") {
        for import in package["dependencies"].as_array().expect("a package lists dependencies") {
            assert!(
                import["name"] != "limbeck-testing"
                    || import["kind"] == "dev"
                    || package["name"] == "limbeck-tests",
                "{} imports limbeck-testing outside of its tests",
                package["name"]
            );
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for manifest in super::files(&root().join("crates"), "toml") {
        if manifest.file_name().is_none_or(|name| name != "Cargo.toml")
            || manifest.components().any(|c| c.as_os_str() == "fixtures")
        {
            continue;
        }
        let text = std::fs::read_to_string(&manifest).expect("a manifest can be read");
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{} has lints of its own",
            super::shown(&manifest)
        );
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn short(package: &str) -> &str {
    package.strip_prefix("limbeck-").unwrap_or(package)
}
