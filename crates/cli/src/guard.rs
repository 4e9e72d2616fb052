//! The environment guard, with what to do instead. The rule itself is the library's.

pub(crate) use limbeck::Environment;

use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::suggest::listed;

/// Refuses what only development may do. `properly` says how it is done in production.
pub(crate) fn development_only(environment: &Environment, what: &str, properly: &str) -> Result<()> {
    environment.require_development(what).map_err(|refused| {
        let values = listed(environment.development.iter().map(String::as_str));
        let variable = &environment.variable;
        Report::error("cli::guard", refused.to_string())
            .help(properly)
            .help(format!("on a database for development, set `{variable}` to one of {values}"))
            .exit(Exit::Refused)
    })
}
