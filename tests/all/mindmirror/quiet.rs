//! No difference where there is none.

use super::load;
use crate::support::{Postgres, Project, fixture};

fn assert_quiet(project: &Project) {
    let outcome = project.limbeck(&["check", "--all", "--format", "json"]);
    let json = outcome.json();
    for service in json["services"].as_array().expect("services are listed") {
        assert_eq!(service["differences"], serde_json::json!([]), "{}: {outcome}", service["service"]);
        assert_eq!(service["error"], serde_json::Value::Null, "{}: {outcome}", service["service"]);
    }
    outcome.exits(0);
}

/// A project whose models have no revisions, on a database that the models made: `check` compares models and database.
fn loaded() -> Project {
    let project = Project::mindmirror();
    load(&project.database, "schema");
    project.limbeck(&["stamp", "--all", "head"]).exits(0);
    project
}

#[test]
fn the_schemas_of_the_models_are_no_difference() {
    assert_quiet(&loaded());
}

#[test]
fn a_dump_and_reload_that_rewords_checks_is_no_difference() {
    let project = loaded();
    let reloaded = Postgres::new();
    reloaded.run(&project.database.whole());
    let twice = Postgres::new();
    twice.run(&reloaded.whole());
    let project = Project { database: twice, ..project };
    assert_quiet(&project);
}

#[test]
fn a_foreign_schema_and_row_security_are_no_difference() {
    let project = Project::mindmirror();
    load(&project.database, "schema");
    project.database.run(
        "CREATE SCHEMA waitlist; CREATE TABLE waitlist.vouchers (id uuid PRIMARY KEY, code text UNIQUE);
         CREATE TYPE public.colour AS ENUM ('red'); CREATE TABLE public.leftover (c public.colour);",
    );
    project.database.run(&fixture("mindmirror/database/rls.sql"));
    project.limbeck(&["stamp", "--all", "head"]).exits(0);
    assert_quiet(&project);
    let json = project.limbeck(&["check", "--service", "meals", "--format", "json"]).exits(0).json();
    let unmanaged =
        json["services"][0]["unmanaged"].as_array().expect("unmanaged objects are listed").clone();
    assert_eq!(
        unmanaged.iter().filter(|object| object["kind"] == "policy").count(),
        5,
        "the policies of meals are seen: {unmanaged:?}"
    );
}
