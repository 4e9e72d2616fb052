//! Sources in, objects and diagnostics out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use limbeck_kinds::{Context, Object};
use limbeck_schema::{Schema, Severity};

use crate::{Known, ReadModels, ReadResult, read};

/// Reads sources: one, or several after lines `//- path`.
fn result(sources: &str, schema: &str) -> ReadResult {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path().join("app/src");
    write(&root, sources);
    read(&ReadModels { base: &root, schema, ..ReadModels::new(&root) })
}

fn write(root: &Path, sources: &str) {
    let mut files: Vec<(String, String)> = vec![("lib.rs".to_owned(), String::new())];
    for line in sources.lines() {
        match line.trim().strip_prefix("//- ") {
            Some(path) => files.push((path.to_owned(), String::new())),
            None => {
                let last = files.last_mut().expect("there is always one");
                last.1.push_str(line);
                last.1.push('\n');
            }
        }
    }
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("it lies in the root")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
}

/// The statements that would make the schema, a line each, in order of ids.
fn sql(schema: &Schema<Object>) -> Vec<String> {
    let empty = Schema::new();
    let context = Context { from: &empty, to: schema, version: 150_000 };
    let inlined: BTreeSet<_> = schema.iter().flat_map(|(_, object)| object.inlines(&context)).collect();
    schema
        .iter()
        .filter(|(id, _)| !inlined.contains(id))
        .flat_map(|(_, object)| object.create(&context))
        .map(|statement| statement.sql.as_str().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn created(sources: &str) -> String {
    let result = result(sources, "s");
    assert_eq!(messages(&result), "", "{sources}");
    sql(&result.schema).join("\n")
}

fn messages(result: &ReadResult) -> String {
    let lines: Vec<String> = result
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic
                .origin
                .as_ref()
                .map_or("-".to_owned(), |origin| format!("{origin}+{}", origin.length));
            let help = diagnostic.help.as_deref().unwrap_or("-");
            format!("{place} {} | {} | {} | {help}", diagnostic.code, diagnostic.message, diagnostic.label)
        })
        .collect();
    lines.join("\n")
}

fn refused(sources: &str) -> String {
    messages(&result(sources, "s"))
}

#[test]
fn the_contracts_example_becomes_its_table() {
    let text = created(
        r#"
        use limbeck::Table; mod auth; use auth::User;
        #[derive(limbeck::Table)]
        #[table(schema = "habits", name = "program_templates",
                unique(slug, version),
                index(title, unique, where = "NOT is_deleted", name = "program_templates_title_active_idx"),
                check(name = "version_positive", expr = "version > 0"))]
        pub struct ProgramTemplate {
            #[column(pk, default = "gen_random_uuid()")]
            pub id: uuid::Uuid,
            pub slug: String,
            #[column(type = "varchar(200)")]
            pub title: String,
            pub subtitle: Option<String>,
            #[column(default = 1)]
            pub version: i32,
            #[column(references(User, on_delete = "cascade"), index)]
            pub owner_id: uuid::Uuid,
            #[column(default = "now()")]
            pub created_at: chrono::DateTime<chrono::Utc>,
            #[column(renamed_from = "descr")]
            pub description: Option<String>,
            pub is_deleted: bool,
        }
        //- auth.rs
        #[derive(limbeck::Table)]
        pub struct User { #[column(pk)] pub id: uuid::Uuid }
        "#,
    );
    assert_eq!(
        text,
        "CREATE SCHEMA habits\n\
         CREATE SCHEMA s\n\
         CREATE TABLE habits.program_templates ( id uuid DEFAULT gen_random_uuid() NOT NULL, slug text NOT NULL, \
         title character varying(200) NOT NULL, subtitle text, version integer DEFAULT 1 NOT NULL, owner_id uuid NOT NULL, \
         created_at timestamp with time zone DEFAULT now() NOT NULL, description text, is_deleted boolean NOT NULL, \
         CONSTRAINT program_templates_pkey PRIMARY KEY (id), \
         CONSTRAINT program_templates_slug_version_key UNIQUE (slug, version), \
         CONSTRAINT version_positive CHECK (version > 0) )\n\
         CREATE TABLE s.\"user\" ( id uuid NOT NULL, CONSTRAINT user_pkey PRIMARY KEY (id) )\n\
         ALTER TABLE habits.program_templates ADD CONSTRAINT program_templates_owner_id_fkey FOREIGN KEY (owner_id) \
         REFERENCES s.\"user\" (id) ON DELETE CASCADE\n\
         CREATE INDEX program_templates_owner_id_idx ON habits.program_templates (owner_id)\n\
         CREATE UNIQUE INDEX program_templates_title_active_idx ON habits.program_templates (title) \
         WHERE NOT is_deleted"
    );
}

#[test]
fn what_a_server_resolves_stays_sql() {
    let result = result(
        r#"
        #[derive(limbeck::Table)]
        #[table(name = "t", owner = "app")]
        #[table(grant("select", "insert", to = "reader"), grant("select", to = "reader", with_grant_option))]
        #[table(grant("update", to = "reader", columns(a)), grant("all", to = "app"))]
        #[table(policy(name = "mine", for = "select", to("b", "a"), using = "true"))]
        #[table(policy(name = "theirs", to = "current_user", restrictive, with_check = "a > 0"))]
        #[table(trigger(name = "after", when = "after update of a or insert", execute = "f(1)", condition = "new.a > 0"))]
        #[table(trigger(name = "rows", when = "after insert on t referencing new table as n", execute = "f()"))]
        #[table(statistics(b, a), statistics(expr = "a + b", name = "sum"))]
        pub struct T { #[column(pk)] a: i32, b: i32 }
        "#,
        "s",
    );
    assert_eq!(messages(&result), "");
    assert_eq!(
        sql(&result.schema)[2..].join("\n"),
        "CREATE STATISTICS s.sum ON (a + b) FROM s.t\n\
         CREATE STATISTICS s.t_b_a_stat ON a, b FROM s.t\n\
         CREATE TRIGGER after AFTER INSERT OR UPDATE OF a ON s.t FOR EACH ROW WHEN (new.a > 0) EXECUTE FUNCTION f(1)\n\
         CREATE POLICY mine ON s.t FOR SELECT TO a, b USING (true)\n\
         ALTER TABLE s.t OWNER TO app\n\
         GRANT INSERT ON TABLE s.t TO reader\n\
         GRANT SELECT ON TABLE s.t TO reader WITH GRANT OPTION\n\
         GRANT UPDATE (a) ON TABLE s.t TO reader"
    );
    let declared: Vec<&str> = result.sql.iter().map(|declared| declared.sql.as_str()).collect();
    assert_eq!(
        declared,
        [
            "CREATE POLICY theirs ON s.t AS RESTRICTIVE TO CURRENT_USER WITH CHECK (a > 0)",
            "GRANT ALL ON TABLE s.t TO app",
            "CREATE TRIGGER rows after insert on t referencing new table as n ON s.t FOR EACH ROW EXECUTE FUNCTION f()",
        ]
    );
}

#[test]
fn the_grammars_example_becomes_its_objects() {
    let result = result(
        r#"
        mod auth { #[derive(limbeck::Table)] #[table(schema = "auth")] pub struct Owner { #[column(pk)] id: i64 } }
        #[derive(limbeck::Enum, sqlx::Type)]
        #[pg(schema = "habits", rename_all = "snake_case")]
        pub enum Cadence { Daily, Weekly, #[pg(renamed_from = "per_month")] Monthly }

        #[derive(limbeck::Domain)]
        #[pg(schema = "habits", check = "value ~ '^[a-z0-9-]+$'")]
        pub struct Slug(String);

        #[derive(limbeck::Table, sqlx::FromRow)]
        #[table(schema = "habits", renamed_from = "old.habits")]
        #[table(unique(owner_id, slug, nulls_not_distinct))]
        #[table(index(owner_id, "created_at desc", where = "archived_at is null", include(title)))]
        #[table(index(expr = "lower(title)", name = "habit_title_ci"), index(tags, using = "gin"))]
        #[table(check(name = "habit_dates", expr = "ends_on is null or ends_on >= starts_on"))]
        #[table(rls, policy(name = "own_rows", to = "app", using = "owner_id = current_setting('app.user')::bigint"))]
        pub struct Habit {
            #[column(pk, identity = "always")]
            pub id: i64,
            #[column(references(auth::Owner, on_delete = "cascade"))]
            pub owner_id: i64,
            #[column(renamed_from = "name")]
            pub title: String,
            pub slug: Slug,
            #[column(default = "'daily'")]
            pub cadence: Cadence,
            #[column(type = "numeric(12,4)", check = "goal > 0")]
            pub goal: Decimal,
            #[column(generated = "goal * 7")]
            pub weekly_goal: Decimal,
            #[column(default = "'{}'")]
            pub tags: Vec<String>,
            #[column(json, default = "'{}'")]
            pub settings: Settings,
            #[column(backfill = "created_at::date")]
            pub starts_on: NaiveDate,
            pub ends_on: Option<NaiveDate>,
            #[column(default = "now()")]
            pub created_at: DateTime<Utc>,
            #[column(skip)]
            pub streak: u32,
        }
        "#,
        "public",
    );
    assert_eq!(messages(&result), "");
    assert_eq!(
        sql(&result.schema).join("\n"),
        "CREATE SCHEMA auth\n\
         CREATE SCHEMA habits\n\
         CREATE TYPE habits.cadence AS ENUM ('daily', 'weekly', 'monthly')\n\
         CREATE DOMAIN habits.slug AS text CONSTRAINT slug_check CHECK (value ~ '^[a-z0-9-]+$')\n\
         CREATE TABLE auth.owner ( id bigint NOT NULL, CONSTRAINT owner_pkey PRIMARY KEY (id) )\n\
         CREATE TABLE habits.habit ( id bigint GENERATED ALWAYS AS IDENTITY NOT NULL, owner_id bigint NOT NULL, \
         title text NOT NULL, slug habits.slug NOT NULL, cadence habits.cadence DEFAULT 'daily' NOT NULL, \
         goal numeric(12,4) NOT NULL, weekly_goal numeric GENERATED ALWAYS AS (goal * 7) STORED NOT NULL, \
         tags text[] DEFAULT '{}' NOT NULL, settings jsonb DEFAULT '{}' NOT NULL, starts_on date NOT NULL, ends_on date, \
         created_at timestamp with time zone DEFAULT now() NOT NULL, \
         CONSTRAINT habit_pkey PRIMARY KEY (id), \
         CONSTRAINT habit_owner_id_slug_key UNIQUE NULLS NOT DISTINCT (owner_id, slug), \
         CONSTRAINT habit_dates CHECK (ends_on is null or ends_on >= starts_on), \
         CONSTRAINT habit_goal_check CHECK (goal > 0) )\n\
         ALTER TABLE habits.habit ADD CONSTRAINT habit_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES auth.owner (id) \
         ON DELETE CASCADE\n\
         CREATE INDEX habit_owner_id_created_at_title_idx ON habits.habit (owner_id, created_at DESC) \
         INCLUDE (title) WHERE archived_at is null\n\
         CREATE INDEX habit_tags_idx ON habits.habit USING gin (tags)\n\
         CREATE INDEX habit_title_ci ON habits.habit (lower(title))\n\
         CREATE POLICY own_rows ON habits.habit TO app USING (owner_id = current_setting('app.user')::bigint)\n\
         ALTER TABLE habits.habit ENABLE ROW LEVEL SECURITY"
    );
    assert_eq!(result.sql, []);
    let renames: Vec<String> = result
        .renames
        .iter()
        .map(|renamed| format!("{} → {}", renamed.rename.from, renamed.rename.to))
        .collect();
    assert_eq!(renames, ["old.habits → habits.habit", "habits.habit.name → habits.habit.title"]);
    assert!(result.schema.unnamed.iter().any(|id| id.name == "habit_tags_idx"));
    assert!(!result.schema.unnamed.iter().any(|id| id.name == "habit_title_ci"));
}

#[test]
fn serial_columns_bring_their_sequence() {
    let text = created(
        "#[derive(limbeck::Table)] struct T { #[column(pk, serial)] id: i32, #[column(identity(start = 5, cycle))] n: i16 }",
    );
    assert_eq!(
        text,
        "CREATE SCHEMA s\n\
         CREATE SEQUENCE s.t_id_seq AS integer\n\
         CREATE TABLE s.t ( id integer DEFAULT nextval('s.t_id_seq'::regclass) NOT NULL, \
         n smallint GENERATED BY DEFAULT AS IDENTITY (START WITH 5 CYCLE) NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id) )\n\
         ALTER SEQUENCE s.t_id_seq OWNED BY s.t.id"
    );
}

#[test]
fn flattened_structs_bring_their_columns() {
    let text = created(
        "#[derive(limbeck::Table)] #[table(unique(home_city))] struct T { #[column(pk)] id: i64,
            #[column(flatten, prefix = \"home_\")] home: Address, #[column(flatten)] stamps: Option<Stamps> }
        #[table(rename_all = \"snake_case\")] struct Address { city: String, #[column(check = \"length(home_zip) = 5\")] zip: String }
        struct Stamps { #[column(default = \"now()\")] created_at: std::time::SystemTime }",
    );
    assert_eq!(
        text,
        "CREATE SCHEMA s\n\
         CREATE TABLE s.t ( id bigint NOT NULL, home_city text NOT NULL, home_zip text NOT NULL, \
         created_at timestamp with time zone DEFAULT now(), CONSTRAINT t_pkey PRIMARY KEY (id), \
         CONSTRAINT t_home_city_key UNIQUE (home_city), CONSTRAINT t_home_zip_check CHECK (length(home_zip) = 5) )"
    );
}

#[test]
fn partitions_have_their_parents_columns() {
    let result = result(
        "#[derive(limbeck::Table)] #[table(partition_by = \"range (at)\", partitions = \"ignore\")] struct Log { #[column(check = \"n > 0\")] n: i32, at: time::Date }
         #[derive(limbeck::Table)] #[table(partition_of(Log, for_values = \"from ('2020-01-01') to ('2021-01-01')\"))] struct Log2020 {}
         #[derive(limbeck::Table)] #[table(inherits(\"s.log_base\"))] struct Old { a: i32 }",
        "s",
    );
    assert_eq!(messages(&result), "");
    assert_eq!(
        sql(&result.schema)[1..].join("\n"),
        "CREATE TABLE s.log ( n integer NOT NULL, at date NOT NULL, CONSTRAINT log_n_check CHECK (n > 0) ) PARTITION BY RANGE (at)\n\
         CREATE TABLE s.log2020 PARTITION OF s.log FOR VALUES FROM ('2020-01-01') to ('2021-01-01')\n\
         CREATE TABLE s.old ( a integer NOT NULL ) INHERITS (s.log_base)"
    );
    assert_eq!(result.loose_partitions.len(), 1);
}

#[test]
fn other_services_are_known_but_not_read_as_ours() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (ours, theirs) = (folder.path().join("posts/src"), folder.path().join("auth-service/src"));
    write(
        &ours,
        "#[derive(limbeck::Table)] struct Post { #[column(references(auth_service::models::Owner))] owner: i64, #[column(references(Peer))] p: i64 }",
    );
    write(
        &theirs,
        "//- models.rs\n#[derive(limbeck::Table)] pub struct Owner { #[column(pk)] key: i64 }\n#[derive(limbeck::Table)] pub struct Peer { #[column(pk)] id: u64 }",
    );
    let known = [Known { path: &theirs, schema: "auth" }];
    let result =
        read(&ReadModels { base: folder.path(), schema: "posts", known: &known, ..ReadModels::new(&ours) });
    assert_eq!(messages(&result), "");
    assert_eq!(
        sql(&result.schema)[1..].join("\n"),
        "CREATE TABLE posts.post ( owner bigint NOT NULL, p bigint NOT NULL )\n\
         ALTER TABLE posts.post ADD CONSTRAINT post_owner_fkey FOREIGN KEY (owner) REFERENCES auth.owner (key)\n\
         ALTER TABLE posts.post ADD CONSTRAINT post_p_fkey FOREIGN KEY (p) REFERENCES auth.peer (id)"
    );
}

#[test]
fn types_are_found_in_files_that_hold_no_model() {
    let text = created(
        "mod ids; mod mood; mod t;
        //- ids.rs
        pub struct UserId(pub uuid::Uuid); pub type Tags = Vec<String>;
        //- mood.rs
        #[derive(sqlx::Type)] #[sqlx(type_name = \"mood\", rename_all = \"lowercase\")] pub enum Mood { Fine }
        #[derive(sqlx::Type)] #[sqlx(type_name = \"unused\")] pub enum Unused { Fine }
        //- t.rs
        use crate::ids::*; use crate::mood::Mood;
        #[derive(limbeck::Table)] pub struct T { user: UserId, tags: Option<Tags>, mood: Mood }
        //- broken.rs
        this is no Rust, and nobody asks for it",
    );
    assert_eq!(
        text,
        "CREATE SCHEMA s\nCREATE TYPE s.mood AS ENUM ('fine')\nCREATE TABLE s.t ( \"user\" uuid NOT NULL, tags text[], mood s.mood NOT NULL )"
    );
}

#[test]
fn tests_and_missing_features_are_left_out() {
    let sources = "#[derive(limbeck::Table)] struct A { id: i64, #[cfg(feature = \"x\")] extra: i64 }
        #[cfg(feature = \"x\")] #[derive(limbeck::Table)] struct B { id: i64 }
        #[cfg(test)] mod tests;
        //- tests.rs
        #[derive(limbeck::Table)] struct C { id: u64 }";
    assert_eq!(created(sources), "CREATE SCHEMA s\nCREATE TABLE s.a ( id bigint NOT NULL )");
    let folder = tempfile::tempdir().expect("a folder can be made");
    write(folder.path(), sources);
    let result = read(&ReadModels { features: &["x".to_owned()], ..ReadModels::new(folder.path()) });
    assert_eq!(
        sql(&result.schema).join("\n"),
        "CREATE TABLE public.a ( id bigint NOT NULL, extra bigint NOT NULL )\nCREATE TABLE public.b ( id bigint NOT NULL )"
    );
}

#[test]
fn comments_come_from_attributes_or_docs() {
    let sources = "/// What it is.\n/// And more.\n#[derive(limbeck::Table)] #[table(comment = \"said\")] struct A { /** The `id`. */ id: i64 }\n/// Doc.\n#[derive(limbeck::Enum)] enum E { A }";
    assert_eq!(created(sources).lines().last(), Some("COMMENT ON TABLE s.a IS 'said'"));
    let folder = tempfile::tempdir().expect("a folder can be made");
    write(folder.path(), sources);
    let result = read(&ReadModels { comments: true, ..ReadModels::new(folder.path()) });
    assert_eq!(
        sql(&result.schema)[2..],
        [
            "COMMENT ON TYPE public.e IS 'Doc.'",
            "COMMENT ON TABLE public.a IS 'said'",
            "COMMENT ON COLUMN public.a.id IS 'The `id`.'"
        ]
    );
}

#[test]
fn sql_items_and_unmanaged_tables_are_handed_on() {
    let result = result(
        "#[derive(limbeck::Table)] #[table(managed = false, name = \"legacy\")] struct L { #[column(pk)] id: i64 }
         #[derive(limbeck::Table)] struct T { #[column(references(L))] l: i64, #[column(references(Self, l))] up: i64 }
         limbeck::sql!(r\"CREATE VIEW s.v AS SELECT 1;\");",
        "s",
    );
    assert_eq!(messages(&result), "");
    assert_eq!(result.sql[0].sql.as_str(), "CREATE VIEW s.v AS SELECT 1;");
    assert_eq!(result.sql[0].origin.line, 3);
    assert_eq!(result.unmanaged.len(), 1);
    assert!(!result.schema.iter().any(|(id, _)| id.name == "legacy"));
    assert!(sql(&result.schema).iter().any(|text| text.ends_with("REFERENCES s.legacy (id)")));
    assert!(sql(&result.schema).iter().any(|text| text.ends_with("REFERENCES s.t (l)")));
}

#[test]
fn everything_wrong_is_said_at_once_in_order_of_place() {
    assert_eq!(
        refused(
            "#[derive(limbeck::Table)]
#[table(unique(nmae), check(expr = \"age > > 1\"), shcema = \"x\")]
struct User {
    #[column(pk)]
    id: u64,
    name: Strng,
    #[column(references(Owner))]
    owner: i64,
    #[column(type = \"varchar(\", default = r#\"'a\"#)]
    age: i32,
}
#[derive(limbeck::Table)] struct Owners { #[column(pk)] a: i64, #[column(pk)] b: i64 }
#[derive(limbeck::Table)] #[table(name = \"user\", foreign_key(a, references = Owners), foreign_key(a, references = \"x.y\"), foreign_key(a, references = \"s.owners(c)\"))]
struct Twice { a: i64 }"
        ),
        "lib.rs:2:16+4 models::unknown_field | `User` has no field `nmae` |  | did you mean `name`?\n\
         lib.rs:2:43+1 models::invalid_sql | this is no SQL expression | Expected: an expression, found: > | attributes take PostgreSQL's expressions; strings stand in single quotes: `\"'text'\"`\n\
         lib.rs:2:50+6 models::unknown_key | `table` has no key `shcema` |  | did you mean `schema`?\n\
         lib.rs:5:9+3 models::unknown_type | type `u64` has no PostgreSQL counterpart: `bigint` is signed and ends at half of its values | field `id` of `User` | use `i64`, or name the type: `#[column(type = \"numeric(20)\")]`\n\
         lib.rs:6:11+5 models::unknown_type | type `Strng` can't be resolved | field `name` of `User` | did you mean `String`? Else name the type: `#[column(type = \"…\")]`, or `json`, or `skip`\n\
         lib.rs:7:25+5 models::unknown_reference | `Owner` is no struct of the models |  | did you mean `Owners`? Else name the table: `\"schema.table(column)\"`\n\
         lib.rs:9:21+10 models::invalid_type | a parenthesis is not closed | no type of PostgreSQL | -\n\
         lib.rs:9:46+1 models::invalid_sql | this is no SQL expression | Unterminated string literal | attributes take PostgreSQL's expressions; strings stand in single quotes: `\"'text'\"`\n\
         lib.rs:13:42+6 models::declared_twice | table `s.\"user\"` is declared twice | struct `Twice`, after `User` at lib.rs:3:8 | give one of them another `name` or `schema`, or take one away"
    );
}

#[test]
fn a_reference_may_lead_to_an_inherited_column() {
    let created = created(
        "#[derive(limbeck::Table)] struct Base { id: i64 }
#[derive(limbeck::Table)] #[table(inherits(Base), primary_key(id))] struct File { name: String }
#[derive(limbeck::Table)] struct Use { #[column(references(\"s.file(id)\"))] a: i64, #[column(references(File))] b: i64 }",
    );
    assert_eq!(created.matches("REFERENCES s.file (id)").count(), 2, "{created}");
}

#[test]
fn references_that_do_not_fit_are_refused() {
    assert_eq!(
        refused(
            "#[derive(limbeck::Table)] struct Owners { #[column(pk)] a: i64, #[column(pk)] b: i64 }
#[derive(limbeck::Table)] #[table(foreign_key(a, references = Owners))]
#[table(foreign_key(a, references = \"x.y\"), foreign_key(a, references = \"s.owners(c)\"))]
struct T { a: i64, #[column(references(Mood))] m: i64 }
#[derive(limbeck::Enum)] enum Mood { A }"
        ),
        "lib.rs:2:63+6 models::wrong_reference | `a` of `s.t` can't reference `a`, `b` of `s.owners` | the key has 2 columns | write `#[table(foreign_key(a, b, references = …))]` with as many columns as the key has\n\
         lib.rs:3:37+5 models::wrong_reference | `x.y` is not in the models, so its key is unknown |  | name the columns: `\"x.y(id)\"`\n\
         lib.rs:3:73+13 models::wrong_reference | `s.owners` has no column `c` |  | -\n\
         lib.rs:4:40+4 models::unknown_reference | `Mood` is no table |  | derive `limbeck::Table` for `Mood`, or name the table: `\"schema.table(column)\"`"
    );
}

#[test]
fn no_models_is_an_error_and_never_an_empty_schema() {
    let result = result("struct NotOurs { a: i32 }", "s");
    assert!(
        messages(&result).starts_with("- models::no_models | no models found in"),
        "{}",
        messages(&result)
    );
    assert!(!result.is_complete());
    let missing = read(&ReadModels::new(Path::new("does/not/exist")));
    assert!(messages(&missing).starts_with("- models::unreadable_file | `does/not/exist` can't be read"));
}

#[test]
fn files_that_are_no_rust_or_no_text_say_where() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write(
        folder.path(),
        "use limbeck::Table;\nstruct A { a }\n//- b.rs\n#[derive(limbeck::Table)] struct B { id: i64 }",
    );
    fs::write(folder.path().join("c.rs"), b"// limbeck \xff").expect("a file can be written");
    let result = read(&ReadModels { base: folder.path(), ..ReadModels::new(folder.path()) });
    assert_eq!(
        messages(&result),
        "- models::unreadable_file | `c.rs` can't be read: it is not UTF-8 |  | check `models` in limbeck.toml, and the file's permissions\n\
         lib.rs:2:14+1 models::not_rust | `lib.rs` can't be read: this is no Rust: expected `:` |  | `cargo check` says more"
    );
    assert!(result.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Error));
}

#[test]
fn the_six_services_are_read_without_a_word() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mindmirror");
    for service in ["habits", "journal", "meals", "movements", "practices", "users"] {
        let path = fixtures.join(service).join("src/models");
        let result = read(&ReadModels { base: &fixtures, schema: service, ..ReadModels::new(&path) });
        assert_eq!(messages(&result), "");
        // One enum of the meals lies in `public`.
        assert!(
            result
                .schema
                .iter()
                .all(|(id, _)| id.schema == service || id.name == service || id.kind.name() == "enum"),
            "{service}"
        );
        assert!(result.schema.origins.values().all(|origin| origin.line > 1));
        assert!(result.schema.len() > 5);
    }
}
