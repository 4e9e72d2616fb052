//! What goes wrong is said clearly, and nothing is changed.

use crate::support::{Outcome, Project};

/// A small service at head, with one table that holds a row.
fn notes() -> Project {
    let project = Project::empty();
    project.write(
        "limbeck.toml",
        "[service.notes]\nmodels = \"models\"\nrevisions = \"migrations\"\nschemas = [\"notes\"]\nurl = \"env:DATABASE_URL\"\n",
    );
    project.write("models/note.rs", MODEL);
    std::fs::create_dir_all(project.path("migrations")).expect("a folder can be made");
    project.limbeck(&["revision", "-m", "notes", "--rev-id", "00000000a07e"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    project.database.seed(&["notes"]);
    project
}

const MODEL: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "notes", name = "note")]
pub struct Note {
    #[column(pk)]
    pub id: i64,
    #[column(check = "length(body) > 0")]
    pub body: String,
}
"#;

/// Runs `revision` after a change of the models: it fails with all that is said, and writes nothing.
#[track_caller]
fn refused(change: impl Fn(&Project), says: &[&str]) -> Outcome {
    let project = notes();
    change(&project);
    let before = project.database.fingerprint();
    let mut outcome = project.limbeck(&["revision", "-m", "wrong"]).exits(3);
    for text in says {
        outcome = outcome.says(text);
    }
    assert_eq!(project.names("migrations").len(), 1);
    project.limbeck(&["check"]).exits(3);
    assert_eq!(before, project.database.fingerprint());
    outcome
}

#[test]
fn no_models_are_never_a_revision_that_drops_everything() {
    refused(
        |project| std::fs::remove_file(project.path("models/note.rs")).expect("the file is there"),
        &["models"],
    );
    refused(|project| project.write("models/note.rs", "pub struct Plain;\n"), &["models"]);
    refused(
        |project| std::fs::remove_dir_all(project.path("models")).expect("the folder is there"),
        &["models"],
    );
}

#[test]
fn a_table_that_two_structs_declare_is_named_with_both_places() {
    refused(
        |project| project.write("models/again.rs", &MODEL.replace("struct Note", "struct Again")),
        &["notes.note", "models/note.rs", "models/again.rs"],
    );
}

#[test]
fn an_unknown_attribute_comes_with_a_suggestion() {
    refused(
        |project| project.edit("models/note.rs", "check =", "chekc ="),
        &["chekc", "`check`", "models/note.rs:7"],
    );
}

#[test]
fn an_unknown_key_of_the_configuration_comes_with_a_suggestion() {
    let project = notes();
    project.edit("limbeck.toml", "schemas", "schemata");
    project.limbeck(&["check"]).exits(3).says("schemata").says("`schemas`");
}

#[test]
fn a_type_without_counterpart_is_said_at_its_field() {
    refused(
        |project| project.edit("models/note.rs", "id: i64", "id: u64"),
        &["u64", "models/note.rs:6", "type ="],
    );
}

#[test]
fn invalid_sql_is_underlined() {
    refused(
        |project| project.edit("models/note.rs", "length(body) > 0", "length(body >"),
        &["models/note.rs:7", "^"],
    );
    refused(
        |project| project.edit("models/note.rs", "length(body) > 0", "length(bdy) > 0"),
        &["models/note.rs:7", "bdy", "^"],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    refused(
        |project| {
            std::fs::write(project.path("models/latin.rs"), b"// limbeck::Table caf\xe9\n")
                .expect("a file can be written");
        },
        &["models/latin.rs"],
    );
    refused(
        |project| project.write("models/broken.rs", "#[derive(limbeck::Table)] pub struct {"),
        &["models/broken.rs"],
    );
}

#[test]
fn a_server_that_does_not_answer_and_a_database_that_is_not_there_are_said() {
    let project = notes();
    let nobody = "postgres://somebody:s3cret-w0rd@127.0.0.1:1/nothing";
    project
        .limbeck(&["--verbose", "check", "--url", nobody])
        .exits(3)
        .says("127.0.0.1")
        .never_says("s3cret-w0rd");
    let wrong = format!("{}_is_missing", project.database.url());
    let outcome = project.limbeck(&["check", "--url", &wrong]);
    outcome.exits(3).says("_is_missing");
}

#[test]
fn an_async_url_gets_a_hint_and_its_password_is_never_printed() {
    let project = notes();
    for arguments in
        [vec!["check"], vec!["upgrade"], vec!["current"], vec!["revision", "-m", "x"], vec!["status"]]
    {
        for talk in ["--verbose", "--quiet", "--color=always"] {
            let mut all = vec![talk];
            all.extend(&arguments);
            all.extend(["--url", "postgresql+asyncpg://app:s3cret-w0rd@localhost/db"]);
            let outcome = project.limbeck(&all).exits(3).never_says("s3cret-w0rd").says("postgresql+asyncpg");
            assert!(
                outcome.stderr.contains("postgresql://") || outcome.stderr.contains("postgres://"),
                "{outcome}"
            );
        }
    }
}

#[test]
fn an_unknown_version_names_database_table_id_and_a_remedy() {
    let project = notes();
    let database = project.database.run("SELECT current_database()").trim().to_owned();
    let path = format!("migrations/{}", project.names("migrations").first().expect("one revision"));
    let text = project.read(&path);
    std::fs::remove_file(project.path(&path)).expect("the file is there");
    project.write(
        "migrations/202601010000_00000000beef_other.sql",
        &text.replace("00000000a07e", "00000000beef").replace("message: notes", "message: other"),
    );
    let before = project.database.fingerprint();
    for command in [vec!["current"], vec!["upgrade"], vec!["check"]] {
        let outcome = project.limbeck(&command);
        assert!(outcome.status == 3 || command == ["current"], "{outcome}");
        outcome.says("00000000a07e").says("notes.limbeck_revisions").says(&database).says("limbeck stamp");
    }
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn several_heads_are_named() {
    let project = notes();
    for id in ["00000000000a", "00000000000b"] {
        project.write(
            &format!("migrations/20260101000{}_{id}_side.sql", &id[11..].replace('a', "1").replace('b', "2")),
            &format!(
                "-- limbeck revision {id}\n-- parents: 00000000a07e\n-- message: side\n-- created: 2026-01-01T00:00:00Z\n\n\
                 -- limbeck:upgrade\nSELECT 1;\n\n-- limbeck:downgrade\nSELECT 1;\n"
            ),
        );
    }
    let before = project.database.fingerprint();
    project.limbeck(&["upgrade"]).exits(3).says("00000000000a").says("00000000000b");
    project.limbeck(&["revision", "-m", "third"]).exits(3).says("00000000000a").says("00000000000b");
    project.limbeck(&["heads"]).exits(0).says("00000000000a").says("00000000000b");
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn an_applied_file_that_was_edited_is_named() {
    let project = notes();
    let path = format!("migrations/{}", project.names("migrations").first().expect("one revision"));
    project.edit(&path, "-- limbeck:downgrade", "SELECT 1;\n\n-- limbeck:downgrade");
    let before = project.database.fingerprint();
    project.limbeck(&["upgrade"]).exits(3).says("00000000a07e").says(&path);
    assert_eq!(before, project.database.fingerprint());
}
