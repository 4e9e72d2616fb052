//! Coming from another tool.

use std::path::PathBuf;

use clap::Args;

use super::{Choice, Connection, ScratchPlace};
use crate::commands::Tool;

/// `limbeck adopt`.
#[derive(Debug, Args)]
#[command(after_help = ADOPT)]
pub(crate) struct Adopt {
    /// The tool; without it, the one whose version table is there
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) from: Option<Tool>,

    /// The folder of its migrations; without it, where the tool itself puts them
    #[arg(long, value_name = "DIR")]
    pub(crate) migrations: Option<PathBuf>,

    /// The revision to stamp; without it, the ones of the same ids, else the heads; may be repeated
    #[arg(long = "revision", value_name = "REV")]
    pub(crate) revisions: Vec<String>,

    /// Stamp heads without looking whether the database is what the models say
    #[arg(long)]
    pub(crate) unchecked: bool,

    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}

const ADOPT: &str = "\
The other tool's table is read and never written. Where its migrations are at hand, they must agree with it: nothing \
pending, and nothing edited as far as the tool keeps checksums (sqlx, refinery).";
