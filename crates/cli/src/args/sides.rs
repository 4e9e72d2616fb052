//! `diff` and `inspect`: sources instead of a service.

use clap::{Args, ValueEnum};

/// How `diff` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DiffFormat {
    #[default]
    Sql,
    Text,
    Json,
    Markdown,
}

/// `limbeck diff`.
#[derive(Debug, Args)]
#[command(after_help = SOURCES)]
pub(crate) struct Diff {
    /// What is
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: String,

    /// What should be
    #[arg(long, value_name = "SOURCE")]
    pub(crate) to: String,

    /// How the difference is printed
    #[arg(long, value_enum, default_value = "sql")]
    pub(crate) format: DiffFormat,

    /// Exit with 1 where there is a difference
    #[arg(long)]
    pub(crate) exit_code: bool,

    /// Compare the system catalogs too, and name what differs there and is not modelled; counts as a difference
    #[arg(long)]
    pub(crate) strict: bool,

    /// Something that was called otherwise: `s.t.old=s.t.new`; may be repeated
    #[arg(long = "rename", value_name = "OLD=NEW")]
    pub(crate) renames: Vec<String>,

    /// Write statements under which readers and writers go on, as `revision` does; without it the plain ones
    #[arg(long)]
    pub(crate) online: bool,

    /// What is looked at.
    #[command(flatten)]
    pub(crate) look: Look,
}

/// How `inspect` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum InspectFormat {
    #[default]
    Sql,
    Json,
    Rust,
    Mermaid,
}

/// `limbeck inspect`.
#[derive(Debug, Args)]
#[command(after_help = SOURCES)]
pub(crate) struct Inspect {
    /// What to show
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: String,

    /// How it is printed
    #[arg(long, value_enum, default_value = "sql")]
    pub(crate) format: InspectFormat,

    /// With `--format rust`: write `models.rs` and, for what structs cannot say, `schema.sql` into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<std::path::PathBuf>,

    /// What is looked at.
    #[command(flatten)]
    pub(crate) look: Look,
}

/// What is looked at.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// Only this schema; may be repeated
    #[arg(long = "schema", value_name = "NAME")]
    pub(crate) schemas: Vec<String>,

    /// Compare owners too
    #[arg(long)]
    pub(crate) owners: bool,

    /// The service whose `revisions` are meant
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,

    /// A server on which scratch databases may be made
    #[arg(long, value_name = "URL", env = "LIMBECK_SCRATCH_URL", hide_env_values = true)]
    pub(crate) scratch_url: Option<String>,
}

const SOURCES: &str = "\
A SOURCE is `postgres://…`, a folder or `.rs` file of models, a `.sql` file or folder (run on scratch), \
a `.json` snapshot, `revisions`, `revisions:REV` or `empty`. The prefixes `db:`, `models:`, `sql:` and \
`json:` force the reading.";
