//! The proof has teeth: whatever is left out of a plan, or of what our reader sees, the witness finds.
//!
//! The witness alone judges here. A statement is taken out of the plan, or a kind out of both schemas, as if
//! nobody had written its reader: what the plan then leaves undone must be seen.

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
            let database = copy_of(&start, tried);
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

/// A database like another, copied by the server.
fn copy_of(database: &TestDatabase, number: usize) -> TestDatabase {
    let name = format!("copy_{number}");
    let from = Ident::new(database.target().database());
    let statement = sql!("CREATE DATABASE {} TEMPLATE {}", Ident::new(&name), from);
    TestDatabase::existing("postgres").execute(statement.as_str());
    TestDatabase::existing(&name)
}
