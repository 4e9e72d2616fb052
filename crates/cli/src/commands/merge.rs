//! `limbeck merge`: a revision without statements that joins several heads.

use limbeck_revisions::{RevisionId, Target};

use crate::args::Merge;
use crate::exit::Exit;
use crate::failure::Result;
use crate::file;
use crate::out::Out;
use crate::project::Project;
use crate::state::Files;

/// Writes it.
pub(crate) fn run(args: &Merge, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let targets = args.revisions.iter().map(|text| text.parse()).collect::<Result<Vec<Target>, _>>()?;
    let mut written = Vec::new();
    for service in project.choose(&args.choice)? {
        let files = Files::read(&project, service)?;
        files.sound()?;
        let parents = files.history().merge(&targets, &[])?;
        let names = parents.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" and ");
        let message = args.file.message.clone().unwrap_or_else(|| format!("merge {names}"));
        let file = file::new(&args.file, &files, parents, &message)?;
        written.push((files.store.folder.clone(), file));
    }
    file::write(&args.file, &written, out)?;
    Ok(Exit::Done)
}
