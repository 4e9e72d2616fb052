//! What this user's runs keep for later ones; all of it can be made again.

use std::fs;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use siphasher::sip128::{Hasher128, SipHasher13};

/// A place in the cache; none where this user has no folder for such things.
#[derive(Clone, Debug)]
pub(super) struct Slot(Option<PathBuf>);

impl Slot {
    /// The place of that name, in a folder below the cache's.
    pub(super) fn new(folder: &str, name: &str) -> Self {
        use etcetera::BaseStrategy as _;
        let cache = etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir());
        Self(cache.map(|cache| cache.join("limbeck").join(folder).join(name)))
    }

    /// The place for what follows from a key, in a folder below the cache's. Another build has other places, for it may
    /// make something else of the same input: two builds can bear one version.
    pub(super) fn keyed(folder: &str, key: impl Hash) -> Self {
        Self::new(folder, &format!("{:032x}", digest_of((build(), key))))
    }

    /// What is kept there; `None` where nothing is, or it can't be read.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        fs::read(self.0.as_ref()?).ok()
    }

    /// Keeps something, by rename, so that a reader finds a whole file or none. Of the folder's files the newest
    /// stay. A failure costs only the next run's time.
    pub(super) fn write(&self, bytes: &[u8]) {
        let Some(path) = &self.0 else { return };
        let Some(folder) = path.parent() else { return };
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut file, bytes)?;
            file.persist(path)?;
            Ok(())
        };
        if write().is_ok() {
            thin_out(folder);
        }
    }
}

/// A digest that two values share only where they are the same.
pub(super) fn digest_of(value: impl Hash) -> u128 {
    let mut hasher = SipHasher13::new();
    value.hash(&mut hasher);
    hasher.finish128().into()
}

/// What tells this build from others.
fn build() -> String {
    let file = std::env::current_exe().and_then(fs::metadata).ok();
    let written = file.as_ref().and_then(|file| file.modified().ok());
    format!("{} {written:?} {:?}", env!("CARGO_PKG_VERSION"), file.map(|file| file.len()))
}

/// Leaves the newest files.
fn thin_out(folder: &Path) {
    const MOST: usize = 100;
    let Ok(entries) = fs::read_dir(folder) else { return };
    let written =
        |path: &Path| fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut files: Vec<_> =
        entries.flatten().map(|entry| entry.path()).map(|path| (written(&path), path)).collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(MOST) {
        let _ = fs::remove_file(path);
    }
}
