//! Commands that ask a database where it is, and move it.

use clap::Args;

use super::{Choice, Connection, Form, ScratchPlace};

/// `limbeck current`.
#[derive(Debug, Args)]
pub(crate) struct Current {
    /// Exit with 1 where a database is not at every head
    #[arg(long)]
    pub(crate) check_heads: bool,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `limbeck status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Compare models and databases too, as `check` does
    #[arg(long)]
    pub(crate) drift: bool,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) scratch: ScratchPlace,
}

/// `limbeck upgrade`.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Where to: `head`, `heads`, an id or a unique prefix, `+N`, `ID+N`, `label@head`; with `--sql` also `FROM:TO`
    #[arg(value_name = "TARGET", default_value = "head")]
    pub(crate) target: String,
    /// Print the script instead of running it; no database is asked
    #[arg(long)]
    pub(crate) sql: bool,
    /// After a failure, go on with the services that don't come after the one that failed
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Acknowledge a hazard in place of a `limbeck:allow` in the file; may be repeated
    #[arg(long, value_name = "HAZARD", value_parser = ["data-loss", "blocking"])]
    pub(crate) allow: Vec<String>,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `limbeck downgrade`.
#[derive(Debug, Args)]
pub(crate) struct Downgrade {
    /// Where to: `-N`, an id or a unique prefix, `base`, `label@base`; with `--sql` `FROM:TO`
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub(crate) target: String,
    /// Print the script instead of running it; no database is asked
    #[arg(long)]
    pub(crate) sql: bool,
    /// After a failure, go on with the services that the one that failed doesn't come after
    #[arg(long)]
    pub(crate) keep_going: bool,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `limbeck stamp`.
#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// The revisions that the database is to be at; `base` for none
    #[arg(value_name = "REV", required = true)]
    pub(crate) revisions: Vec<String>,
    /// Forget whatever the version table says now, unknown revisions included
    #[arg(long)]
    pub(crate) purge: bool,
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
