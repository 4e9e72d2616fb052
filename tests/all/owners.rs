//! Owners that models declare. Every other owner is left alone.

use crate::support::Project;

const CONFIG: &str = r#"
[service.shop]
models = "src"
revisions = "migrations"
schemas = ["shop"]
url = "env:DATABASE_URL"
"#;

const MODEL: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "shop", name = "orders", owner = "postgres")]
pub struct Order {
    #[column(pk)]
    pub id: i64,
}

#[derive(limbeck::Table)]
#[table(schema = "shop", name = "labels")]
pub struct Label {
    #[column(pk)]
    pub id: i64,
}
"#;

/// A project whose database has the tables of the model.
fn upgraded() -> Project {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("src/order.rs", MODEL);
    std::fs::create_dir_all(project.path("migrations")).expect("a folder can be made");
    revise(&project, "create");
    project
}

/// Writes a revision, applies it, and returns what it says.
fn revise(project: &Project, message: &str) -> String {
    let file = project.limbeck(&["revision", "-m", message]).exits(0).stdout;
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
    project.read(file.trim())
}

#[test]
fn an_owner_that_is_there_is_no_difference() {
    let project = upgraded();
    assert_eq!(project.names("migrations").len(), 1);
}

#[test]
fn another_owner_is_one_and_nobody_elses_is() {
    let project = upgraded();
    project.database.run(
        "DO $$ BEGIN CREATE ROLE limbeck_test_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
         ALTER TABLE shop.orders OWNER TO limbeck_test_owner; ALTER TABLE shop.labels OWNER TO limbeck_test_owner",
    );
    let listed = project.limbeck(&["check"]).exits(1).stdout;
    assert!(listed.contains("owner table shop.orders") && !listed.contains("labels"), "{listed}");
    let revision = revise(&project, "mine");
    assert!(revision.contains("ALTER TABLE shop.orders OWNER TO postgres;"), "{revision}");
    assert!(!revision.contains("labels"), "{revision}");
}

#[test]
fn an_owner_stays_where_its_table_gets_another_name() {
    let project = upgraded();
    project.edit("src/order.rs", r#"name = "orders", "#, r#"name = "purchases", renamed_from = "orders", "#);
    let revision = revise(&project, "rename");
    assert!(revision.contains("RENAME TO purchases"), "{revision}");
    assert!(!revision.contains("OWNER"), "{revision}");
}
