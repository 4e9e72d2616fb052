//! Change folders: `fixtures/changes/<kind>/<story>/{from.sql,to.sql}`, run up and down on a real server.
//!
//! The plan's statements are executed in the database of `from.sql`; what the server then holds must be what it
//! holds after `to.sql`, for our reader (no difference left) and for `pg_dump`, which we did not write. Then
//! the inverse plan must lead back. Rows that `from.sql` inserts, and those that its tables are seeded with, must
//! survive where no hazard says that they are lost.
//!
//! A file `renames` tells renames, a line each: `column s.t.a -> s.t.b`. Where there is a `plan.sql`, the way up must
//! be these very statements; those of a `plan.18.sql` from that version on; `LIMBECK_SHOW` prints every plan. A `to.sql`
//! that begins with `-- since 14` is for servers from that version on; of a line with `-- since 14, else …` older ones
//! get what stands behind `else`.

#[path = "pairs/refused.rs"]
mod refused;
#[path = "pairs/teeth.rs"]
mod teeth;

use std::path::{Path, PathBuf};

use limbeck_database::connect::runtime;
use limbeck_database::trial::{self, Kept, Level, Loss};
use limbeck_database::witness::{self, Fingerprint};
use limbeck_kinds::{Schema, kind, rows};
use limbeck_plan::{Options, Plan, plan};
use limbeck_schema::{Canonical, Id, Rename};
use limbeck_sql::{Name, segments};
use limbeck_testing::TestDatabase;

fn changes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/changes")
}

/// All folders below `fixtures/changes` that hold a pair; `LIMBECK_CHANGE` limits them to those whose path
/// holds that text.
fn folders() -> Vec<PathBuf> {
    let only = std::env::var("LIMBECK_CHANGE").unwrap_or_default();
    let mut found = Vec::new();
    let mut open = vec![changes()];
    while let Some(folder) = open.pop() {
        if folder.join("from.sql").exists() && folder.to_string_lossy().contains(&only) {
            found.push(folder.clone());
        }
        let entries = std::fs::read_dir(&folder).expect("fixtures/changes can be read");
        open.extend(
            entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_dir()),
        );
    }
    found.sort();
    found
}

/// The plan as it is applied: in transactions where its statements may run in one.
fn script(plan: &Plan) -> String {
    let mut script = String::new();
    for segment in segments(&plan.statements) {
        let (begin, commit) = if segment.transactional { ("BEGIN;\n", "COMMIT;\n") } else { ("", "") };
        script.push_str(begin);
        segment.statements.iter().for_each(|statement| script.push_str(&format!("{};\n", statement.sql)));
        script.push_str(commit);
    }
    script
}

/// The renames of a folder: `column s.t.a -> s.t.b`, a line each; names here hold no dots.
fn renames(folder: &Path) -> Vec<Rename> {
    let text = std::fs::read_to_string(folder.join("renames")).unwrap_or_default();
    let rename = |line: &str| {
        let (kind, names) = line.split_once(' ').expect("a kind and two names");
        let (from, to) = names.split_once(" -> ").expect("two names");
        Rename { from: named(kind, from), to: named(kind, to) }
    };
    text.lines().map(rename).collect()
}

fn named(kind: &str, name: &str) -> Id {
    let known =
        [kind::SCHEMA, kind::TABLE, kind::COLUMN, kind::ENUM, kind::FUNCTION, kind::VIEW, kind::TRIGGER];
    let kind = known.into_iter().find(|known| known.name() == kind).expect("a kind that folders rename");
    let (name, types) = name.split_at(name.find('(').unwrap_or(name.len()));
    match name.split('.').collect::<Vec<_>>()[..] {
        [name] => Id::global(kind, name),
        [schema, name] => Id::inside(kind, schema, format!("{name}{types}").as_str()),
        [schema, relation, name] => Id::on(kind, Name::new(schema, relation), name),
        _ => panic!("`{name}` is no name"),
    }
}

/// Which plan is tried.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Plain,
    Online,
}

/// The script that leads from a database to a schema.
fn written(
    from: &Canonical<Schema>,
    to: &Canonical<Schema>,
    version: i32,
    renames: &[Rename],
    mode: Mode,
) -> Result<Plan, String> {
    let options = Options { version, renames: renames.to_vec(), online: mode == Mode::Online };
    plan(from, to, &options).map_err(|error| error.to_string())
}

/// Where a walk should lead, as three see it.
struct Goal {
    schema: Canonical<Schema>,
    dump: String,
    print: Fingerprint,
}

impl Goal {
    fn of(database: &TestDatabase) -> Self {
        Self { schema: database.read().0, dump: database.pg_dump(&[]), print: database.fingerprint() }
    }
}

/// Applies the plan from one database to the schema of the other; what is wrong afterwards, in words.
fn walk(database: &TestDatabase, goal: &Goal, renames: &[Rename], mode: Mode) -> Result<String, String> {
    let (from, version) = database.read();
    let plan = written(&from, &goal.schema, version, renames, mode)?;
    applied(database, goal, &plan, true)
}

/// Runs a plan and looks where it led; the statements.
fn applied(database: &TestDatabase, goal: &Goal, plan: &Plan, dumped: bool) -> Result<String, String> {
    let script = script(plan);
    if std::env::var_os("LIMBECK_SHOW").is_some() {
        say(&format!("--- the plan:\n{script}"));
    }
    let with = |what: String| format!("{what}\n--- the plan:\n{script}");
    let before = kept(database);
    // `VERBOSITY verbose` shows the class of an error: see `is_about_rows`.
    database.try_psql(&format!("\\set VERBOSITY verbose\n{script}")).map_err(with)?;
    let (after, version) = database.read();
    let mut wanted = Schema::clone(&goal.schema);
    rows::in_order_of(&after, &mut wanted, version);
    let left = limbeck_diff::diff(&after, &wanted);
    let dump = if dumped { database.pg_dump(&[]) } else { String::new() };
    if !left.is_empty() {
        return Err(with(format!("differences are left: {left:#?}")));
    }
    if dumped && sorted(&dump) != sorted(&goal.dump) {
        return Err(with(format!("pg_dump differs:\n{}", line_difference(&dump, &goal.dump))));
    }
    let seen = witness::differences(&database.fingerprint(), &goal.print);
    if !seen.is_empty() {
        let seen: String = seen.iter().map(|sight| format!("  {sight}\n")).collect();
        return Err(with(format!("the catalogs differ:\n{seen}")));
    }
    let lost = lost(&before, &kept(database), plan);
    if !lost.is_empty() {
        return Err(with(format!("lost without a word: {}", lost.join("; "))));
    }
    Ok(script)
}

#[expect(clippy::print_stdout, reason = "for who looks into a folder")]
fn say(line: &str) {
    println!("{line}");
}

fn kept(database: &TestDatabase) -> Kept {
    runtime()
        .expect("an event queue")
        .block_on(async { trial::keep(&database.connect().await).await.expect("rows can be read") })
}

/// What is gone without a hazard that names it or its table.
fn lost(before: &Kept, after: &Kept, plan: &Plan) -> Vec<String> {
    let hazards = plan.statements.iter().flat_map(|statement| &statement.hazards);
    let told: Vec<&str> = hazards.map(|hazard| hazard.message.as_str()).collect();
    let untold = |loss: &Loss| !loss.is_told(told.iter().copied());
    trial::losses(before, after).iter().filter(|loss| untold(loss)).map(ToString::to_string).collect()
}

/// An error about the rows that were seeded, not about the plan: classes 22 (data) and 23 (constraints).
fn is_about_rows(error: &str) -> bool {
    error.contains("ERROR:  22") || error.contains("ERROR:  23")
}

/// Column order may differ where columns were added, and with it what queries list; the set of lines may not.
fn sorted(dump: &str) -> Vec<String> {
    let bare = |line: &str| witness::without_order(line.trim().trim_end_matches(','));
    let mut lines: Vec<String> = dump.lines().map(bare).collect();
    lines.sort_unstable();
    lines
}

fn line_difference(left: &str, right: &str) -> String {
    let (left, right) = (sorted(left), sorted(right));
    let gone = left
        .iter()
        .filter(|line| !right.contains(line))
        .map(|line| format!("  only after the plan: {line}\n"));
    let missing =
        right.iter().filter(|line| !left.contains(line)).map(|line| format!("  only in to.sql: {line}\n"));
    gone.chain(missing).collect()
}

/// Walks a folder with as many rows as its constraints accept on both sides; whether there were any.
fn check(folder: &Path) -> Result<bool, String> {
    let mut level = Level::Varied;
    loop {
        match check_with(folder, level) {
            Err(error) if is_about_rows(&error) && level != Level::Empty => {
                let why = error.lines().find(|line| line.contains("ERROR")).unwrap_or_default();
                say(&format!("{} with fewer rows: {why}", folder.display()));
                level = level.milder();
            }
            other => return other,
        }
    }
}

/// What packages of binaries say where they were built without ICU, or their extensions' libraries don't load.
const MISSING: [&str; 2] = ["not supported in this build", "could not load library"];

fn check_with(folder: &Path, level: Level) -> Result<bool, String> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
    let for_version = |text: &str, major: u32| {
        limbeck_kinds::catalog::for_version(text, i32::try_from(major * 10_000).expect("a version"))
    };
    let (database, wanted) = (TestDatabase::new(), TestDatabase::new());
    if is_for_newer(folder, &database) {
        return Ok(false);
    }
    for (database, file) in [(&database, "from.sql"), (&wanted, "to.sql")] {
        match database.try_psql(&for_version(&text(file), database.major())) {
            Err(error) if MISSING.iter().any(|missing| error.contains(missing)) => {
                say(&format!("{} needs what these binaries lack: {error}", folder.display()));
                return Ok(false);
            }
            loaded => drop(loaded?),
        }
    }
    let rows = seeded(&database, level);
    let (start, target) = (Goal::of(&database), Goal::of(&wanted));
    let (_, version) = database.read();
    let up = renames(folder);
    let down: Vec<Rename> =
        up.iter().rev().map(|Rename { from, to }| Rename { from: *to, to: *from }).collect();
    let both = |mode: Mode, name: &str| {
        let name = &pinned(folder, name, database.major());
        let plan = walk(&database, &target, &up, mode).map_err(|error| format!("up: {error}"))?;
        if folder.join("rows.sql").exists() {
            database.try_psql(&text("rows.sql")).map_err(|error| format!("rows: {error}\n{plan}"))?;
        }
        if folder.join(name).exists() && std::env::var_os("LIMBECK_WRITE").is_some() {
            std::fs::write(folder.join(name), &plan).map_err(|error| error.to_string())?;
        }
        if folder.join(name).exists() && plan != text(name) {
            return Err(format!("the plan is not {name}:\n{plan}"));
        }
        walk(&database, &start, &down, mode).map_err(|error| format!("down: {error}"))
    };
    both(Mode::Plain, "plan.sql")?;
    let plain = |from: &Goal, to: &Goal, renames, mode| {
        written(&from.schema, &to.schema, version, renames, mode).map(|plan| script(&plan))
    };
    let differs = |from, to, renames| {
        Ok::<_, String>(plain(from, to, renames, Mode::Plain)? != plain(from, to, renames, Mode::Online)?)
    };
    if differs(&start, &target, &up)? || differs(&target, &start, &down)? {
        both(Mode::Online, "online.sql").map_err(|error| format!("online, {error}"))?;
    }
    let named = ["LIMBECK_CHANGE", "LIMBECK_STAGES"].iter().any(|name| std::env::var_os(name).is_some());
    if named || folder.to_string_lossy().contains("/stages_") {
        in_stages(&database, &start, &target, &up, version).map_err(|error| format!("in stages, {error}"))?;
    }
    Ok(rows > 0)
}

/// Where columns get another type or name, the same by expand and contract: two plans up, two down. Their new places
/// show in dumps (statistics are printed in the order of columns), which the others don't look at.
fn in_stages(
    database: &TestDatabase,
    start: &Goal,
    target: &Goal,
    renames: &[Rename],
    version: i32,
) -> Result<(), String> {
    let options = Options { version, renames: renames.to_vec(), online: true };
    let made = plan(&start.schema, &target.schema, &options).map_err(|error| error.to_string())?;
    let stages = match limbeck_plan::stages(&start.schema, &target.schema, &made, &options) {
        Ok(None) => return Ok(()),
        Ok(Some(stages)) => stages,
        Err(error @ limbeck_plan::Error::Staged { .. }) => {
            say(&format!("not in stages: {error}"));
            return Ok(());
        }
        Err(error) => return Err(error.to_string()),
    };
    // What stands between is built beside, too, as the proof does it.
    let beside = TestDatabase::new();
    let whole = plan(&beside.read().0, &stages.expand.to, &Options { version, ..Options::default() });
    let whole = whole.map_err(|error| format!("beside: {error}"))?;
    beside.try_psql(&script(&whole)).map_err(|error| format!("beside: {error}\n{}", script(&whole)))?;
    let both = Goal { schema: stages.expand.to.clone(), ..Goal::of(&beside) };
    applied(database, &both, &stages.expand.up, false).map_err(|error| format!("expand: {error}"))?;
    applied(database, target, &stages.contract.up, false).map_err(|error| format!("contract: {error}"))?;
    applied(database, &both, &stages.contract.down, false)
        .map_err(|error| format!("back from contract: {error}"))?;
    applied(database, start, &stages.expand.down, false)
        .map_err(|error| format!("back from expand: {error}"))?;
    Ok(())
}

/// The file with the statements that a server of that version gets.
fn pinned(folder: &Path, name: &str, major: u32) -> String {
    let of_version = |major: u32| name.replace(".sql", &format!(".{major}.sql"));
    let newest = (10..=major).rev().map(of_version).find(|name| folder.join(name).exists());
    newest.unwrap_or_else(|| name.to_owned())
}

/// Whether the folder is for servers from a later version on.
fn is_for_newer(folder: &Path, database: &TestDatabase) -> bool {
    let text = std::fs::read_to_string(folder.join("to.sql")).expect("a fixture can be read");
    let since = text.lines().next().and_then(|line| line.strip_prefix("-- since ")?.parse().ok());
    since.is_some_and(|since: u32| database.major() < since)
}

/// Fills the tables that stand empty; how many rows they took.
fn seeded(database: &TestDatabase, level: Level) -> usize {
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let levels = trial::tables_at(&connection, level).await.expect("the catalogs can be read");
        trial::seed(&connection, &levels).await.expect("the catalogs can be read").rows
    })
}

#[test]
fn every_change_folder_is_walked_up_and_down() {
    let folders = folders();
    assert!(!folders.is_empty(), "no change folder was found");
    let mut failed = Vec::new();
    let mut with_rows = 0;
    for folder in &folders {
        match check(folder) {
            Ok(rows) => with_rows += usize::from(rows),
            Err(error) => failed.push(format!("=== {}\n{error}", folder.display())),
        }
    }
    println!("{with_rows} of {} folders were walked with rows", folders.len());
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), folders.len(), failed.join("\n"));
}
