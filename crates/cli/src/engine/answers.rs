//! Answers of servers, kept between runs: by version and by everything that an answer depends on.

use std::collections::BTreeMap;

use super::cache::{Slot, digest_of};

/// The answers of one major version.
pub(crate) struct Answers {
    slot: Slot,
    kept: BTreeMap<String, Vec<String>>,
    changed: bool,
}

impl Answers {
    /// Those kept for a major version; none where there is no cache or it can't be read: then the server is
    /// asked again, which is only slower.
    pub(crate) fn of(major: u32) -> Self {
        let slot = Slot::new("canonical", &format!("{major}.json"));
        let kept = slot.read().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { slot, kept, changed: false }
    }

    /// The answer to this question.
    pub(crate) fn get(&self, question: &str) -> Option<&Vec<String>> {
        self.kept.get(&hash(question))
    }

    /// Keeps an answer.
    pub(crate) fn put(&mut self, question: &str, answer: Vec<String>) {
        self.kept.insert(hash(question), answer);
        self.changed = true;
    }

    /// Writes what is new.
    pub(crate) fn save(&self) {
        const MOST: usize = 50_000;
        if !self.changed {
            return;
        }
        let kept = if self.kept.len() > MOST { &BTreeMap::new() } else { &self.kept };
        if let Ok(bytes) = serde_json::to_vec(kept) {
            self.slot.write(&bytes);
        }
    }
}

/// A key that a new release of ours does not share with an old one: its canonical forms may differ.
fn hash(question: &str) -> String {
    format!("{:032x}", digest_of((env!("CARGO_PKG_VERSION"), question)))
}
