//! Scratch databases on given servers, on the target's, and on a private one.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use limbeck_database::connect::{Connection, Target, runtime};
use limbeck_database::scratch::{Scratch, ScratchOptions};
use limbeck_testing::TestDatabase;

fn options(url: Option<String>) -> ScratchOptions {
    ScratchOptions { url, ..ScratchOptions::default() }
}

fn scratch_databases(database: &TestDatabase) -> Vec<String> {
    let rows = database.query("SELECT datname FROM pg_database WHERE datname LIKE 'limbeck%' ORDER BY 1");
    rows.into_iter().flatten().flatten().collect()
}

#[test]
fn a_given_server_holds_fresh_databases_and_loses_them_again() {
    let database = TestDatabase::new();
    runtime().unwrap().block_on(async {
        let mut scratch = Scratch::open(&options(Some(database.url()))).await.unwrap();
        let one = scratch.database().await.unwrap();
        let two = scratch.database().await.unwrap();
        one.connect().await.unwrap().client.batch_execute("CREATE TABLE t ()").await.unwrap();
        let session = two.connect().await.unwrap();
        session.client.batch_execute("CREATE TABLE t ()").await.unwrap();
        assert_eq!(scratch_databases(&database).len(), 2);
        one.close().await.unwrap();
        assert_eq!(scratch_databases(&database), [two.target().database()]);
        // Somebody is connected still.
        drop(two);
        assert!(scratch_databases(&database).is_empty());
        drop(session);
        assert!(scratch.describe().contains(&database.target().to_string()), "{}", scratch.describe());
    });
}

#[test]
fn subscriptions_do_not_keep_a_database() {
    let database = TestDatabase::new();
    runtime().unwrap().block_on(async {
        let mut scratch = Scratch::open(&options(Some(database.url()))).await.unwrap();
        let one = scratch.database().await.unwrap();
        let subscribe =
            "CREATE SUBSCRIPTION \"a Sub\" CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)";
        one.connect().await.unwrap().client.batch_execute(subscribe).await.unwrap();
        one.close().await.unwrap();
        assert!(scratch_databases(&database).is_empty());
    });
}

#[test]
fn what_a_dead_process_left_is_removed_and_nothing_else() {
    let database = TestDatabase::new();
    let left = "limbeck_scratch_1700000000_000001_4_0_1";
    let others = ["limbeck_scratch_of_a_person", "limbeck_scratchy"];
    for name in [left, others[0], others[1]] {
        database.execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    }
    runtime().unwrap().block_on(async {
        let mut alive = Scratch::open(&options(Some(database.url()))).await.unwrap();
        let kept = alive.database().await.unwrap();
        let other = Scratch::open(&options(Some(database.url()))).await.unwrap();
        drop(other);
        let mut expected = vec![kept.target().database().to_owned()];
        expected.extend(others.map(str::to_owned));
        assert_eq!(scratch_databases(&database), expected);
    });
}

#[test]
fn the_target_s_server_is_used_only_where_that_is_allowed() {
    let database = TestDatabase::new();
    let mut options = ScratchOptions {
        target: Some(database.target().clone()),
        major: Some(database.major()),
        ..ScratchOptions::default()
    };
    runtime().unwrap().block_on(async {
        let scratch = Scratch::open(&options).await.unwrap();
        assert!(scratch.describe().contains(" from /"), "{}", scratch.describe());
        options.allow_target = true;
        let mut scratch = Scratch::open(&options).await.unwrap();
        assert!(scratch.describe().ends_with("on the target's server"), "{}", scratch.describe());
        drop(scratch.database().await.unwrap());
        // A role that may not create databases is no reason to fail.
        database.execute("CREATE ROLE poor LOGIN");
        let poor = database.url().replace("postgres@", "poor@");
        options.target = Some(Target::parse(&poor).unwrap());
        let scratch = Scratch::open(&options).await.unwrap();
        assert!(scratch.describe().contains(" from /"), "{}", scratch.describe());
    });
    assert!(scratch_databases(&database).is_empty());
}

#[test]
fn a_given_url_that_does_not_work_is_an_error() {
    runtime().unwrap().block_on(async {
        let error =
            Scratch::open(&options(Some("postgres://x@/x?host=/nowhere".to_owned()))).await.unwrap_err();
        assert_eq!(error.code(), "database::no_server");
    });
}

#[test]
fn a_private_server_is_private_and_goes_away() {
    let folder = runtime().unwrap().block_on(async {
        let mut scratch =
            Scratch::open(&ScratchOptions { major: Some(1), ..ScratchOptions::default() }).await.unwrap();
        let database = scratch.database().await.unwrap();
        let connection: Connection = database.connect().await.unwrap();
        connection.client.batch_execute("CREATE TABLE t ()").await.unwrap();
        assert!(scratch.describe().contains("the target is PostgreSQL 1,"), "{}", scratch.describe());
        match &database.target().hosts()[0] {
            limbeck_database::connect::Host::Unix(folder, _) => folder.clone(),
            host => panic!("{host:?} is not private"),
        }
    });
    assert!(!folder.exists());
}

/// Run by the tests below in a process with another environment; does nothing otherwise.
#[test]
fn child_process_without_local_binaries() {
    let Some(expected) = std::env::var_os("LIMBECK_TEST_EXPECT") else { return };
    runtime().unwrap().block_on(async {
        let opened = Scratch::open(&ScratchOptions { major: Some(15), ..ScratchOptions::default() }).await;
        if expected == "none" {
            let error = opened.unwrap_err();
            assert_eq!(error.code(), "database::no_scratch");
            assert!(
                error.to_string().contains("LIMBECK_PG_BIN: the PostgreSQL server in /nowhere"),
                "{error}"
            );
            return;
        }
        let mut scratch = opened.unwrap();
        let expected = "scratch: PostgreSQL 17.5 in this binary; the target is PostgreSQL 15,";
        assert!(scratch.describe().starts_with(expected), "{}", scratch.describe());
        let one = scratch.database().await.unwrap();
        let two = scratch.database().await.unwrap();
        assert!(one.is_single_session());
        for database in [&one, &two] {
            let connection = database.connect().await.unwrap();
            connection.client.batch_execute("CREATE TABLE t (a int CHECK (a > 0))").await.unwrap();
            let query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass";
            let row = connection.client.query_one(query, &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), "CHECK ((a > 0))");
            let query = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND oid >= 16384";
            assert_eq!(connection.client.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 1);
        }
        // One session at a time, and one after another.
        one.connect().await.unwrap().client.batch_execute("DROP TABLE t").await.unwrap();
        one.close().await.unwrap();
    });
}

fn without_local_binaries(expected: &str) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process_without_local_binaries"])
        .env("LIMBECK_PG_BIN", "/nowhere")
        .env("LIMBECK_TEST_EXPECT", expected)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[cfg(feature = "embedded")]
fn the_embedded_server_is_used_where_there_is_no_other() {
    without_local_binaries("embedded");
}

#[test]
#[cfg(not(feature = "embedded"))]
fn where_nothing_works_the_error_says_what_was_tried() {
    without_local_binaries("none");
}
