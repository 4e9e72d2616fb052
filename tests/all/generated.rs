//! Files that Limbeck writes, judged: squawk's default rules find nothing that the file does not answer, and our own
//! rules find nothing that is wrong, hazards apart.
//!
//! The changes of a few kinds are written in every run. With `LIMBECK_GENERATED=FOLDER` all of them are, into that
//! folder, for squawk's own command line: `.ci/squawk` does so.

use std::path::{Path, PathBuf};

use limbeck_lint::{Options as Rules, acknowledge, lint};
use limbeck_plan::{Options, Plan, plan, stages};
use limbeck_revisions::file::{Script, lock_lines};
use limbeck_revisions::{RevisionFile, RevisionId};
use limbeck_schema::Rename;
use limbeck_sql::HazardKind;
use limbeck_testing::TestDatabase;
use squawk_linter::Linter;
use squawk_syntax::SourceFile;

use crate::support::root;

/// What is written in every run.
const ALWAYS: [&str; 5] = ["column/", "constraint/", "online/", "enum/", "partition/"];

/// What squawk's parser does not know of PostgreSQL's grammar: `CREATE LANGUAGE … HANDLER`, `ALTER SERVER … VERSION NULL`,
/// `ADD COLUMN … COMPRESSION`.
const UNPARSED: [&str; 3] = ["language/create", "foreign_data/change", "column/storage_and_type"];

/// What can't be done otherwise: a type and its own functions go together, and a trigger may be off.
const SAID: [(&str, &str); 2] =
    [("lint::drop_cascade", "base_type/create"), ("lint::ban_disable_trigger", "trigger/change")];

fn folder_name(folder: &Path) -> String {
    let changes = root().join("fixtures/changes");
    folder.strip_prefix(changes).unwrap_or(folder).display().to_string()
}

/// The folders that hold a change, but for those whose renames must be told.
fn folders(all: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join("fixtures/changes")];
    while let Some(folder) = open.pop() {
        let shown = folder_name(&folder);
        let change = folder.join("from.sql").exists() && !folder.join("renames").exists();
        if change && (all || ALWAYS.iter().any(|kind| shown.starts_with(kind))) {
            found.push(folder.clone());
        }
        let entries = std::fs::read_dir(&folder).expect("the fixtures can be read").flatten();
        open.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found.sort();
    found
}

/// The files of a change, in one revision and in two; none where it is for a newer server.
fn files(folder: &Path, number: u64) -> Vec<RevisionFile> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
    let (before, after) = (TestDatabase::new(), TestDatabase::new());
    let for_version = |text: String| {
        limbeck_kinds::catalog::for_version(&text, i32::try_from(before.major() * 10_000).expect("a version"))
    };
    let since = text("to.sql").lines().next().and_then(|line| line.strip_prefix("-- since ")?.parse().ok());
    if since.is_some_and(|since: u32| before.major() < since) {
        return Vec::new();
    }
    match before.try_psql(&for_version(text("from.sql"))) {
        // Packages of binaries may lack ICU.
        Err(error) if error.contains("not supported in this build") => return Vec::new(),
        loaded => drop(loaded.expect("from.sql runs")),
    }
    after.try_psql(&for_version(text("to.sql"))).expect("to.sql runs");
    let ((from, version), (to, _)) = (before.read(), after.read());
    let up = plan(&from, &to, &Options { renames: Vec::new(), version, online: true }).expect("a plan");
    let renames = up.renames.iter().rev().map(|it| Rename { from: it.to, to: it.from }).collect();
    let down = plan(&to, &from, &Options { renames, version, online: true }).expect("a plan back");
    let options = Options { renames: up.renames.clone(), version, online: true };
    let stages = stages(&from, &to, &up, &options).ok().flatten();
    let mut ways = vec![(up, down)];
    for stage in stages.into_iter().flat_map(|stages| [stages.expand, stages.contract]) {
        ways.push((stage.up, stage.down));
    }
    ways.iter().enumerate().map(|(at, (up, down))| written(number * 3 + at as u64, up, down)).collect()
}

fn written(number: u64, up: &Plan, down: &Plan) -> RevisionFile {
    let created = "2026-11-22T11:20:00Z".parse().expect("a time");
    let mut file = RevisionFile::new(RevisionId::from_random(number), Vec::new(), "a change", created);
    file.locks = lock_lines(&up.statements);
    file.upgrade = Script::from_statements(&up.statements);
    file.downgrade = Some(Script::from_statements(&down.statements));
    acknowledge(&mut file).expect("the file can be written");
    file
}

fn squawk(text: &str) -> Vec<String> {
    let parse = SourceFile::parse(text);
    let violations = Linter::with_default_rules().lint(&parse, text);
    violations.iter().map(|violation| format!("squawk {}: {}", violation.code, violation.message)).collect()
}

#[test]
fn what_limbeck_writes_is_answered_where_squawk_asks() {
    let into = std::env::var_os("LIMBECK_GENERATED").map(PathBuf::from);
    let mut wrong = Vec::new();
    let mut count = 0;
    let folders = folders(into.is_some());
    let all = folders.iter().enumerate().flat_map(|(number, folder)| {
        files(folder, number as u64).into_iter().enumerate().map(move |(at, file)| (folder, at, file))
    });
    for (folder, at, file) in all {
        let text = file.text().expect("the file can be written");
        count += 1;
        if let Some(into) = &into {
            let name = folder_name(folder).replace('/', "_");
            let stage = ["", "_expand", "_contract"][at];
            std::fs::write(into.join(format!("{name}{stage}.sql")), &text)
                .expect("the folder can be written to");
        }
        let verdict = lint("f.sql", &text, &Rules { revision: true, ..Rules::default() });
        let parsed = !UNPARSED.iter().any(|unparsed| folder.ends_with(unparsed));
        let wrong_or_lost = |hazard: Option<HazardKind>| hazard.is_none_or(|it| it == HazardKind::DataLoss);
        let errors = verdict.findings.iter().filter(|finding| wrong_or_lost(finding.hazard));
        let errors = errors.filter(|finding| parsed || finding.code != "lint::syntax");
        let errors = errors.filter(|finding| !SAID.contains(&(finding.code, folder_name(folder).as_str())));
        let ours =
            errors.map(|finding| format!("{} {}: {}", finding.code, finding.origin.line, finding.message));
        let found: Vec<String> = squawk(&text).into_iter().chain(ours).collect();
        if !found.is_empty() {
            wrong.push(format!("=== {}\n{}\n{text}", folder.display(), found.join("\n")));
        }
    }
    assert!(count > 10, "only {count} files were written");
    assert!(wrong.is_empty(), "{} of {count} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_committed_revisions_are_answered_too() {
    for entry in
        std::fs::read_dir(root().join("fixtures/mindmirror")).expect("the platform is there").flatten()
    {
        for file in std::fs::read_dir(entry.path().join("migrations")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(file.path()).expect("a revision can be read");
            let none: [&str; 0] = [];
            assert_eq!(squawk(&text), none, "{}", file.path().display());
        }
    }
}
