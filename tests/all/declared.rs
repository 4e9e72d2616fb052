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
CREATE FUNCTION shop.is_fair(price integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT price BETWEEN 1 AND 1000';
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched_at := now(); RETURN NEW; END $$;
CREATE SEQUENCE shop.numbers START 1000;
CREATE TYPE shop.state AS ENUM ('open', 'paid');
";

/// Two services, one of them with this SQL beside its structs.
fn project(sql: &str) -> Project {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("users/src/user.rs", USERS);
    project.write("shop/src/order.rs", ORDERS);
    project.write("shop/sql/shop.sql", sql);
    for service in ["users", "shop"] {
        std::fs::create_dir_all(project.path(&format!("{service}/migrations")))
            .expect("a folder can be made");
    }
    project
}

/// The same, applied.
fn upgraded(sql: &str) -> Project {
    let project = project(sql);
    for service in ["users", "shop"] {
        project.limbeck(&["revision", "--service", service, "-m", "create"]).exits(0);
        project.limbeck(&["upgrade", "--service", service]).exits(0);
    }
    project
}

#[test]
fn structs_and_declared_sql_may_need_each_other_in_any_order() {
    let project = upgraded(SQL);
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
    let project = upgraded(SQL);
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
fn a_secret_beside_what_the_sql_says_is_left_alone() {
    let project = upgraded(&format!(
        "{SQL}CREATE FOREIGN DATA WRAPPER files;\nCREATE SERVER far FOREIGN DATA WRAPPER files;\n\
         CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (\"user\" 'one');\n"
    ));
    project.database.run("ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (ADD password 'hidden')");
    project.limbeck(&["check", "--service", "shop"]).exits(0);
    project.edit("shop/sql/shop.sql", "'one'", "'two'");
    project.limbeck(&["revision", "--service", "shop", "-m", "two"]).exits(0);
    project.limbeck(&["upgrade", "--service", "shop"]).exits(0);
    project.limbeck(&["check", "--service", "shop"]).exits(0);
    let options = project.database.run("SELECT array_to_string(umoptions, ',') FROM pg_user_mappings");
    assert_eq!(options, "user=two,password=hidden\n");
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
    let project = project(SQL);
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

#[test]
fn a_statement_of_limbeck_s_own_that_is_refused_is_quoted() {
    let project = project("ALTER TABLE shop.orders SET (fillfactor = 70);");
    let orders = USERS
        .replace("\"users\"", "\"shop\"")
        .replace("column(pk)", "column(pk, references(\"users.nobody(id)\"))");
    project.write("shop/src/order.rs", &orders.replace("name = \"shop\"", "name = \"orders\""));
    project
        .limbeck(&["check", "--service", "shop"])
        .exits(3)
        .says("models::sql")
        .says("schema \"users\" does not exist")
        .says("the statement was: ALTER TABLE shop.orders ADD CONSTRAINT orders_id_fkey");
}

/// Views, functions and grants beside the structs, in a project of their own whose cache is empty at first.
const BESIDE: &str = "
CREATE VIEW shop.all_orders AS SELECT * FROM shop.orders;
CREATE VIEW shop.sums AS SELECT o.id, sum(o.price) AS price, o.owner_id FROM shop.orders o GROUP BY o.id;
CREATE FUNCTION shop.next_number() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('shop.numbers') $$;
CREATE FUNCTION shop.me() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT current_setting('shop.me')::bigint $$;
CREATE FUNCTION shop.is_fair(price integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT price BETWEEN 1 AND 1000';
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched_at := now(); RETURN NEW; END $$;
CREATE SEQUENCE shop.numbers START 1000;
CREATE TYPE shop.state AS ENUM ('open', 'paid');
";

#[test]
fn declared_sql_runs_on_scratch_once_until_it_or_what_it_names_changes() {
    let project = upgraded(BESIDE);
    let cache = project.path("cache").display().to_string();
    let check = |status: i32| {
        let environment = [("XDG_CACHE_HOME", cache.as_str())];
        project.limbeck_with(&environment, &["check", "--service", "shop"]).exits(status)
    };
    check(0).says("scratch: ");
    check(0).never_says("scratch: ");
    // A column under `SELECT *` is a column of the view.
    project.edit("shop/src/order.rs", "pub price: i32,", "pub price: i32,\n    pub note: Option<String>,");
    check(1).says("scratch: ").says("view shop.all_orders");
    check(1).never_says("scratch: ").says("view shop.all_orders");
    project.edit("shop/sql/shop.sql", "BETWEEN 1 AND 1000", "BETWEEN 1 AND 2000");
    check(1).says("scratch: ").says("is_fair");
    // Of what nobody names only the models say anything.
    project.edit("shop/src/order.rs", "What was ordered", "What was bought");
    check(1).never_says("scratch: ").says("comment");
    // A file that is cut off is none.
    for file in std::fs::read_dir(project.path("cache/limbeck/declared")).expect("there is a cache") {
        let file = file.expect("a file").path();
        let bytes = std::fs::read(&file).expect("it can be read");
        std::fs::write(&file, &bytes[..bytes.len() - 1]).expect("it can be written");
    }
    check(1).says("scratch: ").says("is_fair");
}

#[test]
fn sql_that_looks_at_all_there_is_sees_all_of_the_models() {
    let grants = "GRANT SELECT ON ALL TABLES IN SCHEMA shop TO pg_monitor;";
    let check = "ALTER TABLE shop.orders ADD CONSTRAINT cheap CHECK (price < 100000);";
    let storage = "ALTER TABLE shop.orders ALTER COLUMN price SET STATISTICS 500;";
    let all = "DO $$ BEGIN EXECUTE 'COMMENT ON COLUMN shop.orders.price IS ''In cents'''; END $$;";
    let project = upgraded(&format!("{BESIDE}{grants}\n{check}\n{storage}\n{all}\n"));
    project.limbeck(&["check", "--all"]).exits(0);
    assert_eq!(
        project.database.run(
            "SELECT has_table_privilege('pg_monitor', 'shop.orders', 'SELECT'), attstattarget, \
             col_description('shop.orders'::regclass, attnum) FROM pg_attribute \
             WHERE attrelid = 'shop.orders'::regclass AND attname = 'price'"
        ),
        "t|500|In cents\n"
    );
    for (declared, object) in [(check, "cheap"), (storage, "price"), (all, "price")] {
        project.edit("shop/sql/shop.sql", declared, "");
        project.limbeck(&["check", "--service", "shop"]).exits(1).says(object);
        project.edit("shop/sql/shop.sql", BESIDE, &format!("{BESIDE}{declared}"));
    }
}

#[test]
fn a_type_that_the_database_has_is_known_by_its_name() {
    let project = Project::empty();
    project.write("limbeck.toml", &CONFIG.replace("sql = \"shop/sql\"\n", ""));
    project.write("users/src/user.rs", USERS);
    project.write(
        "shop/src/order.rs",
        "#[derive(limbeck::Table)] #[table(schema = \"shop\", name = \"orders\")]\npub struct Order {\n    \
         #[column(pk)] pub id: i64,\n    #[column(type = \"public.mood\")] pub mood: String,\n    \
         #[column(type = \"public.mood[]\")] pub moods: Vec<String>,\n}\n",
    );
    project.database.run("CREATE TYPE public.mood AS ENUM ('sad', 'ok')");
    std::fs::create_dir_all(project.path("shop/migrations")).expect("a folder can be made");
    project.limbeck(&["revision", "--service", "shop", "-m", "create"]).exits(0);
    project.limbeck(&["upgrade", "--service", "shop"]).exits(0);
    project.limbeck(&["check", "--service", "shop"]).exits(0).never_says("mood");
    project.edit("shop/src/order.rs", "public.mood\"", "public.moods\"");
    let found = project.limbeck(&["check", "--service", "shop"]).exits(3);
    found.says("type \"public.moods\" does not exist").says("shop/src/order.rs:4:");
}
