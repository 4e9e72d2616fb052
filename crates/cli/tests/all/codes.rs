//! Every error code has its page, and every page its code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The codes that stand as string literals in the sources of all crates.
fn codes_in_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut folders = vec![workspace().join("crates")];
    let mut crates = BTreeSet::new();
    for entry in fs::read_dir(&folders[0]).unwrap() {
        crates.insert(entry.unwrap().file_name().into_string().unwrap());
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests" && name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                codes.extend(text.split('"').filter(|text| is_code(text, &crates)).map(str::to_owned));
            }
        }
    }
    codes
}

/// `crate::name`, both of lower-case words.
fn is_code(text: &str, crates: &BTreeSet<String>) -> bool {
    text.split_once("::").is_some_and(|(of, name)| {
        crates.contains(of) && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    })
}

fn pages() -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    for folder in fs::read_dir(workspace().join("docs/errors")).unwrap() {
        let folder = folder.unwrap().path();
        for page in fs::read_dir(&folder).unwrap() {
            let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
            let code = format!("{}::{}", name(&folder), name(&page.as_ref().unwrap().path()));
            let text = fs::read_to_string(page.unwrap().path()).unwrap();
            assert!(text.starts_with(&format!("# {code}\n\n")), "the page of {code} has another heading");
            pages.insert(code);
        }
    }
    pages
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let (codes, pages) = (codes_in_sources(), pages());
    assert!(codes.contains("cli::unknown_key"), "the search finds no codes: {codes:?}");
    let without_page = codes.difference(&pages).collect::<Vec<_>>();
    let without_code = pages.difference(&codes).collect::<Vec<_>>();
    assert!(without_page.is_empty(), "codes without a page in docs/errors: {without_page:#?}");
    assert!(without_code.is_empty(), "pages whose code nobody uses: {without_code:#?}");
}

#[test]
fn explain_prints_the_page_of_every_code() {
    let list = Command::new(env!("CARGO_BIN_EXE_limbeck")).arg("explain").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let listed =
        list.lines().map(|line| line.split("  ").next().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(listed, pages());
    for code in ["cli::guard", "[cli::guard]", "error[cli::guard]:"] {
        let page = Command::new(env!("CARGO_BIN_EXE_limbeck")).args(["explain", code]).output().unwrap();
        assert!(page.status.success());
        assert_eq!(page.stdout, fs::read(workspace().join("docs/errors/cli/guard.md")).unwrap());
    }
}
