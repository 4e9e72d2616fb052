//! How long readers and writers wait while a table in use is changed: Limbeck's online plan beside the plain one.
//!
//! For each change the longest reader's and the longest writer's statement is taken, in turn for both plans, in one
//! run; what counts is the ratio. `LIMBECK_ROWS` is the size of the table (300,000 unless said; the figures that we
//! quote are of 5,000,000).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use limbeck_database::connect::runtime;
use limbeck_kinds::{Schema, kind};
use limbeck_plan::{Options, Stages, plan, stages};
use limbeck_schema::Canonical;
use limbeck_sql::{Statement, segments, sql};
use limbeck_testing::TestDatabase;

const BASE: &str = "CREATE TABLE parents (id integer PRIMARY KEY);
    CREATE TABLE t (id bigint PRIMARY KEY, parent integer, a integer, b text);";

/// Changes, by what they add to the base.
const CHANGES: [(&str, &str); 7] = [
    ("index", "CREATE INDEX t_a ON t (a);"),
    ("unique", "ALTER TABLE t ADD CONSTRAINT t_b_key UNIQUE (b);"),
    ("check", "ALTER TABLE t ADD CONSTRAINT positive CHECK (length(b) > 0);"),
    (
        "foreign key",
        "ALTER TABLE t ADD CONSTRAINT t_parent_fkey FOREIGN KEY (parent) REFERENCES parents (id);",
    ),
    ("NOT NULL", "ALTER TABLE t ALTER COLUMN a SET NOT NULL;"),
    ("volatile default", "ALTER TABLE t ADD COLUMN token uuid DEFAULT gen_random_uuid() NOT NULL;"),
    // By expand and contract.
    ("type", "ALTER TABLE t ALTER COLUMN a TYPE bigint;"),
];

fn main() {
    let rows = std::env::var("LIMBECK_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(300_000_u32);
    let database = TestDatabase::new();
    database.execute(BASE);
    let filled = sql!(
        "INSERT INTO parents SELECT n FROM generate_series(1, 1000) AS n;
         INSERT INTO t SELECT n, n % 1000 + 1, n, 'text of row ' || n FROM generate_series(1, {}) AS n;
         ANALYZE t",
        rows
    );
    database.execute(filled.as_str());
    let (from, version) = read(&database);
    println!("{rows} rows; longest wait of a reader and a writer: plain, online, plain / online");
    for (name, change) in CHANGES {
        let wanted = TestDatabase::new();
        wanted.execute(BASE);
        wanted.execute(change);
        let (to, _) = read(&wanted);
        let statements = |from, to, online| {
            let options = Options { version, online, renames: Vec::new() };
            let plain = plan(from, to, &options).expect("there is an order");
            match stages(from, to, &plain, &options).expect("it can be done in stages") {
                Some(Stages { expand, contract }) if online => {
                    [expand.up.statements, contract.up.statements].concat()
                }
                _ => plain.statements,
            }
        };
        let mut measured = [false, true].map(|online| {
            let waits = measure(&database, rows, &statements(&from, &to, online));
            run(&database, &statements(&to, &from, false));
            waits
        });
        let [plain, online] = &mut measured;
        let ratio = |at: usize| plain[at].as_secs_f64() / online[at].as_secs_f64();
        println!(
            "{name:<17} reader {:>8.1?} {:>8.1?} {:>7.1}    writer {:>8.1?} {:>8.1?} {:>7.1}",
            plain[0],
            online[0],
            ratio(0),
            plain[1],
            online[1],
            ratio(1)
        );
    }
}

fn read(database: &TestDatabase) -> (Canonical<Schema>, i32) {
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let schema = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        let mut schema = schema.into_inner();
        schema.retain(|id, _| id.kind != kind::OWNER);
        (Canonical::from_server(schema), connection.version)
    })
}

fn run(database: &TestDatabase, statements: &[Statement]) {
    runtime().expect("an event queue").block_on(async {
        let client = database.connect().await.client;
        for segment in segments(statements) {
            let (begin, commit) = if segment.transactional { ("BEGIN", "COMMIT") } else { ("", "") };
            client.batch_execute(begin).await.expect("a transaction begins");
            for statement in segment.statements {
                client.batch_execute(statement.sql.as_str()).await.expect("the statement runs");
            }
            client.batch_execute(commit).await.expect("the transaction ends");
        }
    });
}

/// The longest wait of a reader and of a writer while the statements run.
fn measure(database: &TestDatabase, rows: u32, statements: &[Statement]) -> [Duration; 2] {
    let done = AtomicBool::new(false);
    let next = AtomicU64::new(1);
    let user = |write: bool| {
        runtime().expect("an event queue").block_on(async {
            let client = database.connect().await.client;
            let mut longest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let id = next.fetch_add(7919, Ordering::Relaxed) % u64::from(rows) + 1;
                let text = if write {
                    sql!("UPDATE t SET parent = 1 WHERE id = {}", id)
                } else {
                    sql!("SELECT b FROM t WHERE id = {}", id)
                };
                let start = Instant::now();
                client.batch_execute(text.as_str()).await.expect("the user's statement runs");
                longest = longest.max(start.elapsed());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            longest
        })
    };
    std::thread::scope(|scope| {
        let user = &user;
        let users = [false, true].map(|write| scope.spawn(move || user(write)));
        std::thread::sleep(Duration::from_millis(100));
        run(database, statements);
        done.store(true, Ordering::Relaxed);
        users.map(|user| user.join().expect("a user does not fail"))
    })
}
