//! The proof has teeth: whatever is left out of a plan, or of what our reader sees, the witness finds.
//!
//! The witness alone judges here. A statement is taken out of the plan, or a kind out of both schemas, as if
//! nobody had written its reader: what the plan then leaves undone must be seen.
//!
//! Every eighth change folder is spoilt in all ways in every run; with `LIMBECK_TEETH=all` each of them is.

use std::collections::BTreeSet;

use limbeck_kinds::column::Column;
use limbeck_kinds::{Object, TypeName};
use limbeck_schema::Kind;
use limbeck_sql::{Ident, sql};

use super::*;

/// Folders whose statements are left out one by one.
const FOLDERS: &[&str] = &[
    "column/details",
    "comment/change",
    "constraint/change",
    "enum/change",
    "policy/change",
    "statistics/change",
    "table/marks",
    "trigger/change",
    "view/options",
];

#[test]
fn a_statement_that_is_left_out_is_missed() {
    let mut unseen = Vec::new();
    let mut tried = 0;
    for folder in FOLDERS.iter().map(|folder| changes().join(folder)) {
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
        let (start, wanted) = (TestDatabase::new(), TestDatabase::new());
        start.psql(&text("from.sql"));
        wanted.psql(&text("to.sql"));
        let goal = Goal::of(&wanted);
        let (from, version) = start.read();
        let plan = written(&from, &goal.schema, version, &renames(&folder), Mode::Plain).expect("a plan");
        for left_out in 0..plan.statements.len() {
            let mut lame = plan.clone();
            let statement = lame.statements.remove(left_out).sql;
            // A setting of the session leaves nothing behind.
            if statement.as_str().starts_with("SET ") {
                continue;
            }
            tried += 1;
            let database = copy_of(&start, "copy", tried);
            let refused = database.try_psql(&script(&lame)).is_err();
            // Where `pg_dump` misses nothing either, another statement does the same.
            if !refused
                && witness::differences(&database.fingerprint(), &goal.print).is_empty()
                && sorted(&database.pg_dump(&[])) != sorted(&goal.dump)
            {
                unseen.push(format!("{}: {statement}", folder.display()));
            }
        }
    }
    assert!(tried > 60, "only {tried} statements were left out");
    assert!(unseen.is_empty(), "nobody missed:\n{}", unseen.join("\n"));
}

#[test]
fn what_the_reader_is_blind_to_the_witness_sees() {
    let blind: &[(Kind, &str)] = &[
        (kind::COMMENT, "comment/change"),
        (kind::CONSTRAINT, "constraint/change"),
        (kind::POLICY, "policy/change"),
        (kind::STATISTICS, "statistics/change"),
        (kind::TRIGGER, "trigger/change"),
        (kind::GRANT, "grant/change"),
        (kind::SEQUENCE, "sequence/change"),
        (kind::RULE, "rule/change"),
        (kind::ROW_SECURITY, "row_security/change"),
    ];
    for (kind, folder) in blind {
        let folder = changes().join(folder);
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
        let (database, wanted) = (TestDatabase::new(), TestDatabase::new());
        database.psql(&text("from.sql"));
        wanted.psql(&text("to.sql"));
        let goal = Goal::of(&wanted);
        let without = |schema: Canonical<Schema>| {
            let mut schema = schema.into_inner();
            schema.retain(|id, _| id.kind != *kind);
            Canonical::from_server(schema)
        };
        let (from, version) = database.read();
        let (from, to) = (without(from), without(goal.schema));
        let plan = written(&from, &to, version, &renames(&folder), Mode::Plain).expect("a plan");
        let refused = database.try_psql(&script(&plan)).is_err();
        let seen = witness::differences(&database.fingerprint(), &goal.print);
        assert!(refused || !seen.is_empty(), "a reader that is blind to {kind} goes unnoticed");
    }
}

#[test]
fn an_index_left_invalid_is_seen() {
    let (database, wanted) = (TestDatabase::new(), TestDatabase::new());
    let table = "CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1); ";
    wanted.execute(&format!("{table} CREATE INDEX i ON t (a)"));
    database.execute(table);
    // The build fails on the duplicates and leaves an invalid index, which then passes for the one that is wanted.
    assert!(database.try_psql("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").is_err());
    let seen = witness::differences(&database.fingerprint(), &Goal::of(&wanted).print);
    assert!(seen.iter().any(|sight| sight.column.as_deref() == Some("indisvalid")), "{seen:?}");
}

/// How often each sort of fault was made.
#[derive(Debug, Default)]
struct Made {
    statements_left_out: usize,
    types_changed: usize,
    comments_forgotten: usize,
    kinds_not_read: usize,
    indexes_left_invalid: usize,
}

#[test]
fn no_fault_goes_unnoticed_in_any_folder() {
    let all = std::env::var_os("LIMBECK_TEETH").is_some();
    let (mut made, mut unseen, mut copies) = (Made::default(), Vec::new(), 0);
    for (number, folder) in folders().iter().enumerate().filter(|(number, _)| all || number % 8 == 0) {
        if let Some(spoilt) = Spoilt::of(folder) {
            let found = spoilt.faults(number, &mut copies, &mut made);
            unseen.extend(found.iter().map(|fault| format!("{}: {fault}", folder.display())));
        }
    }
    say(&format!("{made:?}"));
    let one = std::env::var_os("LIMBECK_CHANGE").is_some();
    assert!(one || made.statements_left_out > 10 && made.kinds_not_read > 10, "{made:?}");
    assert!(unseen.is_empty(), "nobody missed:\n{}", unseen.join("\n"));
}

/// A folder whose plan, or what a reader sees of it, is spoilt.
struct Spoilt {
    start: TestDatabase,
    goal: Goal,
    from: Canonical<Schema>,
    version: i32,
    renames: Vec<Rename>,
}

impl Spoilt {
    /// Both sides of a folder; nothing where the server is too old for it or its binaries lack something.
    fn of(folder: &Path) -> Option<Self> {
        let (start, wanted) = (TestDatabase::new(), TestDatabase::new());
        if is_for_newer(folder, &start) {
            return None;
        }
        for (database, name) in [(&start, "from.sql"), (&wanted, "to.sql")] {
            let text = std::fs::read_to_string(folder.join(name)).expect("a fixture can be read");
            let version = i32::try_from(start.major() * 10_000).expect("a version");
            let loaded = database.try_psql(&limbeck_kinds::catalog::for_version(&text, version));
            if loaded.is_err_and(|error| MISSING.iter().any(|missing| error.contains(missing))) {
                return None;
            }
        }
        let goal = Goal::of(&wanted);
        let (from, version) = start.read();
        Some(Self { start, goal, from, version, renames: renames(folder) })
    }

    fn plan(&self, from: &Canonical<Schema>, to: &Canonical<Schema>) -> Option<Plan> {
        written(from, to, self.version, &self.renames, Mode::Plain).ok()
    }

    /// Makes a fault of each sort, and tells those that nobody saw.
    fn faults(&self, number: usize, copies: &mut usize, made: &mut Made) -> Vec<String> {
        let Some(plan) = self.plan(&self.from, &self.goal.schema) else { return Vec::new() };
        let mut faulty: Vec<(String, Plan)> = Vec::new();
        let runs = |statement: &str| !statement.is_empty() && !statement.starts_with("SET ");
        let candidates: Vec<usize> =
            (0..plan.statements.len()).filter(|at| runs(plan.statements[*at].sql.as_str())).collect();
        if !candidates.is_empty() {
            let mut lame = plan.clone();
            let statement = lame.statements.remove(candidates[number % candidates.len()]).sql;
            faulty.push((format!("left out: {statement}"), lame));
            made.statements_left_out += 1;
        }
        if let Some((column, to)) = retyped(&self.from, &self.goal.schema)
            && let Some(lame) = self.plan(&self.from, &to)
        {
            faulty.push((format!("another type for {column}"), lame));
            made.types_changed += 1;
        }
        let kinds: BTreeSet<Kind> = plan.differences.iter().map(|difference| difference.id.kind).collect();
        for kind in kinds {
            let (from, to) = (without(&self.from, kind), without(&self.goal.schema, kind));
            let Some(lame) = self.plan(&from, &to) else { continue };
            faulty.push((format!("a reader blind to {kind}"), lame));
            made.comments_forgotten += usize::from(kind == kind::COMMENT);
            made.kinds_not_read += 1;
        }
        let mut unseen = Vec::new();
        for (fault, lame) in faulty {
            let seen = self.on_copy(copies, |database| {
                database.try_psql(&script(&lame)).is_err()
                    || !witness::differences(&database.fingerprint(), &self.goal.print).is_empty()
                    || sorted(&database.pg_dump(&[])) == sorted(&self.goal.dump)
            });
            unseen.extend((!seen).then_some(fault));
        }
        unseen.extend(self.left_invalid(&plan, copies, made));
        unseen
    }

    /// An index that the plan leaves invalid, if nobody sees it.
    fn left_invalid(&self, plan: &Plan, copies: &mut usize, made: &mut Made) -> Option<String> {
        const SPOIL: &str = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = (
            SELECT indexrelid FROM pg_index WHERE indexrelid >= 16384 AND indisvalid AND indrelid NOT IN (
                SELECT oid FROM pg_class WHERE relnamespace = 'pg_toast'::regnamespace)
            ORDER BY indexrelid DESC LIMIT 1) RETURNING indexrelid::regclass";
        self.on_copy(copies, |database| {
            database.try_psql(&script(plan)).ok()?;
            let index = database
                .try_psql(SPOIL)
                .ok()
                .filter(|said| said.contains("UPDATE 1") || !said.trim().is_empty())?;
            let index = index.lines().next().filter(|line| !line.starts_with("UPDATE"))?.to_owned();
            made.indexes_left_invalid += 1;
            let seen = witness::differences(&database.fingerprint(), &self.goal.print);
            let said = seen.iter().any(|sight| sight.column.as_deref() == Some("indisvalid"));
            (!said).then(|| format!("left invalid: {index}"))
        })
    }

    fn on_copy<T>(&self, copies: &mut usize, work: impl FnOnce(&TestDatabase) -> T) -> T {
        *copies += 1;
        let database = copy_of(&self.start, "spoilt", *copies);
        let done = work(&database);
        let name = Ident::new(database.target().database());
        TestDatabase::existing("postgres").execute(sql!("DROP DATABASE {} WITH (FORCE)", name).as_str());
        done
    }
}

/// The schema as a reader sees it that does not know a kind.
fn without(schema: &Canonical<Schema>, kind: Kind) -> Canonical<Schema> {
    let mut schema = Schema::clone(schema);
    schema.retain(|id, _| id.kind != kind);
    Canonical::from_server(schema)
}

/// The target with another type for the first column that the plan makes or changes.
fn retyped(from: &Canonical<Schema>, to: &Canonical<Schema>) -> Option<(Id, Canonical<Schema>)> {
    let other = |column: &Column| match column.ty.as_built_in()?.as_str() {
        "integer" => Some("bigint"),
        "text" => Some("character varying(77)"),
        "bigint" => Some("numeric(19,0)"),
        _ => None,
    };
    let (id, column) = to.iter().find_map(|(id, object)| match object {
        Object::Column(column) if from.get(id) != Some(object) => Some((*id, (column, other(column)?))),
        _ => None,
    })?;
    let mut schema = Schema::clone(to);
    schema.insert(Column { ty: TypeName::built_in(column.1), ..column.0.clone() }.into());
    Some((id, Canonical::from_server(schema)))
}

/// A database like another, copied by the server.
fn copy_of(database: &TestDatabase, label: &str, number: usize) -> TestDatabase {
    let name = format!("{label}_{number}");
    let from = Ident::new(database.target().database());
    let statement = sql!("CREATE DATABASE {} TEMPLATE {}", Ident::new(&name), from);
    TestDatabase::existing("postgres").execute(statement.as_str());
    TestDatabase::existing(&name)
}
