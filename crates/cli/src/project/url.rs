//! Where a database is: what the configuration says, and what overrides it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use limbeck_database::Target;

use crate::args::Connection;
use crate::failure::{Failure, Report, Result};
use crate::secrets;

/// How the configuration names a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UrlForm {
    /// `env:VARIABLE`.
    Env(String),
    /// `file:PATH`.
    File(PathBuf),
    /// A URL without a password.
    Url(String),
}

/// A URL and where it was said; its password becomes a secret of this process.
///
/// # Errors
///
/// It is not a URL of PostgreSQL.
pub(crate) fn target(url: &str, from: &str) -> Result<Target> {
    secrets::keep_password_of(url);
    if let Ok(password) = env::var("PGPASSWORD") {
        secrets::keep(&password);
    }
    Target::parse(url).map_err(|error| Failure::from(error).place(from))
}

impl UrlForm {
    /// Reads a form; the message where it is none.
    pub(super) fn parse(text: &str, root: &Path) -> Result<Self> {
        if let Some(variable) = text.strip_prefix("env:") {
            if variable.is_empty() {
                return Err(Report::error("cli::bad_value", "`env:` names no variable")
                    .help("write `url = \"env:DATABASE_URL\"`")
                    .into());
            }
            return Ok(Self::Env(variable.to_owned()));
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(root.join(path.strip_prefix("//").unwrap_or(path))));
        }
        secrets::keep_password_of(text);
        if secrets::has_password(text) {
            return Err(Report::error("cli::password_in_config", "the configuration holds a password")
                .help("this file is committed: write `url = \"env:DATABASE_URL\"` or `url = \"file:PATH\"`")
                .help("or leave the password out, and keep it in `PGPASSFILE` as libpq does")
                .into());
        }
        Target::parse_with(text, &|_| None)?;
        Ok(Self::Url(text.to_owned()))
    }

    /// What the form points at.
    pub(crate) fn resolve(&self) -> Result<Target> {
        match self {
            Self::Env(variable) => match env::var(variable) {
                Ok(url) if !url.trim().is_empty() => target(&url, &format!("`{variable}`")),
                _ => Err(Report::error(
                    "cli::no_url",
                    format!("the database is configured as `env:{variable}`, and `{variable}` is not set"),
                )
                .help(format!("set `{variable}` to postgres://USER:PASSWORD@HOST/DATABASE, or give `--url`"))
                .into()),
            },
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    Report::error("cli::no_url", format!("cannot read the file that holds the URL: {error}"))
                        .place(path.display())
                })?;
                target(&text, &path.display().to_string())
            }
            Self::Url(url) => target(url, super::FILE),
        }
    }
}

impl Connection {
    /// The database that overrides what is configured: `--url`, then `DATABASE_URL`.
    ///
    /// # Errors
    ///
    /// It is not a URL of PostgreSQL.
    pub(crate) fn target(&self) -> Result<Option<Target>> {
        if let Some(url) = &self.url {
            return target(url, "`--url`").map(Some);
        }
        match env::var("DATABASE_URL") {
            Ok(url) if !url.trim().is_empty() => target(&url, "`DATABASE_URL`").map(Some),
            _ => Ok(None),
        }
    }
}

impl super::Service {
    /// The database of this service.
    ///
    /// # Errors
    ///
    /// None is configured, or what is configured can't be read.
    pub(crate) fn target(&self, connection: &Connection) -> Result<Target> {
        if let Some(target) = connection.target()? {
            return Ok(target);
        }
        self.url.as_ref().map(UrlForm::resolve).transpose()?.ok_or_else(|| {
            Report::error("cli::no_url", format!("service `{}` has no database", self.name))
                .at(self.origin.clone())
                .help("set `DATABASE_URL`, give `--url`, or write `url = \"env:DATABASE_URL\"`")
                .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<UrlForm> {
        UrlForm::parse(text, Path::new("/project"))
    }

    #[test]
    fn the_three_forms_are_read() {
        assert_eq!(parse("env:DATABASE_URL"), Ok(UrlForm::Env("DATABASE_URL".to_owned())));
        assert_eq!(parse("file:secrets/url"), Ok(UrlForm::File("/project/secrets/url".into())));
        assert_eq!(parse("file:///secrets/url"), Ok(UrlForm::File("/secrets/url".into())));
        assert_eq!(parse("postgres://h/d"), Ok(UrlForm::Url("postgres://h/d".to_owned())));
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        let report = parse("postgres://u:Open-sesame1@h/d").expect_err("a password stands in it");
        assert_eq!(report.reports[0].code, "cli::password_in_config");
        assert!(!format!("{report:?}").contains("sesame"), "{report:?}");
    }

    #[test]
    fn a_driver_in_the_scheme_gets_a_hint() {
        let report = parse("postgresql+asyncpg://u@h/d").expect_err("asyncpg is a driver of Python");
        assert_eq!(report.reports[0].code, "database::bad_url");
        assert!(report.reports[0].help[0].contains("postgresql://u@h/d"), "{report:?}");
    }
}
