//! Commands that put models beside a database.

use std::fs;

use limbeck_testing::TestDatabase;

use crate::project::TestProject;
use crate::runs::two_revisions;

const T: &str = "pub struct T { pub id: Option<i32>, pub email: Option<String> }";

/// The files of a service's revisions.
fn files(project: &TestProject) -> Vec<String> {
    let entries = fs::read_dir(project.revisions("habits")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn from_structs_to_an_upgraded_database_and_nothing_left_to_do() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["habits"]).on(&database).with("ENVIRONMENT", "development");
    project.model("habits", T);
    let empty = database.pg_dump(&[]);
    let output = project.run(&["check"]).exits(1);
    assert!(output.stdout.contains("+ table habits.t"), "{output:?}");
    let dry = project.run(&["revision", "-m", "begin", "--dry-run"]).exits(0);
    assert!(dry.stdout.contains("CREATE TABLE habits.t"), "{dry:?}");
    assert!(files(&project).is_empty());
    assert_eq!(database.pg_dump(&[]), empty);
    project.run(&["revision", "-m", "begin"]).exits(0);
    project.run(&["check"]).exits(1);
    project.run(&["revision", "-m", "again"]).exits(1).says(&["Target database is not up to date.", "begin"]);
    project.run(&["upgrade"]).exits(0);
    project.run(&["check"]).exits(0);
    project.run(&["revision", "-m", "again"]).exits(0).says(&["no difference", "no revision was written"]);
    project.run(&["revision", "-m", "again", "--offline"]).exits(0).says(&["no difference"]);
    assert_eq!(files(&project).len(), 1);
    project.run(&["downgrade", "base"]).exits(0);
    assert_eq!(database.pg_dump(&[]), empty);
}

#[test]
fn check_lists_what_differs_with_its_place() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.model("habits", "pub struct T { pub id: Option<i64>, pub email: Option<String> }");
    project.run(&["upgrade"]).exits(0);
    let output = project.run(&["check"]).exits(1);
    assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    let json = project.run(&["check", "--format", "json"]).exits(1).json();
    let service = &json["services"][0];
    assert_eq!((&json["limbeck"], &service["service"]), (&1.into(), &"habits".into()));
    assert_eq!(service["schemas"], serde_json::json!(["habits"]));
    assert_eq!(service["current"], serde_json::json!(["bbbbbbbbbbbb"]));
    assert_eq!(service["heads"], service["current"]);
    assert_eq!(service["pending"], serde_json::json!([]));
    assert_eq!(service["error"], serde_json::Value::Null);
    let difference = &service["differences"][0];
    assert_eq!(difference["change"], "alter");
    assert_eq!(difference["kind"], "column");
    assert_eq!(difference["object"], "habits.t.id");
    assert!(
        difference["source"].as_str().unwrap().starts_with("habits/src/models/mod.rs:3:"),
        "{difference}"
    );
    let status = project.run(&["status", "--drift", "--format", "json"]).exits(1).json();
    assert_eq!(status["services"][0]["differences"], service["differences"]);
}

#[test]
fn comparing_writes_nothing() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.model("habits", T);
    let dump = database.pg_dump(&[]);
    for command in [&["check"][..], &["status", "--drift"], &["revision", "-m", "x", "--dry-run"]] {
        project.run(command).exits(1);
        assert_eq!(database.pg_dump(&[]), dump, "{command:?}");
    }
}

#[test]
fn create_all_is_for_development_and_its_result_is_stamped_only_when_it_matches() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.model("habits", T);
    for value in ["", "production", "staging", "Production"] {
        let refused = TestProject::new(&["habits"]).on(&database).with("ENVIRONMENT", value);
        refused.model("habits", T);
        refused.run(&["create-all"]).exits(1).says(&["cli::guard", "limbeck revision"]);
    }
    project.run(&["create-all"]).exits(1).says(&["cli::guard"]);
    let project = project.with("ENVIRONMENT", "local");
    project.run(&["create-all"]).exits(0);
    project.run(&["create-all"]).exits(0).says(&["nothing to do"]);
    project.run(&["check"]).exits(0).says(&["cli::unstamped", "limbeck stamp --service habits head"]);
    database.execute("ALTER TABLE habits.t DROP COLUMN email");
    project.run(&["stamp", "head"]).exits(1).says(&["cli::does_not_match", "habits.t.email"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "");
    project.run(&["create-all"]).exits(0);
    project.run(&["stamp", "head"]).exits(0);
    project.run(&["upgrade"]).exits(0).says(&["nothing to do"]);
    project.run(&["check"]).exits(0);
}

#[test]
fn models_that_are_missing_or_empty_never_drop_anything() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade"]).exits(0);
    project.run(&["check"]).exits(3).says(&["models::no_models"]);
    project.run(&["revision", "-m", "x"]).exits(3).says(&["models::no_models"]);
    fs::remove_dir(project.path().join("habits/src/models")).unwrap();
    project.run(&["check"]).exits(3).says(&["cli::missing_folder", "habits/src/models"]);
    assert_eq!(files(&project).len(), 2);
}

#[test]
fn a_possible_rename_is_never_a_silent_drop() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade"]).exits(0);
    database.execute("INSERT INTO habits.t VALUES (1, 'ann@example.org')");
    project.model("habits", "pub struct T { pub id: Option<i32>, pub mail: Option<String> }");
    let refused = project.run(&["revision", "-m", "x"]).exits(1);
    refused.says(&["cli::rename_or_drop", "--rename habits.t.email=habits.t.mail", "--drop habits.t.email"]);
    assert_eq!(files(&project).len(), 2);
    project.run(&["revision", "-m", "rename", "--rename", "habits.t.email=habits.t.mail"]).exits(0);
    project.run(&["upgrade"]).exits(0);
    assert_eq!(database.query("SELECT mail FROM habits.t"), [[Some("ann@example.org".to_owned())]]);
    project.run(&["check"]).exits(0);
    project.model("habits", "pub struct T { pub id: Option<i32>, pub email: Option<String> }");
    project.run(&["revision", "-m", "drop", "--drop", "habits.t.mail"]).exits(0);
    project.run(&["upgrade"]).exits(1).says(&["cli::data_loss", "habits.t.mail"]);
    project.run(&["upgrade", "--allow", "data-loss"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_database_becomes_a_project_that_is_at_its_head() {
    let (database, again) = (TestDatabase::new(), TestDatabase::new());
    database.psql(
        "CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('sad', 'glad');
         CREATE TABLE shop.buyer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL UNIQUE);
         CREATE TABLE shop.\"Order\" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mood shop.mood,
            buyer bigint NOT NULL REFERENCES shop.buyer ON DELETE CASCADE, CHECK (mood <> 'sad'));
         CREATE INDEX ON shop.\"Order\" (buyer) WHERE mood = 'glad';
         CREATE VIEW shop.glad AS SELECT id FROM shop.\"Order\" WHERE mood = 'glad';",
    );
    let dump = database.pg_dump(&[]);
    let project = TestProject::new(&[]).on(&database).with("ENVIRONMENT", "test");
    fs::remove_file(project.path().join("limbeck.toml")).unwrap();
    project.run(&["init", "--from-database", &again.url()]).exits(1).says(&["cli::empty_database"]);
    let made = project.run(&["init", "--from-database", &database.url()]).exits(0);
    made.says(&["wrote limbeck.toml", "wrote src/models/mod.rs", "_baseline.sql", "stamped"]);
    project.run(&["check"]).exits(0);
    project.run(&["upgrade"]).exits(0).says(&["nothing to do"]);
    project.run(&["current", "--check-heads"]).exits(0);
    project.run(&["init", "--from-database", &database.url()]).exits(1).says(&["cli::exists"]);
    let project = project.on(&again);
    project.run(&["upgrade"]).exits(0);
    project.run(&["check"]).exits(0);
    again.execute("DROP TABLE shop.limbeck_revisions");
    assert_eq!(again.pg_dump(&[]), dump);
}

#[test]
fn revisions_and_snapshots_are_sources() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database).with("ENVIRONMENT", "test");
    let head = project.run(&["diff", "--from", "empty", "--to", "revisions"]).exits(0);
    assert!(head.stdout.contains("CREATE TABLE habits.t"), "{head:?}");
    let step =
        project.run(&["diff", "--from", "revisions:aaaa", "--to", "revisions", "--exit-code"]).exits(1);
    assert!(step.stdout.contains("ADD COLUMN email text"), "{step:?}");
    let snapshot = project.run(&["inspect", "--from", "revisions", "--format", "json"]).exits(0);
    assert_eq!(snapshot.json()["limbeck"], 1);
    fs::write(project.path().join("head.json"), &snapshot.stdout).unwrap();
    let same = project.run(&["diff", "--from", "head.json", "--to", "revisions", "--exit-code"]).exits(0);
    assert_eq!(same.stdout, "");
    fs::write(project.path().join("head.json"), "{}").unwrap();
    project.run(&["inspect", "--from", "head.json"]).exits(3).says(&["cli::source", "snapshot"]);
    let rust = project.run(&["inspect", "--from", "revisions", "--format", "rust"]).exits(0);
    assert!(rust.stdout.contains("pub struct T"), "{rust:?}");
}

#[test]
fn rows_in_the_way_are_counted_and_marked_before_anything_runs() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database).with("ENVIRONMENT", "test");
    project.run(&["upgrade"]).exits(0);
    database.execute("INSERT INTO habits.t VALUES (1, NULL), (1, 'a'), (2, NULL)");
    project.model("habits", "pub struct T { #[column(unique)] pub id: Option<i32>, pub email: String }");
    let path = project.run(&["revision", "-m", "tighten"]).exits(0).stdout;
    let text = fs::read_to_string(project.path().join(path.trim())).unwrap();
    let todos = text.lines().filter(|line| line.starts_with("-- limbeck:todo ")).collect::<Vec<_>>();
    assert_eq!(todos.len(), 2, "{text}");
    assert!(
        todos.iter().any(|todo| todo.contains("2 rows") && todo.contains("with NULL in habits.t.email")),
        "{text}"
    );
    let dump = database.pg_dump(&[]);
    project.run(&["upgrade"]).exits(1).says(&["revisions::todo", "with NULL in habits.t.email"]);
    assert_eq!(database.pg_dump(&[]), dump);
    database.execute("DELETE FROM habits.t WHERE email IS NULL");
    fs::remove_file(project.path().join(path.trim())).unwrap();
    project.run(&["revision", "-m", "tighten"]).exits(0);
    project.run(&["upgrade"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_revision_says_that_it_was_proved() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["habits"]).on(&database);
    project.model("habits", T);
    let dry = project.run(&["revision", "-m", "begin", "--dry-run"]).exits(0).stdout;
    assert!(dry.contains("-- proved: up, down, up on PostgreSQL "), "{dry}");
}
