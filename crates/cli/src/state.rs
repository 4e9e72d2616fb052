//! Where a service stands: its files, and the rows of its version table.

use std::collections::BTreeSet;

use limbeck_database::version_table::{AppliedRevision, State, VersionTable};
use limbeck_database::{Connection, Target as Database};
use limbeck_revisions::{Direction, History, RevisionId, Store, Target};

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::project::{Layout, Project, Service};

/// A service whose files have been read.
pub(crate) struct Files<'a> {
    /// The service.
    pub(crate) service: &'a Service,
    /// Its files.
    pub(crate) store: Store,
}

impl<'a> Files<'a> {
    /// Reads the revisions of a service, with all that is wrong with them; see [`Files::sound`].
    ///
    /// # Errors
    ///
    /// The folder is missing or can't be listed.
    pub(crate) fn read(project: &Project, service: &'a Service) -> Result<Self> {
        of_our_layout(service)?;
        // Relative to where the user is: so the places in messages can be clicked on.
        let folder = project.shown(&service.revisions);
        Ok(Self { service, store: Store::read(&folder)? })
    }

    /// The same, for a command that is to write the first revision: then the folder need not be there yet.
    ///
    /// # Errors
    ///
    /// The folder can't be listed.
    pub(crate) fn read_to_write(project: &Project, service: &'a Service) -> Result<Self> {
        of_our_layout(service)?;
        Ok(Self { service, store: Store::read_to_write(&project.shown(&service.revisions))? })
    }

    /// The graph.
    pub(crate) fn history(&self) -> &History {
        &self.store.history
    }

    /// Nothing is wrong with any file, nor with the graph.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub(crate) fn sound(&self) -> Result<()> {
        let problems = self.history().problems();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::of(Exit::Failed, problems.iter().map(|problem| self.report(problem))))
    }

    /// An error of these files; one about the whole graph has the folder for its place.
    pub(crate) fn report(&self, error: &limbeck_revisions::Error) -> Report {
        let report = Report::from(error);
        if report.source.is_some() { report } else { report.place(self.store.folder.display()) }
    }

    /// The version table of the service.
    pub(crate) fn version_table(&self) -> VersionTable {
        version_table(self.service)
    }
}

/// The version table of a service: in the first schema that it owns.
pub(crate) fn version_table(service: &Service) -> VersionTable {
    VersionTable::in_schema(service.schemas.first().map_or("public", String::as_str))
}

/// What the version table says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    /// Its rows.
    pub(crate) rows: Vec<AppliedRevision>,
    /// The applied revisions that no other applied revision follows.
    pub(crate) heads: Vec<RevisionId>,
}

impl Applied {
    /// Reads the rows. Never writes.
    ///
    /// # Errors
    ///
    /// The server's, and a row whose revision no file declares: with the command that repairs it.
    pub(crate) async fn read(files: &Files<'_>, connection: &Connection) -> Result<Self> {
        Self::rows(files, connection).await?.known(files, &connection.target)
    }

    /// Nothing, where a file declares every row.
    ///
    /// # Errors
    ///
    /// A row whose revision no file declares: with the command that repairs it.
    pub(crate) fn known(self, files: &Files<'_>, database: &Database) -> Result<Self> {
        let unknown = self.unknown(files);
        if unknown.is_empty() { Ok(self) } else { Err(unknown_version(files, database, &unknown)) }
    }

    /// The rows, whether or not a file declares their revisions.
    pub(crate) async fn rows(files: &Files<'_>, connection: &Connection) -> Result<Self> {
        let rows = files.version_table().read(connection).await?;
        // What was interrupted on its way up is still to be applied.
        let there = rows.iter().filter(|row| !matches!(row.state, State::Upgrading(_)));
        let ids = there.filter_map(|row| row.id.parse().ok()).collect::<BTreeSet<RevisionId>>();
        let history = files.history();
        let followed = |id: &RevisionId| history.children(id).iter().any(|child| ids.contains(child));
        let heads = ids.iter().filter(|id| !followed(id)).cloned().collect();
        Ok(Self { rows, heads })
    }

    fn unknown(&self, files: &Files<'_>) -> Vec<String> {
        let known = |id: &str| id.parse().is_ok_and(|id: RevisionId| files.history().get(&id).is_some());
        self.rows.iter().filter(|row| !known(&row.id)).map(|row| row.id.clone()).collect()
    }

    /// No file of an applied revision was edited since.
    ///
    /// # Errors
    ///
    /// The first one that was.
    pub(crate) fn unedited(&self, files: &Files<'_>) -> Result<()> {
        let shown = files.store.files.iter().map(|stored| {
            (stored.file.id.as_str(), stored.checksum.as_str(), stored.path.display().to_string())
        });
        let shown = shown.collect::<Vec<_>>();
        let find =
            |id: &str| shown.iter().find(|(of, ..)| *of == id).map(|(_, sum, path)| (*sum, path.as_str()));
        Ok(limbeck_database::version_table::verify(&self.rows, find)?)
    }

    /// The revisions that are not applied yet, in the order in which they would be.
    ///
    /// # Errors
    ///
    /// Those of the graph.
    pub(crate) fn pending(&self, files: &Files<'_>) -> Result<Vec<RevisionId>> {
        files.sound()?;
        if files.history().is_empty() {
            return Ok(Vec::new());
        }
        let steps = files.history().upgrade(&Target::heads(), &self.heads)?;
        Ok(steps.into_iter().map(|step| step.id).collect())
    }
}

/// Opens a session on the service's database.
///
/// # Errors
///
/// No database is configured, or it can't be reached.
pub(crate) async fn connect(service: &Service, connection: &args::Connection) -> Result<Connection> {
    Ok(Connection::open(&service.target(connection)?).await?)
}

fn unknown_version(files: &Files<'_>, database: &Database, unknown: &[String]) -> Failure {
    let table = files.version_table().name();
    let heads = files.history().heads();
    let to = match heads.as_slice() {
        [] => "base".to_owned(),
        heads => heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" "),
    };
    let reports = unknown.iter().map(|id| {
        Report::error(
            "cli::unknown_version",
            format!(
                "database `{}` is at revision {id} in schema `{}`, table {table}, and no file declares {id}",
                database.database(),
                table.schema.as_str(),
            ),
        )
        .place(files.store.folder.display())
        .help("bring back the file: a branch of your repository may have it")
        .help(format!(
            "or, if the schema is what the files say: `limbeck stamp --service {} --purge {to}`",
            files.service.name
        ))
    });
    Failure::of(Exit::Failed, reports)
}

/// Only files of our own layout are read and run by us.
fn of_our_layout(service: &Service) -> Result<()> {
    let other =
        Layout::ALL.iter().find(|(_, layout)| *layout == service.layout && *layout != Layout::Limbeck);
    let Some((name, _)) = other else { return Ok(()) };
    Err(Report::error("cli::layout", format!("service `{}` has the layout `{name}`", service.name))
        .at(service.origin.clone())
        .help(format!("its files are applied by {name} itself; Limbeck does not read them yet"))
        .into())
}

/// The two words for a direction.
pub(crate) fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "upgrade",
        Direction::Down => "downgrade",
    }
}
