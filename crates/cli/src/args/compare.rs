//! Commands that put models beside a database.

use clap::Args;

use super::{Choice, Connection, Form};

/// Where scratch databases are made.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ScratchPlace {
    /// A server for scratch databases; without it `LIMBECK_SCRATCH_URL`, the configuration, local binaries
    #[arg(long, value_name = "URL", help_heading = "Project")]
    pub(crate) scratch_url: Option<String>,
}

/// `limbeck check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}

/// `limbeck create-all`.
#[derive(Debug, Args)]
pub(crate) struct CreateAll {
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}

/// `limbeck prove`.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The revisions: an id or a unique prefix, `head`, `label@head`, `FROM:TO`; without one, every head
    #[arg(value_name = "REV")]
    pub(crate) revisions: Vec<String>,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}
