//! Reading the catalogs: one snapshot, whose round trips do not depend on what there is to read.

use limbeck_database::Target;
use limbeck_database::connect::runtime;
use limbeck_kinds::Object;
use limbeck_kinds::constraint::{Constraint, ConstraintDefinition};
use limbeck_testing::TestDatabase;
use tokio_postgres::SimpleQueryMessage;

/// How often a reading waits for the server, and how many objects it finds.
fn reading(database: &TestDatabase) -> (u64, usize) {
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let before = connection.round_trips();
        let schema = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        (connection.round_trips() - before, schema.len())
    })
}

#[test]
fn round_trips_do_not_grow_with_the_number_of_tables() {
    let database = TestDatabase::new();
    let (few, objects) = reading(&database);
    let tables: String = (0..200)
        .map(|n| {
            format!("CREATE TABLE t{n} (id serial PRIMARY KEY, a int CHECK (a > {n}), b text DEFAULT 'x');\n")
        })
        .collect();
    database.psql(&tables);
    let (many, more_objects) = reading(&database);
    assert!(more_objects > objects + 1000, "{objects} objects became {more_objects}");
    assert_eq!(few, many);
}

#[test]
fn reading_leaves_nothing_behind() {
    let database = TestDatabase::new();
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        limbeck_database::read(&connection).await.expect("the catalogs can be read");
        let path = connection.client.query_one("SHOW search_path", &[]).await.expect("the session goes on");
        assert_eq!(path.get::<_, String>(0), r#""$user", public"#);
    });
}

/// Texts that a row has to escape, in everything that a row of a catalog holds.
const ODD: &str = r#"
CREATE SCHEMA odd;
CREATE TABLE odd."tab	and
line" (a text DEFAULT E'\\N', b text DEFAULT E'x\ty\nz\\' CHECK (b <> E'\r\n\\.'), "c\d" int);
COMMENT ON COLUMN odd."tab	and
line".a IS E'\\N';
CREATE INDEX i ON odd."tab	and
line" ((b || E'\b\f\v\\'), "c\d") WHERE a IS DISTINCT FROM E'\t';
CREATE FUNCTION odd.f() RETURNS text LANGUAGE sql AS $$
	SELECT E'\\' -- ü
$$;
CREATE VIEW odd.v AS SELECT b || E'\n' AS c FROM odd."tab	and
line";
"#;

/// Some 500 tables, which are worth two sessions.
fn fill(database: &TestDatabase) {
    let tables: String = (0..500)
        .map(|n| {
            let columns: String =
                (0..20).map(|c| format!(", c{c} int DEFAULT {c} CHECK (c{c} > {n})")).collect();
            format!("CREATE TABLE filler.t{n} (id int PRIMARY KEY{columns});\n")
        })
        .collect();
    database.psql(&format!("CREATE SCHEMA filler; {tables}"));
}

#[test]
fn two_sessions_read_what_one_reads() {
    let database = TestDatabase::new();
    database.psql(ODD);
    let role = format!("one_session_{}", std::process::id());
    database.psql(&format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1"));
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let opened = connection.round_trips();
        let one = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        let alone = connection.round_trips();
        fill(&database);
        let two = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        // A batch is one round trip; sharing a snapshot takes more.
        assert_eq!(alone - opened, 2, "the size, and all queries");
        assert!(connection.round_trips() - alone > 4, "the snapshot is shared");
        assert!(two.len() > one.len() + 10_000, "{} objects", two.len());
        for (id, object) in one.iter() {
            assert_eq!(two.get(id), Some(object), "{id:?}");
        }
        assert_eq!(
            two.iter().filter(|(id, _)| id.schema == "odd").count(),
            one.iter().filter(|(id, _)| id.schema == "odd").count()
        );

        // Where the server has no second session to give, the first reads all.
        let user = format!("://{}", connection.target.user());
        let url = database.url();
        assert!(url.contains(&user), "{url}");
        let target = Target::parse(&url.replacen(&user, &format!("://{role}"), 1)).expect("a target");
        let single = limbeck_database::Connection::open(&target).await.expect("a session");
        let mut notes = Vec::new();
        let record = limbeck_database::record_noting(&single, |why| notes.push(why)).await;
        let all = record.expect("the catalogs can be read").read().expect("rows of catalogs");
        assert_eq!(all.len(), two.len());
        assert!(notes.concat().contains("too many connections for role"), "{notes:?}");
        single.close().await;
        let path = connection.client.query_one("SHOW search_path", &[]).await.expect("the session goes on");
        assert_eq!(path.get::<_, String>(0), r#""$user", public"#);
    });
    database.psql(&format!("DROP ROLE {role}"));
}

/// Checks and predicates with whatever could be taken for another column's name.
const NAMES: &str = r#"
CREATE SCHEMA stakind1;
CREATE TYPE stakind1.stawidth AS (starelid int, "json" int);
CREATE FUNCTION stakind1.starelid(staattnum int, starelid int DEFAULT 1) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE TABLE public.pg_statistic (
    a int CHECK (a > 0), "Weird ""one" text CHECK ("Weird ""one" <> 'starelid, a' AND "Weird ""one" <> E'\\stakind1'),
    stawidth stakind1.stawidth CHECK ((stawidth).starelid > (stawidth)."json"),
    "json" int, "system_user" int, "json_array" int, "order" int, staattnum int, starelid int,
    CHECK ("json" > "system_user" AND "json_array" > "order" AND staattnum > starelid),
    CHECK (stakind1.starelid(a) AND stakind1.starelid(starelid => a, staattnum => starelid)),
    CHECK (xmlelement(NAME starelid, a) IS DOCUMENT),
    CONSTRAINT whole CHECK (pg_statistic IS NOT NULL),
    CONSTRAINT whole_field CHECK ((pg_statistic).a > 0),
    CONSTRAINT of_system CHECK (tableoid <> 0),
    CONSTRAINT of_none CHECK (1 < 2),
    CONSTRAINT chosen CHECK (CASE WHEN a IN (1, 2) THEN starelid BETWEEN 1 AND 3 ELSE coalesce("order", a) > 0 END)
);
ALTER TABLE public.pg_statistic ADD gone int, ADD kept int CHECK (kept > 0);
ALTER TABLE public.pg_statistic DROP gone;
CREATE INDEX ON public.pg_statistic (a) WHERE kept > staattnum AND "Weird ""one" COLLATE "C" < 'starelid';
CREATE INDEX ON public.pg_statistic (a) WHERE pg_statistic IS NOT NULL;
CREATE TABLE public.wide AS SELECT * FROM (VALUES (1)) AS v (c0);
DO $$ BEGIN FOR n IN 1..40 LOOP EXECUTE format('ALTER TABLE public.wide ADD c%s int CHECK (c%1$s > 0)', n); END LOOP; END $$;
CREATE INDEX ON public.wide (c1) WHERE c2 > 0;
CREATE INDEX ON public.wide (c1) WHERE c39 > 0;
CREATE MATERIALIZED VIEW public.m AS SELECT a AS staop1, "order" AS b FROM public.pg_statistic;
CREATE INDEX ON public.m (b) WHERE staop1 > 1;
CREATE TABLE public.parts (a int, b int CHECK (b > 0)) PARTITION BY LIST (a);
CREATE TABLE public.part (b int CONSTRAINT parts_b_check CHECK (b > 0), a int);
ALTER TABLE public.parts ATTACH PARTITION public.part FOR VALUES IN (1);
CREATE DOMAIN public.starelid AS int CHECK (VALUE > 0);
"#;

#[test]
fn expressions_are_read_as_the_server_prints_them_over_their_own_table() {
    const OWN: &str = "SET search_path = pg_catalog; SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint \
                       WHERE contype = 'c' AND oid >= 16384 UNION ALL \
                       SELECT relname, pg_get_expr(indpred, indrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid \
                       WHERE indpred IS NOT NULL AND indexrelid >= 16384";
    let database = TestDatabase::new();
    database.psql(NAMES);
    let (own, mut read) = runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let schema = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        let read = schema.iter().filter_map(|(id, object)| {
            let text = match object {
                Object::Constraint(Constraint { definition: ConstraintDefinition::Check(check), .. }) => {
                    &check.expression
                }
                Object::Index(index) => index.predicate.as_ref()?,
                Object::DomainConstraint(constraint) => &constraint.check,
                _ => return None,
            };
            Some((id.name.as_str().to_owned(), text.as_str().to_owned()))
        });
        let read: Vec<(String, String)> = read.collect();
        let own = connection.client.simple_query(OWN).await.expect("the server prints");
        let own = own.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
            _ => None,
        });
        (own.collect::<Vec<_>>(), read)
    });
    let mut own = own;
    own.sort();
    read.sort();
    assert_eq!(read, own);
    assert_eq!(own.len(), 60, "all of them are read");
}
