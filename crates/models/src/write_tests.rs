//! What is written is read back the same.

use std::path::Path;

use limbeck_kinds::{Object, comment, extension, namespace};
use limbeck_schema::{Object as _, Schema};

use crate::{ReadModels, ReadResult, read, write};

fn read_text(text: &str) -> ReadResult {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("lib.rs"), text).expect("a file can be written");
    read(&ReadModels { schema: "s", ..ReadModels::new(folder.path()) })
}

/// Writes a schema, reads it back and compares; returns the source.
fn round(schema: &Schema<Object>) -> String {
    let text = write(schema, 180_000);
    let back = read_text(&text);
    assert!(back.is_complete(), "{:#?}\n{text}", back.diagnostics);
    for ((_, expected), (_, found)) in schema.iter().zip(back.schema.iter()) {
        assert_eq!(expected, found, "{text}");
    }
    assert_eq!(schema.len(), back.schema.len(), "{text}");
    // A second time it is the same text.
    assert_eq!(write(&back.schema, 180_000), text);
    text
}

#[test]
fn the_six_services_are_written_and_read_back() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mindmirror");
    let mut all = Schema::new();
    for service in ["habits", "journal", "meals", "movements", "practices", "users"] {
        let path = fixtures.join(service).join("src/models");
        let result = read(&ReadModels { schema: service, comments: true, ..ReadModels::new(&path) });
        round(&result.schema);
        all.extend(result.schema);
    }
    round(&all);
}

#[test]
fn the_source_is_what_one_would_write_by_hand() {
    let source = r#"
        #[derive(limbeck::Enum)] #[pg(rename_all = "snake_case")] enum Cadence { Daily, OnceAMonth }
        #[derive(limbeck::Domain)] #[pg(check = "value <> ''", not_null)] struct Slug(String);
        #[derive(limbeck::Table)] #[table(name = "program_templates", comment = "With \"quotes\"")]
        #[table(unique(slug, version), index(slug, "title desc", where = "version > 0"), check(expr = "version > 0"))]
        #[table(index(expr = "lower(title)"), foreign_key(owner, references = Owner, on_delete = "set null"))]
        struct P {
            #[column(pk, identity = "always")] id: i64, slug: Slug, #[column(type = "varchar(200)")] title: String,
            #[column(default = 1)] version: i32, cadence: Option<Cadence>, #[column(name = "Odd name")] odd: Vec<String>,
            owner: Option<i32>, r#type: Option<serde_json::Value>, #[column(default = "now()")] at: chrono::DateTime<Utc>,
        }
        #[derive(limbeck::Table)] struct Owner { #[column(pk, serial)] id: i32 }"#;
    let result = read_text(source);
    assert!(result.is_complete(), "{:#?}", result.diagnostics);
    assert_eq!(
        round(&result.schema),
        r##"//! Written by `limbeck inspect --format rust`.

#[derive(Debug, Clone, Copy, PartialEq, Eq, limbeck::Enum)]
#[pg(schema = "s", rename_all = "snake_case")]
pub enum Cadence {
    Daily,
    OnceAMonth,
}

#[derive(Debug, Clone, PartialEq, limbeck::Domain)]
#[pg(schema = "s", not_null, check(expr = "value <> ''"))]
pub struct Slug(pub String);

#[derive(Debug, Clone, limbeck::Table)]
#[table(schema = "s")]
pub struct Owner {
    #[column(pk, serial)]
    pub id: i32,
}

#[derive(Debug, Clone, limbeck::Table)]
#[table(schema = "s", comment = r#"With "quotes""#)]
#[table(unique(slug, version))]
#[table(check(expr = "version > 0"))]
#[table(index(expr = "lower(title)"))]
#[table(index(slug, "title DESC", where = "version > 0"))]
pub struct ProgramTemplates {
    #[column(pk, identity = "always")]
    pub id: i64,
    pub slug: Slug,
    #[column(type = "varchar(200)")]
    pub title: String,
    #[column(default = 1)]
    pub version: i32,
    pub cadence: Option<Cadence>,
    #[column(name = "Odd name")]
    pub Odd_name: Vec<String>,
    #[column(references(Owner, on_delete = "set null"))]
    pub owner: Option<i32>,
    pub r#type: Option<serde_json::Value>,
    #[column(default = "now()")]
    pub at: chrono::DateTime<chrono::Utc>,
}
"##
    );
}

#[test]
fn every_property_survives() {
    let source = r##"
        #[derive(limbeck::Composite)] #[pg(name = "Odd Type")] struct C { street: String, #[pg(type = "char(2)", collate = "C")] r#in: String }
        #[derive(limbeck::Enum)] enum E { #[pg(rename = "a b")] A, #[pg(rename = "1")] B, #[pg(rename = "")] C }
        #[derive(limbeck::Table)] #[table(primary_key(a, b, name = "my_key", include(c)), unlogged, with(fillfactor = 70, toast::autovacuum_enabled = false))]
        #[table(unique(c, name = "u", nulls_not_distinct, initially_deferred), replica_identity = "u", index(a, with(fillfactor = 50), include(c), cluster))]
        #[table(index("c collate \"C\" text_pattern_ops desc nulls last", using = "btree", unique, name = "i"), index(d, using = "gin"))]
        #[table(check(name = "k", expr = "a > 0", no_inherit, not_valid), index(expr = "a + 1"), index(expr = "a + 2"))]
        #[table(foreign_key(a, b, references = "s.t(a, b)", match = "full", on_update = "cascade", deferrable, name = "f"))]
        #[table(foreign_key(a, b, references = Self, on_delete = "set null", set_columns(a)))]
        struct T { a: i64, b: i16, c: String, d: Vec<i32>,
            #[column(generated = "a * 2")] e: i64, #[column(type = "timestamptz(3)", storage = "plain")] f: String,
            #[column(identity(start = 5, increment = -2, min = -10, max = 7, cache = 3, cycle, sequence = "s.other"))] g: i64,
            #[column(type = "citext", compression = "lz4", statistics = 100, comment = "it's \\ this")] h: Option<String>,
            #[column(json = "json", storage = "external")] i: serde_json::Value, odd: C, e1: Vec<E>, unique: i32, r#match: i32 }
        #[derive(limbeck::Table)] #[table(partition_by = "list (a)", check(expr = "a <> 7"))] struct Parent { a: i64, b: String }
        #[derive(limbeck::Table)] #[table(partition_of(Parent, for_values = "in (1)"))] struct Part {}
        #[derive(limbeck::Table)] #[table(inherits(Heir2), unique(unique))] struct Heir { unique: i32 }
        #[derive(limbeck::Table)] struct Heir2 { x: i32 }
    "##;
    let result = read_text(source);
    assert!(result.is_complete(), "{:#?}", result.diagnostics);
    round(&result.schema);
}

#[test]
fn what_no_attribute_says_is_sql() {
    let mut schema: Schema<Object> = read_text("#[derive(limbeck::Table)] struct T { a: i32 }").schema;
    let table = schema.iter().map(|(id, _)| *id).find(|id| id.name == "t").expect("there is a table");
    let extension = extension::Extension {
        id: extension::id("citext"),
        schema: namespace::id("public".into()),
        relocatable: true,
        version: None,
    };
    schema.insert(extension.into());
    schema.insert(comment::Comment::on(table, "of a table").into());
    schema.insert(comment::Comment::on(namespace::id("s".into()), "of a schema").into());
    let text = write(&schema, 180_000);
    assert!(text.contains("comment = \"of a table\""), "{text}");
    let back = read_text(&text);
    let declared: Vec<&str> = back.sql.iter().map(|declared| declared.sql.as_str()).collect();
    assert!(declared.iter().any(|sql| sql.starts_with("CREATE EXTENSION citext")), "{declared:?}");
    assert!(declared.contains(&"COMMENT ON SCHEMA s IS 'of a schema';"), "{declared:?}");
    assert!(back.schema.iter().all(|(_, object)| object.id().kind.name() != "extension"));
}

#[test]
fn names_become_identifiers() {
    let source = r#"
        #[derive(limbeck::Table)] #[table(name = "we\"ird")] struct A { #[column(name = "1st")] a: i32, #[column(name = "a b")] b: i32, #[column(name = "a_b")] c: i32, #[column(name = "self")] d: i32, #[column(name = "größe")] e: i32, #[column(name = "!")] f: i32 }
        #[derive(limbeck::Table)] #[table(name = "We_ird")] struct B { x: Vec<u8> }
        #[derive(limbeck::Table)] #[table(name = "option", schema = "other schema")] struct C { x: Option<i32> }"#;
    let result = read_text(source);
    assert!(result.is_complete(), "{:#?}", result.diagnostics);
    let text = round(&result.schema);
    for field in
        ["_1st:", "a_b:", "a_b2:", "self", "größe:", "pub mod other_schema {", "pub struct Option2 {"]
    {
        assert!(text.contains(field), "{field}\n{text}");
    }
}
