//! Services beside their databases: each database is read once, however many services it holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use limbeck_database::lock::RunLock;
use limbeck_database::scratch::ScratchOptions;
use limbeck_database::version_table::Record;
use limbeck_database::{Connection, Recording, Target as Database, questions};
use limbeck_kinds::Schema;
use limbeck_plan::Difference;
use limbeck_revisions::{RevisionId, Target};
use limbeck_schema::{Canonical, Severity};
use limbeck_sql::{HazardKind, Literal, Lock, Size, Statement, Work, list, segments, sql};

use crate::args;
use crate::commands::WAIT;
use crate::engine::{
    Agreement, Agreements, Comparison, Engine, Order, Sources, Terms, Unmanaged, Wanted, compare, renames,
};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::out::Out;
use crate::project::{Project, Scratch, Service};
use crate::state::{Applied, Files};

/// What comparing needs, for all services of a run.
pub(crate) struct Bench<'a> {
    pub(crate) engine: Engine<'a>,
    project: &'a Project,
    databases: Vec<Read>,
    /// Models that are being read while the database is.
    ahead: BTreeMap<String, Receiver<Result<Ahead>>>,
    /// What was compared, kept to the end of the process, which takes it apart faster.
    compared: Vec<Comparison>,
}

/// A database that was read.
struct Read {
    target: Database,
    connection: Connection,
    held: Option<Held>,
}

/// What a database holds.
struct Held {
    /// The digest of its rows.
    digest: [u8; 16],
    contents: Contents,
}

enum Contents {
    Rows(Recording),
    /// What the rows say, which are gone then.
    Schema(Canonical<Schema>),
}

/// A service's sources, as far as they are read ahead, and the place of what a comparison of them came to.
struct Ahead {
    sources: Ripe,
    agreements: Option<Agreements>,
}

enum Ripe {
    /// An earlier run found that a database agrees with them.
    Agreed(Sources, Agreement),
    /// They have to be compared.
    Read(Box<Wanted>),
}

impl Ahead {
    fn read(project: &Project, service: &Service) -> Result<Self> {
        let sources = Sources::load(project, service)?;
        let agreements = Agreements::of(project, service, &sources);
        let sources = match agreements.as_ref().and_then(Agreements::read) {
            Some(agreement) => Ripe::Agreed(sources, agreement),
            None => Ripe::Read(Box::new(sources.read(project, service)?)),
        };
        Ok(Self { sources, agreements })
    }

    fn wanted(self, project: &Project, service: &Service) -> Result<Wanted> {
        match self.sources {
            Ripe::Agreed(sources, _) => sources.read(project, service),
            Ripe::Read(wanted) => Ok(*wanted),
        }
    }
}

/// A service, its database, and what stands between them.
pub(crate) struct Compared {
    /// What differs, each once, in order of ids.
    pub(crate) differences: Vec<Difference>,
    /// There is something to run.
    pub(crate) has_statements: bool,
    /// Seen in the owned schemas, not managed.
    pub(crate) unmanaged: Vec<Unmanaged>,
    /// Where the database is.
    pub(crate) applied: Applied,
    /// What it has not applied.
    pub(crate) pending: Vec<RevisionId>,
}

impl<'a> Bench<'a> {
    /// A bench on which nothing lies yet.
    ///
    /// # Errors
    ///
    /// The scratch server's URL can't be read.
    pub(crate) fn new(
        project: &'a Project,
        services: &[&Service],
        scratch: &args::ScratchPlace,
        out: &'a Out,
    ) -> Result<Self> {
        let configured = services.iter().find_map(|service| service.scratch.as_ref());
        let url = match (&scratch.scratch_url, configured) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(Scratch::Server(form))) => Some(form.resolve()?.secret_url()),
            (None, Some(Scratch::Target) | None) => None,
        };
        let options = ScratchOptions {
            url,
            allow_target: configured == Some(&Scratch::Target),
            ..ScratchOptions::default()
        };
        Ok(Self {
            engine: Engine::new(out, options, project.root.clone())?,
            project,
            databases: Vec::new(),
            ahead: BTreeMap::new(),
            compared: Vec::new(),
        })
    }

    /// Leaves what was read to the end of the process, which takes it apart faster.
    pub(crate) fn leave(&mut self) {
        self.databases.iter_mut().for_each(|read| std::mem::forget(read.held.take()));
        std::mem::forget(std::mem::take(&mut self.compared));
    }

    fn database(&mut self, target: &Database) -> Result<usize> {
        if let Some(at) = self.databases.iter().position(|read| read.target == *target) {
            return Ok(at);
        }
        let connection = self.engine.connect(target)?;
        self.engine.prefer(&connection);
        self.databases.push(Read { target: target.clone(), connection, held: None });
        Ok(self.databases.len() - 1)
    }

    /// Runs statements on a database, in as few transactions as they allow.
    ///
    /// # Errors
    ///
    /// The server's; the transaction that was open is rolled back.
    pub(crate) fn execute(&mut self, target: &Database, statements: &[Statement]) -> Result<()> {
        let at = self.database(target)?;
        let result = self.engine.runtime.block_on(execute(&self.databases[at].connection, statements));
        self.databases.iter_mut().for_each(|read| read.held = None);
        Ok(result?)
    }

    /// What a database holds, and its version; read at the first call.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub(crate) fn read(&mut self, target: &Database) -> Result<(Canonical<Schema>, i32)> {
        let at = self.database(target)?;
        let Held { digest, contents } = self.take_held(at)?;
        let schema = match contents {
            Contents::Schema(schema) => schema,
            Contents::Rows(rows) => rows.into_schema()?,
        };
        let read = &mut self.databases[at];
        read.held = Some(Held { digest, contents: Contents::Schema(schema.clone()) });
        Ok((schema, read.connection.version))
    }

    /// The digest of the rows of a database's catalogs; read at the first call.
    fn digest(&mut self, target: &Database) -> Result<[u8; 16]> {
        let at = self.database(target)?;
        let held = self.take_held(at)?;
        let digest = held.digest;
        self.databases[at].held = Some(held);
        Ok(digest)
    }

    /// What a database holds, to be put back; its rows where nothing was read yet.
    fn take_held(&mut self, at: usize) -> Result<Held> {
        let Read { connection, held, .. } = &mut self.databases[at];
        if let Some(held) = held.take() {
            return Ok(held);
        }
        let out = self.engine.out;
        let note = |why| out.detail(format!("the catalogs were read by one session: {why}"));
        let rows = self.engine.runtime.block_on(limbeck_database::record_noting(connection, note))?;
        Ok(Held { digest: rows.digest(), contents: Contents::Rows(rows) })
    }

    /// Counts the rows in the way of each statement, and marks those that cannot succeed: a human must decide
    /// what becomes of the rows. Nothing is written. A question that the database as it is cannot answer (about a
    /// column that a statement before makes) or that takes too long is passed over.
    ///
    /// # Errors
    ///
    /// Those of connecting.
    pub(crate) fn count_rows_in_the_way(
        &mut self,
        target: &Database,
        statements: &mut [Statement],
    ) -> Result<()> {
        if statements.iter().all(|statement| statement.preflights.is_empty()) {
            return Ok(());
        }
        let at = self.database(target)?;
        let connection = &self.databases[at].connection;
        for statement in statements {
            for question in statement.preflights.clone() {
                let count = self.engine.runtime.block_on(questions::count(connection, &question, 10));
                if let Some(count) = count.filter(|count| *count > 0) {
                    let message = questions::found(count, &question);
                    statement.hazards.push(limbeck_sql::Hazard { kind: HazardKind::Undecided, message });
                }
            }
        }
        Ok(())
    }

    /// Adds to the locks that scan or rewrite how large the database says the relation is; what it does not know
    /// (a table that was never analysed) stays without.
    ///
    /// # Errors
    ///
    /// Those of connecting and asking.
    pub(crate) fn measure_sizes(&mut self, target: &Database, statements: &mut [Statement]) -> Result<()> {
        let mut locks: Vec<&mut Lock> = statements
            .iter_mut()
            .flat_map(|statement| &mut statement.locks)
            .filter(|lock| lock.work != Work::Catalog)
            .collect();
        if locks.is_empty() {
            return Ok(());
        }
        let at = self.database(target)?;
        let client = &self.databases[at].connection.client;
        let names = list(locks.iter().map(|lock| Literal::new(&lock.relation)));
        let question = sql!(
            "SELECT w.name, c.reltuples::pg_catalog.int8, c.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 \
             FROM pg_catalog.unnest(ARRAY[{}]::pg_catalog.text[]) AS w (name) \
             JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name) WHERE c.reltuples >= 0",
            names
        );
        let answers = self.engine.runtime.block_on(client.simple_query(question.as_str()));
        for message in answers.map_err(limbeck_database::Error::from)? {
            let tokio_postgres::SimpleQueryMessage::Row(row) = message else { continue };
            let number =
                |at: usize| row.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
            let size = Size { rows: number(1), bytes: number(2) };
            for lock in locks.iter_mut().filter(|lock| Some(lock.relation.as_str()) == row.get(0)) {
                lock.size = Some(size);
            }
        }
        Ok(())
    }

    /// Where the database of a service is.
    ///
    /// # Errors
    ///
    /// Those of connecting; a revision that no file declares; a file that was edited.
    pub(crate) fn applied(&mut self, files: &Files<'_>, target: &Database) -> Result<Applied> {
        let at = self.database(target)?;
        let applied = self.engine.runtime.block_on(Applied::read(files, &self.databases[at].connection))?;
        applied.unedited(files)?;
        Ok(applied)
    }

    /// The rows of a service's version table, as they are.
    ///
    /// # Errors
    ///
    /// Those of connecting and reading.
    pub(crate) fn rows(&mut self, files: &Files<'_>, target: &Database) -> Result<Applied> {
        let at = self.database(target)?;
        self.engine.runtime.block_on(Applied::rows(files, &self.databases[at].connection))
    }

    /// Replaces rows of a service's version table, under its lock.
    ///
    /// # Errors
    ///
    /// The server's; nothing is changed then.
    pub(crate) fn stamp(
        &mut self,
        files: &Files<'_>,
        target: &Database,
        remove: &[&str],
        add: &[Record<'_>],
    ) -> Result<()> {
        let at = self.database(target)?;
        let (table, connection) = (files.version_table(), &self.databases[at].connection);
        self.engine.runtime.block_on(async {
            let lock = RunLock::acquire(connection, &table, WAIT).await?;
            table.stamp(connection, remove, add).await?;
            Ok(lock.release(connection).await?)
        })
    }

    /// Begins to read the models of these services, while the databases are still to be connected to.
    pub(crate) fn read_ahead(&mut self, services: &[&Service]) {
        for service in services {
            let (project, service) = (self.project.clone(), Service::clone(service));
            let (sender, receiver) = channel();
            self.ahead.insert(service.name.clone(), receiver);
            // Nobody may be left to take the answer: then the run has failed for another reason.
            rayon::spawn(move || drop(sender.send(Ahead::read(&project, &service))));
        }
    }

    /// A service's sources, which may have been read ahead.
    fn sources(&mut self, service: &Service) -> Result<Ahead> {
        for path in service.models.iter().chain(&service.sql) {
            missing(path, self.project, service)?;
        }
        let ahead = self.ahead.remove(&service.name).and_then(|receiver| receiver.recv().ok());
        ahead.unwrap_or_else(|| Ahead::read(self.project, service))
    }

    /// Says the warnings of models.
    fn warned(&self, wanted: Wanted) -> Wanted {
        for diagnostic in wanted.read.diagnostics.iter().filter(|found| found.severity == Severity::Warning) {
            self.engine.out.warn(diagnostic.clone());
        }
        wanted
    }

    /// Reads a service's models; their warnings are said.
    ///
    /// # Errors
    ///
    /// A folder that is missing; all that is wrong with them.
    pub(crate) fn models(&mut self, service: &Service) -> Result<Wanted> {
        let wanted = self.sources(service)?.wanted(self.project, service)?;
        Ok(self.warned(wanted))
    }

    /// Compares a service with its database, unless an earlier run has compared the same and found no difference.
    ///
    /// # Errors
    ///
    /// Broken revisions, an unreachable database, wrong models: whatever keeps the two from being compared.
    pub(crate) fn compare(&mut self, files: &Files<'_>, connection: &args::Connection) -> Result<Compared> {
        files.sound()?;
        let target = files.service.target(connection)?;
        // While the models are read ahead; what is wrong with them is told before what the database says.
        let found = self.applied(files, &target).and_then(|applied| {
            let pending = applied.pending(files)?;
            Ok((applied, pending, self.digest(&target)?))
        });
        let ahead = self.sources(files.service)?;
        if let (Ripe::Agreed(_, agreement), Ok((_, _, digest))) = (&ahead.sources, &found)
            && agreement.catalogs == *digest
        {
            self.engine.out.detail(format!("{}: the same was compared before", files.service.name));
            let unmanaged = agreement.unmanaged.clone();
            let (applied, pending, _) = found?;
            return Ok(Compared {
                differences: Vec::new(),
                has_statements: false,
                unmanaged,
                applied,
                pending,
            });
        }
        let agreements = ahead.agreements.clone();
        let wanted = ahead.wanted(self.project, files.service)?;
        let is_quiet = wanted.read.diagnostics.is_empty();
        let wanted = self.warned(wanted);
        let (applied, pending, catalogs) = found?;
        let (schema, version) = self.read(&target)?;
        let terms = Terms { version, ..Terms::default() };
        let mut comparison = compare(&mut self.engine, files.service, wanted, schema, terms)?;
        let differences = std::mem::take(&mut comparison.plan.differences);
        let has_statements = !comparison.plan.statements.is_empty();
        let unmanaged: Vec<Unmanaged> = comparison.unmanaged.iter().map(Unmanaged::from).collect();
        self.compared.push(comparison);
        if let Some(agreements) = agreements.filter(|_| is_quiet && differences.is_empty() && !has_statements)
        {
            agreements.write(&Agreement { catalogs, unmanaged: unmanaged.clone() });
        }
        Ok(Compared { differences, has_statements, unmanaged, applied, pending })
    }

    /// Compares a service's models with a schema, under these names for what is called otherwise now; `online` for
    /// a plan that keeps readers and writers going.
    ///
    /// # Errors
    ///
    /// Wrong models, a rename of nothing.
    pub(crate) fn against(
        &mut self,
        service: &Service,
        schema: Canonical<Schema>,
        version: i32,
        told: &[String],
        online: bool,
    ) -> Result<Comparison> {
        let wanted = self.models(service)?;
        let renames = renames(told, &schema)?;
        compare(&mut self.engine, service, wanted, schema, Terms { renames, version, online })
    }

    /// What the revisions make of an empty database, those of the services that come before included.
    ///
    /// # Errors
    ///
    /// Broken revisions, no scratch server, a statement that it refuses.
    pub(crate) fn replay(&mut self, service: &Service) -> Result<(Canonical<Schema>, i32)> {
        self.replay_to(service, &Target::heads())
    }

    /// The same, the service's own revisions only up to a target.
    ///
    /// # Errors
    ///
    /// As for [`Bench::replay`]; a target that is none.
    pub(crate) fn replay_to(
        &mut self,
        service: &Service,
        target: &Target,
    ) -> Result<(Canonical<Schema>, i32)> {
        let statements = self.history_of(service, target)?;
        let texts = statements.iter().map(|statement| statement.text.as_str()).collect::<Vec<_>>();
        match self.engine.build(&texts, Order::AsWritten)? {
            Ok(built) => Ok((built.schema, built.recording.version())),
            Err(refused) => {
                let message = refused.error.as_db_error().map_or("no answer", |error| error.message());
                let report = Report::error("cli::replay", format!("a revision can't be replayed: {message}"))
                    .help("`limbeck upgrade` on an empty database would fail there too");
                Err(match statements.get(refused.at) {
                    Some(statement) => report.at(statement.origin.clone()).into(),
                    None => report.into(),
                })
            }
        }
    }

    /// The statements of the revisions up to a target, those of the services that come before included.
    ///
    /// # Errors
    ///
    /// Broken revisions; a target that is none.
    pub(crate) fn history_of(&self, service: &Service, target: &Target) -> Result<Vec<Replayed>> {
        let before = self.project.services.iter().filter(|other| comes_before(other, service, self.project));
        let mut statements = Vec::new();
        for of in before.chain([service]) {
            let files = Files::read(self.project, of)?;
            files.sound()?;
            if files.history().is_empty() {
                continue;
            }
            let heads = Target::heads();
            let target = if of.name == service.name { target } else { &heads };
            for step in files.history().upgrade(target, &[])? {
                let Some(stored) = files.store.get(&step.id) else { continue };
                for statement in stored.file.upgrade.statements() {
                    let (line, column) = statement.position(1);
                    let file = stored.path.display().to_string();
                    statements.push(Replayed {
                        of: (of.name.clone(), step.id.clone()),
                        text: statement.sql.to_string(),
                        origin: limbeck_schema::Origin { file: file.into(), line, column, length: 0 },
                    });
                }
            }
        }
        Ok(statements)
    }
}

/// A statement of a revision that is replayed.
pub(crate) struct Replayed {
    /// The service, and the revision.
    pub(crate) of: (String, RevisionId),
    pub(crate) text: String,
    origin: limbeck_schema::Origin,
}

/// Whether a service is named, directly or not, by another's `after`.
fn comes_before(service: &Service, other: &Service, project: &Project) -> bool {
    other.after.iter().any(|name| {
        let named = project.services.iter().find(|candidate| candidate.name == *name);
        named.is_some_and(|named| named.name == service.name || comes_before(service, named, project))
    })
}

/// A folder that is not there is never taken for one without models.
fn missing(path: &Path, project: &Project, service: &Service) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let shown = project.shown(path);
    Err(Report::error("cli::missing_folder", format!("`{}` does not exist", shown.display()))
        .at(service.origin.clone())
        .help(format!("service `{}` has its models there; mend `models` or `sql`", service.name))
        .into())
}

/// Runs the statements, in as few transactions as they allow.
async fn execute(connection: &Connection, statements: &[Statement]) -> Result<(), limbeck_database::Error> {
    let client = &connection.client;
    for segment in segments(statements) {
        if segment.transactional {
            client.batch_execute("BEGIN").await?;
        }
        for statement in segment.statements {
            if let Err(error) = client.batch_execute(statement.sql.as_str()).await {
                if segment.transactional {
                    // The first error is the one to tell.
                    let _ = client.batch_execute("ROLLBACK").await;
                }
                return Err(error.into());
            }
        }
        if segment.transactional {
            client.batch_execute("COMMIT").await?;
        }
    }
    Ok(())
}

/// Refuses to compare with a database that is behind.
///
/// # Errors
///
/// The pending revisions.
pub(crate) fn up_to_date(files: &Files<'_>, pending: &[RevisionId]) -> Result<()> {
    if pending.is_empty() {
        return Ok(());
    }
    let pending = pending.iter().map(|id| {
        let message = files.history().get(id).map_or("", |revision| revision.message.as_str());
        format!("{id} {message}")
    });
    let mut report = Report::error("cli::not_up_to_date", "Target database is not up to date.")
        .place(files.store.folder.display())
        .help("run `limbeck upgrade` first, or compare with the revisions themselves: `--offline`");
    report.message.push_str(" Pending: ");
    report.message.push_str(&pending.collect::<Vec<_>>().join(", "));
    Err(Failure::of(Exit::Refused, [report]))
}
