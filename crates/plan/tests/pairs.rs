//! Change folders: `fixtures/changes/<kind>/<story>/{from.sql,to.sql}`, run up and down on a real server.
//!
//! The plan's statements are executed in the database of `from.sql`; what the server then holds must be what it
//! holds after `to.sql`, for our reader (no difference left) and for `pg_dump`, which we did not write. Then
//! the inverse plan must lead back. Rows that `from.sql` inserts are counted before and after.

use std::path::{Path, PathBuf};

use limbeck_database::connect::runtime;
use limbeck_kinds::Schema;
use limbeck_plan::{Options, Plan, plan};
use limbeck_schema::Canonical;
use limbeck_sql::{Statement, Transaction};
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

fn script(plan: &Plan) -> String {
    let mut script = String::new();
    for Statement { sql, transaction, .. } in &plan.statements {
        script.push_str(sql.as_str());
        script.push_str(";\n");
        let _: &Transaction = transaction;
    }
    script
}

/// Applies the plan from one database to the schema of the other; what is wrong afterwards, in words.
fn walk(database: &TestDatabase, target: &Canonical<Schema>, target_dump: &str) -> Result<(), String> {
    let (from, version) = read(database);
    let options = Options { version, ..Options::default() };
    let plan = plan(&from, target, &options).map_err(|error| error.to_string())?;
    let script = script(&plan);
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
    Ok(())
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
    database.try_psql(&text("from.sql"))?;
    wanted.try_psql(&text("to.sql"))?;
    let (start, _) = read(&database);
    let start_dump = database.pg_dump(&[]);
    let (target, _) = read(&wanted);
    walk(&database, &target, &wanted.pg_dump(&[])).map_err(|error| format!("up: {error}"))?;
    walk(&database, &start, &start_dump).map_err(|error| format!("down: {error}"))
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
