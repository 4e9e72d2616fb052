//! The environment guard: what may not happen in production.
//!
//! The rule is closed by default: a variable that is unset, empty or misspelt means production. A value allows only
//! if it stands, letter for letter, in the list of development values.

use std::env;
use std::fmt;

/// Which variable decides, and which of its values mean development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The name of the environment variable: `ENVIRONMENT`.
    pub variable: String,
    /// The values that mean development, compared exactly: `development`, `local`, `test`.
    pub development: Vec<String>,
}

/// Something that only development may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What was to be done.
    pub what: String,
    /// The variable that decides.
    pub variable: String,
    /// What it is, and what that means.
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused: `{}` {}", self.what, self.variable, self.reason)
    }
}

impl std::error::Error for Refused {}

impl Default for Environment {
    fn default() -> Self {
        Self {
            variable: "ENVIRONMENT".to_owned(),
            development: ["development", "local", "test"].map(str::to_owned).to_vec(),
        }
    }
}

impl Environment {
    /// Whether this is development.
    pub fn is_development(&self) -> bool {
        self.require_development("it").is_ok()
    }

    /// Refuses what only development may do.
    ///
    /// # Errors
    ///
    /// This is production.
    pub fn require_development(&self, what: &str) -> Result<(), Refused> {
        self.allows(env::var(&self.variable).ok().as_deref(), what)
    }

    fn allows(&self, value: Option<&str>, what: &str) -> Result<(), Refused> {
        let reason = match value {
            Some(value) if self.development.iter().any(|allowed| allowed == value) => return Ok(()),
            Some("") => "is empty, which means production".to_owned(),
            Some(value) => format!("is `{value}`, which is not a development value"),
            None => "is not set, which means production".to_owned(),
        };
        Err(Refused { what: what.to_owned(), variable: self.variable.clone(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn only_exact_development_values_allow() {
        let guard = Environment::default();
        let allowed = |value| guard.allows(value, "`create-all`").is_ok();
        let production = ["", "production", "staging", "Production", "Local", " test"];
        for value in production.into_iter().map(Some).chain([None]) {
            assert!(!allowed(value), "{value:?}");
        }
        for value in ["development", "local", "test"] {
            assert!(allowed(Some(value)), "{value}");
        }
    }

    #[test]
    fn name_and_values_can_be_chosen() {
        let guard = Environment { variable: "STAGE".to_owned(), development: vec!["dev".to_owned()] };
        assert!(guard.allows(Some("dev"), "x").is_ok());
        let refused = guard.allows(Some("test"), "dropping").expect_err("`test` is not in the list");
        assert_eq!(
            refused.to_string(),
            "dropping is refused: `STAGE` is `test`, which is not a development value"
        );
    }
}
