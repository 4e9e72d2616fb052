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

/// A hand-written revision, whose upgrade a terminal watches.
fn watched(project: &Project, statement: &str) -> PtySession {
    project.limbeck(&["revision", "-m", "by hand", "--rev-id", "00000000fed1", "--empty"]).exits(0);
    let name = project.names("migrations").into_iter().find(|name| name.contains("00000000fed1"));
    let file = format!("migrations/{}", name.expect("a revision is written"));
    project.edit(&file, "-- limbeck:upgrade\n", &format!("-- limbeck:upgrade\n{statement};\n"));
    let mut command = Command::new(binary());
    command
        .current_dir(project.folder.path())
        .args(["upgrade"])
        .env("DATABASE_URL", project.database.url())
        .env("NO_COLOR", "1")
        .env("TERM", "xterm");
    spawn_command(command, Some(60_000)).expect("a terminal can be made")
}

#[test]
fn an_index_build_shows_how_far_it_is() {
    let project = project(BEFORE);
    project.database.run(
        "CREATE FUNCTION app.slow(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE \
         AS 'BEGIN PERFORM pg_sleep(0.03); RETURN value; END'; \
         INSERT INTO app.t SELECT n, 'x' FROM generate_series(1, 150) AS n",
    );
    let mut session = watched(&project, "CREATE INDEX slow ON app.t (app.slow(mail))");
    session.exp_string("CREATE INDEX slow ON app.t").expect("the statement is shown");
    session.exp_string("building index").expect("the server's phase is shown");
    session.exp_eof().expect("it ends");
    project.limbeck(&["current"]).exits(0).says("00000000fed1");
}

#[test]
fn a_statement_that_waits_says_for_whom() {
    let project = project(BEFORE);
    let url = project.database.url();
    let mut holder = Command::new("psql")
        .args([url, "-qc", "BEGIN; LOCK TABLE app.t; SELECT pg_sleep(5); COMMIT"])
        .spawn()
        .expect("psql can be run");
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'app.t'::regclass";
    while project.database.run(held).trim() == "0" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mut session = watched(&project, "ALTER TABLE app.t ADD COLUMN late text");
    session.exp_string("waits for a lock of process").expect("the holder is named");
    session.exp_eof().expect("it ends");
    holder.wait().expect("psql ends");
    project.limbeck(&["current"]).exits(0).says("00000000fed1");
}
