//! Answers of servers, kept between runs: by version and by everything that an answer depends on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// The answers of one major version.
pub(crate) struct Answers {
    path: Option<PathBuf>,
    kept: BTreeMap<String, Vec<String>>,
    changed: bool,
}

impl Answers {
    /// Those kept for a major version; none where there is no cache or it can't be read: then the server is
    /// asked again, which is only slower.
    pub(crate) fn of(major: u32) -> Self {
        let path = folder().map(|folder| folder.join(format!("canonical-{major}.json")));
        let kept = path
            .as_ref()
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { path, kept, changed: false }
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

    /// Writes what is new, by rename, so that two runs at once leave one whole file. A failure costs only
    /// the next run's time.
    pub(crate) fn save(&self) {
        const MOST: usize = 50_000;
        let Some(path) = self.path.as_ref().filter(|_| self.changed) else { return };
        let Some(folder) = path.parent() else { return };
        let kept = if self.kept.len() > MOST { &BTreeMap::new() } else { &self.kept };
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, kept)?;
            file.persist(path)?;
            Ok(())
        };
        let _ = write();
    }
}

/// Where this user's programs keep what they can make again.
pub(super) fn folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir().join("limbeck"))
}

/// A key that a new release of ours does not share with an old one: its canonical forms may differ.
fn hash(question: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(question);
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
