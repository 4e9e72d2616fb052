//! The environment guard: what may not happen in production.
//!
//! The rule is closed by default: a variable that is unset, empty or misspelt means production. A value allows only
//! if it stands, letter for letter, in the list of development values (`development`, `local`, `test` unless
//! `limbeck.toml` says otherwise).

use std::env;

use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::suggest::listed;

/// Which variable decides, and which of its values mean development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The name of the environment variable.
    pub(crate) variable: String,
    /// The values that mean development; compared exactly.
    pub(crate) development: Vec<String>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            variable: "ENVIRONMENT".to_owned(),
            development: ["development", "local", "test"].map(str::to_owned).to_vec(),
        }
    }
}

impl Environment {
    /// Refuses what only development may do. `properly` says how it is done in production.
    pub(crate) fn development_only(&self, what: &str, properly: &str) -> Result<()> {
        self.allows(env::var(&self.variable).ok().as_deref(), what, properly)
    }

    fn allows(&self, value: Option<&str>, what: &str, properly: &str) -> Result<()> {
        let Self { variable, development } = self;
        let is = match value {
            Some(value) if development.iter().any(|allowed| allowed == value) => return Ok(()),
            Some("") => "is empty, which means production".to_owned(),
            Some(value) => format!("is `{value}`, which is not a development value"),
            None => "is not set, which means production".to_owned(),
        };
        let values = listed(development.iter().map(String::as_str));
        Err(Report::error("cli::guard", format!("{what} is refused: `{variable}` {is}"))
            .help(properly)
            .help(format!("on a database for development, set `{variable}` to one of {values}"))
            .exit(Exit::Refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_development_values_allow() {
        let guard = Environment::default();
        let allowed = |value| guard.allows(value, "`create-all`", "…").is_ok();
        for value in [
            None,
            Some(""),
            Some("production"),
            Some("staging"),
            Some("Production"),
            Some("Local"),
            Some(" test"),
        ] {
            assert!(!allowed(value), "{value:?}");
        }
        for value in ["development", "local", "test"] {
            assert!(allowed(Some(value)), "{value}");
        }
    }

    #[test]
    fn name_and_values_can_be_chosen() {
        let guard = Environment { variable: "STAGE".to_owned(), development: vec!["dev".to_owned()] };
        assert!(guard.allows(Some("dev"), "x", "y").is_ok());
        let refused = guard.allows(Some("test"), "x", "y").expect_err("`test` is not in the list");
        assert_eq!(refused.exit, Exit::Refused);
        assert!(refused.reports[0].message.contains("`STAGE` is `test`"), "{refused:?}");
    }
}
