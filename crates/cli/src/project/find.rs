//! Finding the file, and the service that a folder belongs to.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::failure::{Report, Result};

use super::{Project, Service};

/// The name of the file.
pub(crate) const FILE: &str = "limbeck.toml";

pub(super) fn current_folder() -> Result<PathBuf> {
    env::current_dir().map_err(|error| {
        Report::error("cli::unreadable", format!("cannot tell the current folder: {error}")).into()
    })
}

/// The file that was named, or the first one from the current folder upward.
pub(super) fn file(config: Option<&Path>, here: &Path) -> Result<PathBuf> {
    if let Some(config) = config {
        let file = here.join(config);
        return Ok(if file.is_dir() { file.join(FILE) } else { file });
    }
    here.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file()).ok_or_else(|| {
        Report::error("cli::no_project", format!("there is no `{FILE}` here or in a folder above"))
            .place(here.display())
            .help("`limbeck init` writes one; `--config FILE` names one elsewhere")
            .into()
    })
}

/// The text of the file and the folder that it lies in.
pub(super) fn read(file: &Path) -> Result<(String, PathBuf)> {
    let unreadable = |error: std::io::Error| {
        Report::error("cli::unreadable", format!("cannot read the configuration: {error}"))
            .place(file.display())
    };
    let bytes = fs::read(file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before =
            String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        Report::error("cli::config_syntax", "the configuration is not UTF-8").place(format!(
            "{}:{}",
            file.display(),
            before.lines().count().max(1)
        ))
    })?;
    let root = file.parent().unwrap_or(Path::new("")).to_owned();
    Ok((text, root))
}

/// A path as people write it from the current folder.
pub(super) fn shown(path: &Path, here: &Path) -> PathBuf {
    match path.strip_prefix(here) {
        Ok(relative) if relative.as_os_str().is_empty() => PathBuf::from("."),
        Ok(relative) => relative.to_owned(),
        Err(_) => path.to_owned(),
    }
}

/// The service that a folder belongs to: the one whose models and revisions lie in the deepest common folder
/// that holds this one. Nothing where two are equally near.
pub(super) fn service_of_folder<'a>(project: &'a Project, here: &Path) -> Option<&'a Service> {
    // Both sides as the file system names them, so that a symbolic link on the way changes nothing.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let here = real(here);
    let near = |service: &'a Service| {
        let home = real(&home(&project.root, service));
        here.starts_with(&home).then(|| (home.components().count(), service))
    };
    let mut near = project.services.iter().filter_map(near).collect::<Vec<_>>();
    near.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    match near.as_slice() {
        [(_, only)] => Some(only),
        [(first, service), (second, _), ..] if first > second => Some(service),
        _ => None,
    }
}

/// The deepest folder that holds all of a service.
fn home(root: &Path, service: &Service) -> PathBuf {
    let mut paths = service.models.iter().chain(&service.sql).chain([&service.revisions]).cloned();
    let first = paths.next().unwrap_or_else(|| root.to_owned());
    paths.fold(first, |home, path| {
        home.components()
            .zip(path.components())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a)
            .collect::<PathBuf>()
    })
}
