//! What is unwise in a revision file, or in any other SQL script.
//!
//! Statements are parsed by `squawk-syntax`; `squawk-linter` judges them by its rules, we by ours, which know what
//! it cannot: the segments of a revision, its two directions, the schemas that a service owns, and which tables the
//! same file has made. A rule is a file in `rules`, one line of [`rules::RULES`], and a page in `docs/errors/lint`;
//! name, code and page are the same word.
//!
//! A finding is acknowledged where the file says so: `-- limbeck:allow HAZARD: REASON` or `-- limbeck:allow
//! lint::RULE: REASON` above the statement or in the header, and by the labels of [`RevisionFile`]s that name what
//! is lost (`-- loses: …`) or endangered (`-- compatibility: …`). An `allow` that allows nothing is found too.
//!
//! This crate opens no file and no connection: it knows what the text says, not how large a table is.
//!
//! [`RevisionFile`]: limbeck_revisions::RevisionFile

mod acknowledge;
mod allow;
mod block;
mod file;
mod locks;
mod names;
mod places;
mod rules;
mod squawk;
#[cfg(test)]
mod tests;
mod unseen;

use limbeck_revisions::Error;
use limbeck_schema::{Diagnostic, Origin, Severity};
use limbeck_sql::HazardKind;

pub use acknowledge::acknowledge;
pub use locks::{locks, made};
pub use rules::codes;
pub use unseen::{Unseen, unseen};

/// What the file is judged by.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The schemas that the service owns; none where that is not known.
    pub owned: Vec<String>,
    /// The file must be a revision; otherwise any SQL is welcome.
    pub revision: bool,
    /// Rules of taste too.
    pub style: bool,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `lint::rule`; its page is what `limbeck explain` prints.
    pub code: &'static str,
    /// An error is a finding that a review should stop at, a warning one that it should see.
    pub severity: Severity,
    /// The hazard whose `limbeck:allow` acknowledges it.
    pub hazard: Option<HazardKind>,
    /// What is unwise.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to write in its place.
    pub help: String,
}

impl From<Finding> for Diagnostic {
    fn from(finding: Finding) -> Self {
        let Finding { code, severity, hazard: _, message, origin, help } = finding;
        Self { severity, code, message, origin: Some(origin), label: String::new(), help: Some(help) }
    }
}

/// What came of a file.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What is unwise, in the order of the file.
    pub findings: Vec<Finding>,
    /// Why the file is no revision, though it is meant to be one.
    pub errors: Vec<Error>,
}

/// Judges a file; `name` is what findings call it.
pub fn lint(name: &str, text: &str, options: &Options) -> Verdict {
    let (file, errors) = file::File::read(text, name, options);
    let places = places::Places::new(name, &file.text);
    let mut hits = rules::check(&file, options);
    hits.extend(squawk::check(&file, options));
    hits.retain(|hit| !allow::acknowledged(&file, hit) && hit.judged);
    hits.extend(allow::unused(&file));
    hits.sort_by_key(|hit| (hit.range.start, hit.rule.code));
    hits.dedup_by(|a, b| a.rule.code == b.rule.code && a.range == b.range);
    let findings = hits.into_iter().map(|hit| hit.finding(&places)).collect();
    Verdict { findings, errors }
}
