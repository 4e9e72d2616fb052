//! The migrator on a real PostgreSQL.
#![cfg(feature = "migrator")]

use std::fs;
use std::path::Path;

use limbeck::{Environment, Error, Migrator, Revisions};
use limbeck_testing::TestDatabase;

const REVISIONS: Revisions = limbeck::revisions!("tests/migrations");

fn block<T>(work: impl Future<Output = T>) -> T {
    limbeck_testing::connect::runtime().expect("an event queue").block_on(work)
}

fn embedded() -> Migrator {
    Migrator::embedded(&REVISIONS, "shop").expect("the revisions are sound")
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrations")
}

fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// An environment that is production, unless one of these values is what an unset variable is.
fn in_production() -> Environment {
    Environment { variable: "LIMBECK_TEST_UNSET".to_owned(), development: vec!["development".to_owned()] }
}

/// The migrator of the revisions and a third one with these statements, in production.
fn with_third(statements: &str) -> (tempfile::TempDir, Migrator) {
    let text = format!(
        "-- limbeck revision 333333333333\n-- parents: 222222222222\n-- message: third\n\n-- limbeck:upgrade\n{statements}\n"
    );
    let folder = with("202611221122_333333333333_third.sql", &text);
    let migrator = Migrator::from_folder(folder.path(), "shop").expect("the folder can be read");
    (folder, migrator.with_environment(in_production()))
}

/// A folder with the revisions, and this file too.
fn with(name: &str, text: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(folder()).expect("the revisions are there") {
        let path = entry.expect("an entry can be read").path();
        fs::copy(&path, copy.path().join(path.file_name().expect("a name"))).expect("it can be copied");
    }
    fs::write(copy.path().join(name), text).expect("it can be written");
    copy
}

#[test]
fn an_application_brings_its_database_to_the_newest_revision() {
    let database = TestDatabase::new();
    let (migrator, url) = (embedded(), database.url());
    assert_eq!(
        names(&block(migrator.pending(&url)).expect("it can be asked")),
        ["111111111111", "222222222222"]
    );
    let Err(Error::Behind { pending }) = block(migrator.check_head(&url)) else { panic!("it is behind") };
    assert_eq!(pending.len(), 2);
    assert_eq!(database.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'").trim(), "0");
    assert_eq!(names(&block(migrator.upgrade(&url)).expect("it runs")), ["111111111111", "222222222222"]);
    block(migrator.check_head(&url)).expect("it is at head");
    assert!(block(migrator.upgrade(&url)).expect("it runs").is_empty());
    // Read at run time, the same files are the same revisions.
    let read = Migrator::from_folder(folder(), "shop").expect("the folder can be read");
    block(read.check_head(&url)).expect("it is at head");
}

#[test]
fn several_at_once_do_the_work_once() {
    let database = TestDatabase::new();
    let (url, migrator) = (database.url(), embedded());
    let applied: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| block(migrator.upgrade(&url)).expect("it runs or waits").len()))
            .collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).sum()
    });
    assert_eq!(applied, 2);
    assert_eq!(database.psql("SELECT count(*) FROM shop.limbeck_revisions WHERE state = 'done'").trim(), "2");
}

#[test]
fn a_program_that_is_older_than_its_database_notices() {
    let database = TestDatabase::new();
    let newer = with(
        "202611221122_333333333333_more.sql",
        "-- limbeck revision 333333333333\n-- parents: 222222222222\n-- message: more\n\n-- limbeck:upgrade\n\
         ALTER TABLE shop.orders ADD COLUMN more text;\n",
    );
    let url = database.url();
    let newer = Migrator::from_folder(newer.path(), "shop").expect("the folder can be read");
    block(newer.upgrade(&url)).expect("it runs");
    for result in [block(embedded().check_head(&url)), block(embedded().upgrade(&url)).map(|_| ())] {
        let Err(error @ Error::Ahead { .. }) = result else { panic!("it is ahead") };
        assert_eq!(error.to_string(), "the database is ahead of this program: 333333333333 unknown to it");
    }
}

#[test]
fn production_loses_nothing_that_nobody_has_acknowledged() {
    let database = TestDatabase::new();
    let losing = with(
        "202611221122_333333333333_less.sql",
        "-- limbeck revision 333333333333\n-- parents: 222222222222\n-- message: less\n\n-- limbeck:upgrade\n\
         -- loses: every value of shop.orders.note\nALTER TABLE shop.orders DROP COLUMN note;\n",
    );
    let url = database.url();
    let migrator = Migrator::from_folder(losing.path(), "shop").expect("the folder can be read");
    let production = migrator.clone().with_environment(in_production());
    let Err(error @ Error::Loss { .. }) = block(production.upgrade(&url)) else { panic!("it is refused") };
    assert_eq!(error.code(), "limbeck::loss");
    assert!(error.to_string().contains("every value of shop.orders.note"), "{error}");
    // Nothing has run, not even what stands before it.
    assert_eq!(block(production.pending(&url)).expect("it can be asked").len(), 3);
    let acknowledged = with(
        "202611221122_333333333333_less.sql",
        "-- limbeck revision 333333333333\n-- parents: 222222222222\n-- message: less\n\n-- limbeck:upgrade\n\
         -- limbeck:allow data-loss: nobody reads it\n-- loses: every value of shop.orders.note\n\
         ALTER TABLE shop.orders DROP COLUMN note;\n",
    );
    let production = Migrator::from_folder(acknowledged.path(), "shop")
        .expect("the folder can be read")
        .with_environment(in_production());
    assert_eq!(block(production.upgrade(&url)).expect("it runs").len(), 3);
}

#[test]
fn a_loss_without_a_label_is_one_too() {
    let database = TestDatabase::new();
    let url = database.url();
    let (_folder, migrator) = with_third("ALTER TABLE shop.orders DROP COLUMN note;");
    let Err(error @ Error::Loss { .. }) = block(migrator.upgrade(&url)) else { panic!("it is refused") };
    assert!(error.to_string().contains("every value of `note`"), "{error}");
    assert_eq!(block(migrator.pending(&url)).expect("it can be asked").len(), 3);
}

#[test]
fn rows_in_the_way_are_counted_before_anything_runs() {
    let database = TestDatabase::new();
    let url = database.url();
    block(embedded().upgrade(&url)).expect("it runs");
    database.execute("INSERT INTO shop.orders VALUES (1, NULL), (2, NULL)");
    let not_null = "-- limbeck:preflight SELECT count(*) FROM shop.orders WHERE note IS NULL -- rows with NULL in note\n\
                    ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL;";
    let (_folder, migrator) = with_third(not_null);
    let Err(error @ Error::Rows { .. }) = block(migrator.upgrade(&url)) else { panic!("it is refused") };
    assert_eq!(error.code(), "limbeck::rows_in_the_way");
    assert!(error.to_string().contains("2 rows or values: rows with NULL in note"), "{error}");
    database.execute("UPDATE shop.orders SET note = ''");
    assert_eq!(block(migrator.upgrade(&url)).expect("it runs").len(), 1);
}

#[test]
fn nobody_waits_for_a_large_table_unless_that_is_meant() {
    let database = TestDatabase::new();
    let url = database.url();
    block(embedded().upgrade(&url)).expect("it runs");
    let rewritten = "ALTER TABLE shop.orders ALTER COLUMN id TYPE bigint;";
    let (_folder, migrator) = with_third(rewritten);
    let small = database.psql("SELECT pg_relation_size('shop.orders')");
    assert_eq!(small.trim(), "0");
    database
        .execute("INSERT INTO shop.orders SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) AS n");
    let Err(error @ Error::Blocking { .. }) = block(migrator.upgrade(&url)) else { panic!("it is refused") };
    assert_eq!(error.code(), "limbeck::blocking");
    assert!(error.to_string().contains("blocking shop.orders ("), "{error}");
    assert_eq!(block(migrator.pending(&url)).expect("it can be asked").len(), 1);
    let meant = format!("-- limbeck:allow blocking: on Sunday\n{rewritten}");
    let (_folder, migrator) = with_third(&meant);
    assert_eq!(block(migrator.upgrade(&url)).expect("it runs").len(), 1);
}

#[test]
fn a_broken_history_does_not_become_a_migrator() {
    let broken = with("x.sql", "-- limbeck revision 444444444444\n-- parents: nowhere1\n-- message: x\n");
    assert!(matches!(Migrator::from_folder(broken.path(), "shop"), Err(Error::Revisions(_))));
    assert!(matches!(Migrator::from_folder("no/such/folder", "shop"), Err(Error::Revisions(_))));
}

#[test]
fn an_edited_revision_is_noticed() {
    let database = TestDatabase::new();
    let url = database.url();
    block(embedded().upgrade(&url)).expect("it runs");
    let name = "202611221121_222222222222_index.sql";
    let text = fs::read_to_string(folder().join(name)).expect("a revision can be read");
    let edited = with(name, &text.replace("orders_id", "orders_ident"));
    let edited = Migrator::from_folder(edited.path(), "shop").expect("the folder can be read");
    let error = block(edited.check_head(&url)).expect_err("it was edited");
    assert_eq!(error.code(), "database::edited");
}
