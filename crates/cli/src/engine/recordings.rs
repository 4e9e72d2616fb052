//! What scratch servers made of declared SQL, kept between runs under everything that it depends on.

use std::hash::{Hash, Hasher};

use limbeck_database::Recording;
use limbeck_kinds::{Object, Schema};

use super::cache::Slot;

/// What is kept: which of the lent objects were taken (places in their order), and what the server then held.
pub(super) struct Kept {
    pub(super) lent: Vec<u32>,
    pub(super) recording: Recording,
}

/// The place for what these texts lead to over these objects on a server of this major version.
pub(super) fn slot(major: u32, schemas: [&Schema; 2], texts: &[&str]) -> Slot {
    Slot::keyed("declared", (major, schemas.map(Objects), texts))
}

/// What a schema holds, as a key.
struct Objects<'a>(&'a Schema);

impl Hash for Objects<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        for (_, object) in self.0.iter() {
            object.hash(state);
            // What `*` stands for in a view.
            if let Object::Column(column) = object {
                column.position.0.hash(state);
            }
        }
    }
}

impl Kept {
    /// What was written before; `None` where nothing whole was.
    pub(super) fn read(slot: &Slot) -> Option<Self> {
        let bytes = slot.read()?;
        let (count, mut rest) = bytes.split_first_chunk()?;
        let mut lent = Vec::new();
        for _ in 0..u32::from_be_bytes(*count) {
            let (place, tail) = rest.split_first_chunk()?;
            lent.push(u32::from_be_bytes(*place));
            rest = tail;
        }
        Recording::from_bytes(rest).map(|recording| Self { lent, recording })
    }

    /// Keeps it.
    pub(super) fn write(&self, slot: &Slot) {
        let mut bytes = u32::try_from(self.lent.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
        bytes.extend(self.lent.iter().flat_map(|place| place.to_be_bytes()));
        bytes.extend(self.recording.to_bytes());
        slot.write(&bytes);
    }
}
