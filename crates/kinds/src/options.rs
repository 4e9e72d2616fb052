//! Storage parameters and the like: `fillfactor` → `70`.

use std::hash::{Hash, Hasher};

/// Options as the catalog keeps them, in its order. The order means nothing, so two sets that differ only
/// there are equal; it is kept because `pg_dump` writes it.
#[derive(Clone, Debug, Default, Eq)]
pub struct Options(Vec<(String, String)>);

impl Options {
    /// No options.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Names and values, in the catalog's order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }

    /// The value of an option.
    pub fn get(&self, name: &str) -> Option<&String> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Whether the option is set.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets an option; one that is set already keeps its place.
    pub fn insert(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The options that SET must name, in their order, so that the server ends with these and in this order:
    /// Those whose names begin so, or the others.
    pub fn part(&self, prefix: &str, with: bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| name.starts_with(prefix) == with).cloned().collect())
    }

    /// it puts what is set behind the rest, which stays as it was (`transformRelOptions`).
    pub fn to_set(&self, from: &Self) -> Self {
        let stays = |count: usize| {
            let kept = &self.0[..count];
            from.0.iter().filter(|item| kept.iter().any(|(name, _)| *name == item.0)).eq(kept)
        };
        let kept = (0..=self.0.len()).rev().find(|count| stays(*count)).unwrap_or(0);
        Self(self.0[kept..].to_vec())
    }
}

impl Hash for Options {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut sorted: Vec<&(String, String)> = self.0.iter().collect();
        sorted.sort_unstable();
        sorted.hash(state);
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl FromIterator<(String, String)> for Options {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(items: T) -> Self {
        let mut options = Self::new();
        items.into_iter().for_each(|(name, value)| options.insert(name, value));
        options
    }
}

impl IntoIterator for Options {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        text.split_whitespace()
            .filter_map(|item| item.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn only_what_changes_value_or_place_is_set() {
        let set = |from: &str, to: &str| -> Vec<String> {
            options(to).to_set(&options(from)).keys().cloned().collect()
        };
        assert!(set("a=1 b=2", "a=1 b=2").is_empty());
        assert!(set("a=1 b=2", "b=2").is_empty());
        assert_eq!(set("a=1 b=2", "a=1 b=3"), ["b"]);
        assert_eq!(set("a=1 b=2", "a=3 b=2"), ["a", "b"]);
        assert_eq!(set("b=2", "a=1 b=2"), ["a", "b"]);
        assert_eq!(set("a=1", "a=1 b=2"), ["b"]);
    }

    #[test]
    fn order_makes_no_difference() {
        assert_eq!(options("a=1 b=2"), options("b=2 a=1"));
        assert_ne!(options("a=1"), options("a=1 b=2"));
    }
}
