//! Comparisons that found no difference, kept between runs: what was compared once and is the same still is not
//! compared again.
//!
//! A comparison follows from the service's sources, its part of the configuration, and the rows of the catalogs.
//! Sources and configuration are the key; the digest of the rows is kept with what the comparison said. A
//! comparison that found anything to tell is made anew in every run.

use limbeck_schema::Id;
use serde::{Deserialize, Serialize};

use super::Sources;
use super::cache::Slot;
use crate::project::{Project, Service};

/// An object in the owned schemas that is not managed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unmanaged {
    /// What kind of object it is.
    pub(crate) kind: String,
    /// Its name in words.
    pub(crate) object: String,
}

impl From<&Id> for Unmanaged {
    fn from(id: &Id) -> Self {
        Self { kind: id.kind.to_string(), object: id.to_string() }
    }
}

/// What is kept: the catalogs that agreed with the sources, and what there was to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agreement {
    /// [`limbeck_database::Recording::digest`].
    pub(crate) catalogs: [u8; 16],
    /// Seen in the owned schemas, not managed.
    pub(crate) unmanaged: Vec<Unmanaged>,
}

/// The place of a service's agreement.
#[derive(Clone, Debug)]
pub(crate) struct Agreements(Slot);

impl Agreements {
    /// The place for a service with these sources; `None` where they can't be read.
    pub(crate) fn of(project: &Project, service: &Service, sources: &Sources) -> Option<Self> {
        let digest = sources.digest()?;
        Some(Self(Slot::keyed("agreements", (&project.root, format!("{service:?}"), digest))))
    }

    /// What was kept.
    pub(crate) fn read(&self) -> Option<Agreement> {
        serde_json::from_slice(&self.0.read()?).ok()
    }

    /// Keeps what a comparison came to.
    pub(crate) fn write(&self, agreement: &Agreement) {
        // What can't be written is compared again.
        if let Ok(bytes) = serde_json::to_vec(agreement) {
            self.0.write(&bytes);
        }
    }
}
