//! Rows for every table, and an eye on them.

use std::collections::BTreeMap;

use limbeck_database::connect::runtime;
use limbeck_database::trial::{Meter, keep, losses, seed};
use limbeck_testing::TestDatabase;

const EVERYTHING: &str = r#"
CREATE EXTENSION btree_gist;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN code AS varchar(3) NOT NULL CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE types (
  a smallint, b bigint, c numeric(4,2), d real, e money, f boolean, g uuid, h date, i timestamptz, j time, k interval,
  l jsonb, m bytea, n inet, o cidr, p macaddr, q point, r circle, s bit(3), t varbit, u tsvector, v int4range, w tstzrange,
  x integer[], y mood[], z mood, aa pair, ab code, ac char(2), ad xml, ae name, af "char"
);
CREATE TABLE checks (
  id integer PRIMARY KEY CHECK (id > 0),
  status text NOT NULL CHECK (status IN ('open', 'it''s closed')),
  code text NOT NULL CHECK (char_length(code) = 7),
  email text NOT NULL CHECK (email LIKE '%@%.org'),
  low integer NOT NULL, high integer NOT NULL, CHECK (low < high AND high BETWEEN 40 AND 50),
  one integer, other integer, CHECK (num_nonnulls(one, other) = 1)
);
CREATE TABLE refs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "check" integer NOT NULL UNIQUE REFERENCES checks,
  self uuid REFERENCES refs,
  n integer GENERATED ALWAYS AS IDENTITY,
  twice integer GENERATED ALWAYS AS ("check" * 2) STORED
);
CREATE TABLE two (a integer, b text, UNIQUE (a, b));
CREATE TABLE two_refs (a integer NOT NULL, b text NOT NULL, FOREIGN KEY (a, b) REFERENCES two (a, b));
CREATE TABLE rooms (room integer, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE TABLE parted (id integer, kind text, at date) PARTITION BY LIST (kind);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('alpha') PARTITION BY RANGE (at);
CREATE TABLE parted_a1 PARTITION OF parted_a FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
CREATE FUNCTION angry() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TABLE guarded (a integer);
CREATE TRIGGER g BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION angry();
CREATE TABLE impossible (a integer CHECK (false));
"#;

#[test]
fn every_table_gets_rows_that_its_constraints_accept() {
    let database = TestDatabase::new();
    database.execute(EVERYTHING);
    let seeded = runtime().expect("an event queue").block_on(async {
        let connection = database.connect().await;
        seed(&connection, &BTreeMap::new()).await.expect("the catalogs can be read")
    });
    let [note] = seeded.notes.as_slice() else { panic!("{:#?}", seeded.notes) };
    assert!(note.starts_with("no row for public.impossible: "), "{note}");
    let counts = |table: &str| {
        database.query(&format!("SELECT count(*) FROM {table}"))[0][0].clone().unwrap_or_default()
    };
    for table in ["types", "checks", "refs", "two", "two_refs", "rooms", "parted_a1", "guarded"] {
        assert_ne!(counts(table), "0", "{table}");
    }
    assert_eq!(counts("checks"), "3");
}

#[test]
fn what_is_lost_is_seen_and_what_is_renamed_is_not() {
    let database = TestDatabase::new();
    database.execute(
        "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, a integer, b text, c text); \
         INSERT INTO t (a, b, c) VALUES (1, 'x', 'p'), (2, NULL, 'q'); CREATE TABLE u (a integer); INSERT INTO u VALUES (1)",
    );
    let lost = |script: &str| -> Vec<String> {
        runtime().expect("an event queue").block_on(async {
            let connection = database.connect().await;
            let before = keep(&connection).await.expect("rows can be read");
            connection.client.batch_execute("BEGIN").await.expect("a transaction");
            connection.client.batch_execute(script).await.expect("the script runs");
            let after = keep(&connection).await.expect("rows can be read");
            connection.client.batch_execute("ROLLBACK").await.expect("a transaction");
            losses(&before, &after).iter().map(ToString::to_string).collect()
        })
    };
    let none: &[&str] = &[];
    assert_eq!(
        lost("ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME a TO z; ALTER TABLE s ALTER z TYPE bigint"),
        none
    );
    assert_eq!(lost("ALTER TABLE t ADD d text DEFAULT 'n'; ALTER TABLE t ALTER b TYPE varchar(10)"), none);
    assert_eq!(lost("ALTER TABLE t DROP b"), ["the values of public.t.b are lost"]);
    assert_eq!(lost("ALTER TABLE t DROP b; ALTER TABLE t ADD b text"), ["values of public.t changed"]);
    assert_eq!(lost("DROP TABLE u"), ["the rows of public.u are lost"]);
    assert_eq!(lost("DELETE FROM t WHERE a = 1"), ["public.t had 2 rows and has 1"]);
    assert_eq!(lost("UPDATE t SET c = 'r' WHERE a = 2"), ["values of public.t changed"]);
    assert_eq!(lost("SELECT setval('t_id_seq', 1)"), ["sequence public.t_id_seq was at 2 and is at 1"]);
}

#[test]
fn locks_scans_and_rewrites_are_measured() {
    let database = TestDatabase::new();
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer, v varchar(5), j timestamptz); INSERT INTO t VALUES (1, 1, 'x', now()); \
         CREATE TABLE u (t integer); INSERT INTO u VALUES (1)",
    );
    let measured = |statement: &str| -> Vec<String> {
        runtime().expect("an event queue").block_on(async {
            let connection = database.connect().await;
            connection.client.batch_execute("BEGIN").await.expect("a transaction");
            let meter = Meter::set(&connection).await.expect("the meter works");
            connection.client.batch_execute(statement).await.expect("the statement runs");
            let locks = meter.read(&connection).await.expect("the meter works");
            connection.client.batch_execute("ROLLBACK").await.expect("a transaction");
            locks.iter().map(|lock| format!("{} {}, {}", lock.relation, lock.mode, lock.work)).collect()
        })
    };
    let exclusive = |work: &str| [format!("public.t ACCESS EXCLUSIVE, {work}")];
    assert_eq!(measured("ALTER TABLE t ALTER v TYPE varchar(10)"), exclusive("catalog only"));
    assert_eq!(measured("ALTER TABLE t ALTER v TYPE text"), exclusive("catalog only"));
    assert_eq!(measured("ALTER TABLE t ADD b timestamptz DEFAULT now()"), exclusive("catalog only"));
    assert_eq!(
        measured("ALTER TABLE t ADD b timestamptz DEFAULT clock_timestamp()"),
        exclusive("rewrites the table")
    );
    assert_eq!(measured("ALTER TABLE t ALTER a TYPE bigint"), exclusive("rewrites the table"));
    assert_eq!(measured("ALTER TABLE t ALTER a SET NOT NULL"), exclusive("scans the table"));
    assert_eq!(measured("ALTER TABLE t ALTER v TYPE varchar(3)"), exclusive("rewrites the table"));
    assert_eq!(measured("CREATE INDEX ON t (a)"), ["public.t SHARE, scans the table"]);
    assert_eq!(
        measured("ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t"),
        ["public.t SHARE ROW EXCLUSIVE, scans the table", "public.u SHARE ROW EXCLUSIVE, scans the table"]
    );
    assert_eq!(
        measured("ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t NOT VALID"),
        ["public.t SHARE ROW EXCLUSIVE, catalog only", "public.u SHARE ROW EXCLUSIVE, catalog only"]
    );
    assert_eq!(measured("UPDATE t SET a = 2"), ["public.t ROW EXCLUSIVE, rewrites the table"]);
    assert_eq!(measured("COMMENT ON TABLE t IS 'x'"), ["public.t SHARE UPDATE EXCLUSIVE, catalog only"]);
    assert_eq!(measured("SELECT 1"), Vec::<String>::new());
}
