//! Where things stand, and what is wrong there.

use std::ops::Deref;

use proc_macro2::Span;

/// A place in a source: an index into the [`Places`] that came with it.
///
/// Not a span, because spans can't leave the thread that made them, and because a reader of many files wants
/// offsets while a macro wants spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Place(pub u32);

/// The spans of one parsed item, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Places(Vec<Span>);

impl Places {
    /// Remembers a span.
    pub fn add(&mut self, span: Span) -> Place {
        self.0.push(span);
        Place(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// The span of a place that came with these.
    pub fn span(&self, place: Place) -> Span {
        self.0.get(place.0 as usize).copied().unwrap_or_else(Span::call_site)
    }

    /// All spans, by number of their place.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }
}

/// A value and where it stands. Equality looks at the value only.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value at a place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A name or a piece of SQL, with its place.
pub type Text = Placed<String>;

/// One mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// `models::name`.
    pub code: &'static str,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What stands at the place.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
}

impl Problem {
    /// A mistake at a place.
    pub fn new(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self { code, message: message.into(), label: String::new(), help: None, place }
    }

    /// The same, with what stands there.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same, with what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with what to do about it, if there is something.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// The candidate that was probably meant, if one is near enough.
pub fn suggestion<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
        .filter(|(score, candidate)| *score > 0.8 || strsim::levenshtein(given, candidate) <= given.len() / 3)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
