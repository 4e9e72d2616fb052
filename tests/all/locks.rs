//! The locks that `review` tells of hand-written statements, held against what PostgreSQL takes.

use limbeck_lint::locks;
use limbeck_testing::TestDatabase;

const SCHEMA: &str = "
    CREATE SCHEMA s;
    CREATE TABLE s.u (id integer PRIMARY KEY);
    CREATE TABLE s.t (id integer, a integer, b text, CONSTRAINT c CHECK (a > 0) NOT VALID);
    CREATE TABLE s.p (id integer) PARTITION BY LIST (id);
    CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES IN (1);
    CREATE TABLE s.p2 (id integer);
    CREATE UNIQUE INDEX i ON s.t (id);
    CREATE VIEW s.v AS SELECT 1 AS one;
    CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS one;
    CREATE UNIQUE INDEX mi ON s.m (one);
    CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.f();
    CREATE POLICY o ON s.t USING (true);
";

const STATEMENTS: &[&str] = &[
    "ALTER TABLE s.t ADD COLUMN x integer",
    "ALTER TABLE s.t DROP COLUMN b",
    "ALTER TABLE s.t RENAME COLUMN b TO x",
    "ALTER TABLE s.t RENAME TO x",
    "ALTER TABLE s.t VALIDATE CONSTRAINT c",
    "ALTER TABLE s.t DROP CONSTRAINT c",
    "ALTER TABLE s.t ADD CONSTRAINT d CHECK (a < 9)",
    "ALTER TABLE s.t ADD CONSTRAINT d CHECK (a < 9) NOT VALID",
    "ALTER TABLE s.t ADD CONSTRAINT d UNIQUE (a)",
    "ALTER TABLE s.t ADD CONSTRAINT d UNIQUE USING INDEX i",
    "ALTER TABLE s.t ADD CONSTRAINT d FOREIGN KEY (a) REFERENCES s.u (id)",
    "ALTER TABLE s.t ADD CONSTRAINT d FOREIGN KEY (a) REFERENCES s.u (id) NOT VALID",
    "ALTER TABLE s.t ADD COLUMN x integer REFERENCES s.u (id)",
    "ALTER TABLE s.t ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE s.t ALTER COLUMN a SET DEFAULT 1",
    "ALTER TABLE s.t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE s.t ALTER COLUMN a SET STATISTICS 10",
    "ALTER TABLE s.t ALTER COLUMN a SET (n_distinct = 5)",
    "ALTER TABLE s.t ALTER COLUMN b SET STORAGE EXTERNAL",
    "ALTER TABLE s.t SET (fillfactor = 80)",
    "ALTER TABLE s.t RESET (fillfactor)",
    "ALTER TABLE s.t SET UNLOGGED",
    "ALTER TABLE s.t DISABLE TRIGGER g",
    "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE s.t CLUSTER ON i",
    "ALTER TABLE s.p ATTACH PARTITION s.p2 FOR VALUES IN (2)",
    "ALTER TABLE s.p DETACH PARTITION s.p1",
    "CREATE INDEX j ON s.t (a)",
    "CREATE TRIGGER h BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()",
    "DROP TRIGGER g ON s.t",
    "CREATE POLICY n ON s.t USING (true)",
    "DROP POLICY o ON s.t",
    "COMMENT ON TABLE s.t IS 'x'",
    "COMMENT ON COLUMN s.t.a IS 'x'",
    "INSERT INTO s.t (id) VALUES (1)",
    "UPDATE s.t SET a = 1",
    "DELETE FROM s.t",
    "TRUNCATE s.t",
    "DROP TABLE s.t",
    "DROP VIEW s.v",
    "ALTER VIEW s.v RENAME TO w",
    "REFRESH MATERIALIZED VIEW s.m",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY s.m",
    "CREATE TABLE s.n (id integer REFERENCES s.u (id))",
];

/// What older servers lock less, which nobody is told: the version up to which, and what they lock.
const LESS: &[(u32, &str, &[&str])] = &[(
    13,
    "ALTER TABLE s.p DETACH PARTITION s.p1",
    &["s.p AccessExclusiveLock", "s.p1 ShareUpdateExclusiveLock"],
)];

/// The strongest lock on each relation that was there before, as the server shows it.
fn measured(database: &TestDatabase, statement: &str) -> Vec<String> {
    let rows = database.psql(&format!(
        "BEGIN;
         CREATE TEMPORARY TABLE before ON COMMIT DROP AS
             SELECT c.oid, n.nspname || '.' || c.relname AS name
               FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
              WHERE n.nspname = 's' AND c.relkind <> 'i';
         {statement};
         SELECT 'lock ' || b.name || ' ' || l.mode FROM pg_locks AS l JOIN before AS b ON b.oid = l.relation
          WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock';
         ROLLBACK;"
    ));
    let strength = [
        "RowShareLock",
        "RowExclusiveLock",
        "ShareUpdateExclusiveLock",
        "ShareLock",
        "ShareRowExclusiveLock",
        "ExclusiveLock",
        "AccessExclusiveLock",
    ];
    let mut strongest = std::collections::BTreeMap::new();
    for (relation, mode) in rows.lines().filter_map(|line| line.strip_prefix("lock ")?.split_once(' ')) {
        let rank = strength.iter().position(|known| *known == mode).expect("a mode that is known");
        let best = strongest.entry(relation.to_owned()).or_insert(rank);
        *best = rank.max(*best);
    }
    strongest.into_iter().map(|(relation, rank)| format!("{relation} {}", strength[rank])).collect()
}

/// Ours in the server's words.
fn told(statement: &str) -> Vec<String> {
    let word = |word: &str| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase());
    let mode = |mode: String| mode.split(' ').map(word).collect::<String>() + "Lock";
    let locks = locks(statement);
    let mut lines: Vec<String> =
        locks.iter().map(|lock| format!("{} {}", lock.relation, mode(lock.mode.to_string()))).collect();
    lines.sort();
    lines
}

#[test]
fn the_locks_of_statements_are_those_that_the_server_takes() {
    let database = TestDatabase::new();
    database.psql(SCHEMA);
    let mut wrong = Vec::new();
    for statement in STATEMENTS {
        let (measured, told) = (measured(&database, statement), told(statement));
        let less = LESS.iter().any(|(until, of, locks)| {
            database.major() <= *until && of == statement && measured.as_slice() == *locks
        });
        if measured != told && !less {
            wrong.push(format!("{statement}\n  server: {measured:?}\n  told:   {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
