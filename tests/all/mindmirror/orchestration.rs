//! Six services in order, with one of them broken.

use super::SERVICES;
use crate::support::Project;

#[test]
fn a_broken_fourth_service_leaves_three_applied_and_is_rolled_back_whole() {
    let project = Project::mindmirror();
    let [file] = project.names("movements/migrations").try_into().expect("movements has one revision");
    let path = format!("movements/migrations/{file}");
    let whole = project.read(&path);
    project.write(&path, &whole.replacen("-- limbeck:downgrade", "SELECT 1 / 0;\n\n-- limbeck:downgrade", 1));

    let outcome = project.limbeck(&["upgrade", "--all"]).exits(3);
    for service in SERVICES {
        assert!(
            outcome.stdout.contains(service) || outcome.stderr.contains(service),
            "{service} is not said\n{outcome}"
        );
    }
    let outcome = outcome.says("division by zero").says(&path);
    drop(outcome);
    assert_eq!(schemas_with_tables(&project), ["habits", "journal", "meals"]);

    // Repaired, it goes on from the fourth.
    project.write(&path, &whole);
    project.limbeck(&["upgrade", "--all"]).exits(0);
    assert_eq!(schemas_with_tables(&project), SERVICES);
    project.limbeck(&["check", "--all"]).exits(0);
}

#[test]
fn keep_going_does_what_does_not_depend_on_the_broken_service() {
    let project = Project::mindmirror();
    // Only practices waits for movements here.
    project.edit("limbeck.toml", "after = [\"practices\"]\n", "");
    let [file] = project.names("movements/migrations").try_into().expect("movements has one revision");
    project.edit(
        &format!("movements/migrations/{file}"),
        "-- limbeck:downgrade",
        "SELECT 1 / 0;\n\n-- limbeck:downgrade",
    );
    project.limbeck(&["upgrade", "--all", "--keep-going"]).exits(3).says("division by zero");
    assert_eq!(schemas_with_tables(&project), ["habits", "journal", "meals", "users"]);
}

#[test]
fn a_missing_folder_is_an_error_and_never_complete() {
    let project = Project::mindmirror();
    std::fs::remove_dir_all(project.path("practices/migrations"))
        .expect("a folder of the copy can be removed");
    let before = project.database.fingerprint();
    project.limbeck(&["upgrade", "--all"]).exits(3).says("practices/migrations");
    assert_eq!(before, project.database.fingerprint(), "it is found before anything runs");
}

/// The schemas that hold tables other than a version table.
fn schemas_with_tables(project: &Project) -> Vec<String> {
    project
        .database
        .run(
            "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
                AND relname <> 'limbeck_revisions' ORDER BY 1",
        )
        .lines()
        .map(str::to_owned)
        .collect()
}
