//! `upgrade --sql` makes the same database through `psql`.

use super::SERVICES;
use crate::support::{Postgres, Project};

#[test]
fn the_script_makes_the_same_catalog_and_version_rows() {
    let project = Project::mindmirror();
    let scripted = Postgres::new();
    for service in SERVICES {
        let script = project.limbeck(&["upgrade", "--sql", "--service", service]).exits(0).stdout;
        scripted.run(&script);
    }
    assert_eq!(project.database.dump(&[]), Postgres::new().dump(&[]), "printing a script ran nothing");
    project.limbeck(&["upgrade", "--all"]).exits(0);
    for service in SERVICES {
        pretty_assertions::assert_eq!(
            project.database.dump(&[service]),
            scripted.dump(&[service]),
            "{service}"
        );
    }
    for service in SERVICES {
        let rows = format!(
            "SELECT to_jsonb(r) - 'applied' - 'applied_at' - 'duration' - 'by' FROM {service}.limbeck_revisions r ORDER BY 1"
        );
        assert_eq!(project.database.run(&rows), scripted.run(&rows), "{service}");
    }
    let project = Project { database: scripted, ..project };
    project.limbeck(&["check", "--all"]).exits(0);
}
