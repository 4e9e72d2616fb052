//! A text to parsed statements, with what the file says of each.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use limbeck_revisions::file::{Allow, Item, Mode, read};
use limbeck_revisions::{Error, file};
use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::syntax_error::SyntaxError;
use squawk_syntax::{SourceFile, SyntaxNode};

use crate::names::{self, Mention};
use crate::places::Places;
use crate::{Options, block};

/// A file, read and parsed.
pub(crate) struct File {
    /// The text, without a byte order mark and with LF; every offset is one of it.
    pub(crate) text: String,
    /// What runs in one go: the directions of a revision, or a plain script.
    pub(crate) scripts: Vec<Script>,
    /// What is acknowledged.
    pub(crate) allows: Vec<Acknowledgement>,
    /// Whether it is a revision.
    pub(crate) revision: bool,
    /// What its header says of its changes, a line each.
    summary: Vec<String>,
}

/// Which way a script goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// Statements that run one after the other.
pub(crate) struct Script {
    pub(crate) direction: Direction,
    pub(crate) statements: Vec<Statement>,
    /// The tables and types that it makes, of which nothing can hold rows or locks yet.
    made: BTreeSet<String>,
    /// The names that are to stay without a schema: temporary tables.
    temporary: BTreeSet<String>,
}

/// What is known of how a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// In one transaction with the others of its segment.
    Together,
    /// Outside of a transaction block.
    Alone,
    /// It depends on who runs the file.
    Unknown,
}

/// A statement.
pub(crate) struct Statement {
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// Its text, without the semicolon.
    pub(crate) sql: String,
    /// Its segment's number in the script.
    pub(crate) segment: usize,
    /// How it runs.
    pub(crate) run: Run,
    /// The hazards that comments above it name.
    pub(crate) labels: BTreeSet<HazardKind>,
    /// The statement, if it can be parsed.
    pub(crate) ast: Option<ast::Stmt>,
    /// Why it can't.
    pub(crate) errors: Vec<SyntaxError>,
    /// What it names.
    pub(crate) mentions: Vec<Mention>,
    /// It stands in the body of a block, the statement before it.
    pub(crate) inside: bool,
}

/// A `limbeck:allow`.
pub(crate) struct Acknowledgement {
    pub(crate) allow: Allow,
    /// Where the marker stands.
    pub(crate) range: Range<usize>,
    /// The bytes that it is for; the whole file where it stands in the header.
    pub(crate) covers: Option<Range<usize>>,
    /// Something was acknowledged by it.
    pub(crate) used: Cell<bool>,
}

/// What makes a plain script a revision: it is read as what stands below `-- limbeck:upgrade`.
const HEAD: &str = "-- limbeck revision plain\n-- parents: base\n-- limbeck:upgrade\n";
const HEAD_LINES: u32 = 3;

impl File {
    /// Reads a text, with the errors that it has as a revision.
    pub(crate) fn read(text: &str, name: &str, options: &Options) -> (Self, Vec<Error>) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let reading = read(name, &text);
        let plain = !options.revision && matches!(reading.errors.as_slice(), [Error::NoHeader { .. }]);
        let (reading, shift) = if plain {
            // What is wrong with it as a revision is no concern of a plain script.
            let reading = read(name, &format!("{HEAD}{}", without_commands(&text)));
            (file::Reading { errors: Vec::new(), ..reading }, HEAD_LINES)
        } else {
            (reading, 0)
        };
        let mut reader = Reader { places: Places::new(name, &text), shift, plain, allows: Vec::new() };
        let (mut scripts, mut summary) = (Vec::new(), Vec::new());
        if let Some(revision) = reading.file {
            summary = revision.summary;
            for allow in &revision.allowed {
                reader.allow(allow, None);
            }
            scripts.extend(reader.script(Direction::Up, revision.upgrade));
            if let Some(script) = revision.downgrade {
                scripts.extend(reader.script(Direction::Down, script));
            }
        }
        let allows = reader.allows;
        (Self { scripts, allows, revision: !plain, summary, text }, reading.errors)
    }

    /// Whether the header lists a change of this object: the models declare it then, wherever it lies.
    pub(crate) fn declares(&self, name: &Mention) -> bool {
        let name = name.full();
        self.summary.iter().any(|line| line.split_whitespace().any(|word| word == name))
    }

    /// The script of a direction.
    pub(crate) fn script(&self, direction: Direction) -> Option<&Script> {
        self.scripts.iter().find(|script| script.direction == direction)
    }
}

impl Script {
    fn new(direction: Direction) -> Self {
        Self { direction, statements: Vec::new(), made: BTreeSet::new(), temporary: BTreeSet::new() }
    }

    /// Whether the script makes this table or type itself.
    pub(crate) fn makes(&self, name: &Mention) -> bool {
        name.is_temporary() || self.made.contains(&name.full())
    }

    /// Whether the name is one of a temporary table.
    pub(crate) fn is_temporary(&self, name: &Mention) -> bool {
        self.temporary.contains(&name.name)
    }

    /// The statements before this one that are part of the same transaction.
    pub(crate) fn before<'a>(&'a self, statement: &'a Statement) -> impl Iterator<Item = &'a Statement> {
        let same = move |other: &&Statement| {
            other.at < statement.at
                && other.segment == statement.segment
                && statement.run == Run::Together
                && other.run == Run::Together
        };
        self.statements.iter().filter(same)
    }

    fn push(&mut self, statement: Statement) {
        for name in names::made(&statement) {
            self.made.insert(name.full());
        }
        for name in names::temporary(&statement) {
            self.temporary.insert(name.name);
        }
        self.statements.push(statement);
    }
}

impl Statement {
    fn new(sql: &str, at: usize, segment: usize, run: Run, labels: BTreeSet<HazardKind>) -> Self {
        let parse = SourceFile::parse(sql);
        let ast = parse.tree().stmts().next();
        let mentions = ast.as_ref().map(|ast| names::mentions(ast.syntax())).unwrap_or_default();
        let errors = parse.errors();
        Self { at, sql: sql.to_owned(), segment, run, labels, ast, errors, mentions, inside: false }
    }

    /// The statements in the body of a block, with what is said of the whole. When they are committed, the block decides.
    fn inner(&self) -> Vec<Self> {
        let Some(ast::Stmt::Do(block)) = &self.ast else { return Vec::new() };
        let statement = |range: Range<usize>| {
            let sql = self.sql.get(range.clone())?;
            let inner =
                Self::new(sql, self.at + range.start, self.segment, Run::Unknown, self.labels.clone());
            // What PL/pgSQL adds (`RETURNING … INTO`) can't be parsed, and says nothing.
            inner.errors.is_empty().then_some(Self { inside: true, ..inner })
        };
        block::statements(block).into_iter().filter_map(statement).collect()
    }

    /// The bytes of the file that it covers.
    pub(crate) fn range(&self) -> Range<usize> {
        self.at..self.at + self.sql.len()
    }

    /// The bytes of the file that a node of it covers, without the space around it.
    pub(crate) fn of(&self, node: &SyntaxNode) -> Range<usize> {
        let range = Range::<usize>::from(node.text_range());
        let text = self.sql.get(range.clone()).unwrap_or("");
        let start = range.start + (text.len() - text.trim_start().len());
        let end = start + text.trim().len();
        self.at + start..self.at + end
    }
}

/// The text with psql's own commands blanked out, and the rows that it sends after a `COPY … FROM STDIN;`.
fn without_commands(text: &str) -> String {
    let blank = |line: &str| line.chars().map(|c| if c == '\n' { c } else { ' ' }).collect::<String>();
    let mut rows = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let hidden = rows || line.starts_with('\\');
        rows = if rows { line.trim_end() != "\\." } else { begins_rows(line) };
        if hidden { blank(line) } else { line.to_owned() }
    });
    lines.collect()
}

/// Whether rows for COPY follow the line, as `pg_dump` writes it.
fn begins_rows(line: &str) -> bool {
    let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
    let from_stdin = |pair: &[String]| pair[0] == "from" && pair[1].trim_end_matches(';') == "stdin";
    words.first().is_some_and(|word| word == "copy")
        && words.windows(2).any(from_stdin)
        && line.trim_end().ends_with(';')
}

struct Reader<'a> {
    places: Places<'a>,
    shift: u32,
    plain: bool,
    allows: Vec<Acknowledgement>,
}

impl Reader<'_> {
    fn offset(&self, line: u32, column: u32) -> usize {
        self.places.offset(line.saturating_sub(self.shift), column)
    }

    fn allow(&mut self, allow: &Allow, covers: Option<Range<usize>>) {
        let at = self.offset(allow.reason.line, allow.reason.column);
        let range = self.places.line(at);
        self.allows.push(Acknowledgement { allow: allow.clone(), range, covers, used: Cell::new(false) });
    }

    /// The script, and the one that a marker of another runner begins inside it.
    fn script(&mut self, direction: Direction, script: file::Script) -> Vec<Script> {
        let mut scripts = vec![Script::new(direction)];
        let (mut block, mut number) = (false, 0);
        let mut alone = false;
        for segment in script.segments {
            number += 1;
            let (mut labels, mut pending) = (BTreeSet::new(), Vec::new());
            for item in segment.items {
                match item {
                    Item::Statement(placed) => {
                        let at = self.offset(placed.line, placed.column);
                        let sql = placed.sql.as_str();
                        let run = match (self.plain, segment.mode, block) {
                            (true, _, true) | (false, Mode::Transaction, _) => Run::Together,
                            (true, _, false) if alone => Run::Alone,
                            (true, _, false) => Run::Unknown,
                            (false, Mode::NoTransaction, _) => Run::Alone,
                        };
                        let statement = Statement::new(sql, at, number, run, std::mem::take(&mut labels));
                        match &statement.ast {
                            Some(ast::Stmt::Begin(_)) if self.plain => (block, number) = (true, number + 1),
                            Some(ast::Stmt::Commit(_) | ast::Stmt::Rollback(_)) if self.plain => {
                                block = false;
                            }
                            _ => {}
                        }
                        for allow in pending.drain(..) {
                            self.allow(&allow, Some(statement.range()));
                        }
                        if let Some(script) = scripts.last_mut() {
                            let inner = statement.inner();
                            script.push(statement);
                            inner.into_iter().for_each(|inner| script.push(inner));
                        }
                    }
                    Item::Allow(allow) => pending.push(allow),
                    Item::Loses(_) => {
                        labels.insert(HazardKind::DataLoss);
                    }
                    Item::Preflight(_) => {}
                    Item::Todo(_) => {
                        labels.insert(HazardKind::Undecided);
                    }
                    Item::Comment(text) => {
                        labels.extend(label(&text));
                        match runner(&text) {
                            Some(Runner::NoTransaction) => alone = true,
                            Some(Runner::Up { transaction }) => alone = !transaction,
                            Some(Runner::Down { transaction }) => {
                                alone = !transaction;
                                scripts.push(Script::new(Direction::Down));
                            }
                            None => {}
                        }
                    }
                }
            }
            // At the end of a segment there is no statement that they could be for.
            for allow in pending {
                self.allow(&allow, Some(0..0));
            }
        }
        scripts
    }
}

/// The hazard that a comment names: `-- compatibility: code that says s.t fails`.
fn label(comment: &str) -> Option<HazardKind> {
    let (name, text) = comment.strip_prefix("--")?.split_once(':')?;
    HazardKind::ALL.into_iter().find(|hazard| hazard.name() == name.trim() && !text.trim().is_empty())
}

/// What the comments of other runners say.
enum Runner {
    /// sqlx: the file does not run in a transaction.
    NoTransaction,
    /// dbmate.
    Up { transaction: bool },
    /// dbmate.
    Down { transaction: bool },
}

fn runner(comment: &str) -> Option<Runner> {
    let words: Vec<&str> = comment.strip_prefix("--")?.split_whitespace().collect();
    let transaction = !words.contains(&"transaction:false");
    match *words.first()? {
        "no-transaction" => Some(Runner::NoTransaction),
        "migrate:up" => Some(Runner::Up { transaction }),
        "migrate:down" => Some(Runner::Down { transaction }),
        _ => None,
    }
}
