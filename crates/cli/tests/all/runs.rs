//! Commands that ask a database, and move it.

use std::fs;

use limbeck_testing::TestDatabase;

use crate::project::TestProject;

const UP: &str = "CREATE SCHEMA habits;\nCREATE TABLE habits.t (id integer);";
const DOWN: &str = "DROP TABLE habits.t;\nDROP SCHEMA habits;";

pub(crate) fn two_revisions() -> TestProject {
    let project = TestProject::new(&["habits"]);
    project.revision("habits", "aaaaaaaaaaaa", "base", UP, DOWN);
    project.revision(
        "habits",
        "bbbbbbbbbbbb",
        "aaaaaaaaaaaa",
        "ALTER TABLE habits.t ADD COLUMN email text;",
        "-- loses: every value of habits.t.email\nALTER TABLE habits.t DROP COLUMN email;",
    );
    project
}

#[test]
fn upgrade_runs_what_is_pending_and_is_a_no_op_the_second_time() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    let current = project.run(&["current"]).exits(0);
    assert_eq!((current.stdout.as_str(), current.stderr.as_str()), ("", ""));
    project.run(&["status"]).exits(1);
    project.run(&["current", "--check-heads"]).exits(1).says(&["cli::behind", "limbeck upgrade"]);
    project.run(&["upgrade"]).exits(0).says(&["base -> aaaaaaaaaaaa", "aaaaaaaaaaaa -> bbbbbbbbbbbb"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "bbbbbbbbbbbb (head)\n");
    project.run(&["current", "--check-heads"]).exits(0);
    project.run(&["status"]).exits(0);
    let dump = database.pg_dump(&[]);
    project.run(&["upgrade"]).exits(0).says(&["nothing to do", "bbbbbbbbbbbb"]);
    assert_eq!(database.pg_dump(&[]), dump);
    project.run(&["upgrade", "aaaa"]).exits(3).says(&["revisions::older_target"]);
}

#[test]
fn downgrade_to_base_and_upgrade_again_return_to_the_same_dump() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database).with("ENVIRONMENT", "development");
    let empty = database.pg_dump(&[]);
    project.run(&["upgrade"]).exits(0);
    let dump = database.pg_dump(&[]);
    project.run(&["downgrade", "-1"]).exits(0).says(&["loses every value of habits.t.email"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "aaaaaaaaaaaa\n");
    project.run(&["downgrade", "base"]).exits(0);
    assert_eq!(database.pg_dump(&[]), empty);
    project.run(&["upgrade"]).exits(0);
    assert_eq!(database.pg_dump(&[]), dump);
}

#[test]
fn the_guard_refuses_downgrade_base_outside_of_development() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database).with("ENVIRONMENT", "Production");
    project.run(&["upgrade"]).exits(0);
    project.run(&["downgrade", "base"]).exits(1).says(&["cli::guard", "`ENVIRONMENT` is `Production`"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "bbbbbbbbbbbb (head)\n");
}

#[test]
fn the_script_makes_the_same_catalog_and_rows_as_the_run() {
    let (by_run, by_script) = (TestDatabase::new(), TestDatabase::new());
    let project = two_revisions().on(&by_run).with("ENVIRONMENT", "test");
    project.revision(
        "habits",
        "cccccccccccc",
        "bbbbbbbbbbbb",
        "-- limbeck:no-transaction\nCREATE INDEX CONCURRENTLY t_id_idx ON habits.t (id) -- at the end",
        "-- limbeck:no-transaction\nDROP INDEX CONCURRENTLY habits.t_id_idx;",
    );
    let empty = by_run.pg_dump(&[]);
    project.run(&["upgrade", "--all"]).exits(0);
    by_script.psql(&project.run(&["upgrade", "--sql"]).exits(0).stdout);
    assert_eq!(by_script.pg_dump(&[]), by_run.pg_dump(&[]));
    let rows = "SELECT id, message, checksum, state FROM habits.limbeck_revisions ORDER BY id";
    assert_eq!(by_script.query(rows), by_run.query(rows));
    assert_eq!(by_run.query(rows).len(), 3);
    by_script.psql(&project.run(&["downgrade", "--sql", "head:base"]).exits(0).stdout);
    assert_eq!(by_script.pg_dump(&[]), empty);
}

#[test]
fn reading_writes_nothing() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    let dump = database.pg_dump(&[]);
    for command in [
        &["current"][..],
        &["history", "-i"],
        &["heads"],
        &["show", "head"],
        &["show", "current"],
        &["status"],
        &["upgrade", "--sql"],
    ] {
        let output = project.run(command);
        assert!(output.exit < 2, "{command:?}: {output:?}");
        assert_eq!(database.pg_dump(&[]), dump, "{command:?}");
    }
}

#[test]
fn a_file_with_something_to_decide_is_refused_before_anything_ran() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.revision(
        "habits",
        "cccccccccccc",
        "bbbbbbbbbbbb",
        "-- limbeck:todo fill habits.t.email\nALTER TABLE habits.t ALTER email SET NOT NULL;",
        "ALTER TABLE habits.t ALTER email DROP NOT NULL;",
    );
    let dump = database.pg_dump(&[]);
    let refused = project.run(&["upgrade"]).exits(1);
    refused.says(&["revisions::todo", "fill habits.t.email", "202611221120_cccccccccccc_test.sql:7:1"]);
    assert_eq!(database.pg_dump(&[]), dump);
    project.run(&["upgrade", "--sql"]).exits(1);
}

#[test]
fn losing_data_needs_a_word_outside_of_development() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    let drop = "-- loses: every value of habits.t.email\nALTER TABLE habits.t DROP COLUMN email;";
    let path = project.revision("habits", "cccccccccccc", "bbbbbbbbbbbb", drop, "SELECT 1;");
    project.run(&["upgrade"]).exits(1).says(&[
        "cli::data_loss",
        "every value of habits.t.email",
        "limbeck:allow",
    ]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("-- loses", "-- limbeck:allow data-loss: moved\n-- loses")).unwrap();
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn what_is_lost_without_a_label_needs_a_word_too() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    let path = project.revision("habits", "cccccccccccc", "bbbbbbbbbbbb", "TRUNCATE habits.t;", "SELECT 1;");
    project.run(&["upgrade"]).exits(1).says(&["cli::data_loss", "losing data", "_cccccccccccc_test.sql:7:1"]);
    project.run(&["upgrade", "bbbb"]).exits(0);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("TRUNCATE", "-- limbeck:allow data-loss: rebuilt tonight\nTRUNCATE"))
        .unwrap();
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn blocking_a_large_table_needs_a_word_outside_of_development() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade"]).exits(0);
    database.execute(
        "CREATE TABLE habits.small (id integer, v text);
         CREATE TABLE habits.large (id integer, v text);
         INSERT INTO habits.small VALUES (1, 'x');
         INSERT INTO habits.large SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) AS n",
    );
    let up = "ALTER TABLE habits.small ALTER COLUMN id TYPE bigint;\nCREATE INDEX ON habits.large (id);\n\
              ALTER TABLE habits.large ALTER COLUMN id TYPE bigint;";
    let path = project.revision("habits", "cccccccccccc", "bbbbbbbbbbbb", up, "SELECT 1;");
    let refused = project.run(&["upgrade"]).exits(1).says(&[
        "cli::blocking",
        "blocking habits.large (14 MB) is refused",
        "_cccccccccccc_test.sql:8:1",
        "_cccccccccccc_test.sql:9:1",
        "-- limbeck:allow blocking: REASON",
    ]);
    assert!(!refused.stderr.contains("habits.small"), "{}", refused.stderr);
    // A label is no acknowledgement.
    let text = fs::read_to_string(&path).unwrap();
    let label =
        text.replace("CREATE INDEX", "-- limbeck:allow blocking: nobody writes at night\nCREATE INDEX");
    let label = label.replace(
        "ALTER TABLE habits.large",
        "-- blocking: habits.large is rewritten\nALTER TABLE habits.large",
    );
    fs::write(&path, &label).unwrap();
    let refused = project.run(&["upgrade"]).exits(1).says(&["_cccccccccccc_test.sql:11:1"]);
    assert!(!refused.stderr.contains("test.sql:9:1"), "{}", refused.stderr);
    project.run(&["upgrade", "--allow", "blocking"]).exits(0);
}

#[test]
fn an_edited_file_is_named() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade", "aaaa"]).exits(0);
    project.revision("habits", "aaaaaaaaaaaa", "base", UP, "DROP SCHEMA habits CASCADE;");
    let name = "habits/migrations/202611221120_aaaaaaaaaaaa_test.sql";
    project.run(&["upgrade"]).exits(3).says(&["database::edited", name]);
    assert_eq!(project.run(&["current"]).stdout, "aaaaaaaaaaaa\n");
    project.run(&["stamp", "aaaa"]).exits(0);
    project.run(&["upgrade"]).exits(0);
}

#[test]
fn an_unknown_version_is_named_with_the_command_that_repairs_it() {
    let database = TestDatabase::new();
    let project = two_revisions().on(&database);
    project.run(&["upgrade"]).exits(0);
    database.execute("UPDATE habits.limbeck_revisions SET id = '001' WHERE id = 'bbbbbbbbbbbb'");
    project.model("habits", "pub struct T { pub id: Option<i32>, pub email: Option<String> }");
    let repair = "limbeck stamp --service habits --purge bbbbbbbbbbbb";
    for command in ["current", "upgrade", "status"] {
        project.run(&[command]).exits(3).says(&[
            "cli::unknown_version",
            "database `test_0`",
            "schema `habits`",
            "habits.limbeck_revisions",
            "001",
            repair,
        ]);
    }
    let words = repair.split(' ').skip(1).collect::<Vec<_>>();
    project.run(&words).exits(0);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "bbbbbbbbbbbb (head)\n");
}

#[test]
fn a_statement_that_fails_is_named_and_rolled_back() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["habits"]).on(&database);
    project.revision("habits", "aaaaaaaaaaaa", "base", &format!("{UP}\nSELECT 1 FROM\n  nowhere;"), DOWN);
    let dump = database.pg_dump(&[]);
    let failed = project.run(&["upgrade"]).exits(3);
    failed.says(&["database::statement", "nowhere", "202611221120_aaaaaaaaaaaa_test.sql:10:3"]);
    assert_eq!(database.pg_dump(&[]), dump);
}

#[test]
fn services_stop_at_the_first_failure_and_go_on_from_there() {
    let database = TestDatabase::new();
    let names = ["one", "two", "three", "four", "five", "six"];
    let project = TestProject::new(&names).on(&database);
    for name in names {
        let sql = format!("CREATE SCHEMA {name}; CREATE TABLE {name}.t (id integer);");
        let broken = if name == "four" { "SELECT 1 / 0;" } else { "" };
        project.revision(name, "aaaaaaaaaaaa", "base", &format!("{sql}{broken}"), "SELECT 1;");
    }
    let failed = project.run(&["upgrade", "--all"]).exits(3);
    let results = |stdout: &str| {
        let rows = stdout.lines().skip(1).map(|line| line.split("  ").filter(|cell| !cell.is_empty()).nth(1));
        rows.map(|cell| cell.unwrap().trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        results(&failed.stdout),
        ["applied", "applied", "applied", "rolled back", "not run", "not run"],
        "{failed:?}"
    );
    failed.says(&["four: division by zero"]);
    let schemas =
        "SELECT nspname FROM pg_namespace WHERE nspname IN ('one', 'two', 'three', 'four', 'five', 'six')";
    assert_eq!(database.query(schemas).len(), 3);
    let sql = "CREATE SCHEMA four;";
    project.revision("four", "aaaaaaaaaaaa", "base", sql, "SELECT 1;");
    let repaired = project.run(&["upgrade", "--all"]).exits(0);
    assert_eq!(
        results(&repaired.stdout),
        ["nothing to do", "nothing to do", "nothing to do", "applied", "applied", "applied"]
    );
    let again = project.run(&["upgrade", "--all"]).exits(0);
    assert_eq!(results(&again.stdout), ["nothing to do"; 6]);
}

#[test]
fn keep_going_runs_what_does_not_need_the_failure() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["one", "two", "three"]).on(&database);
    let config = fs::read_to_string(project.path().join("limbeck.toml")).unwrap();
    fs::write(project.path().join("limbeck.toml"), config.replace("after = [\"two\"]", "after = []"))
        .unwrap();
    for name in ["one", "two", "three"] {
        let sql = if name == "one" { "SELECT 1 / 0;" } else { "SELECT 1;" };
        project.revision(name, "aaaaaaaaaaaa", "base", sql, "SELECT 1;");
    }
    let output = project.run(&["upgrade", "--all", "--keep-going", "--format", "json"]).exits(3);
    let json = output.json();
    let result = |at: usize| json["services"][at]["result"].as_str().unwrap().to_owned();
    let names = (0..3).map(|at| json["services"][at]["service"].as_str().unwrap().to_owned());
    let results = names.zip((0..3).map(result)).collect::<Vec<_>>();
    let expect = [("one", "rolled back"), ("two", "not run"), ("three", "applied")];
    let mut results =
        results.iter().map(|(name, result)| (name.as_str(), result.as_str())).collect::<Vec<_>>();
    results.sort_by_key(|(name, _)| expect.iter().position(|(expected, _)| expected == name));
    assert_eq!(results, expect);
    let error: serde_json::Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!((&error["limbeck"], &error["error"]["code"]), (&1.into(), &"database::statement".into()));
}

#[test]
fn status_has_a_row_for_every_service_though_one_is_broken() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["one", "two", "three"]).on(&database);
    for name in ["one", "three"] {
        project.revision(name, "aaaaaaaaaaaa", "base", "SELECT 1;", "SELECT 1;");
    }
    project.revision("two", "aaaaaaaaaaaa", "189b1231afd4", "SELECT 1;", "SELECT 1;");
    let output = project.run(&["status", "--all"]).exits(3);
    let lines = output.stdout.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 4, "{output:?}");
    assert!(lines[2].starts_with("two") && lines[2].contains("revisions::missing_parent"), "{output:?}");
    output.says(&["189b1231afd4", "202611221120_aaaaaaaaaaaa_test.sql", "two:"]);
    for command in
        [&["history"][..], &["heads"], &["current"], &["upgrade"], &["revision", "--empty", "-m", "x"]]
    {
        let mut arguments = command.to_vec();
        arguments.extend(["--service", "two"]);
        let output = project.run(&arguments).exits(3);
        output.says(&["202611221120_aaaaaaaaaaaa_test.sql", "aaaaaaaaaaaa", "189b1231afd4"]);
    }
}

#[test]
fn a_missing_folder_is_an_error() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["habits"]).on(&database);
    fs::remove_dir(project.revisions("habits")).unwrap();
    for command in ["current", "history", "heads", "status", "upgrade"] {
        project.run(&[command]).exits(3).says(&["revisions::missing_folder", "habits/migrations"]);
    }
}

#[test]
fn a_password_appears_nowhere() {
    let project = TestProject::new(&["habits"]);
    for url in [
        "postgres://ann:Open-sesame9@127.0.0.1:1/shop",
        "postgresql+asyncpg://ann:Open-sesame9@127.0.0.1:1/shop",
        "postgres://ann@127.0.0.1:1/shop?password=Open-sesame9",
        "nonsense://ann:Open-sesame9@127.0.0.1:1/shop",
    ] {
        for form in ["text", "json"] {
            let output = project.run(&["current", "-v", "--url", url, "--format", form]).exits(3);
            assert!(!output.stderr.contains("sesame") && !output.stdout.contains("sesame"), "{output:?}");
        }
    }
}

#[test]
fn a_wrong_password_a_missing_database_and_no_server_are_told_apart() {
    let database = TestDatabase::new();
    let project = two_revisions();
    let missing = database.target().with_database("nowhere").secret_url();
    project.run(&["current", "--url", &missing]).exits(3).says(&["database::unknown_database", "nowhere"]);
    let none = "postgres://ann:x@127.0.0.1:1/shop";
    project.run(&["current", "--url", none]).exits(3).says(&["database::no_server"]);
    project.run(&["current"]).exits(3).says(&["cli::no_url"]);
}

#[test]
fn an_empty_revision_is_filled_applied_and_undone() {
    let database = TestDatabase::new();
    let project = TestProject::new(&["habits"]).on(&database).with("ENVIRONMENT", "local");
    let path =
        project.run(&["revision", "--empty", "-m", "Seed the table", "--rev-id", "aaaaaaaaaaaa"]).exits(0);
    let path = project.path().join(path.stdout.trim());
    assert!(path.to_str().unwrap().ends_with("_aaaaaaaaaaaa_seed_the_table.sql"), "{path:?}");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("-- limbeck:upgrade\n", &format!("-- limbeck:upgrade\n{UP}\n"));
    fs::write(&path, text.replace("-- limbeck:downgrade\n", &format!("-- limbeck:downgrade\n{DOWN}\n")))
        .unwrap();
    project.run(&["upgrade"]).exits(0);
    assert_eq!(database.query("SELECT count(*) FROM habits.t"), [[Some("0".to_owned())]]);
    project.run(&["downgrade", "base"]).exits(0);
    assert!(database.query("SELECT FROM pg_namespace WHERE nspname = 'habits'").is_empty());
}
