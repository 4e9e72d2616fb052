//! SQL as people have it, given as a source: dumps, scripts for psql, folders of migrations.

use std::fs;

use limbeck_testing::TestDatabase;

use crate::project::TestProject;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TestProject {
    let project = TestProject::new(&[]);
    for (name, text) in files {
        let path = project.path().join("sql").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    project
}

/// What the folder makes, as SQL.
fn made(files: &[(&str, &str)]) -> String {
    folder(files).run(&["inspect", "--from", "sql:sql"]).exits(0).stdout
}

#[test]
fn a_whole_dump_is_what_it_was_made_of() {
    let database = TestDatabase::new();
    database.psql(
        r"DO $$ BEGIN CREATE ROLE limbeck_ann; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        CREATE SCHEMA app AUTHORIZATION limbeck_ann;
        CREATE TABLE app.t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
        INSERT INTO app.t (note) VALUES (E'a\tb\\c'), ('\.'), (NULL), ('it''s $$ ; x'), (E'-- x\n\\d'), ('/* open');
        ALTER TABLE app.t OWNER TO limbeck_ann;
        CREATE MATERIALIZED VIEW app.m AS SELECT note FROM app.t;
        GRANT SELECT ON app.m TO limbeck_ann;
        CREATE FUNCTION app.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; -- \d ; copy x from stdin;
        END $$;",
    );
    let project = folder(&[]);
    let options: [&[&str]; 6] = [
        &[],
        &["--create"],
        &["--inserts"],
        &["--clean", "--if-exists"],
        &["--create", "--clean"],
        &["--use-set-session-authorization"],
    ];
    for options in options {
        let dump = database.whole_dump(options);
        fs::write(project.path().join("dump.sql"), &dump).unwrap();
        let url = database.url();
        let diff = ["diff", "--from", &url, "--to", "dump.sql", "--owners", "--strict", "--exit-code"];
        let said = project.run(&diff).exits(0);
        assert_eq!(said.stdout, "", "{options:?}\n{dump}");
    }
}

#[test]
fn what_psql_does_by_itself_is_done_or_stepped_over() {
    let script = r#"\set ON_ERROR_STOP on
\set name 'my app'
SELECT 'CREATE DATABASE app' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'app')\gexec
CREATE ROLE nobody_there LOGIN PASSWORD 'x';
CREATE DATABASE app OWNER nobody_there;
ALTER DATABASE app SET timezone = 'UTC';
GRANT nobody_there TO nobody_else;
GRANT CONNECT ON DATABASE app TO nobody_else;
\c app
BEGIN;
CREATE SCHEMA :"name";
SET search_path = :"name", public;
SET no_such_setting = 0;
CREATE TABLE t (a int[], b text DEFAULT :'name', CHECK (a[1:2] IS NOT NULL AND b::text <> ''));
GRANT SELECT ON t TO nobody_there, nobody_else;
COMMIT;
\copy t from rows.csv csv
COPY t (a) FROM stdin WITH (FORMAT csv);
"{1}"
'
\.
\ir below/more.sql
INSERT INTO t VALUES ('{1}', 'x');
"#;
    let project = folder(&[("a.sql", script), ("below/more.sql", "CREATE VIEW v AS SELECT a FROM t;")]);
    let schema = project.run(&["inspect", "--from", "sql/a.sql"]).exits(0).stdout;
    assert!(schema.contains("b text DEFAULT 'my app'::text"), "{schema}");
    assert!(schema.contains("CREATE VIEW \"my app\".v AS"), "{schema}");
    assert!(schema.contains("GRANT SELECT ON TABLE \"my app\".t TO nobody_else"), "{schema}");
}

#[test]
fn what_is_no_schema_is_an_error_at_its_place() {
    let cases: [(&str, &[&str]); 9] = [
        ("BEGIN;\nCREATE TABLE x (a int);\n", &["never committed", "a.sql:1:1"]),
        ("CREATE TABLE x (a int,\n  b nope);\n", &["type \"nope\" does not exist", "a.sql:2:5"]),
        ("CREATE EXTENSION no_such_thing;", &["no_such_thing", "--scratch-url"]),
        ("\nCREATE SCHEMA :x;", &["a.sql:2:15", "`:name` is a variable of psql"]),
        ("\\i nothing.sql", &["nothing.sql", "a.sql:1:1"]),
        ("SELECT 1;\n\\if true\n", &["`\\if` is a command of psql", "a.sql:2:1"]),
        ("COPY x FROM stdin;\n1\n", &["data block is never closed", "a.sql:1:"]),
        ("\\i sql/a.sql", &["includes itself"]),
        (
            "\\c a\nCREATE TABLE x (a int);\n\\c b\nCREATE TABLE y (a int);",
            &["goes on in another database, `b`", "a.sql:3:1"],
        ),
    ];
    for (text, parts) in cases {
        folder(&[("a.sql", text)]).run(&["inspect", "--from", "sql/a.sql"]).exits(3).says(parts);
    }
}

#[test]
fn files_that_make_an_object_each_need_no_order() {
    let made = made(&[
        (
            "a_orders.sql",
            "CREATE TABLE orders (id integer PRIMARY KEY, owner integer REFERENCES users, s state);",
        ),
        ("b_users.sql", "CREATE TABLE users (id integer PRIMARY KEY);"),
        ("c_types/state.sql", "CREATE TYPE state AS ENUM ('open');"),
    ]);
    assert!(made.contains("REFERENCES public.users") && made.contains("CREATE TYPE public.state"), "{made}");
    // Whoever takes something away says when.
    let takes =
        [("a.sql", "ALTER TABLE t DROP COLUMN a;"), ("b.sql", "CREATE TABLE t (a integer, b integer);")];
    folder(&takes)
        .run(&["inspect", "--from", "sql:sql"])
        .exits(3)
        .says(&["relation \"t\" does not exist", "a.sql:1:1"]);
    // What nothing makes is told as it would be in order.
    let missing =
        [("a.sql", "CREATE VIEW v AS SELECT 1 FROM nowhere;"), ("b.sql", "CREATE TABLE t (a integer);")];
    folder(&missing).run(&["inspect", "--from", "sql:sql"]).exits(3).says(&["nowhere", "a.sql:1:32"]);
}

#[test]
fn folders_of_migrations_are_run_on_and_never_back() {
    let (one, two, ten) = ("CREATE TABLE t (a int);", "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;");
    let back = "DROP TABLE t;";
    let folders: [&[(&str, &str)]; 8] = [
        // sqlx and golang-migrate
        &[("1_a.up.sql", one), ("1_a.down.sql", back), ("2_b.up.sql", two), ("10_c.up.sql", ten)],
        // diesel
        &[("01_a/up.sql", one), ("01_a/down.sql", back), ("02_b/up.sql", two), ("03_c/up.sql", ten)],
        // Flyway, refinery
        &[
            ("V1__a.sql", one),
            ("U1__a.sql", back),
            ("V1.1__b.sql", two),
            ("sub/V10__c.sql", ten),
            ("R__v.sql", "CREATE VIEW v AS SELECT a FROM t;"),
        ],
        &[
            ("V1__a.sql", back),
            ("V2__b.sql", back),
            ("B2__b.sql", one),
            ("V3__b.sql", two),
            ("V10__c.sql", ten),
        ],
        // dbmate
        &[("1.sql", "-- migrate:up\nCREATE TABLE t (a int)\n-- migrate:down\nDROP TABLE t;")],
        // goose
        &[(
            "1.sql",
            "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE t (a int);\n-- +goose StatementEnd\n-- +goose Down\nDROP TABLE t;",
        )],
        // Prisma; a file is a session of its own
        &[
            (
                "1_a/migration.sql",
                "SELECT set_config('search_path', '', false); CREATE TABLE public.t (a int);",
            ),
            ("2_b/migration.sql", two),
            ("migration_lock.toml", ""),
        ],
        // by hand
        &[("001_up.sql", one), ("001_down.sql", back)],
    ];
    for files in folders {
        let schema = made(files);
        assert!(schema.contains("CREATE TABLE public.t (\n    a integer"), "{files:?}\n{schema}");
    }
}

#[test]
fn roles_that_the_database_lacks_are_named_where_they_are_written() {
    let database = TestDatabase::new();
    let text = "CREATE TABLE t (a int);\nCREATE POLICY p ON t TO limbeck_nobody;\n";
    let project = folder(&[("a.sql", text)]);
    let url = database.url();
    let diff = ["diff", "--from", &url, "--to", "sql/a.sql"];
    let refused = project.run(&diff).exits(1);
    refused.says(&["cli::missing_role", "`limbeck_nobody`", "sql/a.sql:2:1", "CREATE ROLE limbeck_nobody"]);
    project.run(&["diff", "--from", "empty", "--to", "sql/a.sql"]).exits(0);
    database.execute("CREATE ROLE limbeck_nobody");
    let plan = project.run(&diff).exits(0);
    assert!(plan.stdout.contains("TO limbeck_nobody"), "{}", plan.stdout);
    database.psql(&plan.stdout);
    assert_eq!(project.run(&diff).exits(0).stdout, "");
}

#[test]
fn a_server_that_lends_scratch_databases_keeps_nothing_of_them() {
    let database = TestDatabase::new();
    let text = "CREATE ROLE limbeck_made LOGIN;\nBEGIN;\nCREATE TABLE t (a int);\nGRANT SELECT ON t TO limbeck_made, limbeck_lent;\nCOMMIT;";
    let project = folder(&[("a.sql", text)]);
    let before =
        database.query("SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database ORDER BY 1");
    let url = database.url();
    project.run(&["inspect", "--from", "sql/a.sql", "--scratch-url", &url]).exits(0);
    assert_eq!(
        database.query("SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database ORDER BY 1"),
        before
    );
}

#[test]
fn what_generates_a_partitions_column_is_compared_when_it_moves() {
    let parents =
        "CREATE TABLE one (id int, a int, g int GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY LIST (id);
        CREATE TABLE two (id int, b int, g int GENERATED ALWAYS AS (b * 2) STORED) PARTITION BY LIST (id);";
    let part = |of: &str| format!("{parents} CREATE TABLE part PARTITION OF {of} DEFAULT;");
    let project = folder(&[("from.sql", &part("one")), ("to.sql", &part("two"))]);
    let plan = project.run(&["diff", "--from", "sql/from.sql", "--to", "sql/to.sql"]).exits(0).stdout;
    // From version 17 on it need not be made again.
    let ways = [
        "ADD COLUMN g integer GENERATED ALWAYS AS (b * 2) STORED",
        "ALTER COLUMN g SET EXPRESSION AS (b * 2)",
    ];
    assert!(ways.iter().any(|way| plan.contains(way)), "{plan}");
}

#[test]
fn a_secret_that_differs_is_told_and_nothing_is_run_for_it() {
    let made = |password: &str| {
        let database = TestDatabase::new();
        database.execute(&format!(
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
             CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', password '{password}')"
        ));
        database
    };
    let (from, to) = (made("one"), made("two"));
    let project = folder(&[]);
    let diff = |format: &str| {
        let arguments = ["diff", "--from", &from.url(), "--to", &to.url(), "--exit-code", "--format", format];
        project.run(&arguments).exits(1)
    };
    let told = "-- todo: option password of user mapping s.public is a secret: write it by hand\n";
    assert_eq!(diff("sql").stdout, told);
    let document = diff("json").json();
    assert_eq!(document["statements"], serde_json::json!([]));
    assert_eq!(document["differences"][0]["kind"], "user mapping");
}
