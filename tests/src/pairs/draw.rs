//! Choices by key: the same seed gives the same object, and one key can be given another value.

use std::collections::BTreeMap;

/// A deterministic source of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number that follows from several.
pub(super) fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed ^ 0x51_7c_c1), |hash, byte| mix(hash ^ u64::from(byte)))
}

/// The choices of an object: those that are set, and a seed for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// What the keys that are not set follow from.
    pub seed: u64,
    /// Keys with a value of their own.
    pub set: BTreeMap<String, u64>,
}

/// A choice that was made while an object was written.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// Its key.
    pub(super) key: String,
    /// Its value.
    pub(super) value: u64,
    /// Another value, which means something else.
    pub(super) other: Other,
}

/// Where other values of a choice are found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Other {
    /// Below this number.
    Below(u64),
    /// The opposite.
    Toggle,
}

/// Makes the choices of one object and notes them down.
pub(super) struct Draw<'a> {
    choices: &'a Choices,
    /// What was chosen.
    pub(super) taken: Vec<Taken>,
}

impl<'a> Draw<'a> {
    pub(super) fn new(choices: &'a Choices) -> Self {
        Self { choices, taken: Vec::new() }
    }

    fn value(&mut self, key: &str, n: u64, other: Other) -> u64 {
        let value = match self.choices.set.get(key) {
            Some(value) => *value,
            None => hash(self.choices.seed, key),
        } % n.max(1);
        self.taken.push(Taken { key: key.to_owned(), value, other });
        value
    }

    /// A number below `n`; 0 is the plainest.
    pub(super) fn number(&mut self, key: &str, n: u64) -> u64 {
        self.value(key, n, Other::Below(n))
    }

    /// Yes in so many of a hundred cases; no is the plainest.
    pub(super) fn chance(&mut self, key: &str, percent: u64) -> bool {
        let yes = self.value(key, 100, Other::Toggle) >= 100 - percent;
        if let Some(taken) = self.taken.last_mut() {
            taken.value = if yes { 99 } else { 0 };
        }
        yes
    }

    /// One of several; the first is the plainest.
    pub(super) fn pick<'t, T: ?Sized>(&mut self, key: &str, of: &'t [&'t T]) -> &'t T {
        let n = u64::try_from(of.len()).unwrap_or(1);
        of[usize::try_from(self.number(key, n)).unwrap_or(0)]
    }

    /// One of the objects with these numbers, the same one however many others come and go.
    pub(super) fn refer(&mut self, key: &str, ids: impl Iterator<Item = u32>) -> Option<u32> {
        let salt = self.value(key, 1 << 16, Other::Below(1 << 16));
        ids.min_by_key(|id| hash(salt ^ self.choices.seed, &format!("{id}")))
    }
}
