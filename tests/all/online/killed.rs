//! Runs that are killed, or whose server is, at any moment: the next one arrives, nothing is lost, nothing is left.
//!
//! `LIMBECK_KILLS` says how often; the long run is
//! `LIMBECK_KILLS=120 cargo nextest run -p limbeck-tests killed --no-capture`. `LIMBECK_SEED` repeats the moments of
//! another run.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{project, revision};
use crate::support::{Project, binary};

const BEFORE: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk)] pub id: i64 }

#[derive(limbeck::Table)]
#[table(schema = "app", name = "children", index(a, name = "changed"), index(b, name = "gone"), unique(c, name = "changed_key"))]
pub struct Child {
    #[column(pk)]
    pub id: i64,
    pub parent: i64,
    pub a: Option<i32>,
    pub b: i32,
    pub c: i32,
}
"#;

const AFTER: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk)] pub id: i64 }

#[derive(limbeck::Table)]
#[table(schema = "app", name = "children", index(a, b, name = "changed"), index(c, a, name = "made"),
        unique(c, b, name = "changed_key"), unique(id, c, name = "new_key"), check(name = "positive", expr = "b >= 0"))]
pub struct Child {
    #[column(pk)]
    pub id: i64,
    #[column(references(Parent))]
    pub parent: i64,
    pub a: i32,
    pub b: i32,
    pub c: i32,
    #[column(default = "gen_random_uuid()")]
    pub token: Uuid,
    #[column(backfill = "b + c")]
    pub sum: i32,
}
"#;

#[test]
fn a_run_that_is_killed_anywhere_arrives_when_it_is_run_again() {
    let project = filled(BEFORE);
    project.write("models.rs", AFTER);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
    let text = revision(&project, "0000000af7e4");
    for step in ["CONCURRENTLY", "VALIDATE CONSTRAINT", "USING INDEX", "DO $limbeck$", "RENAME TO"] {
        assert!(text.contains(step), "{step} is not in\n{text}");
    }
    arrives(&project, &["upgrade"], 20_261_126, &CHILDREN);
}

/// What is to be the same after every walk: a query, and its answer.
type Rows = (&'static str, &'static str);

const CHILDREN: Rows = ("SELECT count(*), sum(b) FROM app.children", "20000|200010000");

/// Kills runs up and down at random moments, as many as `LIMBECK_KILLS` says, and sees each arrive.
fn arrives(project: &Project, up: &[&str], seed: u64, rows: &Rows) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("LIMBECK_KILLS").unwrap_or(6);
    let seed = number("LIMBECK_SEED").unwrap_or(seed);
    let mut random = Random(seed | 1);
    let up = Walk::once(project, up, rows);
    let down_to = ["downgrade", "00000000be04"];
    let down = Walk::once(project, &down_to, rows);
    // A run that ends before its moment comes was not killed, and does not count.
    let mut interrupted = 0;
    for number in 0..kills * 5 {
        let walk = if number % 2 == 0 { &up } else { &down };
        let context = format!("run {number} of seed {seed}");
        interrupted += u64::from(walk.killed(project, &mut random, &context));
        if interrupted == kills {
            return;
        }
    }
    panic!("only {interrupted} of {kills} runs were killed before their end");
}

const STAGED: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk)] pub id: i64 }

#[derive(limbeck::Table)]
#[table(schema = "app", name = "children", index(letter, name = "changed"), index(b, name = "gone"), unique(c, name = "changed_key"))]
pub struct Child {
    #[column(pk)]
    pub id: i64,
    pub parent: i64,
    #[column(renamed_from = "a")]
    pub letter: Option<i32>,
    pub b: i32,
    pub c: i64,
}
"#;

/// The same, with columns that change their type and name by expand and contract.
#[test]
fn a_run_that_is_killed_between_two_columns_arrives_too() {
    let project = filled(BEFORE);
    project.write("models.rs", STAGED);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4", "--expand-contract"]).exits(0);
    arrives(&project, &["upgrade", "--allow", "data-loss"], 20_261_127, &CHILDREN);
}

const PARTITIONED: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk)] pub id: i64 }

limbeck::sql!(r"
    CREATE TABLE app.whole (id bigint NOT NULL, b integer, c integer NOT NULL) PARTITION BY RANGE (id);
    CREATE INDEX whole_b ON app.whole (b);
    CREATE TABLE app.first PARTITION OF app.whole FOR VALUES FROM (0) TO (10000);
    CREATE TABLE app.leaves PARTITION OF app.whole FOR VALUES FROM (10000) TO (20000);
    CREATE TABLE app.joins (id bigint NOT NULL, b integer, c integer NOT NULL);
    CREATE TABLE app.rest_whole (id bigint NOT NULL, b integer) PARTITION BY RANGE (id);
    CREATE TABLE app.rest PARTITION OF app.rest_whole DEFAULT;
    CREATE TABLE app.beside (id bigint NOT NULL, b integer);
");
"#;

const REPARTITIONED: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk)] pub id: i64, #[column(identity)] pub number: i64 }

limbeck::sql!(r"
    CREATE TABLE app.whole (
        id bigint NOT NULL, b integer NOT NULL, c integer NOT NULL, token uuid DEFAULT gen_random_uuid(),
        CONSTRAINT whole_key UNIQUE (id, c), CONSTRAINT positive CHECK (c >= 0)
    ) PARTITION BY RANGE (id);
    CREATE INDEX whole_b ON app.whole (b, c);
    CREATE TABLE app.first PARTITION OF app.whole FOR VALUES FROM (0) TO (10000);
    CREATE TABLE app.leaves (id bigint NOT NULL, b integer, c integer NOT NULL);
    CREATE TABLE app.joins PARTITION OF app.whole FOR VALUES FROM (20000) TO (30000);
    CREATE TABLE app.rest_whole (id bigint NOT NULL, b integer) PARTITION BY RANGE (id);
    CREATE TABLE app.rest PARTITION OF app.rest_whole DEFAULT;
    CREATE TABLE app.beside PARTITION OF app.rest_whole FOR VALUES FROM (10000) TO (20000);
    CREATE TABLE app.new PARTITION OF app.rest_whole FOR VALUES FROM (20000) TO (30000);
");
"#;

/// Partitions that leave and join, their indexes and keys part by part, and rows that are filled and numbered in batches.
#[test]
fn a_run_that_is_killed_among_partitions_arrives_too() {
    let project = project(PARTITIONED);
    survives_crashes(&project);
    project.database.run(
        "INSERT INTO app.parents SELECT n FROM generate_series(1, 20000) AS n;
         INSERT INTO app.whole SELECT n, n, n FROM generate_series(1, 19999) AS n;
         INSERT INTO app.joins SELECT n, n, n FROM generate_series(20000, 29999) AS n;
         INSERT INTO app.rest_whole SELECT n, n FROM generate_series(1, 9999) AS n;
         INSERT INTO app.beside SELECT n, n FROM generate_series(10000, 19999) AS n",
    );
    project.write("models.rs", REPARTITIONED);
    project.limbeck(&["revision", "-m", "after", "--rev-id", "0000000af7e4"]).exits(0);
    let text = revision(&project, "0000000af7e4");
    let steps = [
        "DETACH PARTITION app.leaves CONCURRENTLY",
        "joins_limbeck_bound",
        "rest_limbeck_bound",
        "ON ONLY",
        "CREATE SEQUENCE",
        "SET token = DEFAULT",
    ];
    for step in steps {
        assert!(text.contains(step), "{step} is not in\n{text}");
    }
    let sums = "SELECT
        (SELECT count(*) FROM app.parents), (SELECT sum(id) FROM app.parents),
        (SELECT sum(b) FROM (SELECT b FROM app.first UNION ALL SELECT b FROM app.leaves UNION ALL SELECT b FROM app.joins) AS a),
        (SELECT sum(b) FROM (SELECT b FROM app.rest UNION ALL SELECT b FROM app.beside) AS a),
        (SELECT count(*) FROM pg_inherits WHERE inhdetachpending)";
    arrives(
        &project,
        &["upgrade", "--allow", "data-loss"],
        20_261_128,
        &(sums, "20000|200010000|449985000|199990000|0"),
    );
}

fn filled(models: &str) -> Project {
    let project = project(models);
    survives_crashes(&project);
    project.database.run(
        "INSERT INTO app.parents SELECT n FROM generate_series(1, 100) AS n;
         INSERT INTO app.children SELECT n, n % 100 + 1, n, n, n FROM generate_series(1, 20000) AS n",
    );
    project
}

fn survives_crashes(project: &Project) {
    // The servers of the tests may forget their last commits in a crash; one in production does not.
    project.database.run(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$",
    );
}

struct Walk<'a> {
    arguments: &'a [&'a str],
    /// Where it leads.
    dump: String,
    /// How long it takes, in milliseconds.
    length: u64,
    rows: &'a Rows,
}

impl<'a> Walk<'a> {
    /// A walk, once it has been gone undisturbed.
    fn once(project: &Project, arguments: &'a [&'a str], rows: &'a Rows) -> Self {
        let begun = Instant::now();
        project.limbeck(arguments).exits(0);
        let length = u64::try_from(begun.elapsed().as_millis()).expect("a walk takes less than an age");
        Self { arguments, length, dump: project.database.dump(&["app"]), rows }
    }

    /// Whether the run was killed before its end.
    fn killed(&self, project: &Project, random: &mut Random, context: &str) -> bool {
        let moment = Duration::from_millis(random.below(self.length));
        let mut child = start(project, self.arguments);
        sleep(moment);
        let server = random.below(3) == 0;
        if server {
            kill_server(project);
        } else {
            child.kill().expect("a process of ours can be killed");
        }
        let interrupted = !child.wait().expect("a process of ours ends").success();
        let begun = Instant::now();
        loop {
            let outcome = project.limbeck(self.arguments);
            if outcome.status == 0 {
                break;
            }
            // The server comes back; the session of a killed run ends.
            assert!(begun.elapsed() < Duration::from_secs(60), "{context}, after {moment:?}: {outcome}");
            sleep(Duration::from_millis(200));
        }
        let context = format!("{context}, after {moment:?}, {}", if server { "server" } else { "runner" });
        assert_eq!(project.database.dump(&["app"]), self.dump, "{context}");
        let left = project.database.run(
            "SELECT (SELECT count(*) FROM pg_index WHERE NOT indisvalid),
                    (SELECT count(*) FROM pg_class WHERE relname ~ 'limbeck' AND relkind = 'i'
                        AND relname !~ 'limbeck_revisions'),
                    (SELECT count(*) FROM pg_constraint WHERE conname ~ 'limbeck' AND contype = 'c'
                        AND conrelid <> 'app.limbeck_revisions'::regclass),
                    (SELECT count(*) FROM pg_constraint WHERE NOT convalidated)",
        );
        assert_eq!(left.trim(), "0|0|0|0", "{context}");
        assert_eq!(project.database.run(self.rows.0).trim(), self.rows.1, "{context}");
        interrupted
    }
}

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = Command::new(binary());
    command.current_dir(project.folder.path()).args(arguments).env("DATABASE_URL", project.database.url());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs")
}

/// A session that dies takes the whole server down, which recovers as after a crash.
fn kill_server(project: &Project) {
    let pids = project.database.run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend' ORDER BY pid LIMIT 1",
    );
    for pid in pids.lines() {
        let status = Command::new("kill").args(["-9", pid]).status().expect("`kill` is there");
        assert!(status.success() || !pids.is_empty());
    }
}

/// The same numbers for the same seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
