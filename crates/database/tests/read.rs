//! Reading the catalogs: one snapshot, whose round trips do not depend on what there is to read.

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
