//! Renames are asked for on a terminal, and refused without one.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use super::{project, revision};
use crate::support::{Project, binary};

const BEFORE: &str = "#[derive(limbeck::Table)]\n#[table(schema = \"app\", name = \"t\")]\n\
                      pub struct T {\n    #[column(pk)]\n    pub id: i64,\n    pub mail: String,\n}\n";

fn changed() -> Project {
    let project = project(BEFORE);
    project.database.run("INSERT INTO app.t VALUES (1, 'kept')");
    project.write("models.rs", &BEFORE.replace("mail", "email"));
    project
}

fn ask(project: &Project) -> PtySession {
    let mut command = Command::new(binary());
    command
        .current_dir(project.folder.path())
        .args(["revision", "-m", "after", "--rev-id", "0000000af7e4"])
        .env("DATABASE_URL", project.database.url())
        .env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(60_000)).expect("a terminal can be made");
    session.exp_string("Was column app.t.mail renamed to app.t.email? [y/N]").expect("the question is asked");
    session
}

#[test]
fn a_yes_renames_and_keeps_the_values() {
    let project = changed();
    let mut session = ask(&project);
    session.send_line("y").expect("it can be answered");
    session.exp_eof().expect("it ends");
    assert!(revision(&project, "0000000af7e4").contains("RENAME COLUMN mail TO email"));
    project.limbeck(&["upgrade"]).exits(0);
    assert_eq!(project.database.run("SELECT email FROM app.t").trim(), "kept");
}

#[test]
fn a_no_drops_and_adds() {
    for answer in ["n\n", "\n"] {
        let project = changed();
        let mut session = ask(&project);
        session.send(answer).and_then(|_| session.flush()).expect("it can be answered");
        session.exp_eof().expect("it ends");
        let text = revision(&project, "0000000af7e4");
        assert!(text.contains("DROP COLUMN mail") && text.contains("-- loses: every value"), "{text}");
    }
}

#[test]
fn a_terminal_that_is_closed_has_answered_nothing() {
    let project = changed();
    let mut session = ask(&project);
    session.send("\u{4}").and_then(|_| session.flush()).expect("the end of input can be sent");
    session.exp_string("cli::rename_or_drop").expect("it is refused");
    session.exp_eof().expect("it ends");
    assert_eq!(project.names("migrations").len(), 1);
}

#[test]
fn without_a_terminal_nothing_is_written_and_the_flags_are_named() {
    let project = changed();
    project
        .limbeck(&["revision", "-m", "after"])
        .exits(1)
        .says("cli::rename_or_drop")
        .says("--rename app.t.mail=app.t.email")
        .says("--drop app.t.mail");
    assert_eq!(project.names("migrations").len(), 1);
    project
        .limbeck(&[
            "revision",
            "-m",
            "after",
            "--rename",
            "app.t.mail=app.t.email",
            "--rev-id",
            "0000000af7e4",
        ])
        .exits(0);
    assert!(revision(&project, "0000000af7e4").contains("RENAME COLUMN mail TO email"));
}
