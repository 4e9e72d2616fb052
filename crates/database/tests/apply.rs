//! Running revisions on a real server: progress, interruption, locks, and what is left in the table.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use limbeck_database::Error;
use limbeck_database::apply::{ApplyOptions, Direction, Event, Segment, Statement, Step, apply};
use limbeck_database::connect::{Connection, runtime};
use limbeck_database::lock::RunLock;
use limbeck_database::version_table::{Record, State, VersionTable, checksum, verify};
use limbeck_testing::TestDatabase;

fn table() -> VersionTable {
    VersionTable::in_schema("s")
}

/// A step from segments: `+` before the first statement of a transaction, `-` before those without one, statements
/// apart by `;`, each on a line of its own.
fn step(id: &str, direction: Direction, segments: &[&str]) -> Step {
    let mut line = 10;
    let segments: Vec<Segment> = segments
        .iter()
        .map(|segment| Segment {
            transactional: segment.starts_with('+'),
            statements: segment[1..]
                .split(';')
                .map(|text| {
                    line += 1;
                    Statement { text: text.trim().to_owned(), line, column: 1 }
                })
                .collect(),
        })
        .collect();
    Step {
        id: id.to_owned(),
        message: format!("message of {id}"),
        checksum: checksum(format!("{segments:?}").as_bytes()),
        file: format!("{id}.sql"),
        direction,
        segments,
    }
}

fn up(id: &str, segments: &[&str]) -> Step {
    step(id, Direction::Upgrade, segments)
}

fn down(id: &str, segments: &[&str]) -> Step {
    step(id, Direction::Downgrade, segments)
}

fn quick() -> ApplyOptions {
    ApplyOptions { lock_timeout: Duration::from_millis(20), retries: 1, pause: Duration::from_millis(1) }
}

/// Runs steps, and says what happened in short words.
fn run(database: &TestDatabase, steps: &[Step]) -> (Result<(), Error>, Vec<String>) {
    runtime().unwrap().block_on(run_on(database.target(), steps, &quick()))
}

async fn run_on(
    target: &limbeck_database::Target,
    steps: &[Step],
    options: &ApplyOptions,
) -> (Result<(), Error>, Vec<String>) {
    let connection = Connection::open(target).await.unwrap();
    let mut events = Vec::new();
    let mut on = |event: Event<'_>| {
        events.push(match event {
            Event::Begin { id, statements } => format!("begin {id} {statements}"),
            Event::Resume { id, done } => format!("resume {id} {done}"),
            Event::Statement { number, .. } => format!("run {number}"),
            Event::Retry { attempt, .. } => format!("retry {attempt}"),
            Event::RebuildIndex { name } => format!("rebuild {name}"),
            Event::Warning { message } => format!("warning {message}"),
            Event::Done { id } => format!("done {id}"),
            Event::AlreadyDone { id } => format!("already {id}"),
            other => format!("{other:?}"),
        });
    };
    let result = apply(&connection, &table(), steps, options, &mut on).await;
    (result, events)
}

fn rows(database: &TestDatabase) -> Vec<(String, State)> {
    let target = database.target().clone();
    let rows = runtime()
        .unwrap()
        .block_on(async { table().read(&Connection::open(&target).await.unwrap()).await.unwrap() });
    rows.into_iter().map(|row| (row.id, row.state)).collect()
}

fn states(database: &TestDatabase) -> String {
    let rows = rows(database);
    rows.iter().map(|(id, state)| format!("{id} {state}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn reading_writes_nothing() {
    let database = TestDatabase::new();
    let before = database.pg_dump(&[]);
    assert_eq!(states(&database), "");
    assert_eq!(database.pg_dump(&[]), before);
}

#[test]
fn the_first_revision_may_create_the_schema_and_the_last_may_drop_it() {
    let database = TestDatabase::new();
    let before = database.pg_dump(&[]);
    let steps = [up("a", &["+CREATE SCHEMA s; CREATE TABLE s.t ()"]), up("b", &["+CREATE TABLE s.u ()"])];
    let (result, events) = run(&database, &steps);
    result.unwrap();
    assert_eq!(events, ["begin a 2", "run 0", "run 1", "done a", "begin b 1", "run 0", "done b"]);
    assert_eq!(states(&database), "a done, b done");
    // Twice is a no-op.
    let (result, events) = run(&database, &steps);
    result.unwrap();
    assert_eq!(events, ["already a", "already b"]);
    let steps = [down("b", &["+DROP TABLE s.u"]), down("a", &["+DROP TABLE s.t; DROP SCHEMA s"])];
    run(&database, &steps).0.unwrap();
    assert_eq!(states(&database), "");
    assert_eq!(database.pg_dump(&[]), before);
}

#[test]
fn the_table_is_as_documented() {
    let database = TestDatabase::new();
    run(&database, &[up("a", &["+SELECT 1"])]).0.unwrap();
    let dump = database.pg_dump(&["s"]);
    let expected = "CREATE TABLE s.limbeck_revisions (\n    id text NOT NULL,\n    message text NOT NULL,\n    \
                    checksum text NOT NULL,\n    applied_at timestamp with time zone NOT NULL,\n    \
                    state text NOT NULL\n);\n";
    assert!(dump.contains(expected), "{dump}");
    let rows = database.query("SELECT id, message, length(checksum), state FROM s.limbeck_revisions");
    let row: Vec<_> = rows[0].iter().flatten().map(String::as_str).collect();
    assert_eq!(row, ["a", "message of a", "64", "done"]);
}

#[test]
fn a_failing_transaction_leaves_nothing_and_says_where() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE public.filled (a int); INSERT INTO filled VALUES (1), (1)");
    let steps = [
        up("a", &["+CREATE TABLE public.t ()"]),
        up("b", &["+CREATE TABLE public.u ();\n  SELECT 1,\n  nothing FROM public.t"]),
        up("c", &["+CREATE TABLE public.v ()"]),
    ];
    let (result, _) = run(&database, &steps);
    let error = result.unwrap_err();
    assert_eq!(error.code(), "database::statement");
    assert_eq!(error.to_string(), "column \"nothing\" does not exist");
    assert_eq!(error.origin().unwrap().to_string(), "b.sql:13:3");
    assert_eq!(states(&database), "a done");
    assert_eq!(database.query("SELECT to_regclass('public.u')"), [[None]]);
    let (result, _) = run(&database, &[up("d", &["+CREATE UNIQUE INDEX i ON public.filled (a)"])]);
    let error = result.unwrap_err().to_string();
    assert_eq!(error, "could not create unique index \"i\": Key (a)=(1) is duplicated.");
}

#[test]
fn statements_without_a_transaction_go_on_where_they_stopped() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    let segments = [
        "+ALTER TABLE t ADD b int",
        "-CREATE INDEX CONCURRENTLY i ON t (a); CREATE UNIQUE INDEX CONCURRENTLY u ON t (a); INSERT INTO t VALUES (7)",
        "+ALTER TABLE t ADD c int",
    ];
    let (result, events) = run(&database, &[up("a", &segments)]);
    let error = result.unwrap_err();
    assert_eq!(error.origin().unwrap().to_string(), "a.sql:13:1");
    assert_eq!(events, ["begin a 5", "run 0", "run 1", "run 2"]);
    assert_eq!(states(&database), "a upgrading 3");
    // Nothing else may run meanwhile, nor may this go the other way.
    for other in [up("b", &["+SELECT 1"]), down("a", &["+SELECT 1"])] {
        assert_eq!(run(&database, &[other]).0.unwrap_err().code(), "database::unfinished");
    }
    // What has run must stay as it was.
    let edited = segments.map(|segment| segment.replace("i ON", "j ON"));
    let edited: Vec<&str> = edited.iter().map(String::as_str).collect();
    let error = run(&database, &[up("a", &edited)]).0.unwrap_err();
    assert_eq!(error.code(), "database::edited_while_running");
    // What has not may be mended. The failed index is not left behind: invalid, it would still refuse rows.
    let invalid = database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid");
    assert_eq!(invalid, [[Some("0".to_owned())]]);
    database.execute("DELETE FROM t");
    let mended = segments.map(|segment| segment.replace("(7)", "(8)"));
    let mended: Vec<&str> = mended.iter().map(String::as_str).collect();
    let (result, events) = run(&database, &[up("a", &mended)]);
    result.unwrap();
    assert_eq!(events, ["begin a 5", "resume a 2", "run 2", "run 3", "run 4", "done a"]);
    assert_eq!(states(&database), "a done");
    assert_eq!(database.query("SELECT * FROM t"), [[Some("8".to_owned()), None, None]]);
    assert_eq!(database.query("SELECT bool_and(indisvalid) FROM pg_index"), [[Some("t".to_owned())]]);
}

#[test]
fn a_downgrade_goes_on_where_it_stopped() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t (a int); CREATE INDEX i ON t (a)");
    run(&database, &[up("a", &["+SELECT 1"])]).0.unwrap();
    let (result, _) =
        run(&database, &[down("a", &["-DROP INDEX CONCURRENTLY i; DROP INDEX CONCURRENTLY j"])]);
    assert_eq!(result.unwrap_err().code(), "database::statement");
    assert_eq!(states(&database), "a downgrading 2");
    assert_eq!(run(&database, &[up("a", &["+SELECT 1"])]).0.unwrap_err().code(), "database::unfinished");
    database.execute("CREATE INDEX j ON t (a)");
    let (result, events) =
        run(&database, &[down("a", &["-DROP INDEX CONCURRENTLY i; DROP INDEX CONCURRENTLY j"])]);
    result.unwrap();
    assert_eq!(events, ["begin a 2", "resume a 1", "run 1", "done a"]);
    assert_eq!(states(&database), "");
    assert_eq!(run(&database, &[down("a", &["+SELECT 1"])]).0.unwrap_err().code(), "database::not_applied");
}

/// Begins a concurrent build that waits for an old transaction, and leaves it as `kill -9` would.
async fn killed_while_building(database: &TestDatabase, steps: Vec<Step>) -> Connection {
    killed_while_waiting(database, steps, "CREATE INDEX").await
}

/// The same with a statement that begins with these words.
async fn killed_while_waiting(database: &TestDatabase, steps: Vec<Step>, words: &str) -> Connection {
    let blocker = database.connect().await;
    blocker.client.batch_execute("BEGIN; INSERT INTO t VALUES (0)").await.unwrap();
    let target = database.target().clone();
    let run = tokio::spawn(async move { run_on(&target, &steps, &quick()).await.0 });
    let waiting = limbeck_sql::sql!(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE {} AND wait_event_type = 'Lock' \
         AND datname = current_database()",
        limbeck_sql::Literal::new([words, "%"].concat())
    );
    for _ in 0..1000 {
        let row = blocker.client.query_typed_one(waiting.as_str(), &[]).await.unwrap();
        // The statistics of a session are read once in a transaction.
        blocker.client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
        if row.get::<_, i64>(0) == 1 {
            run.abort();
            let _ = run.await;
            return blocker;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the build does not wait");
}

fn builds() -> [Step; 1] {
    [up("a", &["-CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t; CREATE INDEX CONCURRENTLY j ON t (a)"])]
}

async fn until_no_build_runs(connection: &Connection) {
    for _ in 0..1000 {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                      AND datname = current_database() AND query LIKE 'CREATE INDEX%' AND state = 'active'";
        let row = connection.client.query_typed_one(others, &[]).await.unwrap();
        if row.get::<_, i64>(0) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the build does not end");
}

#[test]
fn a_build_that_ended_after_the_kill_is_not_built_again() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t (a int)");
    runtime().unwrap().block_on(async {
        let blocker = killed_while_building(&database, builds().into()).await;
        blocker.client.batch_execute("COMMIT").await.unwrap();
        until_no_build_runs(&blocker).await;
    });
    assert_eq!(states(&database), "a upgrading 1 begun");
    let (result, events) = run(&database, &builds());
    result.unwrap();
    assert_eq!(events, ["begin a 3", "resume a 0", "run 0", "run 1", "run 2", "done a"]);
    assert_eq!(
        database.query("SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 't'::regclass"),
        [[Some("t".to_owned()), Some("2".to_owned())]]
    );
}

#[test]
fn a_build_that_was_killed_is_dropped_and_built_again() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t (a int)");
    runtime().unwrap().block_on(async {
        let blocker = killed_while_building(&database, builds().into()).await;
        let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE query LIKE 'CREATE INDEX%' AND pid <> pg_backend_pid()";
        blocker.client.batch_execute(terminate).await.unwrap();
        blocker.client.batch_execute("COMMIT").await.unwrap();
        until_no_build_runs(&blocker).await;
    });
    assert_eq!(
        database.query("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"),
        [[Some("f".to_owned())]]
    );
    let (result, events) = run(&database, &builds());
    result.unwrap();
    assert_eq!(events, ["begin a 3", "resume a 0", "run 0", "rebuild i", "run 1", "run 2", "done a"]);
}

#[test]
fn a_partition_that_was_left_half_detached_is_detached_for_good() {
    let database = TestDatabase::new();
    if database.major() < 14 {
        return;
    }
    database.execute(
        "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (0);
         ALTER TABLE p ADD CHECK (a IS NOT NULL AND a = 0)",
    );
    let steps = [up("a", &["-ALTER TABLE t DETACH PARTITION p CONCURRENTLY; VACUUM t"])];
    // Nobody is kept waiting for longer than the timeout, and the detachment waits as long as the reader reads.
    let patient = ApplyOptions { lock_timeout: Duration::from_secs(60), ..quick() };
    runtime().unwrap().block_on(async {
        let blocker = database.connect().await;
        blocker.client.batch_execute("BEGIN; SELECT * FROM t").await.unwrap();
        let (target, walk) = (database.target().clone(), steps.clone());
        let run = tokio::spawn(async move { run_on(&target, &walk, &patient).await.0 });
        let pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
        for _ in 0..1000 {
            if blocker.client.query_typed_one(pending, &[]).await.unwrap().get::<_, i64>(0) == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        run.abort();
        let _ = run.await;
        let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE query LIKE 'ALTER TABLE t DETACH%' AND pid <> pg_backend_pid()";
        blocker.client.batch_execute(terminate).await.unwrap();
        blocker.client.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(
        database.query("SELECT inhdetachpending FROM pg_inherits WHERE inhparent = 't'::regclass"),
        [[Some("t".to_owned())]]
    );
    run(&database, &steps).0.unwrap();
    assert_eq!(
        database.query("SELECT count(*) FROM pg_inherits WHERE inhparent = 't'::regclass"),
        [[Some("0".to_owned())]]
    );
}

#[test]
fn what_takes_its_time_is_not_cut_short() {
    let database = TestDatabase::new();
    let role = database.query("SELECT quote_ident(current_user)")[0][0].clone().unwrap();
    database.execute(&["ALTER ROLE ", &role, " SET statement_timeout = '50ms'"].concat());
    database.execute("CREATE PROCEDURE rests() LANGUAGE sql AS 'SELECT pg_sleep(0.2)'");
    run(&database, &[up("a", &["+SELECT pg_sleep(0.2)", "-CALL rests()"])]).0.unwrap();
    database.execute(&["ALTER ROLE ", &role, " RESET statement_timeout"].concat());
}

#[test]
fn a_lock_that_is_not_to_be_had_is_asked_for_again_and_given_up() {
    let database = TestDatabase::new();
    database.execute("CREATE TABLE t (a int)");
    let steps = [up("a", &["+CREATE TABLE u (); ALTER TABLE t ADD b int"])];
    runtime().unwrap().block_on(async {
        let blocker = database.connect().await;
        blocker.client.batch_execute("BEGIN; SELECT * FROM t").await.unwrap();
        let (result, events) = run_on(database.target(), &steps, &quick()).await;
        let error = result.unwrap_err();
        assert_eq!(error.code(), "database::lock_timeout");
        assert_eq!(events, ["begin a 2", "run 0", "run 1", "retry 1", "run 0", "run 1"]);
        // With more patience the lock comes free meanwhile.
        let options = ApplyOptions { retries: 1000, ..quick() };
        let release = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            blocker.client.batch_execute("COMMIT").await.unwrap();
        };
        let ((result, _), ()) = tokio::join!(run_on(database.target(), &steps, &options), release);
        result.unwrap();
    });
    assert_eq!(states(&database), "a done");
}

#[test]
fn one_run_at_a_time_and_the_other_is_told_whom_it_waits_for() {
    let database = TestDatabase::new();
    runtime().unwrap().block_on(async {
        let (one, two) = (database.connect().await, database.connect().await);
        let lock = RunLock::acquire(&one, &table(), Duration::ZERO).await.unwrap();
        let pid: i32 = one.client.query_typed_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let error = RunLock::acquire(&two, &table(), Duration::from_millis(30)).await.unwrap_err();
        assert_eq!(error.code(), "database::locked");
        assert_eq!(
            error.to_string(),
            format!("another run is at work on s.limbeck_revisions (server process {pid})")
        );
        // Another service's table is another lock.
        let other = VersionTable::in_schema("other");
        RunLock::acquire(&two, &other, Duration::ZERO).await.unwrap().release(&two).await.unwrap();
        lock.release(&one).await.unwrap();
        RunLock::acquire(&two, &table(), Duration::ZERO).await.unwrap().release(&two).await.unwrap();
        // The end of a session gives its lock back.
        let _lock = RunLock::acquire(&one, &table(), Duration::ZERO).await.unwrap();
        drop(one);
        RunLock::acquire(&two, &table(), Duration::from_secs(10)).await.unwrap().release(&two).await.unwrap();
    });
}

#[test]
fn two_runs_without_a_lock_do_not_apply_twice() {
    let database = TestDatabase::new();
    run(&database, &[up("first", &["+CREATE TABLE log (who text)"])]).0.unwrap();
    let steps = [up("a", &["+SELECT pg_sleep(0.05); INSERT INTO log VALUES ('a')"])];
    let options = ApplyOptions { lock_timeout: Duration::from_secs(10), ..quick() };
    let (one, two) = runtime().unwrap().block_on(async {
        tokio::join!(run_on(database.target(), &steps, &options), run_on(database.target(), &steps, &options))
    });
    let failed: Vec<_> = [one.0, two.0].into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.iter().map(Error::code).collect::<Vec<_>>(), ["database::concurrent"]);
    assert_eq!(database.query("SELECT count(*) FROM log"), [[Some("1".to_owned())]]);
}

#[test]
fn stamping_replaces_rows_and_runs_nothing() {
    let database = TestDatabase::new();
    let target = database.target().clone();
    let stamp = |remove: &'static [&'static str], add: &'static [&'static str]| {
        let add: Vec<_> = add.iter().map(|id| Record { id, message: "it's", checksum: "c" }).collect();
        let target = target.clone();
        runtime().unwrap().block_on(async move {
            table().stamp(&Connection::open(&target).await.unwrap(), remove, &add).await.unwrap();
        });
    };
    stamp(&["x"], &["a", "b"]);
    assert_eq!(states(&database), "a done, b done");
    stamp(&["a"], &["b", "c"]);
    assert_eq!(states(&database), "b done, c done");
    stamp(&["b", "c"], &[]);
    assert_eq!(database.query("SELECT to_regclass('s.limbeck_revisions')"), [[None]]);
}

#[test]
fn an_edited_file_is_noticed() {
    let database = TestDatabase::new();
    run(&database, &[up("a", &["+SELECT 1"])]).0.unwrap();
    let rows = runtime().unwrap().block_on(async { table().read(&database.connect().await).await.unwrap() });
    let same = rows[0].checksum.clone();
    verify(&rows, |_| Some((same.as_str(), "a.sql"))).unwrap();
    verify(&rows, |_| None).unwrap();
    let error = verify(&rows, |_| Some(("other", "a.sql"))).unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("a.sql")), ("database::edited", true));
}

#[test]
fn names_that_need_quotes_are_quoted() {
    let database = TestDatabase::new();
    let table = VersionTable::in_schema("we\"ird s");
    runtime().unwrap().block_on(async {
        let connection = database.connect().await;
        let record = Record { id: "a", message: "it's \\ \"so\"", checksum: "c" };
        table.stamp(&connection, &[], &[record]).await.unwrap();
        let rows = table.read(&connection).await.unwrap();
        assert_eq!(rows[0].message, record.message);
        let mut step = up("b", &["+CREATE TABLE \"we\"\"ird s\".\"select\" (a int)"]);
        step.segments.extend(
            up("b", &["-CREATE INDEX CONCURRENTLY \"I \"\"x\" ON \"we\"\"ird s\".\"select\" (a)"]).segments,
        );
        apply(&connection, &table, &[step], &quick(), &mut |_| ()).await.unwrap();
        assert_eq!(table.read(&connection).await.unwrap().len(), 2);
    });
}
