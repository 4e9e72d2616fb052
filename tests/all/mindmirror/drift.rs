//! What years of migrations left in production, held against the models: every drift once, in words.

use super::{SERVICES, load};
use crate::support::{Project, fixture};

/// Service by service, every difference between models and migrated database, as the fixture's dumps show it.
///
/// The platform's own count is 84 items; here a uniqueness that is an index on one side and a constraint on the other is two or three
/// objects, two properties of one column are one, and functions and triggers are unmanaged.
const DRIFT: [(&str, &[&str]); 6] = [
    (
        "habits",
        &[
            "alter column habits.habit_templates.default_duration_days",
            "drop column habits.program_templates.is_deleted",
            "alter column habits.user_program_assignments.status",
            "drop constraint habits.habit_templates.habit_templates_slug_key",
            "drop constraint habits.lesson_templates.lesson_templates_slug_key",
            "alter constraint habits.program_step_templates.program_step_templates_program_template_id_fkey",
            "drop constraint habits.program_templates.program_templates_slug_key",
            "alter constraint habits.step_lesson_templates.step_lesson_templates_program_step_template_id_fkey",
            "alter index habits.habit_templates.ix_habits_habit_templates_slug",
            "alter index habits.lesson_templates.ix_habits_lesson_templates_slug",
            "alter index habits.program_templates.ix_habits_program_templates_slug",
            "drop index habits.program_templates.program_templates_title_active_idx",
        ],
    ),
    (
        "journal",
        &[
            "rename index journal.journal_entries.ix_journal_journal_entries_habit_template_id",
            "rename index journal.journal_entries.ix_journal_journal_entries_user_id",
        ],
    ),
    (
        "meals",
        &[
            "rename enum public.mealtype",
            // One type in the platform's count: another name in another schema, and labels in capitals.
            "alter enum public.mealtype",
            "alter column meals.food_items.calories",
            "alter column meals.food_items.carbohydrates",
            "alter column meals.food_items.fat",
            "alter column meals.food_items.notes",
            "alter column meals.food_items.protein",
            "alter column meals.food_items.source",
            "alter column meals.food_items.thumbnail_url",
            "alter column meals.food_items.user_id",
            "alter column meals.meals.notes",
            "alter column meals.meals.user_id",
            "alter column meals.user_goals.daily_calorie_goal",
            "alter column meals.user_goals.daily_water_goal",
            "alter column meals.user_goals.user_id",
            "alter column meals.water_consumption.user_id",
            "drop index meals.food_items.ix_meals_food_items_ext",
            "drop index meals.food_items.ix_meals_food_items_user_id_name",
            "drop index meals.meal_foods.ix_meals_meal_foods_food_item_id",
            "drop index meals.meal_foods.ix_meals_meal_foods_meal_id",
            "drop index meals.meals.ix_meals_meals_user_date",
            "drop index meals.water_consumption.ix_meals_water_user_time",
        ],
    ),
    (
        "movements",
        &[
            "alter column movements.movement_aliases.created_at",
            "alter column movements.movement_pattern_links.position",
            "alter column movements.movement_plane_links.position",
            "alter column movements.movements.created_at",
            "alter column movements.movements.is_public",
            "alter column movements.movements.modified_at",
            "drop constraint movements.movement_aliases.movement_aliases_alias_key",
            "drop constraint movements.movements.movements_slug_key",
            "create index movements.movement_aliases.ix_movements_movement_aliases_alias",
            "rename index movements.movement_aliases.ix_movements_movement_aliases_movement_id",
            "drop index movements.movement_equipment_links.ix_equipment_movement_id",
            "drop index movements.movement_instructions.ix_instr_movement_id",
            "drop index movements.movement_muscle_links.ix_muscle_movement_id",
            "drop index movements.movement_pattern_links.ix_pattern_movement_id",
            "drop index movements.movement_plane_links.ix_plane_movement_id",
            "drop index movements.movement_tag_links.ix_tag_movement_id",
            "drop index movements.movements.ix_movements_body_region",
            "drop index movements.movements.ix_movements_external_id",
            "rename index movements.movements.ix_movements_movements_name",
            "create index movements.movements.ix_movements_movements_slug",
            "rename index movements.movements.ix_movements_movements_user_id",
        ],
    ),
    (
        "practices",
        &[
            "alter enum practices.enrollment_status_enum",
            "alter column practices.program_enrollments.status",
            "alter column practices.program_practice_links.created_at",
            "alter column practices.program_practice_links.interval_days_after",
            "alter column practices.program_practice_links.modified_at",
            "alter column practices.program_tags.created_at",
            "alter column practices.program_tags.modified_at",
            "alter column practices.programs.created_at",
            "alter column practices.programs.modified_at",
            "alter column practices.scheduled_practices.created_at",
            "alter column practices.scheduled_practices.modified_at",
            "rename index practices.program_enrollments.ix_practices_program_enrollments_enrolled_by_user_id",
            "rename index practices.program_enrollments.ix_practices_program_enrollments_user_id",
            "rename index practices.scheduled_practices.ix_practices_scheduled_practices_enrollment_id",
            "rename index practices.scheduled_practices.ix_practices_scheduled_practices_practice_template_id",
        ],
    ),
    (
        "users",
        &[
            "alter column users.coach_client_associations.status",
            "alter column users.coach_client_relationships.status",
            "drop constraint users.users.users_keycloak_id_key",
            "drop constraint users.users.users_supabase_id_key",
            "rename index users.schedulables.ix_users_schedulables_entity_id",
            "rename index users.schedulables.ix_users_schedulables_service_id",
            "rename index users.schedulables.ix_users_schedulables_user_id",
            "drop index users.services.ix_services_name",
            "create index users.services.ix_users_services_name",
            "rename index users.user_services.ix_users_user_services_service_id",
            "rename index users.user_services.ix_users_user_services_user_id",
            "drop index users.users.ix_users_keycloak_id",
            "drop index users.users.ix_users_supabase_id",
            "rename index users.users.ix_users_users_email",
            "create index users.users.ix_users_users_keycloak_id",
            "create index users.users.ix_users_users_supabase_id",
        ],
    ),
];

fn migrated() -> Project {
    let project = Project::mindmirror_without_revisions();
    load(&project.database, "migrated");
    project
}

#[test]
fn every_drift_of_the_migrated_databases_is_reported_once() {
    let project = migrated();
    let outcome = project.limbeck(&["check", "--all", "--format", "json"]).exits(1);
    let json = outcome.json();
    let services = json["services"].as_array().expect("services are listed");
    assert_eq!(services.len(), SERVICES.len());
    for (service, (name, drift)) in services.iter().zip(DRIFT) {
        assert_eq!(service["service"], name);
        let mut found: Vec<String> = service["differences"]
            .as_array()
            .expect("differences are listed")
            .iter()
            .map(|difference| {
                let text = |key: &str| difference[key].as_str().unwrap_or_default().replace('"', "");
                assert!(!text("detail").is_empty(), "nothing is said about {difference}");
                format!("{} {} {}", text("change"), text("kind"), text("object"))
            })
            .collect();
        found.sort();
        let mut expected: Vec<&str> = drift.to_vec();
        expected.sort();
        pretty_assertions::assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn drift_is_told_in_words_that_a_person_understands() {
    let project = migrated();
    let outcome = project.limbeck(&["check", "--all"]).exits(1);
    for words in [
        // A default that only the database has.
        "habits.habit_templates.default_duration_days  default 7 → none",
        // The case of a label.
        "label active renamed to ACTIVE",
        // An index that only has another name.
        "renamed from ix_journal_entries_user_id",
        // A nullability, and the action of a foreign key.
        "NULL → NOT NULL",
        "ON DELETE CASCADE → RESTRICT",
        "type text → character varying",
    ] {
        assert!(
            outcome.stdout.contains(words) || outcome.stderr.contains(words),
            "`{words}` is not said\n{outcome}"
        );
    }
}

#[test]
fn functions_triggers_and_policies_are_listed_and_never_dropped() {
    let project = migrated();
    project.database.run(&fixture("mindmirror/database/rls.sql"));
    let json = project.limbeck(&["check", "--all", "--format", "json"]).exits(1).json();
    let mut unmanaged: Vec<String> = json["services"]
        .as_array()
        .expect("services are listed")
        .iter()
        .flat_map(|service| service["unmanaged"].as_array().cloned().unwrap_or_default())
        .map(|object| {
            format!(
                "{} {}",
                object["kind"].as_str().unwrap_or_default(),
                object["object"].as_str().unwrap_or_default()
            )
        })
        .collect();
    unmanaged.sort();
    let of = |kind: &str| unmanaged.iter().filter(|object| object.starts_with(&format!("{kind} "))).count();
    assert_eq!((of("function"), of("trigger"), of("policy")), (2, 1, 12), "{unmanaged:#?}");
    let text =
        project.limbeck(&["revision", "--service", "movements", "-m", "look", "--dry-run"]).exits(0).stdout;
    assert!(!text.contains("POLICY") && !text.contains("ROW LEVEL SECURITY"), "{text}");
}
