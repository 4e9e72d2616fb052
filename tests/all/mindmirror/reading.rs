//! A command that reads never writes.

use super::SERVICES;
use crate::support::Project;

const READING: &[&[&str]] = &[
    &["current", "--all"],
    &["history", "--all"],
    &["heads", "--all"],
    &["check", "--all"],
    &["status", "--all"],
    &["status", "--all", "--drift"],
    &["diff", "--from", "empty", "--to", "habits/src/models"],
    &["inspect", "--from", "users/src/models"],
];

#[test]
fn reading_commands_leave_an_empty_database_untouched() {
    let project = Project::mindmirror();
    let before = project.database.fingerprint();
    for arguments in READING {
        let outcome = project.limbeck(arguments);
        assert!([0, 1].contains(&outcome.status), "{outcome}");
        assert_eq!(before, project.database.fingerprint(), "{outcome}");
    }
    let url = project.database.url();
    for arguments in
        [["inspect", "--from", url, "--format", "sql"], ["diff", "--from", url, "--to", "users/src/models"]]
    {
        let outcome = project.limbeck(&arguments);
        assert!([0, 1].contains(&outcome.status), "{outcome}");
        assert_eq!(before, project.database.fingerprint(), "{outcome}");
    }
}

#[test]
fn a_dry_revision_writes_neither_file_nor_row() {
    let project = Project::mindmirror_without_revisions();
    let before = project.database.fingerprint();
    for service in SERVICES {
        project
            .limbeck(&["revision", "--service", service, "-m", "look", "--dry-run"])
            .exits(0)
            .says("CREATE TABLE");
        assert!(project.names(&format!("{service}/migrations")).is_empty());
    }
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn history_needs_no_server() {
    let project = Project::mindmirror();
    for service in SERVICES {
        project.limbeck_alone(&["history", "--service", service]).exits(0);
        let heads = project.limbeck_alone(&["heads", "--service", service]).exits(0);
        let id = heads
            .stdout
            .split_whitespace()
            .find(|word| word.len() == 12)
            .expect("a head is shown")
            .to_owned();
        project.limbeck_alone(&["show", "--service", service, &id]).exits(0).says("CREATE TABLE");
    }
}
