//! `limbeck prove`, and what the witness sees.

use limbeck_testing::TestDatabase;

use crate::project::TestProject;
use crate::runs::two_revisions;

const BASE: &str = "CREATE SCHEMA habits;\nCREATE TABLE habits.owner (id integer PRIMARY KEY);\n\
     CREATE TABLE habits.t (id integer PRIMARY KEY, owner integer REFERENCES habits.owner, name text NOT NULL);";
const BACK: &str = "-- loses: every row of habits.t\nDROP TABLE habits.t;\n\
     -- loses: every row of habits.owner\nDROP TABLE habits.owner;\nDROP SCHEMA habits;";

/// A project whose second revision does this.
fn with_revision(up: &str, down: &str) -> TestProject {
    let project = TestProject::new(&["habits"]);
    project.revision("habits", "aaaaaaaaaaaa", "base", BASE, BACK);
    project.revision("habits", "bbbbbbbbbbbb", "aaaaaaaaaaaa", up, down);
    project
}

#[test]
fn revisions_that_hold_are_proved_with_rows() {
    let project = two_revisions();
    let output = project.run(&["prove"]).exits(0);
    let line = output.stdout.trim();
    assert!(line.starts_with("bbbbbbbbbbbb ") && line.contains(": up, down, up on PostgreSQL "), "{line}");
    assert!(line.ends_with(", with 3 rows in a table"), "{line}");
    let output = project.run(&["prove", "base:heads"]).exits(0);
    assert_eq!(output.stdout.lines().count(), 2, "{output:?}");
    let json = project.run(&["prove", "bbbb", "--format", "json"]).exits(0).json();
    let revision = &json["services"][0]["revisions"][0];
    assert_eq!(json["limbeck"], 1);
    assert_eq!(revision["proved"], true);
    assert_eq!(revision["walks"], serde_json::json!(["up", "down", "up"]));
    assert_eq!(revision["residual"], serde_json::json!([]));
    assert_eq!(
        revision["statements"][0]["locks"],
        serde_json::json!([{ "relation": "habits.t", "mode": "ACCESS EXCLUSIVE", "work": "catalog only" }])
    );
    project.run(&["prove", "current"]).exits(2).says(&["cli::usage", "base:heads"]);
}

#[test]
fn what_a_downgrade_forgets_is_shown() {
    let cases = [
        ("CREATE INDEX i ON habits.t (name);", "SELECT 1;", "- index habits.", "pg_index"),
        ("COMMENT ON TABLE habits.t IS 'x';", "SELECT 1;", "- comment", "pg_description"),
        // Our reader does not look at the triggers behind a foreign key; the witness does.
        ("ALTER TABLE habits.t DISABLE TRIGGER ALL;", "SELECT 1;", "", "pg_trigger.tgenabled D → O"),
    ];
    for (up, down, by_reader, by_witness) in cases {
        let output = with_revision(up, down).run(&["prove"]).exits(1);
        for part in ["the downgrade does not lead where it should", by_reader, by_witness] {
            assert!(output.stdout.contains(part), "{part}: {output:?}");
        }
    }
}

#[test]
fn rows_are_not_lost_without_a_word() {
    let silent =
        with_revision("ALTER TABLE habits.t DROP COLUMN name;", "ALTER TABLE habits.t ADD COLUMN name text;");
    let output = silent.run(&["prove"]).exits(1);
    assert!(
        output.stdout.contains("the values of habits.t.name are lost, and no `-- loses:` line"),
        "{output:?}"
    );
    let told = with_revision(
        "-- loses: every value of habits.t.name\nALTER TABLE habits.t DROP COLUMN name;",
        "ALTER TABLE habits.t ADD COLUMN name text NOT NULL DEFAULT '';\nALTER TABLE habits.t ALTER COLUMN name DROP DEFAULT;",
    );
    told.run(&["prove"]).exits(0);
    let update = with_revision("UPDATE habits.t SET name = upper(name) || '!';", "SELECT 1;");
    let output = update.run(&["prove"]).exits(0);
    assert!(
        output.stdout.contains("note: values of habits.t changed, by the file's own statements"),
        "{output:?}"
    );
}

#[test]
fn rows_that_a_change_refuses_are_a_note_and_no_fault() {
    let project = with_revision(
        "ALTER TABLE habits.t ADD CONSTRAINT one CHECK (name = 'only this');",
        "ALTER TABLE habits.t DROP CONSTRAINT one;",
    );
    let output = project.run(&["prove"]).exits(0);
    assert!(output.stdout.contains("note: rows that may be there are refused: "), "{output:?}");
}

#[test]
fn concurrent_statements_are_proved_too() {
    let project = with_revision(
        "-- limbeck:no-transaction\nCREATE INDEX CONCURRENTLY i ON habits.t (name);",
        "-- limbeck:no-transaction\nDROP INDEX CONCURRENTLY habits.i;",
    );
    project.run(&["prove"]).exits(0);
}

#[test]
fn a_written_revision_says_how_it_was_proved_and_what_it_locks() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade"]).exits(0);
    database.execute("INSERT INTO habits.t SELECT n FROM generate_series(1, 1000) AS n; ANALYZE habits.t");
    project.model("habits", "pub struct T { pub id: Option<i64>, pub email: Option<String> }");
    let output = project.run(&["revision", "-m", "widen", "--dry-run"]).exits(0);
    for part in [
        "-- proved: up, down, up on PostgreSQL ",
        ", with 3 rows in a table",
        "-- locks: habits.t ACCESS EXCLUSIVE, rewrites the table (about 1000 rows, ",
    ] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
}

#[test]
fn a_strict_comparison_sees_what_no_kind_models() {
    let (one, other) = (TestDatabase::new(), TestDatabase::new());
    let both = "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (p integer REFERENCES p, n integer); CREATE INDEX ON c (n)";
    one.execute(both);
    other.execute(both);
    let project = TestProject::new(&[]);
    let (from, to) = (one.url(), other.url());
    let diff = ["diff", "--from", &from, "--to", &to, "--exit-code", "--strict"];
    let equal = project.run(&diff).exits(0);
    assert_eq!((equal.stdout.as_str(), equal.stderr.as_str()), ("", ""));
    // What a difference that is known brings along is not told again.
    other.execute("ALTER TABLE c ALTER n TYPE bigint");
    let known = project.run(&diff).exits(1);
    assert_eq!(known.stderr, "");
    one.execute("ALTER TABLE c ALTER n TYPE bigint");
    project.run(&diff).exits(0);
    other.execute("ALTER TABLE c DISABLE TRIGGER ALL");
    let plain = ["diff", "--from", &from, "--to", &to, "--exit-code"];
    project.run(&plain).exits(0);
    let seen = project.run(&diff).exits(1);
    assert_eq!(seen.stdout, "");
    assert!(
        seen.stderr.contains("seen, not modelled: ") && seen.stderr.contains("pg_trigger.tgenabled O → D"),
        "{seen:?}"
    );
    let json = project.run(&[&diff[..], &["--format", "json"]].concat()).exits(1).json();
    assert_eq!(json["unmodelled"][0]["column"], "tgenabled");
}
