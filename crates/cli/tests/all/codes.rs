//! `explain` carries every page of `docs/errors`. That every code has a page is held by the suite's `tidy`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
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
