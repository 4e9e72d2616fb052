//! One side of a comparison: `postgres://…`, models, SQL, a snapshot, revisions, nothing.

use std::path::{Path, PathBuf};

use limbeck_database::Target;
use limbeck_kinds::Schema;
use limbeck_models::{ReadModels, ReadResult};
use limbeck_schema::{Canonical, Origin, Rename};
use limbeck_sql::script::{Marks, What, pieces};

use super::scratch::Order;
use super::{Engine, scope};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};

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
        match self.build(&sql, Order::AsWritten)? {
            Ok(built) => Ok(Side {
                schema: built.schema,
                renames: Vec::new(),
                version: Some(built.recording.version()),
            }),
            Err(refused) => {
                let message = refused.message();
                let report =
                    Report::error("cli::sql", format!("the scratch server refuses a statement: {message}"));
                Err(match statements.get(refused.at) {
                    Some((_, origin)) => report.at(origin.clone()).into(),
                    None => report.into(),
                })
            }
        }
    }

    /// Reads models alone, without a service.
    fn models(&mut self, path: &Path, known: Option<&Schema>) -> Result<Side> {
        let root = self.root.clone();
        let read = limbeck_models::read(&ReadModels { base: &root, ..ReadModels::new(path) });
        let read = sound(read)?;
        let renames = read.renames.iter().map(|renamed| renamed.rename).collect();
        let empty = Schema::new();
        let schema = self.declared(read, &[], known.unwrap_or(&empty))?;
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

/// The models, if nothing is wrong with them.
///
/// # Errors
///
/// All diagnostics.
pub(crate) fn sound(read: ReadResult) -> Result<ReadResult> {
    if read.is_complete() { Ok(read) } else { Err(Failure::of(Exit::Failed, read.diagnostics)) }
}

/// The `.sql` files of a path in the order of their names.
pub(crate) fn sql_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| {
        Report::error("cli::file", format!("cannot read {}: {error}", path.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let found = entry.map_err(unreadable)?.path();
        if found.is_dir() {
            files.extend(sql_files(&found)?);
        } else if found.extension().is_some_and(|extension| extension == "sql") {
            files.push(found);
        }
    }
    files.sort();
    Ok(files)
}

/// A text file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        Report::error("cli::file", format!("cannot read {}: {error}", path.display()))
            .help("a SQL file is UTF-8 text")
            .into()
    })
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

/// The statements of a SQL file or folder with their places.
///
/// # Errors
///
/// What is no SQL.
pub(crate) fn sql_statements(path: &Path) -> Result<Vec<(String, Origin)>> {
    let mut statements = Vec::new();
    for file in sql_files(path)? {
        let text = read_text(&file)?;
        let found = script(&text, &file.display().to_string())?;
        statements.extend(found.into_iter().map(|(text, origin)| (text.to_owned(), origin)));
    }
    Ok(statements)
}

/// The statements of a SQL text with their places. What `psql` would do by itself (`\restrict`) and data
/// (`COPY … FROM stdin`) are stepped over.
pub(super) fn script<'t>(text: &'t str, file: &str) -> Result<Vec<(&'t str, Origin)>> {
    let mut statements = Vec::new();
    let mut start = 0;
    for (from, to) in without_data(text) {
        start = start.max(from);
        let part = &text[from..to];
        for piece in pieces(part, |_| Marks::Nothing) {
            let origin = place(text, from + piece.at, file);
            match piece.what {
                What::Statement(statement) => statements.push((statement, origin)),
                What::Comment(_) | What::Misplaced(_) => {}
                What::Unterminated(what) => {
                    return Err(Report::error("cli::sql", format!("this {what} is never closed"))
                        .at(origin)
                        .into());
                }
                What::Meta(command) => {
                    return Err(Report::error(
                        "cli::sql",
                        format!("`{command}` is a command of psql, not SQL"),
                    )
                    .at(origin)
                    .help("take it out, or run the file with psql and name the database instead")
                    .into());
                }
            }
        }
    }
    Ok(statements)
}

/// The ranges of a dump that are SQL: without data blocks and the commands that `pg_dump` writes for psql.
fn without_data(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let (mut start, mut at, mut in_data) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let lower = bare.to_ascii_lowercase();
        if in_data {
            if bare == "\\." {
                in_data = false;
                start = at + line.len();
            }
        } else if lower.starts_with("copy ") && lower.ends_with("from stdin;") {
            ranges.push((start, at));
            in_data = true;
        } else if ["\\restrict", "\\unrestrict", "\\set", "\\encoding"]
            .iter()
            .any(|word| bare.starts_with(word))
        {
            ranges.push((start, at));
            start = at + line.len();
        }
        at += line.len();
    }
    if !in_data {
        ranges.push((start, text.len()));
    }
    ranges.retain(|(from, to)| from < to);
    ranges
}

fn place(text: &str, at: usize, file: &str) -> Origin {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    Origin {
        file: file.to_owned(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        length: 0,
    }
}
