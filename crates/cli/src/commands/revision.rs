//! `limbeck revision`: a new file.

use limbeck_revisions::Target;

use crate::args::Revision;
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::file;
use crate::out::Out;
use crate::project::Project;
use crate::state::Files;

/// Writes it.
pub(crate) fn run(args: &Revision, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let Some(message) = args.file.message.as_deref().filter(|message| !message.trim().is_empty()) else {
        return Err(Report::error("cli::no_message", "the revision has no message")
            .help("say what it does: `-m \"add email to users\"`")
            .exit(Exit::Usage));
    };
    let target = args.head.parse::<Target>()?;
    let mut written = Vec::new();
    for service in project.choose(&args.choice)? {
        let files = Files::read(&project, service)?;
        files.sound()?;
        let parents = files.history().parents_of_new(&target, args.splice)?;
        let file = file::new(&args.file, &files, parents, message)?;
        written.push((files.store.folder.clone(), file));
    }
    file::write(&args.file, &written, out)?;
    Ok(Exit::Done)
}
