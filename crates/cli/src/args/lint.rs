//! Commands that judge revisions before they run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Choice, Connection, Form};

/// `limbeck lint`.
#[derive(Debug, Args)]
#[command(after_help = LINT)]
pub(crate) struct Lint {
    /// Files to judge, revisions or any other SQL; without one, every revision of the services
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Rules of taste too: types, mostly
    #[arg(long)]
    pub(crate) style: bool,

    /// Exit with 1 for warnings as for errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,

    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

const LINT: &str = "\
Exits with 1 where something is found that is no mere warning. `limbeck explain lint::RULE` says what a rule is \
about. `-- limbeck:allow HAZARD: REASON` or `-- limbeck:allow lint::RULE: REASON` acknowledges a finding: above a \
statement for that statement, in the header for the file.";

/// How `review` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReviewFormat {
    #[default]
    Text,
    Json,
    Markdown,
    Github,
    Sarif,
    Html,
}

/// `limbeck review`.
#[derive(Debug, Args)]
#[command(after_help = REVIEW)]
pub(crate) struct Review {
    /// The revisions that this git reference does not have; without it, those that the database has not applied
    #[arg(long, value_name = "GITREF")]
    pub(crate) base: Option<String>,

    /// The form of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReviewFormat,

    #[command(flatten)]
    pub(crate) choice: Choice,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const REVIEW: &str = "\
`markdown` is for a comment on the pull request, `github` prints workflow commands that GitHub draws into the diff, \
`sarif` is for code scanning, `html` a page of its own. Exits with 1 where `limbeck lint` finds an error, or a \
revision that the base has is edited or gone.";
