//! Reading the catalogs: one snapshot, whose round trips do not depend on what there is to read.

use limbeck_database::Target;
use limbeck_database::connect::runtime;
use limbeck_testing::TestDatabase;

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
        let all = limbeck_database::read(&single).await.expect("the catalogs can be read");
        assert_eq!(all.len(), two.len());
        single.close().await;
        let path = connection.client.query_one("SHOW search_path", &[]).await.expect("the session goes on");
        assert_eq!(path.get::<_, String>(0), r#""$user", public"#);
    });
    database.psql(&format!("DROP ROLE {role}"));
}
