//! The test server itself, against the real one.

use std::path::Path;
use std::process::Command;

use limbeck_testing::{TestDatabase, cluster};

#[test]
fn databases_are_apart_and_empty() {
    let (one, two) = (TestDatabase::new(), TestDatabase::new());
    one.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (NULL)");
    assert_eq!(one.query("SELECT a FROM t"), [[Some("1".to_owned())], [None]]);
    assert_eq!(two.query("SELECT to_regclass('t')"), [[None]]);
}

#[test]
fn psql_stops_at_the_first_error_and_says_it() {
    let database = TestDatabase::new();
    assert_eq!(database.psql("CREATE TABLE t ();\nSELECT 'x';"), "x\n");
    let error = database.try_psql("SELECT 1;\nSELEC 2;\nCREATE TABLE u ();").unwrap_err();
    assert!(error.contains("syntax error"), "{error}");
    assert_eq!(database.query("SELECT to_regclass('u')"), [[None]]);
}

#[test]
fn pg_dump_shows_the_named_schemas_only() {
    let database = TestDatabase::new();
    database.execute(
        r#"CREATE SCHEMA a; CREATE SCHEMA "we""ird*"; CREATE TABLE a.t (x int); CREATE TABLE "we""ird*".u (y int)"#,
    );
    let dump = database.pg_dump(&["a"]);
    assert!(dump.starts_with("CREATE SCHEMA a;\n"), "{dump}");
    assert!(dump.contains("CREATE TABLE a.t (\n    x integer\n);"), "{dump}");
    assert!(!dump.contains("ird"), "{dump}");
    assert!(database.pg_dump(&["we\"ird*"]).contains("y integer"));
    assert!(database.pg_dump(&[]).contains("x integer"));
}

#[test]
fn several_threads_share_one_server() {
    let pids: Vec<u32> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    TestDatabase::new().execute("SELECT 1");
                    cluster().pid()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
}

/// Run by the test below in a process of its own; does nothing otherwise.
#[test]
fn child_process_that_dies() {
    let Some(note) = std::env::var_os("LIMBECK_TEST_DIE") else { return };
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t ()");
    std::fs::write(note, format!("{}\n{}", cluster().folder().display(), cluster().pid())).unwrap();
    std::process::abort();
}

#[test]
fn nothing_is_left_of_a_process_that_dies() {
    let note = cluster().folder().join("note");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process_that_dies"])
        .env("LIMBECK_TEST_DIE", &note)
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    let text = std::fs::read_to_string(&note).unwrap();
    let (folder, pid) = text.split_once('\n').unwrap();
    let process = format!("/proc/{pid}");
    for _ in 0..1000 {
        if !Path::new(folder).exists() && !Path::new(&process).exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("folder {folder} or process {pid} is still there");
}
