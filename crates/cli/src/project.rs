//! What the arguments mean: `limbeck.toml`, its services and their order.
//!
//! Loading reads one file and looks at nothing else: whether a folder exists or a server answers is asked by the
//! command that needs it, so that one broken service leaves the others their rows.

mod config;
mod find;
mod order;
mod url;

use std::env;
use std::path::{Path, PathBuf};

use limbeck_schema::Origin;

use crate::args::Choice;
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::guard::Environment;
use crate::out::Out;
use crate::suggest::{listed, nearest};

pub(crate) use find::FILE;
pub(crate) use url::{UrlForm, target};

/// A project: one `limbeck.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// The folder of the file; every path in the file is relative to it.
    pub(crate) root: PathBuf,
    /// The file.
    pub(crate) file: PathBuf,
    /// The services, each after those that it names in `after`, else in the order of the file.
    pub(crate) services: Vec<Service>,
    /// The environment guard.
    pub(crate) environment: Environment,
}

/// A service: a set of models, a set of schemas that it owns, a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Its name.
    pub(crate) name: String,
    /// Folders or files of models.
    pub(crate) models: Vec<PathBuf>,
    /// Folders or files of declared SQL.
    pub(crate) sql: Vec<PathBuf>,
    /// The folder of its revisions.
    pub(crate) revisions: PathBuf,
    /// The schemas that it owns; the first one holds the version table.
    pub(crate) schemas: Vec<String>,
    /// Where its database is configured.
    pub(crate) url: Option<UrlForm>,
    /// The services that come before it.
    pub(crate) after: Vec<String>,
    /// Which files are written.
    pub(crate) layout: Layout,
    /// Patterns of objects that are never touched.
    pub(crate) exclude: Vec<String>,
    /// Kinds that are managed though none is declared.
    pub(crate) manage: Vec<String>,
    /// Whether plans are rewritten so that others can go on working.
    pub(crate) online: bool,
    /// Where a scratch server is configured.
    pub(crate) scratch: Option<Scratch>,
    /// Cargo features under which the models are read.
    pub(crate) features: Vec<String>,
    /// Where its table stands in the file.
    pub(crate) origin: Origin,
}

/// Where scratch databases are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scratch {
    /// On the target server, as a database of its own.
    Target,
    /// On a server kept for this.
    Server(UrlForm),
}

/// Which files are written, and which runner applies them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Layout {
    /// Limbeck's own.
    #[default]
    Limbeck,
    /// `sqlx migrate`.
    Sqlx,
    /// `diesel migration`.
    Diesel,
    /// `refinery`.
    Refinery,
    /// `dbmate`.
    Dbmate,
}

impl Layout {
    /// Every layout with its name.
    pub(crate) const ALL: [(&str, Self); 5] = [
        ("limbeck", Self::Limbeck),
        ("sqlx", Self::Sqlx),
        ("diesel", Self::Diesel),
        ("refinery", Self::Refinery),
        ("dbmate", Self::Dbmate),
    ];
}

impl Project {
    /// The project that the arguments or the current folder name.
    ///
    /// # Errors
    ///
    /// There is no file, it can't be read, or something in it is wrong: then all that is wrong with it.
    pub(crate) fn load(choice: &Choice, out: &Out) -> Result<Self> {
        let here = find::current_folder()?;
        let file = find::file(choice.config.as_deref(), &here)?;
        let (text, root) = find::read(&file)?;
        let shown = find::shown(&file, &here);
        out.places_from(&[&here, &root]);
        out.detail(format!("project {}", shown.display()));
        config::read(&text, &shown, &root, &file)
    }

    /// The services that the arguments choose, in order.
    ///
    /// # Errors
    ///
    /// An unknown name, or no choice where there is more than one.
    pub(crate) fn choose(&self, choice: &Choice) -> Result<Vec<&Service>> {
        if choice.all {
            return Ok(self.services.iter().collect());
        }
        for name in &choice.services {
            if !self.services.iter().any(|service| service.name == *name) {
                return Err(self.unknown_service(name).exit(Exit::Usage));
            }
        }
        if !choice.services.is_empty() {
            return Ok(self
                .services
                .iter()
                .filter(|service| choice.services.contains(&service.name))
                .collect());
        }
        if let [only] = self.services.as_slice() {
            return Ok(vec![only]);
        }
        let here = find::current_folder()?;
        match find::service_of_folder(self, &here) {
            Some(service) => Ok(vec![service]),
            None => Err(self.no_choice(&here).exit(Exit::Usage)),
        }
    }

    fn unknown_service(&self, name: &str) -> Report {
        let report = Report::error("cli::unknown_service", format!("there is no service `{name}`"))
            .place(self.shown(&self.file).display());
        match nearest(name, self.names()) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("the services are {}", listed(self.names()))),
        }
    }

    fn no_choice(&self, here: &Path) -> Report {
        Report::error(
            "cli::service_unclear",
            format!(
                "the project has {} services, and the current folder belongs to none",
                self.services.len()
            ),
        )
        .place(here.display())
        .help("choose with `--service NAME`, or all of them with `--all`")
        .help(format!("the services are {}", listed(self.names())))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| service.name.as_str())
    }

    /// A path as messages show it: relative to the current folder where it lies below.
    pub(crate) fn shown(&self, path: &Path) -> PathBuf {
        env::current_dir().map_or_else(|_| path.to_owned(), |here| find::shown(path, &here))
    }
}
