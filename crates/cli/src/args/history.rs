//! Commands that look at the history of revisions, and write into it by hand.

use clap::Args;

use super::{Choice, Connection, Form, ScratchPlace};

/// `limbeck history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Only these revisions: `FROM:TO`, both ends included; `-3:current`, `base:ID`, `ID:`
    #[arg(long, short, value_name = "FROM:TO", allow_hyphen_values = true)]
    pub(crate) rev_range: Option<String>,
    /// Mark what the database is at, which asks it
    #[arg(long, short)]
    pub(crate) indicate_current: bool,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `limbeck heads` and `limbeck branches`.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// `limbeck show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The revision: an id or a unique prefix, `head`, `heads`, `current`, `label@head`, `ID-1`
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    pub(crate) revision: String,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What a new file says of itself.
#[derive(Debug, Args)]
pub(crate) struct NewFile {
    /// What the revision does
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Its id, in place of 12 random hex digits
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
    /// Give its branch this label; may be repeated
    #[arg(long = "branch-label", value_name = "LABEL")]
    pub(crate) branch_labels: Vec<String>,
    /// A revision of another branch that must be applied before; may be repeated
    #[arg(long, value_name = "REV")]
    pub(crate) depends_on: Vec<String>,
    /// Print the file and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `limbeck merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The revisions to merge; `heads` for all heads
    #[arg(value_name = "REV", default_value = "heads")]
    pub(crate) revisions: Vec<String>,
    #[command(flatten)]
    pub(crate) file: NewFile,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// `limbeck revision`.
#[derive(Debug, Args)]
pub(crate) struct Revision {
    #[command(flatten)]
    pub(crate) file: NewFile,
    /// Write what differs between models and database; the default
    #[arg(long, conflicts_with = "empty")]
    pub(crate) autogenerate: bool,
    /// Write an empty file, to be filled by hand
    #[arg(long)]
    pub(crate) empty: bool,
    /// Compare with the revisions, replayed on a scratch server, in place of a database
    #[arg(long, conflicts_with = "empty")]
    pub(crate) offline: bool,
    /// Something that was called otherwise: `s.t.old=s.t.new`; may be repeated
    #[arg(long = "rename", value_name = "OLD=NEW", conflicts_with = "empty")]
    pub(crate) renames: Vec<String>,
    /// Something that was not renamed but is to be dropped: `s.t.old`; may be repeated
    #[arg(long = "drop", value_name = "OLD", conflicts_with = "empty")]
    pub(crate) drops: Vec<String>,
    /// Write plain statements, which may keep readers and writers waiting; also `online = false` in `limbeck.toml`
    #[arg(long, conflicts_with = "empty")]
    pub(crate) no_online: bool,
    /// Change types and names of columns in two revisions, with the application's change in between: for tables that
    /// are too large to be rewritten
    #[arg(long, conflicts_with_all = ["empty", "no_online"])]
    pub(crate) expand_contract: bool,
    /// Do not run the revision on a scratch server before it is written
    #[arg(long, conflicts_with = "empty")]
    pub(crate) no_proof: bool,
    /// The revision that this one follows
    #[arg(long, value_name = "REV", default_value = "head")]
    pub(crate) head: String,
    /// Allow a revision that is not a head, and so begin a branch
    #[arg(long)]
    pub(crate) splice: bool,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}
