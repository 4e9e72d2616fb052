//! One side of a comparison: `postgres://…`, models, SQL, a snapshot, revisions, nothing.

use std::path::{Path, PathBuf};

use limbeck_database::Target;
use limbeck_kinds::Schema;
use limbeck_models::{KeptFiles, ModelFiles, ReadModels, ReadResult};
use limbeck_schema::{Canonical, Rename};

use super::cache::Slot;
use super::scratch::{self, Order, words};
use super::script::{read_text, sql_statements};
use super::{Engine, scope};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};

/// The file in a folder of models that says what structs cannot say.
pub(crate) const BESIDE_MODELS: &str = "schema.sql";

/// What a user names with `--from` and `--to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A database.
    Database(String),
    /// A folder or file of models.
    Models(PathBuf),
    /// A file or folder of SQL, run on scratch.
    Sql(PathBuf),
    /// A snapshot, as `inspect --format json` writes it.
    Snapshot(PathBuf),
    /// The revisions of the service, replayed on scratch, up to one of them.
    Revisions(Option<String>),
    /// An empty database.
    Empty,
}

/// A source that was read.
#[derive(Debug)]
pub(crate) struct Side {
    /// The schema.
    pub(crate) schema: Canonical<Schema>,
    /// Renames that it declares.
    pub(crate) renames: Vec<Rename>,
    /// The version of the server that it was read from, where there was one.
    pub(crate) version: Option<i32>,
}

impl Source {
    /// Reads the user's word for a source.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let path = |rest: &str| PathBuf::from(rest);
        if let Some((prefix, rest)) = text.split_once(':') {
            match prefix {
                "db" => return Ok(Self::Database(rest.to_owned())),
                "models" => return Ok(Self::Models(path(rest))),
                "sql" => return Ok(Self::Sql(path(rest))),
                "json" => return Ok(Self::Snapshot(path(rest))),
                "revisions" => return Ok(Self::Revisions(Some(rest.to_owned()))),
                _ if text.contains("://") => return Ok(Self::Database(text.to_owned())),
                _ => {}
            }
        }
        match text {
            "empty" => return Ok(Self::Empty),
            "revisions" => return Ok(Self::Revisions(None)),
            _ => {}
        }
        let found = path(text);
        match found.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => Ok(Self::Models(found)),
            Some("sql") => Ok(Self::Sql(found)),
            Some("json") => Ok(Self::Snapshot(found)),
            _ if found.is_dir() => Ok(if holds(&found, "rs") { Self::Models(found) } else { Self::Sql(found) }),
            _ => Err(Report::error("cli::source", format!("`{text}` is no source"))
                .help("a source is `postgres://…`, a folder or `.rs` file of models, a `.sql` file or folder, a `.json` snapshot, `revisions`, `revisions:REV` or `empty`")
                .exit(Exit::Usage)),
        }
    }
}

/// Whether a file of that extension lies in the folder, however deep.
fn holds(folder: &Path, extension: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.filter_map(std::result::Result::ok).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            holds(&path, extension)
        } else {
            path.extension().is_some_and(|found| found == extension)
        }
    })
}

/// What narrows a source that is read outside of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrow {
    /// Only these schemas; all where none is named.
    pub(crate) schemas: Vec<String>,
    /// Owners are compared too.
    pub(crate) owners: bool,
}

impl Engine<'_> {
    /// Reads a source whole; `known` is the other side where it is read already.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with it, with its place.
    pub(crate) fn side(&mut self, source: &Source, known: Option<&Schema>) -> Result<Side> {
        match source {
            Source::Database(url) => {
                let target: Target = crate::project::target(url, "--from and --to")?;
                let connection = self.connect(&target)?;
                self.prefer(&connection);
                let schema = self.runtime.block_on(limbeck_database::read(&connection))?;
                Ok(Side { schema, renames: Vec::new(), version: Some(connection.version) })
            }
            Source::Sql(path) => self.sql(path),
            Source::Models(path) => self.models(path, known),
            Source::Empty => self.empty(),
            Source::Snapshot(path) => self.snapshot(path),
            Source::Revisions(_) => Err(Report::error("cli::source", "`revisions` needs a service").into()),
        }
    }

    /// An empty database: what `CREATE DATABASE` makes from `template0`.
    fn empty(&mut self) -> Result<Side> {
        let public =
            limbeck_kinds::namespace::Namespace { id: limbeck_kinds::namespace::id("public".into()) };
        let schema: Schema = [public.into()].into_iter().collect();
        Ok(Side { schema: Canonical::from_server(schema), renames: Vec::new(), version: None })
    }

    /// Builds a snapshot on scratch and reads it back.
    fn snapshot(&mut self, path: &Path) -> Result<Side> {
        let statements = snapshot_statements(path)?;
        let sql: Vec<&str> = statements.iter().map(String::as_str).collect();
        match self.build(&sql, Order::AsWritten)? {
            Ok(built) => Ok(Side {
                schema: built.schema,
                renames: Vec::new(),
                version: Some(built.recording.version()),
            }),
            Err(refused) => {
                let message = refused.message();
                Err(wrong(path, format!("the scratch server refuses a statement: {message}")).into())
            }
        }
    }

    /// Runs SQL files on scratch and reads the database back.
    fn sql(&mut self, path: &Path) -> Result<Side> {
        let statements = sql_statements(path)?;
        let sql: Vec<&str> = statements.iter().map(|(text, _)| text.as_str()).collect();
        let mut built = self.build(&sql, Order::AsWritten)?;
        // Files that make objects, an object or two a file, stand in the order of their names.
        if built.is_err() && path.is_dir() && sql.iter().all(|statement| may_come_later(statement)) {
            built = self.build(&sql, Order::AsNeeded(&|_| Ok(Vec::new())))?.or(built);
        }
        match built {
            Ok(built) => Ok(Side {
                schema: built.schema,
                renames: Vec::new(),
                version: Some(built.recording.version()),
            }),
            Err(refused) => Err(refused
                .report("cli::sql", "the scratch server refuses a statement", statements.get(refused.at))
                .into()),
        }
    }

    /// Reads models alone, without a service, and what `inspect --out` wrote beside them.
    fn models(&mut self, path: &Path, known: Option<&Schema>) -> Result<Side> {
        let root = self.root.clone();
        let beside = path.join(BESIDE_MODELS);
        let options = ReadModels { base: &root, may_be_empty: beside.is_file(), ..ReadModels::new(path) };
        let read = read_models(ModelFiles::load(&options), options)?;
        let renames = read.renames.iter().map(|renamed| renamed.rename).collect();
        let sql = if beside.is_file() { sql_statements(&beside)? } else { Vec::new() };
        let empty = Schema::new();
        let schema = self.declared(read, &sql, known.unwrap_or(&empty))?;
        Ok(Side { schema, renames, version: None })
    }

    /// Keeps of a side what was asked for.
    pub(crate) fn narrowed(mut side: Side, narrow: &Narrow) -> Side {
        let mut schema = side.schema.into_inner();
        scope::narrow(&mut schema, &narrow.schemas, narrow.owners);
        side.schema = Canonical::from_server(schema);
        side
    }
}

/// Reads models. What their files hold is kept, so that the next run parses only what was edited.
///
/// # Errors
///
/// All diagnostics.
pub(crate) fn read_models(files: ModelFiles, mut options: ReadModels<'_>) -> Result<ReadResult> {
    let slot = Slot::keyed("models", options.path.canonicalize().ok());
    options.kept = slot.read().map(KeptFiles::from_bytes).unwrap_or_default();
    let mut read = files.read(&options);
    if let Some(bytes) = read.kept.take() {
        slot.write(&bytes);
    }
    if read.is_complete() { Ok(read) } else { Err(Failure::of(Exit::Failed, read.diagnostics)) }
}

/// Whether a statement makes something or says something of it, and means the same wherever it stands.
fn may_come_later(statement: &str) -> bool {
    // What stands between two files.
    if scratch::LEAVE.contains(&statement) || statement == scratch::BEFORE {
        return true;
    }
    let mut words = words(statement).map(str::to_uppercase);
    match words.next().as_deref() {
        Some("CREATE" | "COMMENT" | "GRANT" | "REVOKE") => true,
        Some("ALTER") => words.all(|word| word != "DROP"),
        _ => false,
    }
}

/// The statements of a snapshot.
///
/// # Errors
///
/// A file that is none.
pub(crate) fn snapshot_statements(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    let document: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(path, format!("this is no JSON: {error}")))?;
    let statements =
        document["statements"].as_array().filter(|_| document["limbeck"] == 1).ok_or_else(|| {
            wrong(path, "this is no snapshot of version 1".to_owned())
                .help("`limbeck inspect --format json` writes one")
        })?;
    Ok(statements.iter().filter_map(|statement| statement["sql"].as_str().map(str::to_owned)).collect())
}

fn wrong(path: &Path, what: String) -> Report {
    Report::error("cli::source", what).place(path.display())
}
