//! A revision that a person writes.

use crate::support::Project;

#[test]
fn an_empty_revision_can_be_edited_applied_and_undone() {
    let project = Project::mindmirror();
    project.limbeck(&["upgrade", "--service", "users"]).exits(0);
    let before = project.database.dump(&["users"]);
    project
        .limbeck(&[
            "revision",
            "--service",
            "users",
            "--empty",
            "-m",
            "count the users",
            "--rev-id",
            "0123456789ab",
        ])
        .exits(0);
    let name = project
        .names("users/migrations")
        .into_iter()
        .find(|name| name.contains("0123456789ab"))
        .expect("the file is named after its id");
    let path = format!("users/migrations/{name}");
    project.edit(
        &path,
        "-- limbeck:downgrade",
        "CREATE FUNCTION users.how_many() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM users.users; $$;\n\n\
         -- limbeck:downgrade\nDROP FUNCTION users.how_many();",
    );
    project.limbeck(&["upgrade", "--service", "users"]).exits(0);
    assert_eq!(project.database.run("SELECT users.how_many()").trim(), "0");
    project.limbeck(&["check", "--service", "users"]).exits(0).says("how_many");
    project.limbeck(&["downgrade", "--service", "users", "-1"]).exits(0);
    assert_eq!(before, project.database.dump(&["users"]));
    project.limbeck(&["current", "--service", "users"]).exits(0).never_says("0123456789ab");
}
