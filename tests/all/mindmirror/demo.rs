//! The README's first command, without the shell around it.

use std::process::Command;

use crate::mindmirror::SERVICES;
use crate::support::Project;

fn demo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).args(arguments).output().expect("the demo runs");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn the_demo_walks_all_phases_on_a_server_of_its_own() {
    let text = demo(&[]);
    for phase in ["== 0.", "== 1.", "== 2.", "== 3.", "== 4.", "== 5.", "no drift"] {
        assert!(text.contains(phase), "{phase} is missing\n{text}");
    }
}

#[test]
fn the_demo_run_again_changes_nothing() {
    let project = Project::empty();
    let folder = project.path("demo").display().to_string();
    let arguments = ["--url", project.database.url(), "--folder", &folder];
    demo(&arguments);
    let database = project.database.fingerprint();
    let files = SERVICES.map(|service| project.names(&format!("demo/{service}/migrations")));
    assert!(files.iter().all(|names| names.len() == 1), "{files:?}");
    demo(&arguments);
    assert_eq!(database, project.database.fingerprint());
    assert_eq!(files, SERVICES.map(|service| project.names(&format!("demo/{service}/migrations"))));
}
