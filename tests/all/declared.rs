//! A service whose structs and `.sql` files need each other, beside another service.

use crate::support::Project;

const CONFIG: &str = r#"
[service.users]
models = "users/src"
revisions = "users/migrations"
schemas = ["users"]
url = "env:DATABASE_URL"

[service.shop]
models = "shop/src"
sql = "shop/sql"
revisions = "shop/migrations"
schemas = ["shop"]
url = "env:DATABASE_URL"
after = ["users"]
"#;

const USERS: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "users", name = "users")]
pub struct User {
    #[column(pk)]
    pub id: i64,
}
"#;

/// Its trigger, its default and its type come from the SQL; its reference leads to the other service.
const ORDERS: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "shop", name = "orders", comment = "What was ordered")]
#[table(trigger(name = "touch", when = "before update", execute = "shop.touch()"))]
#[table(rls, policy(name = "own", using = "owner_id = shop.me()"))]
pub struct Order {
    #[column(pk, default = "shop.next_number()")]
    pub id: i64,
    #[column(references("users.users(id)", on_delete = "cascade"))]
    pub owner_id: i64,
    #[column(type = "shop.state", default = "'open'")]
    pub state: String,
    #[column(check = "shop.is_fair(price)")]
    pub price: i32,
    #[column(default = "now()")]
    pub touched_at: DateTime<Utc>,
}
"#;

/// In an order in which no server would take it.
const SQL: &str = "
CREATE VIEW shop.open_orders AS SELECT o.id, o.owner_id, l.name FROM shop.orders o, shop.labels l WHERE o.state = 'open';
COMMENT ON VIEW shop.open_orders IS 'Not yet paid';
CREATE TABLE shop.labels (state shop.state PRIMARY KEY, name text NOT NULL);
CREATE FUNCTION shop.next_number() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('shop.numbers') $$;
CREATE FUNCTION shop.me() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT current_setting('shop.me')::bigint $$;
CREATE FUNCTION shop.is_fair(price integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN price BETWEEN 1 AND 1000;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched_at := now(); RETURN NEW; END $$;
CREATE SEQUENCE shop.numbers START 1000;
CREATE TYPE shop.state AS ENUM ('open', 'paid');
";

fn project() -> Project {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("users/src/user.rs", USERS);
    project.write("shop/src/order.rs", ORDERS);
    project.write("shop/sql/shop.sql", SQL);
    for service in ["users", "shop"] {
        std::fs::create_dir_all(project.path(&format!("{service}/migrations")))
            .expect("a folder can be made");
    }
    project
}

fn upgraded() -> Project {
    let project = project();
    for service in ["users", "shop"] {
        project.limbeck(&["revision", "--service", service, "-m", "create"]).exits(0);
        project.limbeck(&["upgrade", "--service", service]).exits(0);
    }
    project
}

#[test]
fn structs_and_declared_sql_may_need_each_other_in_any_order() {
    let project = upgraded();
    project.limbeck(&["check", "--all"]).exits(0).never_says("not managed");
    project.database.run(
        "INSERT INTO users.users VALUES (1); INSERT INTO shop.orders (owner_id, price) VALUES (1, 5); \
         INSERT INTO shop.labels VALUES ('open', 'Open')",
    );
    assert_eq!(project.database.run("SELECT id, name FROM shop.open_orders"), "1000|Open\n");
    project.limbeck(&["revision", "--all", "-m", "again"]).exits(0);
    assert_eq!(project.names("shop/migrations").len(), 1, "a second revision has nothing to say");
}

#[test]
fn what_only_the_sql_says_is_compared_like_the_rest() {
    let project = upgraded();
    project.edit("shop/sql/shop.sql", "BETWEEN 1 AND 1000", "BETWEEN 1 AND 2000");
    project.edit("shop/sql/shop.sql", "Not yet paid", "To be paid");
    project.edit(
        "shop/sql/shop.sql",
        "CREATE SEQUENCE shop.numbers START 1000;",
        "CREATE SEQUENCE shop.numbers;",
    );
    let json = project.limbeck(&["check", "--service", "shop", "--format", "json"]).exits(1).json();
    let differences = json["services"][0]["differences"].as_array().cloned().unwrap_or_default();
    let mut objects: Vec<&str> = differences.iter().filter_map(|found| found["object"].as_str()).collect();
    objects.sort_unstable();
    assert_eq!(objects, ["shop.is_fair(integer)", "shop.numbers", "view shop.open_orders"], "{json:#}");
    let rows = "INSERT INTO users.users VALUES (1); INSERT INTO shop.orders (owner_id, price) VALUES (1, 5)";
    project.database.run(rows);
    project.limbeck(&["revision", "--service", "shop", "-m", "change"]).exits(0);
    project.limbeck(&["upgrade", "--service", "shop"]).exits(0);
    project.limbeck(&["check", "--all"]).exits(0);
    assert_eq!(project.database.run("SELECT count(*) FROM shop.orders"), "1\n");
}

#[test]
fn a_comment_on_somebody_else_s_view_is_left_alone() {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("shop/src/order.rs", USERS.replace("\"users\", name", "\"shop\", name").as_str());
    project.write(
        "users/src/user.rs",
        &USERS.replace("name = \"users\"", "name = \"users\", comment = \"Who\""),
    );
    project.database.run(
        "CREATE SCHEMA users; CREATE TABLE users.users (id bigint PRIMARY KEY); \
         COMMENT ON TABLE users.users IS 'Who'; CREATE VIEW users.ids AS SELECT id FROM users.users; \
         COMMENT ON VIEW users.ids IS 'A reporter''s'; COMMENT ON COLUMN users.ids.id IS 'Theirs'; \
         CREATE FUNCTION users.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION users.f() IS 'x'",
    );
    for folder in ["users/migrations", "shop/migrations", "shop/sql"] {
        std::fs::create_dir_all(project.path(folder)).expect("a folder can be made");
    }
    project.limbeck(&["check", "--service", "users"]).exits(0).says("users.ids");
}

#[test]
fn sql_that_no_order_helps_is_an_error_at_its_place() {
    let project = project();
    project.limbeck(&["revision", "--service", "users", "-m", "create"]).exits(0);
    project.limbeck(&["upgrade", "--service", "users"]).exits(0);
    project.edit("shop/sql/shop.sql", "FROM shop.orders o", "FROM shop.ordres o");
    project
        .limbeck(&["check", "--service", "shop"])
        .exits(3)
        .says("models::sql")
        .says("shop/sql/shop.sql:2:")
        .says("\"shop.ordres\" does not exist");
}
