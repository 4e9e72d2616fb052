//! Commands that judge revisions before they run.

use std::path::PathBuf;

use clap::Args;

use super::{Choice, Form};

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
