//! Doing it again changes nothing; going back and forth ends where it began.

use super::SERVICES;
use crate::support::Project;

#[test]
fn upgrading_again_does_nothing() {
    let project = Project::mindmirror();
    project.limbeck(&["upgrade", "--all"]).exits(0);
    let before = project.database.fingerprint();
    project.limbeck(&["upgrade", "--all"]).exits(0);
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn a_revision_without_a_change_writes_no_file_and_says_so() {
    let project = Project::mindmirror();
    project.limbeck(&["upgrade", "--all"]).exits(0);
    let before = project.database.fingerprint();
    for service in SERVICES {
        let files = project.names(&format!("{service}/migrations"));
        project.limbeck(&["revision", "--service", service, "-m", "nothing"]).exits(0).says("no difference");
        assert_eq!(files, project.names(&format!("{service}/migrations")));
    }
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn going_to_base_and_back_ends_in_the_same_dump() {
    let project = Project::mindmirror();
    let empty = project.database.dump(&[]);
    project.limbeck(&["upgrade", "--all"]).exits(0);
    let full = project.database.dump(&SERVICES);
    let development = [("ENVIRONMENT", "development")];
    project.limbeck_with(&development, &["downgrade", "--all", "base"]).exits(0);
    assert_no_tables(&project);
    project.limbeck(&["current", "--all"]).exits(0);
    let after_base = project.database.dump(&[]);
    project.limbeck(&["upgrade", "--all"]).exits(0);
    assert_eq!(full, project.database.dump(&SERVICES));
    project.limbeck(&["check", "--all"]).exits(0);
    // The version tables, and the schemas that hold them, may stay: nothing else does.
    let left = after_base.lines().filter(|line| !line.starts_with("CREATE SCHEMA")).collect::<Vec<_>>();
    assert_eq!(left, empty.lines().collect::<Vec<_>>());
}

fn assert_no_tables(project: &Project) {
    let tables = project.database.run(
        "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
            AND relname <> 'limbeck_revisions'",
    );
    assert_eq!(tables, "");
}
