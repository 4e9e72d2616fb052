//! The migrated databases, with rows, become what the models say, and lose nothing.

use super::{SERVICES, load};
use crate::support::{Project, SEEDED};

/// The services whose differences need no decision: in habits a trigger reads a column that the models don't know.
const WITHOUT_QUESTIONS: [&str; 5] = ["journal", "meals", "movements", "practices", "users"];

fn migrated() -> Project {
    let project = Project::mindmirror_without_revisions();
    load(&project.database, "migrated");
    project.database.seed(&SERVICES);
    project
}

#[test]
fn revision_upgrade_and_check_end_clean_and_no_row_is_lost() {
    let project = migrated();
    let rows = project.database.rows(&SERVICES);
    assert_eq!(
        rows.lines().filter(|line| line.ends_with(&format!(" {SEEDED}"))).count(),
        48,
        "every table has its row"
    );
    let dumps = WITHOUT_QUESTIONS.map(|service| project.database.dump(&[service]));
    let index = "SELECT oid FROM pg_class WHERE relname IN ('ix_journal_entries_user_id', 'ix_journal_journal_entries_user_id')";
    let oid = project.database.run(index);

    for service in WITHOUT_QUESTIONS {
        project.limbeck(&["revision", "--service", service, "-m", "as the models say"]).exits(0);
        project.limbeck(&["upgrade", "--service", service]).exits(0);
        project.limbeck(&["check", "--service", service]).exits(0);
    }
    assert_eq!(rows, project.database.rows(&SERVICES));
    assert_eq!(project.database.run("SELECT type FROM meals.meals").trim(), "BREAKFAST");
    assert_eq!(project.database.run("SELECT status FROM practices.program_enrollments").trim(), "ACTIVE");
    assert_eq!(oid, project.database.run(index), "the index is renamed, not made again");

    for (service, dump) in WITHOUT_QUESTIONS.iter().zip(dumps) {
        let development = [("ENVIRONMENT", "development")];
        project.limbeck_with(&development, &["downgrade", "--service", service, "base"]).exits(0);
        pretty_assertions::assert_eq!(dump, project.database.dump(&[service]), "{service}");
    }
    assert_eq!(rows, project.database.rows(&SERVICES));
    assert_eq!(project.database.run("SELECT type FROM meals.meals").trim(), "breakfast");
}

#[test]
fn a_dropped_column_that_a_trigger_reads_waits_for_a_decision() {
    let project = migrated();
    let before = project.database.fingerprint();
    project.limbeck(&["revision", "--service", "habits", "-m", "as the models say"]).exits(0);
    let files = project.names("habits/migrations");
    if let [file] = files.as_slice() {
        let text = project.read(&format!("habits/migrations/{file}"));
        let question = text.lines().find(|line| line.starts_with("-- limbeck:todo")).expect("the file asks");
        assert!(question.contains("is_deleted") || text.contains("prevent_assign_to_deleted"), "{text}");
        project.limbeck(&["upgrade", "--service", "habits"]).exits(1).says("limbeck:todo");
    }
    assert_eq!(before, project.database.fingerprint(), "nothing ran");

    // The decision: the soft delete goes, trigger and functions included.
    let [file] = files.as_slice() else { return };
    let path = format!("habits/migrations/{file}");
    let text = project.read(&path);
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("-- limbeck:todo")).collect();
    let text = kept.join("\n").replacen(
        "-- limbeck:upgrade\n",
        "-- limbeck:upgrade\nDROP TRIGGER trg_prevent_assign_deleted_program ON habits.user_program_assignments;\n\
         DROP FUNCTION habits.prevent_assign_to_deleted();\nDROP FUNCTION habits.archive_program_template(uuid);\n",
        1,
    );
    project.write(&path, &text);
    let rows = project.database.rows(&["habits"]);
    project.limbeck(&["upgrade", "--service", "habits"]).exits(1).says("data-loss");
    project.limbeck(&["upgrade", "--service", "habits", "--allow", "data-loss"]).exits(0);
    project.limbeck(&["check", "--service", "habits"]).exits(0);
    assert_eq!(rows, project.database.rows(&["habits"]));
    project.database.run("INSERT INTO habits.user_program_assignments SELECT gen_random_uuid(), user_id, program_template_id, start_date, status FROM habits.user_program_assignments");
}

#[test]
fn not_null_over_nulls_is_asked_with_the_number_of_rows_before_anything_runs() {
    let project = migrated();
    project.database.run("UPDATE movements.movements SET is_public = NULL");
    let before = project.database.fingerprint();
    project.limbeck(&["revision", "--service", "movements", "-m", "as the models say"]).exits(0);
    let [file] = project.names("movements/migrations").try_into().expect("one revision");
    let text = project.read(&format!("movements/migrations/{file}"));
    let question = text.lines().find(|line| line.starts_with("-- limbeck:todo")).expect("the file asks");
    assert!(question.contains("is_public") && question.contains('1'), "{question}");
    project.limbeck(&["upgrade", "--service", "movements"]).exits(1).says("is_public");
    assert_eq!(before, project.database.fingerprint());
}
