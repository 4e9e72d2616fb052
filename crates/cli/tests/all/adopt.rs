//! `adopt`: databases that other tools have managed.

use std::fs;

use limbeck_testing::TestDatabase;

use crate::project::TestProject;

const TABLE: &str = "CREATE SCHEMA habits;\nCREATE TABLE habits.t (id integer NOT NULL);\n";

/// A database with the models' table, a project with a baseline, and a folder of another tool's migrations.
fn project(database: &TestDatabase) -> TestProject {
    let project = TestProject::new(&["habits"]).on(database);
    project.model("habits", "pub struct T {\n    pub id: i32,\n}");
    let down = "-- loses: every row of habits.t\nDROP TABLE habits.t;\nDROP SCHEMA habits;";
    project.revision("habits", "aaaaaaaaaaaa", "base", TABLE, down);
    fs::create_dir(project.path().join("theirs")).unwrap();
    database.psql(TABLE);
    project
}

fn sqlx(database: &TestDatabase, version: i64, success: bool, checksum: &str) {
    database.psql(&format!(
        "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, \
         installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, \
         execution_time bigint NOT NULL); \
         INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES ({version}, 'x', {success}, '{checksum}', 1);"
    ));
}

/// What PostgreSQL itself makes of the bytes that sqlx would read.
fn sha384(database: &TestDatabase, text: &str) -> String {
    let text = text.replace('\'', "''");
    let hex = database.psql(&format!("SELECT sha384(convert_to('{text}', 'UTF8'))"));
    format!("\\{}", hex.trim().trim_start_matches('\\'))
}

#[test]
fn a_database_of_sqlx_is_stamped_and_its_history_left_alone() {
    let database = TestDatabase::new();
    let project = project(&database);
    let file = project.path().join("theirs/20260101000000_first.up.sql");
    fs::write(&file, TABLE).unwrap();
    sqlx(&database, 20_260_101_000_000, true, &sha384(&database, TABLE));
    let history = database.psql("SELECT * FROM _sqlx_migrations");
    let adopt = ["adopt", "--migrations", "theirs"];
    project.run(&adopt).exits(0).says(&[
        "sqlx in public._sqlx_migrations",
        "every checksum is right",
        "stamped",
    ]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "aaaaaaaaaaaa (head)\n");
    assert_eq!(database.psql("SELECT * FROM _sqlx_migrations"), history);
    project.run(&["check"]).exits(0);
    project.run(&adopt).exits(0).says(&["nothing to do"]);

    fs::write(&file, format!("{TABLE}-- edited\n")).unwrap();
    project.run(&adopt).exits(1).says(&["cli::adopt_edited", "20260101000000_first.up.sql"]);
    fs::rename(&file, project.path().join("theirs/20260102000000_first.sql")).unwrap();
    project.run(&adopt).exits(1).says(&["cli::adopt_missing", "cli::adopt_pending"]);
}

#[test]
fn what_sqlx_has_not_finished_is_not_adopted() {
    let database = TestDatabase::new();
    let project = project(&database);
    sqlx(&database, 1, false, "\\x00");
    project.run(&["adopt"]).exits(1).says(&["cli::adopt_unfinished", "sqlx has begun 1"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "");
}

#[test]
fn alembic_s_heads_are_followed_and_its_table_is_no_object_of_ours() {
    let database = TestDatabase::new();
    let project = project(&database);
    database.psql("CREATE TABLE habits.alembic_version (version_num varchar(32) PRIMARY KEY)");
    database.psql("INSERT INTO habits.alembic_version VALUES ('b1')");
    let file = |name: &str, text: &str| fs::write(project.path().join("theirs").join(name), text).unwrap();
    file("a1_first.py", "revision = 'a1'\ndown_revision = None\n");
    file("b1_second.py", "revision: str = \"b1\"\ndown_revision: Union[str, None] = 'a1'\n");
    let adopt = ["adopt", "--from", "alembic", "--migrations", "theirs"];
    project.run(&adopt).exits(0).says(&["cli::adopt_exclude", "nothing is pending", "stamped aaaaaaaaaaaa"]);
    file("c1_third.py", "revision = 'c1'\ndown_revision = 'b1'\n");
    project.run(&adopt).exits(1).says(&["alembic has not applied c1"]);
}

#[test]
fn alembic_s_ids_are_stamped_where_our_files_have_them() {
    let database = TestDatabase::new();
    let project = project(&database);
    project.revision("habits", "bbbbbbbbbbbb", "aaaaaaaaaaaa", "SELECT 1;", "SELECT 1;");
    database.psql("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)");
    database.psql("INSERT INTO alembic_version VALUES ('aaaaaaaaaaaa')");
    project.run(&["adopt"]).exits(0).says(&["alembic in public.alembic_version: aaaaaaaaaaaa", "stamped"]);
    assert_eq!(project.run(&["current"]).exits(0).stdout, "aaaaaaaaaaaa\n");
}

#[test]
fn diesel_refinery_and_sea_orm_are_known_by_their_tables_and_files() {
    for (tool, table, row, file) in [
        (
            "diesel",
            "__diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp DEFAULT now())",
            "__diesel_schema_migrations (version) VALUES ('20260101000000')",
            "2026-01-01-000000_first/up.sql",
        ),
        (
            "refinery",
            "refinery_schema_history (version int4 PRIMARY KEY, name text, applied_on text, checksum text)",
            "refinery_schema_history VALUES (1, 'initial', '', '4227034193026840243')",
            "V1__initial.sql",
        ),
        (
            "sea-orm",
            "seaql_migrations (version varchar PRIMARY KEY, applied_at bigint NOT NULL)",
            "seaql_migrations VALUES ('m20260101_000001_first', 1)",
            "m20260101_000001_first.rs",
        ),
    ] {
        let database = TestDatabase::named(&tool.replace('-', "_"));
        let project = project(&database);
        database.psql(&format!("CREATE TABLE {table}"));
        database.psql(&format!("INSERT INTO {row}"));
        let path = project.path().join("theirs").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "CREATE TABLE t (a int);\n").unwrap();
        let adopt = ["adopt", "--migrations", "theirs"];
        project.run(&adopt).exits(0).says(&[tool, "1 migrations in", "stamped aaaaaaaaaaaa"]);
        if tool == "refinery" {
            fs::write(&path, "CREATE TABLE t (a bigint);\n").unwrap();
            project.run(&adopt).exits(1).says(&["cli::adopt_edited"]);
        }
    }
}

#[test]
fn what_can_t_be_adopted_is_said() {
    let database = TestDatabase::new();
    let project = project(&database);
    project.run(&["adopt"]).exits(1).says(&["cli::nothing_to_adopt"]);
    sqlx(&database, 1, true, "\\x00");
    database.psql("CREATE TABLE seaql_migrations (version varchar PRIMARY KEY, applied_at bigint NOT NULL)");
    project.run(&["adopt"]).exits(2).says(&["cli::adopt_unclear", "--from TOOL"]);
    let adopt = ["adopt", "--from", "sqlx"];
    database.psql("ALTER TABLE habits.t ADD COLUMN more text");
    project.run(&adopt).exits(1).says(&["cli::does_not_match", "habits.t.more"]);
    fs::remove_dir_all(project.revisions("habits")).unwrap();
    project.run(&adopt).exits(1).says(&["cli::no_baseline"]);
}
