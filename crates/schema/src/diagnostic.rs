//! What is wrong, where, and what to do about it.

use std::fmt;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as the user would write its path: relative to the project where it lies inside.
    pub file: std::sync::Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters the place spans on its first line; 0 where that is not known.
    pub length: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be done with the input before it is mended.
    Error,
    /// The work goes on.
    Warning,
}

/// One thing that is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// `crate::name`; its page is what `limbeck explain` prints.
    pub code: &'static str,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Where, if it has a place.
    pub origin: Option<Origin>,
    /// What stands at that place: "field `age` of `User`".
    pub label: String,
    /// What to do next.
    pub help: Option<String>,
}
