//! The file of one revision: its parts as values.
//!
//! [`read`](crate::file::read()) takes text apart and [`RevisionFile::text`] puts it together; what we wrote
//! reads back equal, and writes the same bytes again. A file that people changed reads as long as its meaning
//! is plain: CRLF, a byte order mark, spaces at line ends and comments in odd places do no harm.

mod build;
mod read;
mod write;

use std::fmt;

use jiff::Timestamp;
use limbeck_sql::{HazardKind, Preflight, Sql};
use sha2::{Digest, Sha256};

pub use build::lock_lines;
pub(crate) use read::nearest;
pub use read::{Reading, read, read_bytes};

use crate::target::Direction;
use crate::{Error, Place, RevisionId};

/// One revision file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionFile {
    /// The id; the header is the truth, not the file's name.
    pub id: RevisionId,
    /// What it comes after; none for a base, several for a merge.
    pub parents: Vec<RevisionId>,
    /// One line that says what it does.
    pub message: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The labels that it gives to its branch.
    pub labels: Vec<String>,
    /// Revisions of other branches (ids or labels) that must be there before.
    pub depends: Vec<String>,
    /// Free lines of the header, one for each change: `+ column …`.
    pub summary: Vec<String>,
    /// What is locked, a line for each relation, without the word `locks:`.
    pub locks: Vec<String>,
    /// How it was proved, without the word `proved:`.
    pub proved: Vec<String>,
    /// What is acknowledged for the whole file.
    pub allowed: Vec<Allow>,
    /// What goes up.
    pub upgrade: Script,
    /// What goes down; `None` where there is no way back.
    pub downgrade: Option<Script>,
}

/// One direction of a revision: its segments in order; none where nothing is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Script {
    /// The segments; none of them is empty.
    pub segments: Vec<Segment>,
}

/// A run of statements that are one transaction, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How its statements run.
    pub mode: Mode,
    /// Statements, marks and comments in the order of the file.
    pub items: Vec<Item>,
}

/// How a segment's statements run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All in one transaction.
    Transaction,
    /// Each alone, outside of a transaction block.
    NoTransaction,
}

/// One thing that stands in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A statement.
    Statement(Placed),
    /// `-- limbeck:todo TEXT`: what a human must decide before the script may run.
    Todo(Mark),
    /// `-- limbeck:allow HAZARD: REASON`: a hazard that was seen in review.
    Allow(Allow),
    /// `-- loses: TEXT`: data that are gone afterwards.
    Loses(String),
    /// `-- limbeck:preflight QUERY -- ROWS`: a question whose answer must be 0 before the script may run.
    Preflight(Preflight),
    /// A comment as it stands in the file, with its dashes or `/* */`.
    Comment(String),
}

/// What was seen in review, and why it is acceptable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// What is acknowledged.
    pub what: Allowed,
    /// Why it is acceptable.
    pub reason: Mark,
}

/// What can be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Everything of this kind.
    Hazard(HazardKind),
    /// What one rule of `limbeck lint` finds, by its code.
    Rule(String),
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hazard(hazard) => hazard.name(),
            Self::Rule(code) => code,
        })
    }
}

/// A statement and where it stands.
///
/// Two are equal when their texts are: where a statement stands says nothing about what it does.
#[derive(Clone, Debug, Eq)]
pub struct Placed {
    /// The text, without the semicolon at its end.
    pub sql: Sql,
    /// The line of its first character, from 1; 0 for one that comes from no file.
    pub line: u32,
    /// The column of its first character, from 1; 0 for one that comes from no file.
    pub column: u32,
}

/// What a mark says and where it stands; equal to any other that says the same.
#[derive(Clone, Debug, Eq)]
pub struct Mark {
    /// What it says.
    pub text: String,
    /// Its line, from 1; 0 for one that comes from no file.
    pub line: u32,
    /// Its column, from 1; 0 for one that comes from no file.
    pub column: u32,
}

impl PartialEq for Mark {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Mark {
    /// A mark that comes from no file.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), line: 0, column: 0 }
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.sql == other.sql
    }
}

impl Placed {
    /// A statement that comes from no file.
    pub fn new(sql: Sql) -> Self {
        Self { sql, line: 0, column: 0 }
    }

    /// Line and column in the file of the statement's nth character, from 1: what PostgreSQL reports as the
    /// position of an error.
    pub fn position(&self, character: usize) -> (u32, u32) {
        let (mut line, mut column) = (self.line, self.column);
        for c in self.sql.as_str().chars().take(character.saturating_sub(1)) {
            if c == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        (line, column)
    }
}

impl RevisionFile {
    /// An empty revision. Line breaks and runs of spaces in the message become one space.
    pub fn new(id: RevisionId, parents: Vec<RevisionId>, message: &str, created: Timestamp) -> Self {
        Self {
            id,
            parents,
            message: message.split_whitespace().collect::<Vec<_>>().join(" "),
            // A file keeps seconds: what we write must read back equal.
            created: Timestamp::from_second(created.as_second()).ok(),
            labels: Vec::new(),
            depends: Vec::new(),
            summary: Vec::new(),
            locks: Vec::new(),
            proved: Vec::new(),
            allowed: Vec::new(),
            upgrade: Script::default(),
            downgrade: Some(Script::default()),
        }
    }

    /// `<YYYYMMDDHHMM>_<id>_<slug>.sql`; a revision without a time is filed under 1970.
    pub fn file_name(&self) -> String {
        crate::id::file_name(&self.id, self.created.unwrap_or(Timestamp::UNIX_EPOCH), &self.message)
    }

    /// Whether a hazard of the way up was acknowledged, for the file or above a statement.
    pub fn allows(&self, hazard: HazardKind) -> bool {
        let mut allowed = self.allowed.iter().chain(self.upgrade.allowed());
        allowed.any(|allow| allow.what == Allowed::Hazard(hazard))
    }

    /// What the way up loses, unless it was acknowledged.
    pub fn unacknowledged_losses(&self) -> impl Iterator<Item = &str> {
        let known = self.allows(HazardKind::DataLoss);
        self.upgrade.losses().filter(move |_| !known)
    }

    /// The script of one direction, ready to run.
    ///
    /// # Errors
    /// [`Error::Irreversible`] where there is no way down, [`Error::Todo`] while a human must decide something.
    pub fn script(&self, direction: Direction, file: &str) -> Result<&Script, Error> {
        let place = |line, column| Place { file: file.to_owned(), line, column };
        let script = match direction {
            Direction::Up => &self.upgrade,
            Direction::Down => self
                .downgrade
                .as_ref()
                .ok_or_else(|| Error::Irreversible { id: self.id.clone(), place: place(1, 1) })?,
        };
        match script.todos().next() {
            Some(Mark { text, line, column }) => {
                Err(Error::Todo { place: place(*line, *column), text: text.clone() })
            }
            None => Ok(script),
        }
    }
}

impl Script {
    /// Every item, in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.segments.iter().flat_map(|segment| &segment.items)
    }

    /// Every statement, in order.
    pub fn statements(&self) -> impl Iterator<Item = &Placed> {
        self.items().filter_map(|item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Todo(_) | Item::Allow(_) | Item::Loses(_) | Item::Preflight(_) | Item::Comment(_) => None,
        })
    }

    /// What a human must still decide.
    pub fn todos(&self) -> impl Iterator<Item = &Mark> {
        self.items().filter_map(|item| match item {
            Item::Todo(mark) => Some(mark),
            Item::Statement(_) | Item::Allow(_) | Item::Loses(_) | Item::Preflight(_) | Item::Comment(_) => {
                None
            }
        })
    }

    /// What is lost.
    pub fn losses(&self) -> impl Iterator<Item = &str> {
        self.items().filter_map(|item| match item {
            Item::Loses(text) => Some(text.as_str()),
            Item::Statement(_) | Item::Allow(_) | Item::Todo(_) | Item::Preflight(_) | Item::Comment(_) => {
                None
            }
        })
    }

    /// What was acknowledged, with the reasons.
    pub fn allowed(&self) -> impl Iterator<Item = &Allow> {
        self.items().filter_map(|item| match item {
            Item::Allow(allow) => Some(allow),
            Item::Statement(_) | Item::Loses(_) | Item::Todo(_) | Item::Preflight(_) | Item::Comment(_) => {
                None
            }
        })
    }

    /// True where no statement is to be run.
    pub fn is_empty(&self) -> bool {
        self.statements().next().is_none()
    }
}

/// SHA-256 in hex over a file's text, without a byte order mark and with every CRLF read as LF: a checkout on
/// Windows changes nothing. Everything else counts, comments included.
pub fn checksum(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
