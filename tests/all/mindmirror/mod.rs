//! The six services of MindMirror, from structs to an upgraded database: the acceptance list of the main job.

mod bad_input;
mod broken_chain;
mod chosen_by_hand;
mod compiles;
mod creates;
mod demo;
mod drift;
mod edits;
mod guard;
mod orchestration;
mod quiet;
mod reading;
mod repair;
mod script;
mod twice;

/// The services, in the order of orchestration.
pub(crate) const SERVICES: [&str; 6] = ["habits", "journal", "meals", "movements", "practices", "users"];

use crate::support::{Postgres, Project, fixture};

/// Loads the six files of a kind: `schema` (from the models) or `migrated` (from the migrations).
fn load(database: &Postgres, kind: &str) {
    for service in SERVICES {
        database.run(&fixture(&format!("mindmirror/database/{service}.{kind}.sql")));
    }
}

/// Writes one revision for each service, with ids that say which service it is.
fn revise(project: &Project) {
    for (number, service) in SERVICES.iter().enumerate() {
        let id = format!("{:012x}", 0xA0 + number);
        project
            .limbeck(&["revision", "--service", service, "-m", "from the models", "--rev-id", &id])
            .exits(0);
    }
}
