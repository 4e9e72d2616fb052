//! Revisions applied by the application itself, with the command line's runner: one lock, one table, the same
//! checksums, the same refusals.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use limbeck_database::apply::{self, ApplyOptions, Event};
use limbeck_database::lock::RunLock;
use limbeck_database::version_table::{AppliedRevision, State, VersionTable, verify};
use limbeck_database::{Connection, Target as Database};
use limbeck_revisions::file::{Mode, Script};
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;
use limbeck_revisions::{Direction, RevisionId, Store, Target};

use limbeck_sql::HazardKind;

use crate::refusal::{self, Rows, Unacknowledged};
use crate::{Environment, Error};

/// Revision files that are compiled in: what `limbeck::revisions!("migrations")` is.
#[derive(Clone, Copy, Debug)]
pub struct Revisions {
    files: &'static [(&'static str, &'static str)],
}

impl Revisions {
    /// Files by name and text; `limbeck::revisions!` makes the list.
    pub const fn new(files: &'static [(&'static str, &'static str)]) -> Self {
        Self { files }
    }
}

/// Applies the revisions of one service to its database, and says whether they are applied.
///
/// Several may run at once, in any number of processes: one works, the others wait and find nothing left to do.
#[derive(Clone, Debug)]
pub struct Migrator {
    store: Store,
    table: VersionTable,
    environment: Environment,
    options: ApplyOptions,
    wait: Duration,
}

impl Migrator {
    /// The migrator of the revision files in a folder. `schema` is the first schema that the service owns, where
    /// its version table lies.
    ///
    /// # Errors
    ///
    /// The folder can't be read, or the revisions are not sound.
    pub fn from_folder(folder: impl AsRef<Path>, schema: &str) -> Result<Self, Error> {
        Self::new(Store::read(folder.as_ref())?, schema)
    }

    /// The migrator of files that are compiled in.
    ///
    /// # Errors
    ///
    /// The revisions are not sound.
    pub fn embedded(revisions: &Revisions, schema: &str) -> Result<Self, Error> {
        Self::new(Store::of_texts(revisions.files.iter().copied()), schema)
    }

    fn new(store: Store, schema: &str) -> Result<Self, Error> {
        // Asked now rather than at the first upgrade: a program with a broken history should not start.
        if !store.history.is_empty() {
            store.history.upgrade(&Target::heads(), &[])?;
        }
        Ok(Self {
            store,
            table: VersionTable::in_schema(schema),
            environment: Environment::default(),
            options: ApplyOptions::default(),
            wait: Duration::from_secs(60),
        })
    }

    /// The same, with another rule for what production is.
    pub fn with_environment(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// The same; a statement waits this long for a lock before it lets others pass and tries again.
    pub fn with_lock_timeout(mut self, timeout: Duration) -> Self {
        self.options.lock_timeout = timeout;
        self
    }

    /// The same; another run on the same database is waited for this long.
    pub fn with_patience(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Brings the database to the newest revisions, and says which ones that took. A second call does nothing.
    ///
    /// `url` is what `limbeck upgrade --url` takes: `postgres://…`, or empty for libpq's environment variables.
    ///
    /// # Errors
    ///
    /// [`Error::Ahead`]; [`Error::Loss`], [`Error::Rows`] and [`Error::Blocking`] before anything runs; and the errors of
    /// files and server. What was applied before stays applied.
    pub async fn upgrade(&self, url: &str) -> Result<Vec<RevisionId>, Error> {
        self.upgrade_watched(url, &mut |_| {}).await
    }

    /// [`Migrator::upgrade`], telling what happens while it does.
    ///
    /// # Errors
    ///
    /// As for [`Migrator::upgrade`].
    pub async fn upgrade_watched(
        &self,
        url: &str,
        on: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Vec<RevisionId>, Error> {
        let connection = Connection::open(&Database::parse(url)?).await?;
        if self.steps(&connection).await?.is_empty() {
            return Ok(Vec::new());
        }
        let lock = RunLock::acquire(&connection, &self.table, self.wait).await?;
        // Another run may have been faster.
        let steps = self.steps(&connection).await?;
        let runnable = steps
            .iter()
            .filter_map(|step| self.store.get(&step.id).map(|stored| runnable(step, stored)))
            .collect::<Result<Vec<_>, _>>()?;
        self.losses(&steps)?;
        self.unacknowledged(&connection, &steps).await?;
        first(refusal::rows_in_the_way(&connection, &self.store, &steps).await)?;
        for (at, (step, runnable)) in steps.iter().zip(runnable).enumerate() {
            if let Some(stored) = self.store.get(&step.id).filter(|_| at > 0) {
                first(refusal::rows_in_the_way_of(&connection, step, stored).await)?;
            }
            apply::apply(&connection, &self.table, &[runnable], &self.options, on).await?;
        }
        lock.release(&connection).await?;
        Ok(steps.into_iter().map(|step| step.id).collect())
    }

    /// The revisions that the database has not applied, in the order in which they would be. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Ahead`], and the errors of the server.
    pub async fn pending(&self, url: &str) -> Result<Vec<RevisionId>, Error> {
        let connection = Connection::open(&Database::parse(url)?).await?;
        let steps = self.steps(&connection).await?;
        Ok(steps.into_iter().map(|step| step.id).collect())
    }

    /// Nothing, if the database is where the revisions lead: for the start of an application whose deployment has
    /// run `limbeck upgrade` before. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Behind`] or [`Error::Ahead`], an edited revision, and the errors of the server.
    pub async fn check_head(&self, url: &str) -> Result<(), Error> {
        let pending = self.pending(url).await?;
        if pending.is_empty() { Ok(()) } else { Err(Error::Behind { pending }) }
    }

    /// The steps from where the database is.
    async fn steps(&self, connection: &Connection) -> Result<Vec<Step>, Error> {
        let rows = self.table.read(connection).await?;
        let file = |id: &str| {
            let stored = id.parse().ok().and_then(|id| self.store.get(&id))?;
            Some((stored.checksum.as_str(), stored.name.as_str()))
        };
        let unknown: Vec<String> =
            rows.iter().filter(|row| file(&row.id).is_none()).map(|row| row.id.clone()).collect();
        if !unknown.is_empty() {
            return Err(Error::Ahead { unknown });
        }
        verify(&rows, file)?;
        if self.store.history.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.history.upgrade(&Target::heads(), &self.heads(&rows))?)
    }

    /// The applied revisions that no other applied revision follows.
    fn heads(&self, rows: &[AppliedRevision]) -> Vec<RevisionId> {
        // What was interrupted on its way up is still to be applied.
        let there = rows.iter().filter(|row| !matches!(row.state, State::Upgrading(_)));
        let ids: BTreeSet<RevisionId> = there.filter_map(|row| row.id.parse().ok()).collect();
        let followed = |id: &RevisionId| self.store.history.children(id).iter().any(|id| ids.contains(id));
        ids.iter().filter(|id| !followed(id)).cloned().collect()
    }

    /// Refuses, outside of development, what loses data without a word that it was seen.
    fn losses(&self, steps: &[Step]) -> Result<(), Error> {
        for stored in steps.iter().filter_map(|step| self.store.get(&step.id)) {
            if let Some(loss) = stored.file.unacknowledged_losses().next() {
                self.environment.require_development("losing data").map_err(|refused| Error::Loss {
                    revision: stored.file.id.clone(),
                    loss: loss.to_owned(),
                    refused,
                })?;
            }
        }
        Ok(())
    }

    /// The same for what loses data without a label, and what has readers or writers of a large table wait.
    async fn unacknowledged(&self, connection: &Connection, steps: &[Step]) -> Result<(), Error> {
        if self.environment.is_development() {
            return Ok(());
        }
        for stored in steps.iter().filter_map(|step| self.store.get(&step.id)) {
            let found = refusal::unacknowledged(connection, stored, &[]).await?;
            let Some(Unacknowledged { what, unseen }) = found.into_iter().next() else { continue };
            let (revision, message) = (stored.file.id.clone(), unseen.message);
            self.environment.require_development(&what).map_err(|refused| match unseen.hazard {
                HazardKind::Blocking => Error::Blocking { revision, message, refused },
                _ => Error::Loss { revision, loss: message, refused },
            })?;
        }
        Ok(())
    }
}

/// Refuses where rows are in the way.
fn first(rows: Vec<Rows>) -> Result<(), Error> {
    match rows.into_iter().next() {
        Some(Rows { revision, message, .. }) => Err(Error::Rows { revision, message }),
        None => Ok(()),
    }
}

/// A step of the history as the runner takes it.
///
/// # Errors
///
/// A human must decide something first, or there is no way down.
pub fn runnable(step: &Step, stored: &Stored) -> Result<apply::Step, limbeck_revisions::Error> {
    let file = stored.path.display().to_string();
    let script = stored.file.script(step.direction, &file)?;
    let segments = script.segments.iter().map(|segment| {
        let script = Script { segments: vec![segment.clone()] };
        let statements = script.statements().map(|statement| apply::Statement {
            text: statement.sql.as_str().to_owned(),
            line: statement.line,
            column: statement.column,
        });
        apply::Segment { transactional: segment.mode == Mode::Transaction, statements: statements.collect() }
    });
    Ok(apply::Step {
        id: step.id.to_string(),
        message: stored.file.message.clone(),
        checksum: stored.checksum.clone(),
        direction: match step.direction {
            Direction::Up => apply::Direction::Upgrade,
            Direction::Down => apply::Direction::Downgrade,
        },
        segments: segments.collect(),
        file,
    })
}
