//! The six crates compile, so every attribute in them passes the derives.

use std::process::Command;

use crate::support::root;

#[test]
fn the_platform_compiles_with_the_derives() {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--workspace"])
        .current_dir(root().join("fixtures/mindmirror"))
        .env("CARGO_TARGET_DIR", target())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The target folder of this build: what it holds compiled need not be compiled again.
fn target() -> std::path::PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(3).expect("a test lies in target/<profile>/deps").to_owned()
}
