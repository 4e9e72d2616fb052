//! What an earlier run has compared and found the same is not compared again, unless anything has changed.

use crate::support::{Outcome, Project};

const CONFIG: &str = r#"
[service.shop]
models = "src"
sql = "sql"
revisions = "migrations"
schemas = ["shop"]
url = "env:DATABASE_URL"
"#;

const MODEL: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "shop", name = "orders")]
pub struct Order {
    #[column(pk)]
    pub id: i64,
    pub note: Option<String>,
}
"#;

fn upgraded() -> Project {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("src/order.rs", MODEL);
    project.write("sql/views.sql", "CREATE VIEW shop.notes AS SELECT note FROM shop.orders;\n");
    std::fs::create_dir_all(project.path("migrations")).expect("a folder can be made");
    project.limbeck(&["revision", "-m", "create"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    project
}

/// `check`, and whether it was spared the comparison.
fn check(project: &Project, exit: i32) -> (Outcome, bool) {
    let outcome = project.limbeck(&["check", "--verbose"]).exits(exit);
    let spared = outcome.stderr.contains("the same was compared before");
    (outcome, spared)
}

#[track_caller]
fn agrees(project: &Project, expected_to_be_spared: bool) {
    let (_, spared) = check(project, 0);
    assert_eq!(spared, expected_to_be_spared);
}

#[track_caller]
fn differs(project: &Project, what: &str) {
    for _ in 0..2 {
        let (outcome, spared) = check(project, 1);
        assert!(!spared && outcome.stdout.contains(what), "{}", outcome.stdout);
    }
}

#[test]
fn a_second_check_is_spared_the_comparison() {
    let project = upgraded();
    agrees(&project, false);
    agrees(&project, true);
    project.database.run("INSERT INTO shop.orders VALUES (1, 'rows are no schema')");
    agrees(&project, true);
}

#[test]
fn whatever_changes_in_the_database_is_seen() {
    let project = upgraded();
    for (change, undo, seen) in [
        (
            "ALTER TABLE shop.orders ADD COLUMN more int",
            "ALTER TABLE shop.orders DROP COLUMN more",
            "shop.orders.more",
        ),
        (
            "ALTER TABLE shop.orders ALTER note SET NOT NULL",
            "ALTER TABLE shop.orders ALTER note DROP NOT NULL",
            "shop.orders.note",
        ),
        (
            "CREATE OR REPLACE VIEW shop.notes AS SELECT note FROM shop.orders WHERE id > 0",
            "CREATE OR REPLACE VIEW shop.notes AS SELECT note FROM shop.orders",
            "shop.notes",
        ),
    ] {
        check(&project, 0);
        agrees(&project, true);
        project.database.run(change);
        differs(&project, seen);
        project.database.run(undo);
    }
    check(&project, 0);
}

#[test]
fn whatever_changes_in_the_sources_is_seen() {
    let project = upgraded();
    agrees(&project, false);
    project.edit("src/order.rs", "Option<String>", "String");
    differs(&project, "shop.orders.note");
    project.edit("src/order.rs", "pub note: String", "pub note: Option<String>");
    agrees(&project, true);
    project.edit("sql/views.sql", "shop.orders;", "shop.orders WHERE id > 0;");
    differs(&project, "shop.notes");
    project.edit("sql/views.sql", " WHERE id > 0", "");
    agrees(&project, true);
    project.write("src/line.rs", &MODEL.replace("\"orders\"", "\"lines\"").replace("Order", "Line"));
    differs(&project, "shop.lines");
    std::fs::remove_file(project.path("src/line.rs")).expect("the file can be removed");
    agrees(&project, true);
    project.edit("limbeck.toml", "[\"shop\"]", "[\"shop\"]\nmanage = [\"functions\"]");
    project.database.run("CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    differs(&project, "shop.f()");
}

#[test]
fn what_is_not_managed_is_listed_every_time() {
    let project = upgraded();
    project.database.run("CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    let first = project.limbeck(&["check", "--format", "json"]).exits(0).json();
    let second = project.limbeck(&["check", "--format", "json"]).exits(0).json();
    assert_eq!(first, second);
    assert_eq!(first["services"][0]["unmanaged"][0]["object"], "shop.f()", "{first:#}");
    let (outcome, spared) = check(&project, 0);
    assert!(spared && outcome.stdout.contains("? function shop.f()  not managed"), "{}", outcome.stdout);
}
