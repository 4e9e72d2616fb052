//! The chain that broke at the platform: a file that declares another id than its name, and a parent that no file declares.

use crate::support::Project;

const BOOTSTRAP: &str = "202509061130_189b1231afd4_bootstrap_tables.sql";

fn broken() -> Project {
    let project = Project::mindmirror_without_revisions();
    project.write(
        &format!("habits/migrations/{BOOTSTRAP}"),
        "-- limbeck revision 2a3f4c9d1cde\n-- parents: 189b1231afd4\n-- message: bootstrap tables\n\
         -- created: 2025-09-06T11:30:00Z\n\n-- limbeck:upgrade\n\n-- limbeck:downgrade\n",
    );
    project.write(
        "habits/migrations/202509061200_3b7a1d2e4f56_soft_delete_program_templates.sql",
        "-- limbeck revision 3b7a1d2e4f56\n-- parents: 2a3f4c9d1cde\n-- message: soft delete program templates\n\
         -- created: 2025-09-06T12:00:00Z\n\n-- limbeck:upgrade\nSELECT 1;\n\n-- limbeck:downgrade\nSELECT 1;\n",
    );
    project
}

#[test]
fn every_command_names_file_id_parent_and_the_name_that_suggests_it() {
    let project = broken();
    let before = project.database.fingerprint();
    for arguments in [
        vec!["history"],
        vec!["heads"],
        vec!["current"],
        vec!["check"],
        vec!["stamp", "head"],
        vec!["revision", "-m", "more"],
        vec!["upgrade"],
        vec!["downgrade", "-1"],
    ] {
        let mut all = arguments;
        all.extend(["--service", "habits"]);
        project.limbeck(&all).exits(3).says(BOOTSTRAP).says("2a3f4c9d1cde").says("189b1231afd4");
    }
    assert_eq!(before, project.database.fingerprint());
}

#[test]
fn the_other_five_are_still_shown() {
    let project = broken();
    let outcome = project.limbeck(&["status", "--all"]);
    for service in ["journal", "meals", "movements", "practices", "users"] {
        assert!(outcome.stdout.contains(service), "{outcome}");
    }
    outcome.exits(3).says(BOOTSTRAP);
}

#[test]
fn a_repaired_header_is_all_it_takes() {
    let project = broken();
    let path = format!("habits/migrations/{BOOTSTRAP}");
    project.edit(&path, "revision 2a3f4c9d1cde", "revision 189b1231afd4");
    project.edit(&path, "parents: 189b1231afd4", "parents: base");
    project.edit(
        "habits/migrations/202509061200_3b7a1d2e4f56_soft_delete_program_templates.sql",
        "parents: 2a3f4c9d1cde",
        "parents: 189b1231afd4",
    );
    project.limbeck(&["history", "--service", "habits"]).exits(0).says("189b1231afd4").says("3b7a1d2e4f56");
}
