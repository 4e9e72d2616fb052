//! Names that models leave to the server.

use crate::support::Project;

const CONFIG: &str = r#"
models = "src"
revisions = "migrations"
schemas = ["shop"]
url = "env:DATABASE_URL"
"#;

/// A struct whose unnamed parts are called after its columns.
const SALES: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "shop", name = "sales")]
pub struct Sale {
    #[column(identity)]
    pub id: i64,
    #[column(pk, index, check = "mail <> ''")]
    pub mail: String,
    #[column(unique, references("shop.sales(mail)"))]
    pub parent_mail: Option<String>,
    #[column(serial)]
    pub number: i32,
}
"#;

/// What the server calls the relations and constraints of the schema.
const NAMES: &str = "SELECT string_agg(name, ' ' ORDER BY name) FROM (\
    SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relname NOT LIKE 'limbeck%' UNION \
    SELECT conname FROM pg_constraint WHERE connamespace = 'shop'::regnamespace AND conname NOT LIKE 'limbeck%') AS names (name)";

fn upgraded() -> Project {
    let project = Project::empty();
    project.write("limbeck.toml", CONFIG);
    project.write("src/sale.rs", SALES);
    std::fs::create_dir_all(project.path("migrations")).expect("a folder can be made");
    project.limbeck(&["revision", "-m", "begin"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    project
}

#[test]
fn what_is_called_after_a_column_or_table_follows_its_name() {
    let project = upgraded();
    let before = project.database.run(NAMES);
    for (from, to) in
        [("pub mail", "pub address"), ("mail <>", "address <>"), ("sales(mail)", "sales(address)")]
    {
        project.edit("src/sale.rs", from, to);
    }
    for (from, to) in [("pub id", "pub key"), ("pub number", "pub count")] {
        project.edit("src/sale.rs", from, to);
    }
    let renames = ["--rename=shop.sales.mail=shop.sales.address", "--rename=shop.sales.id=shop.sales.key"];
    let more = "--rename=shop.sales.number=shop.sales.count";
    project.limbeck(&["revision", "-m", "columns", renames[0], renames[1], more]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    let of_columns = |names: &str| {
        let mut words: Vec<String> = names
            .split_whitespace()
            .map(|name| match name.contains("parent_mail") {
                true => name.to_owned(),
                false => name
                    .replace("mail", "address")
                    .replace("sales_id_", "sales_key_")
                    .replace("number", "count"),
            })
            .collect();
        words.sort_unstable();
        words.join(" ")
    };
    assert_eq!(project.database.run(NAMES).trim(), of_columns(&before));
    let sales = project.read("src/sale.rs").replace("sales", "orders");
    project.write("src/sale.rs", &sales);
    project.limbeck(&["revision", "-m", "table", "--rename=shop.sales=shop.orders"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    let mut words: Vec<String> =
        of_columns(&before).split(' ').map(|name| name.replace("sales", "orders")).collect();
    words.sort_unstable();
    assert_eq!(project.database.run(NAMES).trim(), words.join(" "));
    project.limbeck(&["check"]).exits(0);
    project.limbeck(&["downgrade", "-2"]).exits(0);
    assert_eq!(project.database.run(NAMES), before);
}

#[test]
fn other_names_stay_and_hinder_no_proof() {
    let project = upgraded();
    project.database.run(
        "ALTER TABLE shop.sales RENAME CONSTRAINT sales_pkey TO \"the Key\"; \
         ALTER TABLE shop.sales RENAME CONSTRAINT sales_mail_check TO fk_check; \
         ALTER TABLE shop.sales RENAME CONSTRAINT sales_parent_mail_fkey TO \"fk-parent\"; \
         ALTER INDEX shop.sales_mail_idx RENAME TO idx; ALTER SEQUENCE shop.sales_id_seq RENAME TO ids",
    );
    project.limbeck(&["check"]).exits(0);
    project.edit("src/sale.rs", "pub number: i32,", "pub number: i32,\n    pub note: Option<String>,");
    let text = project.limbeck(&["revision", "-m", "note", "--dry-run"]).exits(0).stdout;
    assert!(text.contains("-- proved: up, down, up"), "{text}");
    project.edit("src/sale.rs", "pub mail", "pub address");
    project.edit("src/sale.rs", "mail <>", "address <>");
    project.edit("src/sale.rs", "sales(mail)", "sales(address)");
    project.limbeck(&["revision", "-m", "rename", "--rename=shop.sales.mail=shop.sales.address"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    project.limbeck(&["check"]).exits(0);
    let names = project.database.run(NAMES);
    assert!(names.contains("fk-parent") && names.contains("fk_check") && names.contains("idx"), "{names}");
}
