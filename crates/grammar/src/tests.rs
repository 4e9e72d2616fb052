//! What the derives accept and refuse. Each refusal is what the compiler would print under the marked text.

use crate::{
    Cfg, Declaration, Derives, ElementKind, Json, Parsed, RenameAll, Rls, Role, Target, Timing, parse,
};

fn parsed(role: Role, source: &str) -> Parsed {
    let item = syn::parse_str(source).expect("the test's source is Rust");
    parse(&item, role, &Cfg::default())
}

fn table(source: &str) -> crate::Table {
    let parsed = parsed(Role::Table, source);
    assert_eq!(problems(&parsed, source), "");
    let Declaration::Table(table) = parsed.declaration else { panic!("not a table") };
    *table
}

/// Every problem, a line each: the text that is marked, the message, the help.
fn problems(parsed: &Parsed, source: &str) -> String {
    let lines: Vec<String> = parsed
        .problems
        .iter()
        .map(|problem| {
            let marked = &source[parsed.places.span(problem.place).byte_range()];
            let help = problem.help.as_deref().unwrap_or("-");
            format!("{marked} | {} {} | {help}", problem.code, problem.message)
        })
        .collect();
    lines.join("\n")
}

fn refused(role: Role, source: &str) -> String {
    problems(&parsed(role, source), source)
}

#[test]
fn every_spelling_says_the_same() {
    let spellings = [
        "#[table(schema = \"s\", unique(a, b))] struct T { #[column(pk)] a: i64, b: i64 }",
        "#[table(schema(\"s\"))] #[table(unique(a, b))] struct T { #[column(pk)] a: i64, b: i64 }",
        "#[limbeck(table(schema = \"s\", unique(a, b)))] struct T { #[limbeck(column(pk))] a: i64, b: i64 }",
        "#[cfg_attr(any(), table(schema = \"s\", unique(a, b)))] struct T { #[cfg_attr(any(), column(pk))] a: i64, b: i64 }",
        "#[cfg_attr(any(), limbeck(table(schema = \"s\"), table(unique(a, b))))] struct T { #[cfg_attr(not(test), column(pk = true))] a: i64, b: i64 }",
    ];
    for source in spellings {
        let table = table(source);
        assert_eq!(table.schema.as_ref().map(|text| text.as_str()), Some("s"), "{source}");
        assert_eq!(table.uniques[0].columns.len(), 2, "{source}");
        assert!(table.fields[0].column.pk.is_some(), "{source}");
        assert!(table.fields[1].column.pk.is_none(), "{source}");
    }
}

#[test]
fn every_key_of_a_table_is_kept() {
    let table = table(
        r#"#[table(name = "t", schema = "s", rename_all = "camelCase", renamed_from = "old.t", managed = false)]
        #[table(comment = "c", primary_key(a, b, name = "pk"), unlogged, tablespace = "fast", owner = "app")]
        #[table(unique(a, "b", name = "u", nulls_not_distinct, include(c), deferrable, initially_deferred))]
        #[table(index(a, "b desc nulls last", expr = "lower(c)", unique, using = "btree", where = "a > 0",
            include(c), with(fillfactor = 70), nulls_not_distinct, tablespace = "fast", concurrently = false))]
        #[table(foreign_key(a, b, references = "s.u(x, \"Y\")", on_delete = "set null", on_update = "no action",
            set_columns(b), match = "full", deferrable, not_valid, name = "fk"))]
        #[table(foreign_key(a, references = other::User), check(expr = "a > 0", no_inherit, not_valid), check("b > 0"))]
        #[table(exclude("a with =", "during with &&", using = "gist", where = "a > 0", name = "x", deferrable))]
        #[table(partition_by = "range (a)", partitions = "ignore", partition_of(Parent, for_values = "in (1)"))]
        #[table(inherits(base::Base), with(fillfactor = 70, autovacuum_enabled = false), replica_identity = "full")]
        #[table(rls = "force", policy(name = "p", for = "select", to("app", reader), using = "true", with_check = "true", restrictive))]
        #[table(grant("select, insert", to = "reader"), trigger(trg, when = "before insert", execute = "f()"))]
        #[table(statistics(a, b, kinds = "ndistinct, mcv", name = "st"))]
        struct T { a: i64, b: i64, c: String, during: R }"#,
    );
    assert_eq!(table.rename_all.map(|value| value.value), Some(RenameAll::Camel));
    assert_eq!(table.managed.map(|value| value.value), Some(false));
    assert_eq!(table.uniques[0].timing, Timing::Deferred);
    assert_eq!(table.uniques[0].include.len(), 1);
    let index = &table.indexes[0];
    assert_eq!(index.elements.len(), 3);
    assert!(index.elements[1].descending);
    assert!(matches!(&index.elements[2].kind, ElementKind::Expr(expr) if expr.value == "lower(c)"));
    assert_eq!(index.with[0].value.value, "70");
    assert_eq!(index.concurrently.as_ref().map(|value| value.value), Some(false));
    let key = &table.foreign_keys[0];
    let references = key.references.as_ref().expect("it references a table");
    assert!(
        matches!(&references.target, Target::Table { schema: Some(schema), name, .. } if schema == "s" && name == "u")
    );
    assert_eq!(references.columns[1].value, "Y");
    assert_eq!(key.on_delete.as_ref().map(|text| text.as_str()), Some("SET NULL"));
    assert_eq!(key.match_type.as_ref().map(|text| text.as_str()), Some("FULL"));
    assert!(matches!(&table.foreign_keys[1].references, Some(other) if other.target.place().0 > 0));
    assert_eq!(table.checks.len(), 2);
    assert_eq!(table.exclusions[0].elements[1].operator.as_deref(), Some("&&"));
    assert_eq!(table.partition_of.as_ref().map(|of| of.bound.as_str()), Some("in (1)"));
    assert_eq!(table.with.len(), 2);
    assert_eq!(table.rls.map(|rls| rls.value), Some(Rls::Forced));
    assert_eq!(table.policies[0].roles.len(), 2);
    assert_eq!(table.grants[0].privileges.len(), 2);
    assert_eq!(table.triggers[0].execute.value, "f()");
    assert_eq!(table.statistics[0].kinds.len(), 2);
}

#[test]
fn every_key_of_a_column_is_kept() {
    let table = table(
        r#"struct T {
            #[column(pk, identity(always, start = 10, increment = -1, min = -5, max = 10, cache = 2, cycle, sequence = "q"))]
            id: i64,
            #[column(name = "B", renamed_from = "old", type = "varchar(200)", null, default = -1.5)]
            b: String,
            #[column(generated(expr = "b || 'x'", virtual), unique(name = "u", nulls_not_distinct), index(using = "hash"))]
            c: String,
            #[column(references("s.t(id)", on_delete = "cascade"), check(name = "k", expr = "d > 0"), check = "d < 9")]
            d: i32,
            #[column(collate = "C", comment = "e", json = "json", storage = "external", compression = "lz4")]
            #[column(statistics = 100, using = "e::json", backfill = "'{}'", array_dims = 2)]
            e: Vec<Value>,
            #[column(flatten, prefix = "f_")]
            f: F,
            #[column(default = true, not_null)]
            r#type: Option<bool>,
            #[column(skip)]
            #[doc = "not a column"]
            g: u8,
            #[sqlx(rename = "h_", json)]
            h: H,
            #[cfg(test)]
            i: i32,
        }"#,
    );
    let column = |at: usize| &table.fields[at].column;
    assert_eq!(table.fields.len(), 9);
    let identity = column(0).identity.as_ref().expect("it is an identity");
    assert!(identity.always && identity.cycle);
    assert_eq!(identity.increment.as_ref().map(|value| value.value), Some(-1));
    assert_eq!(column(1).default.as_ref().map(|text| text.as_str()), Some("-1.5"));
    assert_eq!(column(1).nullable.as_ref().map(|value| value.value), Some(true));
    assert!(column(2).generated.as_ref().is_some_and(|generated| generated.is_virtual));
    assert!(column(2).unique.as_ref().is_some_and(|key| key.nulls_not_distinct));
    assert_eq!(column(3).checks.len(), 2);
    assert_eq!(column(4).json.as_ref().map(|json| json.value), Some(Json::Json));
    assert_eq!(
        column(5).flatten.as_ref().and_then(|f| f.prefix.as_ref()).map(|text| text.as_str()),
        Some("f_")
    );
    assert_eq!(table.fields[6].ident.value, "type");
    assert_eq!(column(6).nullable.as_ref().map(|value| value.value), Some(false));
    assert!(column(7).skip.is_some());
    assert_eq!(table.column_name(&table.fields[8]), "h_");
    assert_eq!(column(8).json.as_ref().map(|json| json.value), Some(Json::Jsonb));
}

#[test]
fn enums_take_their_labels_from_ours_then_from_sqlx() {
    let source = r#"#[sqlx(type_name = "habits.mood", rename_all = "lowercase")]
        #[repr(i16)]
        enum Mood { Fine, #[pg(rename = "so-so", renamed_from = "meh")] SoSo, #[sqlx(rename = "B")] Bad }"#;
    let parsed = parsed(Role::Enum, source);
    assert_eq!(problems(&parsed, source), "");
    let Declaration::Enum(mood) = parsed.declaration else { panic!("not an enum") };
    let labels: Vec<String> = mood.variants.iter().map(|variant| mood.label(variant)).collect();
    assert_eq!(labels, ["fine", "so-so", "B"]);
    assert_eq!(mood.repr.map(|text| text.value), Some("i16".to_owned()));
    assert_eq!(mood.sqlx.type_name.map(|text| text.value), Some("habits.mood".to_owned()));
}

#[test]
fn domains_and_composites_are_read() {
    let source = "#[pg(schema = \"s\", type = \"citext\", check = \"value <> ''\", check(name = \"n\", expr = \"true\"), not_null)] struct Slug(String);";
    let slug = parsed(Role::Domain, source);
    assert_eq!(problems(&slug, source), "");
    assert!(
        matches!(slug.declaration, Declaration::Domain(domain) if domain.checks.len() == 2 && domain.not_null)
    );
    let source = "#[pg(rename_all = \"SCREAMING_SNAKE_CASE\")] struct Address { street: String, #[pg(type = \"char(2)\")] country: String }";
    let address = parsed(Role::Composite, source);
    assert_eq!(problems(&address, source), "");
    let Declaration::Composite(address) = address.declaration else { panic!("not a composite") };
    assert_eq!(address.column_name(&address.fields[0]), "STREET");
}

#[test]
fn unknown_keys_come_with_a_suggestion() {
    assert_eq!(
        refused(
            Role::Table,
            r#"#[table(shcema = "x", index(a, wher = "b"))] struct T { #[column(defualt = 1, references(U, ondelete = "cascade"))] a: i32 }"#
        ),
        "shcema | models::unknown_key `table` has no key `shcema` | did you mean `schema`?\n\
         wher | models::unknown_key `index` has no key `wher` | did you mean `where`?\n\
         defualt | models::unknown_key `column` has no key `defualt` | did you mean `default`?\n\
         ondelete | models::unknown_key `references` has no key `ondelete` | did you mean `on_delete`?"
    );
    assert_eq!(
        refused(Role::Enum, r#"#[pg(renam_all = "snake_case")] enum E { #[pg(renamed = "b")] A }"#),
        "renam_all | models::unknown_key `pg` has no key `renam_all` | did you mean `rename_all`?\n\
         renamed | models::unknown_key `pg` has no key `renamed` | did you mean `rename`?"
    );
}

#[test]
fn wrong_values_say_what_to_write() {
    assert_eq!(
        refused(
            Role::Table,
            r#"#[table(rename_all = "snek_case", name = 1)] struct T {
                #[column(references(U, on_delete = "cascad"), pk = "yes", default = "")] a: i32 }"#
        ),
        "\"snek_case\" | models::wrong_value `snek_case` is no value of `rename_all` | did you mean `snake_case`? It takes `snake_case`, `lowercase`, `UPPERCASE`, `camelCase`, `PascalCase`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`\n\
         1 | models::wrong_value `name` takes a name | write `name = \"…\"`\n\
         \"cascad\" | models::wrong_value `cascad` is no value of `on_delete` | did you mean `cascade`? It takes `no action`, `restrict`, `cascade`, `set null`, `set default`\n\
         pk | models::wrong_value `pk` is a flag | write `pk`, or `pk = false`\n\
         \"\" | models::wrong_value `default` is empty | for the empty string write `\"''\"`; leave the key out for none"
    );
}

#[test]
fn lists_name_fields_that_exist() {
    assert_eq!(
        refused(
            Role::Table,
            r#"#[table(unique(ownr_id), index("nmae desc"), primary_key(id, id), check(name = "x"), unique())]
            struct T { id: i64, owner_id: i64, name: String, #[column(skip)] s: i64 }"#
        ),
        "check | models::missing_key `check` needs `expr` | write `check(expr = \"…\")`\n\
         id | models::repeated_key column `id` is listed twice | -\n\
         ownr_id | models::unknown_field `T` has no field `ownr_id` | did you mean `owner_id`?\n\
         \"nmae desc\" | models::unknown_field `T` has no field `nmae` | did you mean `name`?\n\
         unique | models::missing_key `unique` names no column | write `unique(field, …)`, or put `unique` on a field"
    );
}

#[test]
fn contradictions_are_refused() {
    assert_eq!(
        refused(
            Role::Table,
            r#"#[table(primary_key(a))] #[table(name = "t", name = "u")] struct T {
                #[column(pk)] a: i64,
                #[column(name = "a")] b: i64,
                #[column(default = 1, generated = "a + 1")] c: i64,
                #[column(skip, type = "text")] d: i64,
            }"#
        ),
        "name | models::repeated_key `name` is given twice | -\n\
         \"a\" | models::duplicate_column column `a` is declared twice | give one of them another `name`, or `skip` it\n\
         generated | models::conflict `default` and `generated` exclude each other | a column gets its value in one way: keep one of the two\n\
         skip | models::conflict a skipped field has no column to describe | drop `skip`, or the other keys\n\
         pk | models::conflict `T` has two primary keys | keep one of the two: `pk` on fields, or `primary_key(…)` on the struct"
    );
    assert_eq!(
        refused(Role::Enum, r#"enum E { A, #[pg(rename = "A")] B, C(i32) }"#),
        "C | models::wrong_item a label of an enum holds no values | take the fields away, or store the enum as JSON with `#[column(json)]`\n\
         \"A\" | models::duplicate_label label `A` is declared twice | give one of them another `rename`"
    );
}

#[test]
fn a_syntax_error_leaves_the_other_attributes_standing() {
    let source = "#[table(name = )] #[table(unlogd)] struct T { a: i32 }";
    let problems = refused(Role::Table, source);
    assert!(problems.contains("models::syntax"), "{problems}");
    assert!(problems.contains("did you mean `unlogged`?"), "{problems}");
}

#[test]
fn the_wrong_item_is_refused() {
    assert_eq!(
        refused(Role::Table, "enum E { A }"),
        "E | models::wrong_item `Table` needs a struct with named fields | an enum takes `limbeck::Enum`, a struct around one value `limbeck::Domain`"
    );
    assert_eq!(
        refused(Role::Domain, "struct D { a: i32, b: i32 }"),
        "D | models::wrong_item `Domain` needs a struct around one value | write `struct D(String);`"
    );
    assert_eq!(
        refused(Role::Table, "#[column(pk)] struct T { #[table(name = \"x\")] a: i32 }"),
        "column | models::misplaced_attribute `#[column(…)]` does not belong here | here stands `#[table(…)]`\n\
         table | models::misplaced_attribute `#[table(…)]` does not belong here | here stands `#[column(…)]`"
    );
}

#[test]
fn derives_are_found_under_conditions() {
    let derives = |source: &str, features: &[&str]| {
        let item: syn::DeriveInput = syn::parse_str(source).expect("the test's source is Rust");
        let cfg = Cfg { features: features.iter().map(|name| (*name).to_owned()).collect() };
        let derives = Derives::of(&item.attrs, &cfg);
        let paths: Vec<String> = derives.paths.iter().map(ToString::to_string).collect();
        (paths.join(" "), derives.ours, derives.hidden, cfg.includes(&item.attrs))
    };
    assert_eq!(derives("#[derive(Debug, limbeck::Table)] struct T;", &[]).0, "Debug limbeck::Table");
    let source = "#[cfg_attr(feature = \"db\", derive(Table), table(name = \"t\"))] struct T;";
    assert_eq!(derives(source, &[]), (String::new(), false, None, true));
    assert_eq!(derives(source, &["db"]), ("Table".to_owned(), true, None, true));
    assert_eq!(derives("#[cfg_attr(any(), table(name = \"t\"))] struct T;", &[]).2, Some("table"));
    assert!(!derives("#[cfg(test)] struct T;", &[]).3);
    assert!(!derives("#[cfg(all(unix, not(feature = \"a\")))] struct T;", &["a"]).3);
    assert!(derives("#[cfg(any(windows, feature = \"a\"))] struct T;", &["a"]).3);
}
