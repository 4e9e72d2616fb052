//! Why a command did not end well: one report or several, and the exit status that they add up to.
//!
//! Libraries return their own errors; here each becomes the four parts that every message has: what, where,
//! what now, and a code. Nothing is printed here.

use std::borrow::Cow;

use limbeck_schema::{Diagnostic, Origin, Severity};

use crate::exit::Exit;

/// The result of a command.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Error or warning.
    pub(crate) severity: Severity,
    /// `crate::name`; `limbeck explain` has its page.
    pub(crate) code: Cow<'static, str>,
    /// What is wrong.
    pub(crate) message: String,
    /// Where: a file, `file:line:column`, or another name of a place.
    pub(crate) source: Option<Source>,
    /// What to do next, a line each.
    pub(crate) help: Vec<String>,
}

/// The place of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A place in a text file, drawn when the file can be read.
    Text {
        /// Where.
        origin: Origin,
        /// What stands there.
        label: String,
    },
    /// A place without a line: a file, a folder, a database.
    Named(String),
}

impl Source {
    /// The line, for an order by place; 0 where there is none.
    pub(crate) fn line(&self) -> u32 {
        match self {
            Self::Text { origin, .. } => origin.line,
            Self::Named(_) => 0,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text { origin, .. } => write!(f, "{origin}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl Report {
    /// An error with a code and a message.
    pub(crate) fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.into(),
            message: message.into(),
            source: None,
            help: Vec::new(),
        }
    }

    /// A warning with a code and a message.
    pub(crate) fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same, at a place in a file.
    pub(crate) fn at(mut self, origin: Origin) -> Self {
        self.source = Some(Source::Text { origin, label: String::new() });
        self
    }

    /// The same, at a place that has only a name.
    pub(crate) fn place(mut self, place: impl std::fmt::Display) -> Self {
        self.source = Some(Source::Named(place.to_string()));
        self
    }

    /// The same, with a line of help.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The failure that consists of this alone.
    pub(crate) fn exit(self, exit: Exit) -> Failure {
        Failure { exit, reports: vec![self] }
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { severity, code, message, origin, label, help } = diagnostic;
        Self {
            severity,
            code: code.into(),
            message,
            source: origin.map(|origin| Source::Text { origin, label }),
            help: help.into_iter().collect(),
        }
    }
}

/// Why a command did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status to exit with.
    pub(crate) exit: Exit,
    /// What to print; may be empty where the command has said it all.
    pub(crate) reports: Vec<Report>,
}

impl Failure {
    /// Ends with this status; everything has been said.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { exit, reports: Vec::new() }
    }

    /// Several reports at once.
    pub(crate) fn of(exit: Exit, reports: impl IntoIterator<Item = impl Into<Report>>) -> Self {
        Self { exit, reports: reports.into_iter().map(Into::into).collect() }
    }

    /// The same, with the name of the service that it happened to.
    pub(crate) fn of_service(mut self, name: &str) -> Self {
        for report in &mut self.reports {
            report.message = format!("{name}: {}", report.message);
        }
        self
    }

    /// The same, where every report that has no place is given this one.
    pub(crate) fn place(mut self, place: impl std::fmt::Display) -> Self {
        for report in &mut self.reports {
            report.source.get_or_insert_with(|| Source::Named(place.to_string()));
        }
        self
    }
}

impl From<limbeck_database::Error> for Report {
    fn from(error: limbeck_database::Error) -> Self {
        let report = Self {
            help: error.help().into_iter().collect(),
            ..Self::error(error.code(), with_causes(&error))
        };
        match error.origin() {
            Some(origin) => report.at(origin.clone()),
            None => report,
        }
    }
}

impl From<limbeck_database::Error> for Failure {
    fn from(error: limbeck_database::Error) -> Self {
        Report::from(error).into()
    }
}

impl From<&limbeck_revisions::Error> for Report {
    fn from(error: &limbeck_revisions::Error) -> Self {
        let report =
            Self { help: error.help().into_iter().collect(), ..Self::error(error.code(), error.to_string()) };
        match error.place() {
            Some(place) => report.at(Origin {
                file: place.file.clone().into(),
                line: place.line,
                column: place.column,
                length: 0,
            }),
            None => report,
        }
    }
}

impl From<limbeck_revisions::Error> for Failure {
    fn from(error: limbeck_revisions::Error) -> Self {
        use limbeck_revisions::Error;
        let exit = match &error {
            Error::Todo { .. } | Error::NotAHead { .. } => Exit::Refused,
            Error::BadTarget { .. } | Error::InvalidId { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        match &error {
            Error::Broken { problems } => Self::of(exit, problems),
            error => Self::of(exit, [error]),
        }
    }
}

/// The message of an error and of what caused it, where the cause says more.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        report.exit(Exit::Failed)
    }
}
