//! Change folders: `fixtures/changes/<kind>/<story>/{from.sql,to.sql}`, run up and down on a real server.
//!
//! The plan's statements are executed in the database of `from.sql`; what the server then holds must be what it
//! holds after `to.sql`, for our reader (no difference left) and for `pg_dump`, which we did not write. Then
//! the inverse plan must lead back. Rows that `from.sql` inserts are counted before and after.
//!
//! A file `renames` tells renames, a line each: `column s.t.a -> s.t.b`. Where there is a `plan.sql`, the way up must
//! be these very statements. A `to.sql` that begins with `-- since 14` is for servers from that version on.

use std::path::{Path, PathBuf};

use limbeck_database::connect::runtime;
use limbeck_kinds::{Schema, kind};
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

fn read(database: &TestDatabase) -> (Canonical<Schema>, i32) {
    runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        let schema = limbeck_database::read(&connection).await.expect("the catalogs can be read");
        // Owners are compared only on request.
        let mut schema = schema.into_inner();
        schema.retain(|id, _| id.kind != limbeck_kinds::kind::OWNER);
        (Canonical::from_server(schema), connection.version)
    })
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
) -> Result<String, String> {
    let options = Options { version, renames: renames.to_vec(), online: mode == Mode::Online };
    let plan = plan(from, to, &options).map_err(|error| error.to_string())?;
    Ok(script(&plan))
}

/// Applies the plan from one database to the schema of the other; what is wrong afterwards, in words.
fn walk(
    database: &TestDatabase,
    target: &Canonical<Schema>,
    target_dump: &str,
    renames: &[Rename],
    mode: Mode,
) -> Result<String, String> {
    let (from, version) = read(database);
    let script = written(&from, target, version, renames, mode)?;
    database.try_psql(&script).map_err(|error| format!("{error}\n--- the plan:\n{script}"))?;
    let (after, _) = read(database);
    let left = limbeck_diff::diff(&after, target);
    let dump = database.pg_dump(&[]);
    if !left.is_empty() {
        return Err(format!("differences are left: {left:#?}\n--- the plan:\n{script}"));
    }
    if sorted(&dump) != sorted(target_dump) {
        return Err(format!(
            "pg_dump differs:\n{}\n--- the plan:\n{script}",
            line_difference(&dump, target_dump)
        ));
    }
    Ok(script)
}

/// Column order may differ where columns were added; the set of lines may not.
fn sorted(dump: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = dump.lines().map(|line| line.trim().trim_end_matches(',')).collect();
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

fn check(folder: &Path) -> Result<(), String> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
    let (database, wanted) = (TestDatabase::new(), TestDatabase::new());
    let since = text("to.sql").lines().next().and_then(|line| line.strip_prefix("-- since ")?.parse().ok());
    if since.is_some_and(|since: u32| database.major() < since) {
        return Ok(());
    }
    database.try_psql(&text("from.sql"))?;
    wanted.try_psql(&text("to.sql"))?;
    let (start, version) = read(&database);
    let start_dump = database.pg_dump(&[]);
    let (target, _) = read(&wanted);
    let up = renames(folder);
    let down: Vec<Rename> =
        up.iter().rev().map(|Rename { from, to }| Rename { from: *to, to: *from }).collect();
    let target_dump = wanted.pg_dump(&[]);
    let both = |mode: Mode, name: &str| {
        let plan =
            walk(&database, &target, &target_dump, &up, mode).map_err(|error| format!("up: {error}"))?;
        if folder.join(name).exists() && std::env::var_os("LIMBECK_WRITE").is_some() {
            std::fs::write(folder.join(name), &plan).map_err(|error| error.to_string())?;
        }
        if folder.join(name).exists() && plan != text(name) {
            return Err(format!("the plan is not {name}:\n{plan}"));
        }
        walk(&database, &start, &start_dump, &down, mode).map_err(|error| format!("down: {error}"))
    };
    both(Mode::Plain, "plan.sql")?;
    let plain = |from, to, renames, mode| written(from, to, version, renames, mode);
    let differs = |from, to, renames| {
        Ok::<_, String>(plain(from, to, renames, Mode::Plain)? != plain(from, to, renames, Mode::Online)?)
    };
    if differs(&start, &target, &up)? || differs(&target, &start, &down)? {
        both(Mode::Online, "online.sql").map_err(|error| format!("online, {error}"))?;
    }
    Ok(())
}

#[test]
fn every_change_folder_is_walked_up_and_down() {
    let folders = folders();
    assert!(!folders.is_empty(), "no change folder was found");
    let mut failed = Vec::new();
    for folder in &folders {
        if let Err(error) = check(folder) {
            failed.push(format!("=== {}\n{error}", folder.display()));
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), folders.len(), failed.join("\n"));
}
