//! Everything that can be wrong with revisions, one type for the crate.
//!
//! A message says what is wrong, [`Error::place`] where, [`Error::help`] what to do next, and [`Error::code`]
//! names the page that explains it. The facts are fields, so that no test and no program parses prose.

mod help;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::RevisionId;

/// A place in a revision file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is wrong with revisions or with a request about them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what it means, in the words of its fields")]
pub enum Error {
    #[error("`{id}` can't be a revision's id: {reason}")]
    InvalidId { id: String, reason: &'static str },

    // One file.
    #[error("no line `-- limbeck revision ID` opens the file")]
    NoHeader { place: Place },
    #[error("the header says `{given}`: {reason}")]
    BadHeader { place: Place, given: String, reason: String },
    #[error("the header has `{key}:` twice")]
    RepeatedHeader { place: Place, key: &'static str },
    #[error("the header has no line `{key}:`")]
    MissingHeader { place: Place, key: &'static str },
    #[error("`-- limbeck:{given}` is no marker")]
    UnknownMarker { place: Place, given: String, nearest: Option<&'static str> },
    #[error("`-- limbeck:{marker}` {reason}")]
    BadMarker { place: Place, marker: String, reason: String },
    #[error("the file has no `-- limbeck:upgrade`")]
    MissingUpgrade { place: Place },
    #[error("SQL stands before `-- limbeck:upgrade`")]
    StrayStatement { place: Place },
    #[error("this {what} is never closed")]
    Unterminated { place: Place, what: &'static str },
    #[error("`{given}` is a command of psql, not SQL")]
    MetaCommand { place: Place, given: String },
    #[error("`{given}` would end the transaction that the revision runs in")]
    TransactionCommand { place: Place, given: String },
    #[error("the file holds bytes that are not UTF-8")]
    NotUtf8 { place: Place },
    #[error("a human must decide: {text}")]
    Todo { place: Place, text: String },
    #[error("revision {id} can't be undone: its file has no `-- limbeck:downgrade`")]
    Irreversible { id: RevisionId, place: Place },
    #[error("revision {id} can't be written so that it reads back the same: {reason}")]
    Unwritable { id: RevisionId, reason: String },

    // The graph.
    #[error("revision {id} of `{file}` has the parent {parent}, which no file declares")]
    MissingParent { id: RevisionId, file: String, parent: RevisionId, suggested_by: Vec<String> },
    #[error("revision {id} of `{file}` depends on {depends}, which no file declares")]
    MissingDependency { id: RevisionId, file: String, depends: String },
    #[error("`{second}` declares revision {id}, which `{first}` declares already")]
    DuplicateId { id: RevisionId, first: String, second: String },
    #[error("`{second}` declares the label {label}, which `{first}` declares already")]
    DuplicateLabel { label: String, first: String, second: String },
    #[error("`{file}` declares the label {label}, which is a revision's id")]
    LabelIsId { label: String, file: String },
    #[error("revisions lead back to themselves: {}", arrows(.ids))]
    Cycle { ids: Vec<RevisionId>, files: Vec<String> },
    #[error("`{file}` declares revision {id}, but its name says {named}")]
    NameDisagrees { id: RevisionId, file: String, named: String },
    #[error("the revisions have {} to be mended first", count(.problems.len()))]
    Broken { problems: Vec<Error> },

    // A target.
    #[error("`{target}` is no target")]
    BadTarget { target: String, reason: &'static str },
    #[error("no revision and no label is `{given}`")]
    UnknownRevision { given: String, nearest: Option<String> },
    #[error("`{given}` begins the ids of {} revisions: {}", .candidates.len(), commas(.candidates))]
    AmbiguousPrefix { given: String, candidates: Vec<RevisionId> },
    #[error("there are {} heads: {}", .heads.len(), commas(.heads))]
    SeveralHeads { heads: Vec<RevisionId>, label: Option<String> },
    #[error("`{target}` goes past the end: {available} of {asked} steps are there")]
    PastTheEnd { target: String, asked: u32, available: u32 },
    #[error("`{target}` is ambiguous: from {} the way goes on to {}", or_base(.from), commas(.ways))]
    AmbiguousWalk { target: String, from: Vec<RevisionId>, ways: Vec<RevisionId> },
    #[error("`{target}` is ambiguous: the database is at {}", commas(.current))]
    AmbiguousCurrent { target: String, current: Vec<RevisionId> },
    #[error("`{target}` is older than the database, which is at {}", or_base(.current))]
    OlderTarget { target: String, current: Vec<RevisionId> },
    #[error("`{target}` is not a valid downgrade target: the database is at {}", or_base(.current))]
    NewerTarget { target: String, current: Vec<RevisionId> },
    #[error("`{target}` goes the wrong way")]
    WrongWay { target: String, direction: &'static str },
    #[error("the database is at {}, which no file declares", commas(.ids))]
    UnknownCurrent { ids: Vec<RevisionId> },
    #[error("`{range}` is an empty range: {lower} is not below {upper}")]
    EmptyRange { range: String, lower: String, upper: String },
    #[error("a merge needs two revisions or more, of which none comes from another: {}", commas(.ids))]
    NothingToMerge { ids: Vec<RevisionId> },
    #[error("revision {id} is not a head")]
    NotAHead { id: RevisionId },

    // The folder.
    #[error("the revisions folder `{}` does not exist", .folder.display())]
    MissingFolder { folder: PathBuf },
    #[error("`{}` can't be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("`{}` can't be written: {reason}", .path.display())]
    CantWrite { path: PathBuf, reason: String },
    #[error("`{}` exists already", .path.display())]
    Exists { path: PathBuf },
}

impl Error {
    /// The code, `revisions::name`; its page is what `limbeck explain` prints.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidId { .. } => "revisions::invalid_id",
            Self::NoHeader { .. } => "revisions::no_header",
            Self::BadHeader { .. } => "revisions::bad_header",
            Self::RepeatedHeader { .. } => "revisions::repeated_header",
            Self::MissingHeader { .. } => "revisions::missing_header",
            Self::UnknownMarker { .. } => "revisions::unknown_marker",
            Self::BadMarker { .. } => "revisions::bad_marker",
            Self::MissingUpgrade { .. } => "revisions::missing_upgrade",
            Self::StrayStatement { .. } => "revisions::stray_statement",
            Self::Unterminated { .. } => "revisions::unterminated",
            Self::MetaCommand { .. } => "revisions::meta_command",
            Self::TransactionCommand { .. } => "revisions::transaction_command",
            Self::NotUtf8 { .. } => "revisions::not_utf8",
            Self::Todo { .. } => "revisions::todo",
            Self::Irreversible { .. } => "revisions::irreversible",
            Self::Unwritable { .. } => "revisions::unwritable",
            Self::MissingParent { .. } => "revisions::missing_parent",
            Self::MissingDependency { .. } => "revisions::missing_dependency",
            Self::DuplicateId { .. } => "revisions::duplicate_id",
            Self::DuplicateLabel { .. } => "revisions::duplicate_label",
            Self::LabelIsId { .. } => "revisions::label_is_id",
            Self::Cycle { .. } => "revisions::cycle",
            Self::NameDisagrees { .. } => "revisions::name_disagrees",
            Self::Broken { .. } => "revisions::broken",
            Self::BadTarget { .. } => "revisions::bad_target",
            Self::UnknownRevision { .. } => "revisions::unknown_revision",
            Self::AmbiguousPrefix { .. } => "revisions::ambiguous_prefix",
            Self::SeveralHeads { .. } => "revisions::several_heads",
            Self::PastTheEnd { .. } => "revisions::past_the_end",
            Self::AmbiguousWalk { .. } => "revisions::ambiguous_walk",
            Self::AmbiguousCurrent { .. } => "revisions::ambiguous_current",
            Self::OlderTarget { .. } => "revisions::older_target",
            Self::NewerTarget { .. } => "revisions::newer_target",
            Self::WrongWay { .. } => "revisions::wrong_way",
            Self::UnknownCurrent { .. } => "revisions::unknown_current",
            Self::EmptyRange { .. } => "revisions::empty_range",
            Self::NothingToMerge { .. } => "revisions::nothing_to_merge",
            Self::NotAHead { .. } => "revisions::not_a_head",
            Self::MissingFolder { .. } => "revisions::missing_folder",
            Self::Unreadable { .. } => "revisions::unreadable",
            Self::CantWrite { .. } => "revisions::cant_write",
            Self::Exists { .. } => "revisions::exists",
        }
    }

    /// Where, if it has a place in a file.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::NoHeader { place }
            | Self::BadHeader { place, .. }
            | Self::RepeatedHeader { place, .. }
            | Self::MissingHeader { place, .. }
            | Self::UnknownMarker { place, .. }
            | Self::BadMarker { place, .. }
            | Self::MissingUpgrade { place }
            | Self::StrayStatement { place }
            | Self::Unterminated { place, .. }
            | Self::MetaCommand { place, .. }
            | Self::TransactionCommand { place, .. }
            | Self::NotUtf8 { place }
            | Self::Todo { place, .. }
            | Self::Irreversible { place, .. } => Some(place),
            // The rest is about ids, whole files or what the user typed.
            _ => None,
        }
    }
}

fn arrows(ids: &[RevisionId]) -> String {
    let ids: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
    ids.join(" -> ")
}

pub(crate) fn commas(ids: &[RevisionId]) -> String {
    let ids: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
    ids.join(", ")
}

fn or_base(ids: &[RevisionId]) -> String {
    if ids.is_empty() { "base".to_owned() } else { commas(ids) }
}

fn count(count: usize) -> String {
    if count == 1 { "a problem".to_owned() } else { format!("{count} problems") }
}
