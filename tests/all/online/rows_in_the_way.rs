//! Rows that a statement would refuse are counted before anything is run.

use super::{project, revision};

const BEFORE: &str = "#[derive(limbeck::Table)]\n#[table(schema = \"app\", name = \"t\")]\n\
                      pub struct T {\n    #[column(pk)]\n    pub id: i64,\n    pub a: Option<i32>,\n\
                          pub b: String,\n}\n";
const AFTER: &str = "#[derive(limbeck::Table)]\n\
                     #[table(schema = \"app\", name = \"t\", unique(b), check(name = \"short\", expr = \"length(b) < 5\"))]\n\
                     pub struct T {\n    #[column(pk)]\n    pub id: i64,\n    pub a: i32,\n    pub b: String,\n}\n";

#[test]
fn they_are_counted_and_nothing_is_run() {
    let project = project(BEFORE);
    project.write("models.rs", AFTER);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
    assert!(revision(&project, "0000000af7e4").contains("-- limbeck:preflight SELECT count(*) FROM app.t"));
    project.database.run("INSERT INTO app.t VALUES (1, NULL, 'x'), (2, NULL, 'x'), (3, 3, 'too long')");
    let before = project.database.fingerprint();
    project
        .limbeck(&["upgrade"])
        .exits(1)
        .says("cli::rows_in_the_way")
        .says("2 rows or values: rows with NULL in app.t.a")
        .says("1 row or value: values of b that stand in several rows of app.t")
        .says("1 row or value: rows of app.t that violate short");
    assert_eq!(project.database.fingerprint(), before);
    project.database.run("DELETE FROM app.t WHERE id > 1; UPDATE app.t SET a = 1");
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
}

#[test]
fn what_an_earlier_statement_mends_is_not_in_the_way() {
    let project = project(BEFORE);
    project.limbeck(&["revision", "-m", "mend", "--rev-id", "00000000fed1", "--empty"]).exits(0);
    let name = project.names("migrations").into_iter().find(|name| name.contains("00000000fed1"));
    project.edit(
        &format!("migrations/{}", name.expect("a revision is written")),
        "-- limbeck:upgrade\n",
        "-- limbeck:upgrade\nUPDATE app.t SET a = 0 WHERE a IS NULL;\n",
    );
    project.limbeck(&["upgrade"]).exits(0);
    project.write("models.rs", AFTER);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
    // Another database is further behind: its rows are mended on the way.
    project.limbeck(&["downgrade", "00000000be04"]).exits(0);
    project.database.run("INSERT INTO app.t VALUES (1, NULL, 'x')");
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["downgrade", "00000000be04"]).exits(0);
    // What it does not mend is found when it has run, and nothing of the next revision is.
    project.database.run("INSERT INTO app.t VALUES (2, NULL, 'x')");
    project.limbeck(&["upgrade"]).exits(1).says("values of b that stand in several rows");
    project.limbeck(&["current"]).exits(0).says("00000000fed1");
}

#[test]
fn acknowledged_they_are_left_to_the_server() {
    let project = project(BEFORE);
    project.write("models.rs", AFTER);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
    let name = project.names("migrations").into_iter().find(|name| name.contains("0000000af7e4"));
    project.edit(
        &format!("migrations/{}", name.expect("a revision is written")),
        "-- limbeck:upgrade\n",
        "-- limbeck:upgrade\n-- limbeck:allow may-fail: the rows go tonight\n",
    );
    project.database.run("INSERT INTO app.t VALUES (1, 1, 'x'), (2, 2, 'x')");
    project.limbeck(&["upgrade"]).exits(3).never_says("cli::rows_in_the_way").says("duplicate");
    let invalid = project.database.run("SELECT count(*) FROM pg_index WHERE NOT indisvalid");
    assert_eq!(invalid.trim(), "0");
    project.database.run("DELETE FROM app.t WHERE id = 2");
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
}

const PARTITIONED: &str = "#[derive(limbeck::Table)]\n\
    #[table(schema = \"app\", name = \"t\", partition_by = \"list (a)\", partitions = \"managed\")]\n\
    pub struct T {\n    pub a: i32,\n    pub b: String,\n}\n\
    #[derive(limbeck::Table)]\n#[table(schema = \"app\", name = \"rest\", partition_of(T, for_values = \"DEFAULT\"))]\n\
    pub struct Rest {\n    pub a: i32,\n    pub b: String,\n}\n";
const PARTITIONS: &str = "#[derive(limbeck::Table)]\n\
    #[table(schema = \"app\", name = \"ones\", partition_of(T, for_values = \"IN (1)\"))]\n\
    pub struct Ones {\n    pub a: i32,\n    pub b: String,\n}\n";

#[test]
fn a_partition_gets_no_rows_from_the_default() {
    let project = project(PARTITIONED);
    project.write("models.rs", &[PARTITIONED, PARTITIONS].concat());
    project.limbeck(&["revision", "-m", "ones", "--rev-id", "0000000af7e4"]).exits(0);
    project.database.run("INSERT INTO app.t VALUES (1, 'x'), (1, 'y'), (2, 'z')");
    project.limbeck(&["upgrade"]).exits(1).says("2 rows or values: rows of app.rest that belong to app.ones");
    project.database.run("DELETE FROM app.t WHERE a = 1");
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
}

#[test]
fn a_table_that_becomes_a_partition_has_all_rows_inside_its_bound() {
    let alone = PARTITIONS.replace(", partition_of(T, for_values = \"IN (1)\")", "");
    let project = project(&[PARTITIONED, &alone].concat());
    project.write("models.rs", &[PARTITIONED, PARTITIONS].concat());
    project.limbeck(&["revision", "-m", "ones", "--rev-id", "0000000af7e4"]).exits(0);
    project.database.run("INSERT INTO app.ones VALUES (1, 'x'), (3, 'y')");
    project
        .limbeck(&["upgrade"])
        .exits(1)
        .says("1 row or value: rows of app.ones that lie outside its bound");
    project.database.run("UPDATE app.ones SET a = 1");
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
}

const WIDE: &str = "#[derive(limbeck::Domain)]\n#[pg(schema = \"app\")]\npub struct Score(i32);\n\
    #[derive(limbeck::Table)]\n#[table(schema = \"app\", name = \"t\")]\n\
    pub struct T {\n    #[column(pk)]\n    pub id: i64,\n    pub a: i64,\n    pub b: String,\n    \
    pub score: Option<Score>,\n    pub price: Decimal,\n}\n";

#[test]
fn values_that_a_type_or_a_domain_refuses_are_counted_both_ways() {
    let narrow = WIDE
        .replace("#[pg(schema = \"app\")]", "#[pg(schema = \"app\", check = \"value > 0\")]")
        .replace("pub a: i64", "pub a: i32")
        .replace("pub b: String", "#[column(type = \"varchar(3)\")]\n    pub b: String")
        .replace("pub price", "#[column(type = \"numeric(5,2)\")]\n    pub price");
    // Spaces at the end are cut off, and what is rounded down fits.
    let rows =
        "INSERT INTO app.t VALUES (1, 2147483647, 'abc  ', 1, 999.994), (2, 2147483648, 'abc', NULL, 1),
        (3, 3, 'abcd', 3, 999.995), (4, 4, 'abcd', -4, 'NaN')";
    let told = [
        "1 row or value: rows whose app.t.a is no integer",
        "2 rows or values: rows whose app.t.b is no character varying(3)",
        "1 row or value: rows whose app.t.price is no numeric(5,2)",
        "1 row or value: values of app.t.score that app.score refuses",
    ];
    for (first, second, walk) in [(WIDE, &*narrow, "upgrade"), (&*narrow, WIDE, "downgrade")] {
        let project = project(first);
        project.write("models.rs", second);
        project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
        let up = ["upgrade", "--allow", "data-loss"];
        let arguments: &[&str] = if walk == "upgrade" { &up } else { &["downgrade", "-1"] };
        if walk == "downgrade" {
            // A wider type takes them all: nothing is counted.
            assert!(!revision(&project, "0000000af7e4").contains("is no bigint"));
            project.limbeck(&["upgrade"]).exits(0);
        }
        project.database.run(rows);
        let before = project.database.fingerprint();
        let refused = project.limbeck(arguments).exits(1).says("cli::rows_in_the_way");
        told.iter().fold(refused, |refused, line| refused.says(line));
        assert_eq!(project.database.fingerprint(), before);
        project.database.run("DELETE FROM app.t WHERE id > 1");
        project.limbeck(arguments).exits(0);
    }
}
