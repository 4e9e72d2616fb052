//! From nothing to exactly the schemas that the models describe.

use super::{SERVICES, load, revise};
use crate::support::{Postgres, Project};

/// Column order may differ only where the source's did; here it does not.
#[test]
fn revisions_from_nothing_make_exactly_the_schemas_of_the_models() {
    let project = Project::mindmirror_without_revisions();
    revise(&project);
    project.limbeck(&["upgrade", "--all"]).exits(0);
    assert_same_as_the_source(&project);
    project.limbeck(&["check", "--all"]).exits(0);
}

#[test]
fn the_committed_revisions_make_exactly_the_schemas_of_the_models() {
    let project = Project::mindmirror();
    project.limbeck(&["upgrade", "--all"]).exits(0);
    assert_same_as_the_source(&project);
    project.limbeck(&["check", "--all"]).exits(0);
}

fn assert_same_as_the_source(project: &Project) {
    let source = Postgres::new();
    load(&source, "schema");
    // A check over `x IN (…)` is printed in other words once it has been dumped and loaded, as the source was.
    let made = Postgres::new();
    made.run(&project.database.whole());
    for service in SERVICES {
        pretty_assertions::assert_eq!(made.dump(&[service]), source.dump(&[service]), "{service}");
    }
}

#[test]
fn the_same_models_write_the_same_bytes() {
    let [one, two] = [(); 2].map(|()| {
        let project = Project::mindmirror_without_revisions();
        revise(&project);
        SERVICES.map(|service| {
            let names = project.names(&format!("{service}/migrations"));
            let [name] = names.as_slice() else { panic!("{service} has {names:?}") };
            let text = project.read(&format!("{service}/migrations/{name}"));
            // The time is an input.
            text.lines().filter(|line| !line.starts_with("-- created:")).collect::<Vec<_>>().join("\n")
        })
    });
    assert_eq!(one, two);
}
