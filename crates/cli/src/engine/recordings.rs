//! What scratch servers made of declared SQL, kept between runs under everything that it depends on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use limbeck_database::Recording;
use sha2::{Digest, Sha256};

use super::answers;

/// A place in the cache.
pub(super) struct Slot(Option<PathBuf>);

/// What is kept: which of the lent objects were taken (places in their order), and what the server then held.
pub(super) struct Kept {
    pub(super) lent: Vec<u32>,
    pub(super) recording: Recording,
}

impl Slot {
    /// The place for what these texts lead to on a server of this major version.
    pub(super) fn of<'t>(major: u32, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(build());
        hasher.update(major.to_be_bytes());
        for text in texts {
            hasher.update(text.len().to_be_bytes());
            hasher.update(text);
        }
        let name: String = hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(answers::folder().map(|folder| folder.join("declared").join(name)))
    }

    /// What is kept there; `None` where there is nothing, or nothing whole.
    pub(super) fn read(&self) -> Option<Kept> {
        let bytes = fs::read(self.0.as_ref()?).ok()?;
        let (count, mut rest) = bytes.split_first_chunk()?;
        let mut lent = Vec::new();
        for _ in 0..u32::from_be_bytes(*count) {
            let (place, tail) = rest.split_first_chunk()?;
            lent.push(u32::from_be_bytes(*place));
            rest = tail;
        }
        Recording::from_bytes(rest).map(|recording| Kept { lent, recording })
    }

    /// Writes, by rename, so that a reader finds a whole file or none. A failure costs only the next run's time.
    pub(super) fn write(&self, kept: &Kept) {
        let Some(path) = &self.0 else { return };
        let Some(folder) = path.parent() else { return };
        let mut bytes = u32::try_from(kept.lent.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        bytes.extend(kept.lent.iter().flat_map(|place| place.to_be_bytes()));
        bytes.extend(kept.recording.to_bytes());
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.persist(path)?;
            Ok(())
        };
        if write().is_ok() {
            thin_out(folder);
        }
    }
}

/// What tells this build from others, which may run the same texts otherwise: two builds can bear one version.
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
