//! What lies at the top, and how long a file may be.

use super::{files, root, shown};

/// What the top level may hold, besides dot files.
const TOP: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "docs",
    "fixtures",
    "rustfmt.toml",
    "target",
    "tests",
];

/// A file beyond this many lines is a missing noun.
const LINES: usize = 600;

/// Files that may be longer, each with its reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn the_top_level_holds_what_it_should() {
    for entry in std::fs::read_dir(root()).expect("the root can be read") {
        let name = entry.expect("an entry can be read").file_name();
        let name = name.to_string_lossy();
        assert!(
            name.starts_with('.') || TOP.contains(&name.as_ref()),
            "`{name}` does not belong at the top level"
        );
    }
}

#[test]
fn no_file_grows_beyond_six_hundred_lines() {
    let mut wrong = Vec::new();
    for folder in ["crates", "tests"] {
        for file in files(&root().join(folder), "rs") {
            let lines = std::fs::read_to_string(&file).expect("a source can be read").lines().count();
            let shown = shown(&file);
            let allowed = LONG.iter().any(|(path, _)| *path == shown);
            if lines > LINES && !allowed {
                wrong.push(format!("{shown} has {lines} lines: which noun is missing?"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_licences_and_the_first_pages_are_there() {
    for path in [
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CHANGELOG.md",
        "README.md",
        "docs/architecture.md",
        "docs/glossary.md",
    ] {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(text.lines().count() > 2, "{path} is missing or empty");
    }
}
