//! SQL files as people have them: dumps, migrations, scripts for psql. Which files of a folder are meant and in which
//! order says [`files`](super::files).
//!
//! What psql does by itself is done or stepped over: data blocks, commands that only change what is shown, `\i`, `\set`,
//! `\connect` to the database that the file makes. What belongs to the whole server (roles, databases, its settings)
//! is no part of a schema and is stepped over, so that nothing of it is left on the server that lends its scratch
//! databases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use limbeck_schema::Origin;
use limbeck_sql::script::{Marks, Piece, What, arguments, interpolate, psql_pieces, words};

use super::files::{sql_files, way};
use super::scratch;
use crate::failure::{Report, Result};

/// A statement, and where it was written.
pub(super) type Written = (String, Origin);

/// How deep files may include each other.
const DEPTH: usize = 32;

/// The statements of a SQL file or folder with their places. Each file is a session of its own.
///
/// # Errors
///
/// What is no SQL.
pub(crate) fn sql_statements(path: &Path) -> Result<Vec<Written>> {
    let mut reader = Reader { folder: Some(PathBuf::new()), ..Reader::default() };
    for (number, file) in sql_files(path)?.into_iter().enumerate() {
        if number > 0 {
            let origin = Origin { file: file.display().to_string().into(), line: 1, column: 1, length: 0 };
            for again in scratch::LEAVE.into_iter().chain([scratch::BEFORE]) {
                reader.statements.push((again.to_owned(), origin.clone()));
            }
        }
        reader.file(&file)?;
        reader.end()?;
    }
    Ok(reader.statements)
}

/// The statements of a SQL text with their places.
///
/// # Errors
///
/// What is no SQL.
pub(super) fn script(text: &str, file: &str) -> Result<Vec<Written>> {
    let mut reader = Reader::default();
    reader.text(text, file)?;
    reader.end()?;
    Ok(reader.statements)
}

/// A text file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Report::error("cli::file", format!("cannot read {}: {error}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    if bytes.starts_with(b"PGDMP") {
        return Err(unreadable(&"it is an archive of pg_dump, not SQL")
            .help("make SQL of it: `pg_restore --schema-only --file schema.sql ARCHIVE`")
            .into());
    }
    String::from_utf8(bytes)
        .map_err(|_| unreadable(&"it is not UTF-8").help("a SQL file is UTF-8 text").into())
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    statements: Vec<Written>,
    /// Where the file that is being read lies; a text of models lies nowhere, and includes nothing.
    folder: Option<PathBuf>,
    depth: usize,
    variables: BTreeMap<String, String>,
    /// The transaction that is open.
    open: Option<Origin>,
    /// The database that the statements are for, once the file has named one.
    database: Option<String>,
    /// Whether there is anything in it yet.
    filled: bool,
    /// Where the file went on to another one.
    elsewhere: Option<(String, Origin)>,
}

impl Reader {
    /// Reads a file, and those that it includes.
    fn file(&mut self, path: &Path) -> Result<()> {
        let text = read_text(path)?;
        let outer = self.folder.replace(path.parent().unwrap_or(Path::new("")).to_owned());
        let read = self.text(&text, &path.display().to_string());
        self.folder = outer;
        read
    }

    /// Reads a text, up to where it says that it ends.
    fn text(&mut self, text: &str, file: &str) -> Result<()> {
        let places = Places::new(text, file);
        let mut back = false;
        let pieces =
            psql_pieces(text, |comment| if way(comment).is_some() { Marks::End } else { Marks::Nothing });
        let mut pieces = pieces.into_iter().peekable();
        while let Some(Piece { what, at }) = pieces.next() {
            let origin = places.at(at);
            match what {
                What::Comment(comment) => back = way(comment).map_or(back, |way| way.is_back()),
                _ if back => {}
                What::Statement(statement) => {
                    let executed = matches!(pieces.peek(), Some(Piece { what: What::Meta(line), .. }) if line.starts_with("\\gexec"));
                    if executed && makes_cluster_object(statement) {
                        pieces.next();
                    } else {
                        self.statement(statement, origin)?;
                    }
                }
                What::Misplaced(_) => {}
                What::Unterminated(what) => {
                    return Err(Report::error("cli::sql", format!("this {what} is never closed"))
                        .at(origin)
                        .into());
                }
                What::Meta(line) => {
                    if self.meta(line, origin)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn statement(&mut self, statement: &str, origin: Origin) -> Result<()> {
        let text = interpolate(statement, |name| self.variables.get(name).cloned());
        let words: Vec<String> = words(&text).collect();
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        match (word(0), word(1)) {
            _ if is_of_server(&words, text.contains('"')) => return Ok(()),
            // The text is UTF-8 by now, whatever it was dumped in.
            ("set", "client_encoding") => return Ok(()),
            ("begin", _) | ("start", "transaction") => self.open = Some(origin.clone()),
            ("commit" | "end" | "abort", _) | ("prepare", "transaction") => self.open = None,
            ("rollback", second) if second != "to" && word(2) != "to" => self.open = None,
            ("set" | "reset", _) => {}
            ("select", _) if words.iter().any(|word| word == "set_config") => {}
            _ => {
                if let Some((database, origin)) = self.elsewhere.take() {
                    return Err(Report::error(
                        "cli::sql",
                        format!("the file goes on in another database, `{database}`"),
                    )
                    .at(origin)
                    .help("a source is one database: `pg_dump` writes one, `pg_dumpall` all of a server")
                    .into());
                }
                self.filled = true;
            }
        }
        self.statements.push((text.into_owned(), origin));
        Ok(())
    }

    /// Does what a command of psql does; true where it ends the file.
    fn meta(&mut self, line: &str, origin: Origin) -> Result<bool> {
        /// Commands that show something, or say how.
        const SHOW: [&str; 38] = [
            "\\restrict",
            "\\unrestrict",
            "\\echo",
            "\\qecho",
            "\\warn",
            "\\encoding",
            "\\pset",
            "\\x",
            "\\t",
            "\\a",
            "\\f",
            "\\H",
            "\\C",
            "\\T",
            "\\timing",
            "\\errverbose",
            "\\o",
            "\\out",
            "\\l",
            "\\list",
            "\\z",
            "\\sf",
            "\\sv",
            "\\copy",
            "\\conninfo",
            "\\h",
            "\\help",
            "\\?",
            "\\copyright",
            "\\r",
            "\\reset",
            "\\g",
            "\\gx",
            "\\gdesc",
            "\\crosstabview",
            "\\p",
            "\\print",
            "\\.",
        ];
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let command = command.trim_end_matches(['+', ';']);
        let arguments = arguments(rest);
        let first = || arguments.first().cloned().unwrap_or_default();
        match command {
            _ if SHOW.contains(&command) || command.starts_with("\\d") => {}
            "\\set" => {
                let value = arguments.get(1..).unwrap_or_default().concat();
                let value = interpolate(&value, |name| self.variables.get(name).cloned()).into_owned();
                self.variables.insert(first(), value);
            }
            "\\unset" => {
                self.variables.remove(&first());
            }
            "\\q" | "\\quit" => return Ok(true),
            "\\c" | "\\connect" => {
                let name = arguments.into_iter().find(|word| !word.starts_with("-reuse-previous"));
                let name = name.filter(|name| name != "-");
                self.connect(name, origin);
            }
            "\\i" | "\\include" | "\\ir" | "\\include_relative" if self.folder.is_some() => {
                self.include(&first(), command, &origin)?;
            }
            _ => {
                return Err(Report::error("cli::sql", format!("`{command}` is a command of psql, not SQL"))
                    .at(origin)
                    .help("take it out, or run the file with psql and name the database instead")
                    .into());
            }
        }
        Ok(false)
    }

    /// `\connect`: what stands before it may only have made the database.
    fn connect(&mut self, name: Option<String>, origin: Origin) {
        let Some(name) = name else { return };
        if self.filled && self.database.as_ref() != Some(&name) {
            self.elsewhere = Some((name, origin));
        } else {
            self.database = Some(name);
            self.elsewhere = None;
        }
    }

    /// `\i` counts from where the command is run, `\ir` from where the file lies; both find what lies beside it.
    fn include(&mut self, name: &str, command: &str, origin: &Origin) -> Result<()> {
        let folder = self.folder.clone().unwrap_or_default();
        let beside = folder.join(name);
        let from_here = !matches!(command, "\\ir" | "\\include_relative") && Path::new(name).exists();
        let path = if from_here { PathBuf::from(name) } else { beside };
        if self.depth == DEPTH {
            return Err(Report::error("cli::sql", format!("`{name}` includes itself"))
                .at(origin.clone())
                .into());
        }
        self.depth += 1;
        let read = self.file(&path).map_err(|mut failure| {
            // The file that can't be read has no lines to point at.
            for report in failure.reports.iter_mut().filter(|report| report.code == "cli::file") {
                *report = report.clone().at(origin.clone());
            }
            failure
        });
        self.depth -= 1;
        read
    }

    /// The end of a session.
    fn end(&mut self) -> Result<()> {
        self.variables.clear();
        match self.open.take() {
            None => Ok(()),
            Some(origin) => Err(Report::error("cli::sql", "this transaction is never committed")
                .at(origin)
                .help("without COMMIT the server forgets all of it")
                .into()),
        }
    }
}

/// Whether a statement is about the server or its databases, roles and tablespaces; of a statement these are the
/// unquoted words in lower case.
fn is_of_server(words: &[String], has_quoted_names: bool) -> bool {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let is = |word: &str| ["database", "role", "user", "group", "tablespace"].contains(&word);
    let on = |objects: &[&str]| {
        let at = words.iter().position(|word| word == "on");
        let (object, next) = at.map_or(("", ""), |at| (word(at + 1), word(at + 2)));
        // A table may be called `database`.
        let is_named = has_quoted_names || !["to", "from", ""].contains(&next);
        objects.contains(&object) && is_named
    };
    match word(0) {
        "create" | "drop" | "alter" if word(1) == "user" => word(2) != "mapping",
        "alter" if word(1) == "system" => true,
        "create" | "drop" | "alter" => is(word(1)),
        "comment" => on(&["database", "role", "tablespace"]),
        "security" => words.windows(2).any(|pair| pair[0] == "on" && is(&pair[1])),
        // Without ON, roles are granted to roles.
        "grant" | "revoke" => {
            on(&["database", "tablespace", "parameter"]) || !words.iter().any(|word| word == "on")
        }
        _ => false,
    }
}

/// `SELECT 'CREATE DATABASE x' WHERE NOT EXISTS (…)\gexec`.
fn makes_cluster_object(statement: &str) -> bool {
    let words: Vec<String> = scratch::words(statement).map(str::to_ascii_lowercase).collect();
    let is_one = |word: &str| ["database", "role", "user"].contains(&word);
    words.windows(2).any(|pair| pair[0] == "create" && is_one(&pair[1]))
}

/// Bytes of a text to lines and columns.
struct Places<'t> {
    text: &'t str,
    file: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    fn new(text: &'t str, file: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, file, lines: std::iter::once(0).chain(ends).collect() }
    }

    fn at(&self, at: usize) -> Origin {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
        let column = self.text[start..at].chars().count() + 1;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Origin { file: self.file.into(), line: count(line), column: count(column), length: 0 }
    }
}
