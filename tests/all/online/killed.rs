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
    arrives(&project, &["upgrade"], 20_261_126);
}

/// Kills runs up and down at random moments, as many as `LIMBECK_KILLS` says, and sees each arrive.
fn arrives(project: &Project, up: &[&str], seed: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("LIMBECK_KILLS").unwrap_or(6);
    let seed = number("LIMBECK_SEED").unwrap_or(seed);
    let mut random = Random(seed | 1);
    let up = Walk { arguments: up, dump: dump_after(project, up) };
    let down_to = ["downgrade", "00000000be04"];
    let down = Walk { arguments: &down_to, dump: dump_after(project, &down_to) };
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
    arrives(&project, &["upgrade", "--allow", "data-loss"], 20_261_127);
}

fn filled(models: &str) -> Project {
    let project = project(models);
    // The servers of the tests may forget their last commits in a crash; one in production does not.
    project.database.run(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$",
    );
    project.database.run(
        "INSERT INTO app.parents SELECT n FROM generate_series(1, 100) AS n;
         INSERT INTO app.children SELECT n, n % 100 + 1, n, n, n FROM generate_series(1, 20000) AS n",
    );
    project
}

fn dump_after(project: &Project, arguments: &[&str]) -> String {
    project.limbeck(arguments).exits(0);
    project.database.dump(&["app"])
}

struct Walk<'a> {
    arguments: &'a [&'a str],
    /// Where it leads.
    dump: String,
}

impl Walk<'_> {
    /// Whether the run was killed before its end.
    fn killed(&self, project: &Project, random: &mut Random, context: &str) -> bool {
        let moment = Duration::from_millis(20 + random.below(900));
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
                    (SELECT count(*) FROM pg_constraint WHERE NOT convalidated),
                    (SELECT count(*) FROM app.children), (SELECT sum(b) FROM app.children)",
        );
        assert_eq!(left.trim(), "0|0|0|0|20000|200010000", "{context}");
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
