//! The environment guard.

use super::load;
use crate::support::Project;

#[test]
fn create_all_is_refused_unless_the_environment_is_for_development() {
    let project = Project::mindmirror_without_revisions();
    let before = project.database.fingerprint();
    project.limbeck(&["create-all", "--all"]).exits(1).says("ENVIRONMENT");
    for value in ["", "production", "staging", "Production", "Development", "dev"] {
        project
            .limbeck_with(&[("ENVIRONMENT", value)], &["create-all", "--all"])
            .exits(1)
            .says("ENVIRONMENT");
    }
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn create_all_makes_what_the_models_say_in_development() {
    for value in ["development", "local", "test"] {
        let project = Project::mindmirror();
        project.limbeck_with(&[("ENVIRONMENT", value)], &["create-all", "--all"]).exits(0);
        project.limbeck(&["stamp", "--all", "head"]).exits(0);
        project.limbeck(&["check", "--all"]).exits(0);
    }
}

#[test]
fn a_database_that_does_not_match_is_not_stamped_and_the_differences_are_shown() {
    let project = Project::mindmirror();
    load(&project.database, "schema");
    project.database.run("ALTER TABLE journal.journal_entries DROP COLUMN habit_template_id");
    let before = project.database.fingerprint();
    project.limbeck(&["stamp", "--service", "journal", "head"]).exits(1).says("habit_template_id");
    assert_eq!(before, project.database.fingerprint());
    project.limbeck(&["stamp", "--service", "users", "head"]).exits(0);
}

#[test]
fn going_to_base_is_refused_in_production() {
    let project = Project::mindmirror();
    project.limbeck(&["upgrade", "--all"]).exits(0);
    let before = project.database.fingerprint();
    project.limbeck(&["downgrade", "--service", "users", "base"]).exits(1).says("ENVIRONMENT");
    assert_eq!(before, project.database.fingerprint());
}
