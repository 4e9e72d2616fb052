//! What a revision is called: its id, and the name of its file.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Words that name a place in the history, so that no revision and no label can be called so.
pub const RESERVED: [&str; 4] = ["head", "heads", "base", "current"];

/// How long the slug in a file's name may be; Alembic's `truncate_slug_length`.
const SLUG: usize = 40;

/// The id of a revision: 12 hex digits where we made it, any other word where a history came from elsewhere.
///
/// An id is unique within its history only: five services may each have a `001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId(String);

impl RevisionId {
    /// The id made of 48 fresh random bits, which the caller draws.
    pub fn from_random(bits: u64) -> Self {
        Self(format!("{:012x}", bits & 0xffff_ffff_ffff))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RevisionId {
    type Err = Error;

    /// Takes every word that cannot be mistaken for something else.
    ///
    /// # Errors
    /// [`Error::InvalidId`]: empty, longer than 64 bytes, a reserved word, or with a space, a control
    /// character or one of `: @ + , / \ " '`, which mean something in targets, lists, paths or SQL.
    fn from_str(text: &str) -> Result<Self, Error> {
        match word_fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(Error::InvalidId { id: text.to_owned(), reason }),
        }
    }
}

impl TryFrom<String> for RevisionId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<RevisionId> for String {
    fn from(id: RevisionId) -> Self {
        id.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a word can be neither an id nor a label, if so.
pub(crate) fn word_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.len() > 64 {
        Some("it is longer than 64 bytes")
    } else if RESERVED.contains(&text) {
        Some("it is a word that targets use")
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("it has a space or a control character")
    } else if text.contains([':', '@', '+', ',', '/', '\\', '"', '\'']) {
        Some("it has one of the characters : @ + , / \\ \" '")
    } else if text.starts_with(['-', '.']) {
        Some("it begins with a dash or a dot")
    } else {
        None
    }
}

/// The message as it stands in a file's name: lower case, words joined by `_`, cut at 40 characters where a
/// word ends, as Alembic does it.
pub fn slug(message: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in message.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let word = word.trim_matches('_').to_lowercase();
        if !word.is_empty() {
            words.push(word);
        }
    }
    let whole = words.join("_");
    if whole.chars().count() <= SLUG {
        return whole;
    }
    let cut: String = whole.chars().take(SLUG).collect();
    match cut.rfind('_') {
        Some(end) if !whole[cut.len()..].starts_with('_') => cut[..end].trim_end_matches('_').to_owned(),
        Some(_) | None => cut,
    }
}

/// `<YYYYMMDDHHMM>_<id>_<slug>.sql`, the time in UTC; without a slug where the message has no letter.
pub fn file_name(id: &RevisionId, created: Timestamp, message: &str) -> String {
    let time = created.strftime("%Y%m%d%H%M");
    let slug = slug(message);
    if slug.is_empty() { format!("{time}_{id}.sql") } else { format!("{time}_{id}_{slug}.sql") }
}

/// The other id that a file's name speaks of, when it does not speak of `id`.
///
/// A name is an optional time of twelve digits, the id, and whatever follows an `_`. Ids may hold `_`
/// themselves, so a name that begins with `id` agrees, and otherwise its first word is what it suggests.
pub fn suggested(file_name: &str, id: &RevisionId) -> Option<String> {
    let stem = file_name.strip_suffix(".sql").unwrap_or(file_name);
    let agrees = |name: &str| {
        name.strip_prefix(id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let name = match stem.split_once('_') {
        Some((time, rest)) if time.len() == 12 && time.bytes().all(|b| b.is_ascii_digit()) => rest,
        Some(_) | None => stem,
    };
    // A twelve-digit word may be the id itself (`001122334455_bootstrap.sql`), so the whole stem counts too.
    if agrees(name) || agrees(stem) {
        return None;
    }
    Some(name.split('_').next().unwrap_or(name).to_owned())
}
