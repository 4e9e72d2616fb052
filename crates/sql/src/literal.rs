//! String literals.

use std::fmt;

use crate::Sql;

/// A string literal: `'it''s'`, or `E'…'` where a backslash would depend on a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal(String);

impl Literal {
    /// The literal whose value is this text.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = self.0.replace('\'', "''");
        if quoted.contains('\\') {
            write!(f, "E'{}'", quoted.replace('\\', "\\\\"))
        } else {
            write!(f, "'{quoted}'")
        }
    }
}

/// A text between dollar signs, as the body of a `DO`: `$limbeck$…$limbeck$`, by a tag that does not stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DollarQuoted(Sql);

impl DollarQuoted {
    /// The text, quoted.
    pub fn new(text: Sql) -> Self {
        Self(text)
    }
}

impl fmt::Display for DollarQuoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tag = String::from("$limbeck$");
        while self.0.as_str().contains(&tag) {
            tag.insert(tag.len() - 1, '_');
        }
        write!(f, "{tag}{}{tag}", self.0)
    }
}
