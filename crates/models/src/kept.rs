//! What files hold, kept between runs: a run parses only the files that are new to it.

use std::hash::Hash;
use std::ops::Range;

use limbeck_grammar::Cfg;
use rustc_hash::FxHashMap;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::scan::{Module, Unreadable, scan};

/// What files held when they were read before, by their text. Nothing where nothing was kept.
///
/// The bytes mean something to the very build that wrote them and to no other.
#[derive(Clone, Debug, Default)]
pub struct KeptFiles {
    bytes: Vec<u8>,
    places: FxHashMap<u128, Range<usize>>,
}

/// One file: the digest of its text, the digest of what it held, and that, as postcard writes it.
type Entry<'a> = (u128, u128, &'a [u8]);

/// A file that was read, and what is to be kept of it.
pub(crate) struct ReadFile {
    pub(crate) modules: Result<Vec<Module>, Unreadable>,
    /// Its digest, and what it holds where that is not among the kept files yet.
    pub(crate) keep: Option<(u128, Option<Vec<u8>>)>,
}

impl KeptFiles {
    /// The files of the bytes that [`ReadResult::kept`](crate::ReadResult::kept) gave; what is broken is left out.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let mut places = FxHashMap::default();
        let mut rest = bytes.as_slice();
        while let Ok(((key, digest, held), tail)) = postcard::take_from_bytes::<Entry<'_>>(rest) {
            let end = bytes.len() - tail.len();
            if digest == digest_of(&held) {
                places.insert(key, end - held.len()..end);
            }
            rest = tail;
        }
        Self { bytes, places }
    }

    /// Reads a file, or remembers what it holds.
    pub(crate) fn read(&self, text: &str, cfg: &Cfg) -> ReadFile {
        let key = digest_of(&(&cfg.features, text));
        if let Some(modules) = self.held(key).and_then(|held| postcard::from_bytes(held).ok()) {
            return ReadFile { modules: Ok(modules), keep: Some((key, None)) };
        }
        let modules = scan(text, cfg);
        let keep = modules.as_ref().ok().filter(|modules| are_sound(modules)).map(|modules| {
            // Writing to memory does not fail.
            (key, Some(postcard::to_stdvec(modules).unwrap_or_default()))
        });
        ReadFile { modules, keep }
    }

    fn held(&self, key: u128) -> Option<&[u8]> {
        self.places.get(&key).and_then(|place| self.bytes.get(place.clone()))
    }

    /// The bytes of these files; `None` where they are the kept ones.
    pub(crate) fn with(&self, files: &[(u128, Option<Vec<u8>>)]) -> Option<Vec<u8>> {
        if files.iter().all(|(_, held)| held.is_none()) {
            return None;
        }
        let mut bytes = Vec::new();
        for (key, held) in files {
            let held = held.as_deref().or_else(|| self.held(*key)).unwrap_or_default();
            let entry: Entry<'_> = (*key, digest_of(&held), held);
            bytes = postcard::to_extend(&entry, bytes).unwrap_or_default();
        }
        Some(bytes)
    }
}

/// Whether nothing is wrong with the items: problems are not kept.
fn are_sound(modules: &[Module]) -> bool {
    modules.iter().flat_map(|module| &module.items).all(|item| item.problems.is_empty())
}

pub(crate) fn digest_of(value: &impl Hash) -> u128 {
    let mut hasher = SipHasher13::new();
    value.hash(&mut hasher);
    hasher.finish128().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "#[derive(limbeck::Table)] pub struct T { #[column(pk)] a: i32, b: Option<String> }";

    #[test]
    fn a_file_is_parsed_once() {
        let nothing = KeptFiles::default();
        let first = nothing.read(MODEL, &Cfg::default());
        let files = [first.keep.unwrap()];
        let kept = KeptFiles::from_bytes(nothing.with(&files).unwrap());
        let again = kept.read(MODEL, &Cfg::default());
        assert_eq!(format!("{:?}", first.modules), format!("{:?}", again.modules));
        assert_eq!(again.keep, Some((files[0].0, None)));
        assert_eq!(kept.with(&[again.keep.unwrap()]), None);

        let cfg = Cfg { features: vec!["x".to_owned()] };
        assert!(kept.read(MODEL, &cfg).keep.unwrap().1.is_some(), "features decide what a file holds");
    }

    #[test]
    fn what_was_cut_or_changed_is_read_again() {
        let nothing = KeptFiles::default();
        let file = nothing.read(MODEL, &Cfg::default()).keep.unwrap();
        let bytes = nothing.with(&[file]).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            for bytes in [bytes[..at].to_vec(), changed] {
                let read = KeptFiles::from_bytes(bytes).read(MODEL, &Cfg::default());
                assert!(read.keep.unwrap().1.is_some(), "byte {at}");
            }
        }
    }

    #[test]
    fn mistakes_are_not_kept() {
        let wrong = "#[derive(limbeck::Table)] pub struct T { #[column(nonsense)] a: i32 }";
        assert!(KeptFiles::default().read(wrong, &Cfg::default()).keep.is_none());
        assert!(KeptFiles::default().read("struct {", &Cfg::default()).keep.is_none());
    }
}
