//! What a user writes to point into a history: Alembic's targets and ranges, as syntax.
//!
//! What they mean is [`History`](crate::History)'s to say: `upgrade`, `downgrade`, `points`, `range`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{Error, RevisionId};

/// Which way a revision is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Upgrade.
    Up,
    /// Downgrade.
    Down,
}

/// One revision to run, and what the version table holds before and after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The revision.
    pub id: RevisionId,
    /// Which of its scripts is run.
    pub direction: Direction,
    /// The rows of the version table before.
    pub from: Vec<RevisionId>,
    /// The rows of the version table after.
    pub to: Vec<RevisionId>,
}

/// A target: `head`, `heads`, `base`, `current`, an id or a unique prefix, a label; `+N` and `-N` alone or behind
/// one of these; `label@` before any of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    pub(crate) label: Option<String>,
    /// What stands behind the label, as one word: an id may itself end in `-1`.
    pub(crate) whole: String,
    pub(crate) anchor: Anchor,
    pub(crate) offset: Option<i32>,
}

/// Where a target begins to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Where the database is: a bare `+N` or `-N`.
    Here,
    /// The only head.
    Head,
    /// All heads.
    Heads,
    /// Before the first revision.
    Base,
    /// The rows of the version table.
    Current,
    /// An id, a prefix or a label.
    Word(String),
}

impl Target {
    /// The target `head`.
    pub fn head() -> Self {
        Self::fixed("head", Anchor::Head)
    }

    /// The target `heads`.
    pub fn heads() -> Self {
        Self::fixed("heads", Anchor::Heads)
    }

    /// The target `base`.
    pub fn base() -> Self {
        Self::fixed("base", Anchor::Base)
    }

    fn fixed(text: &str, anchor: Anchor) -> Self {
        Self { text: text.to_owned(), label: None, whole: text.to_owned(), anchor, offset: None }
    }

    /// What a target with a number counts from.
    pub(crate) fn without_offset(&self) -> Self {
        Self { offset: None, ..self.clone() }
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if its meaning depends on where the database is, so that a command must ask it.
    pub fn needs_current(&self) -> bool {
        matches!(self.anchor, Anchor::Here | Anchor::Current)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&RevisionId> for Target {
    fn from(id: &RevisionId) -> Self {
        Self::fixed(id.as_str(), Anchor::Word(id.as_str().to_owned()))
    }
}

impl FromStr for Target {
    type Err = Error;

    /// # Errors
    /// [`Error::BadTarget`] for text that can't be a target of any history.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |reason| Error::BadTarget { target: text.to_owned(), reason };
        if text.contains(':') {
            return Err(bad("a range `FROM:TO` goes with `--sql` and with `history -r`"));
        }
        let (label, whole) = match text.split_once('@') {
            Some(("", _)) => return Err(bad("write a label before the `@`")),
            Some((label, whole)) => (Some(label.to_owned()), whole),
            None => (None, text),
        };
        if whole.is_empty() || whole.contains(['@', ' ', '\t', '\n']) {
            return Err(bad("write `head`, `heads`, `base`, an id, `+N`, `-N`, `ID+N` or `label@head`"));
        }
        let (anchor, offset) = match whole.rfind(['+', '-']) {
            Some(at) if whole[at + 1..].bytes().all(|b| b.is_ascii_digit()) && at + 1 < whole.len() => {
                let offset = whole[at..].parse().map_err(|_| bad("the number is too large"))?;
                (&whole[..at], Some(offset))
            }
            Some(_) | None => (whole, None),
        };
        let anchor = match anchor {
            "" => Anchor::Here,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            "base" => Anchor::Base,
            "current" => Anchor::Current,
            word => Anchor::Word(word.to_owned()),
        };
        if anchor == Anchor::Heads && (offset.is_some() || label.is_some()) {
            return Err(bad("`heads` stands alone; write `head` with a label or a number"));
        }
        Ok(Self { text: text.to_owned(), label, whole: whole.to_owned(), anchor, offset })
    }
}

/// A range `FROM:TO`; either end may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The older end; base if it is left out.
    pub lower: Option<Target>,
    /// The newer end; all heads if it is left out.
    pub upper: Option<Target>,
}

impl Range {
    /// True if its meaning depends on where the database is. A number counts from the other end where there is
    /// one.
    pub fn needs_current(&self) -> bool {
        let relative = |target: &Option<Target>| target.as_ref().is_some_and(|t| t.anchor == Anchor::Here);
        let current = |target: &Option<Target>| target.as_ref().is_some_and(|t| t.anchor == Anchor::Current);
        current(&self.lower) || current(&self.upper) || (relative(&self.lower) && relative(&self.upper))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |target: &Option<Target>| target.as_ref().map(|t| t.text.clone()).unwrap_or_default();
        write!(f, "{}:{}", text(&self.lower), text(&self.upper))
    }
}

impl FromStr for Range {
    type Err = Error;

    /// # Errors
    /// [`Error::BadTarget`] without exactly one `:`, or for an end that is no target.
    fn from_str(text: &str) -> Result<Self, Error> {
        let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
        match text.split_once(':') {
            Some((lower, upper)) => Ok(Self { lower: end(lower)?, upper: end(upper)? }),
            None => Err(Error::BadTarget {
                target: text.to_owned(),
                reason: "a range is `FROM:TO`; either end may be left out",
            }),
        }
    }
}
