//! Revisions for tables that are in use: what is asked before they run, and what becomes of a run that is killed.

mod killed;
mod rows_in_the_way;
mod stages;
mod terminal;

use crate::support::Project;

/// A service `app` with these models, revised and applied.
fn project(models: &str) -> Project {
    let project = Project::empty();
    project.write(
        "limbeck.toml",
        "[service.app]\nmodels = \"models.rs\"\nrevisions = \"migrations\"\nschemas = [\"app\"]\n\
         url = \"env:DATABASE_URL\"\n",
    );
    std::fs::create_dir_all(project.path("migrations")).expect("a folder can be made");
    project.write("models.rs", models);
    project.limbeck(&["revision", "-m", "before", "--rev-id", "00000000be04", "--no-proof"]).exits(0);
    project.limbeck(&["upgrade"]).exits(0);
    project
}

/// The text of the revision of that id.
fn revision(project: &Project, id: &str) -> String {
    let name = project.names("migrations").into_iter().find(|name| name.contains(id));
    project.read(&format!("migrations/{}", name.expect("a revision is written")))
}
