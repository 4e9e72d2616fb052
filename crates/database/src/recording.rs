//! The rows of a reading, kept: a catalog that is read again without a server.
//!
//! Rows are kept, not objects: what they mean is decided anew at each reading, so that a recording never hides what
//! a later release would see in them. A recording made by other queries is refused.

use limbeck_kinds::Schema;
use limbeck_kinds::catalog::{Catalog, Malformed, READERS, Reader, Row, for_version};
use limbeck_schema::Canonical;
use sha2::{Digest, Sha256};

use crate::Error;

/// The rows of all catalog queries, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Recording {
    version: i32,
    /// Per row the place of its query in [`READERS`] and its fields, as postcard writes them.
    rows: Vec<u8>,
}

/// One row: the place of its query, and its fields.
type Kept<'a> = (u16, Vec<Option<&'a str>>);

impl Recording {
    pub(crate) fn new(version: i32) -> Self {
        Self { version, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, reader: &Reader, fields: &[Option<&str>]) {
        let place = READERS.iter().position(|known| known.name == reader.name).unwrap_or_default();
        let row = (u16::try_from(place).unwrap_or(u16::MAX), fields);
        // Writing to memory does not fail.
        self.rows = postcard::to_extend(&row, std::mem::take(&mut self.rows)).unwrap_or_default();
    }

    /// The server's `server_version_num`.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// What the rows say.
    ///
    /// # Errors
    ///
    /// Where a row is not what its query promises.
    pub fn read(&self) -> Result<Canonical<Schema>, Error> {
        let mut catalog = Catalog::new(self.version);
        let mut rest = self.rows.as_slice();
        while !rest.is_empty() {
            let ((place, fields), tail): (Kept<'_>, _) =
                postcard::take_from_bytes(rest).map_err(|_| broken())?;
            let reader = READERS.get(usize::from(place)).ok_or_else(broken)?;
            (reader.decode)(&mut Row::new(reader.name, &fields), &mut catalog).map_err(Error::Catalog)?;
            rest = tail;
        }
        Ok(Canonical::from_server(catalog.finish()))
    }

    /// The recording as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.version.to_be_bytes().to_vec();
        bytes.extend(digest(self.version, &self.rows));
        bytes.extend(&self.rows);
        bytes
    }

    /// The recording that [`Recording::to_bytes`] wrote; `None` for anything else, and for rows of other queries.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let version = i32::from_be_bytes(*version);
        let (kept, rows) = rest.split_first_chunk::<32>()?;
        (*kept == digest(version, rows)).then(|| Self { version, rows: rows.to_vec() })
    }
}

/// A digest of the queries and their rows.
fn digest(version: i32, rows: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for reader in READERS {
        hasher.update(reader.name);
        hasher.update(for_version(reader.query, version).as_bytes());
    }
    hasher.update(rows);
    hasher.finalize().into()
}

fn broken() -> Error {
    Error::Catalog(Malformed {
        query: "recording",
        column: 0,
        value: "bytes".to_owned(),
        expected: "a row of a catalog query",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_or_changed_is_no_recording() {
        let mut recording = Recording::new(150_000);
        recording.push(&READERS[0], &[Some("16384"), Some("we\"ird"), None]);
        let bytes = recording.to_bytes();
        assert_eq!(Recording::from_bytes(&bytes).map(|read| read.rows), Some(recording.rows));
        for length in 0..bytes.len() {
            assert!(Recording::from_bytes(&bytes[..length]).is_none(), "cut to {length}");
        }
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(Recording::from_bytes(&changed).is_none());
    }
}
