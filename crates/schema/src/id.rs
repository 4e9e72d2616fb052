//! What an object is called.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};

use limbeck_sql::{Ident, Name};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

/// A kind of object: `table`, `column`, `index`.
///
/// The rank orders kinds so that what is usually needed stands before what usually needs it; it breaks ties
/// in plans and in lists. No two kinds share one: the rank is the kind, the name is what it is called. One word wide,
/// since every [`Id`] holds two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind(&'static (u8, &'static str));

impl Kind {
    /// No kind: what [`Parts::of`] holds for an object that is not attached to another.
    pub const NONE: Kind = Kind::new(&(0, ""));

    /// A kind with a rank of its own, and its name.
    pub const fn new(rank_and_name: &'static (u8, &'static str)) -> Self {
        Self(rank_and_name)
    }

    /// The word for it, in PostgreSQL's terms and lower case.
    pub const fn name(self) -> &'static str {
        self.0.1
    }

    /// Its place among the kinds.
    pub const fn rank(self) -> u8 {
        self.0.0
    }
}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
    }
}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The identity of an object: names, never positions.
///
/// Made by the kind it points at (`table::id(schema, name)`), so that the parts are always filled in the same way.
/// Interned, as [`Ident`] is: both sides of a comparison name the same objects, each of them in many places.
#[derive(Clone, Copy)]
pub struct Id(&'static Interned);

/// What an [`Id`] consists of. Parts that a kind does not use are empty.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The kind of the object.
    pub kind: Kind,
    /// For an attachment (comment, grant, owner): the kind of what it is attached to, else [`Kind::NONE`].
    pub of: Kind,
    /// The schema it lies in; empty for what lies in none.
    pub schema: Ident,
    /// For a column, constraint, index, trigger…: the table (or view, or domain) that it belongs to.
    pub relation: Ident,
    /// Its own name; of a function with the argument types: `f(integer, text)`.
    pub name: Ident,
    /// For an attachment, what tells it from others of its kind on the same object: a grantee, a provider.
    pub sub: Ident,
}

/// The parts of an id, and what is asked of them all the time.
struct Interned {
    probe: Probe,
    /// The ranks of the two kinds, which decide most of the order.
    ranks: (u8, u8),
    target: Option<Id>,
}

/// Parts with their hash, which is the same in every run.
struct Probe {
    parts: Parts,
    hash: u64,
}

impl PartialEq for Probe {
    fn eq(&self, other: &Self) -> bool {
        self.parts.names() == other.parts.names() && self.parts.ranks() == other.parts.ranks()
    }
}

impl Eq for Probe {}

impl Hash for Probe {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Interned {
    fn eq(&self, other: &Self) -> bool {
        self.probe == other.probe
    }
}

impl Eq for Interned {}

impl Hash for Interned {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.probe.hash(state);
    }
}

impl Borrow<Probe> for &'static Interned {
    fn borrow(&self) -> &Probe {
        &self.probe
    }
}

type Table = HashSet<&'static Interned, FxBuildHasher>;

/// All ids of the process, in parts that different threads seldom ask for at once.
static IDS: LazyLock<[Mutex<Table>; 64]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::default()));

impl Parts {
    fn ranks(&self) -> (u8, u8) {
        (self.kind.rank(), self.of.rank())
    }

    fn names(&self) -> [Ident; 4] {
        [self.schema, self.relation, self.name, self.sub]
    }

    /// The id that consists of these.
    pub fn id(self) -> Id {
        let mut hasher = FxHasher::default();
        (self.ranks(), self.names()).hash(&mut hasher);
        let probe = Probe { parts: self, hash: hasher.finish() };
        let shard = &IDS[usize::try_from(probe.hash >> 58).unwrap_or_default() % IDS.len()];
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&probe) {
            return Id(known);
        }
        let target = (self.of != Kind::NONE)
            .then(|| Parts { kind: self.of, of: Kind::NONE, sub: Ident::default(), ..self }.id());
        let ranks = self.ranks();
        let new: &'static Interned = Box::leak(Box::new(Interned { probe, ranks, target }));
        // Another thread may have come first.
        let mut table = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.get(&new.probe) {
            return Id(known);
        }
        table.insert(new);
        Id(new)
    }
}

impl Deref for Id {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.probe.parts
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.probe.hash);
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match self.0.ranks.cmp(&other.0.ranks) {
            Ordering::Equal => {}
            order => return order,
        }
        self.names().cmp(&other.names())
    }
}

/// Sorts by ids; what shares an id stays in its order.
///
/// Each name is compared while the names are sorted, once for all the ids that hold it; the ids then by numbers alone.
pub(crate) fn sort<T>(items: &mut [(Id, T)]) {
    const BITS: u32 = 28;
    let mut places: FxHashMap<Ident, u32> = FxHashMap::default();
    // One by one: there are far fewer names than places that hold them, for which `extend` would make room.
    for name in items.iter().flat_map(|(id, _)| id.names()) {
        places.entry(name).or_default();
    }
    let mut names: Vec<Ident> = places.keys().copied().collect();
    if names.len() >= 1 << BITS {
        items.sort_by_key(|(id, _)| *id);
        return;
    }
    names.sort_unstable();
    places.extend(names.into_iter().zip(0..));
    let place = |name: &Ident| u128::from(places.get(name).copied().unwrap_or_default());
    items.sort_by_cached_key(|(id, _)| {
        let (kind, of) = id.0.ranks;
        id.names().iter().fold(u128::from(kind) << 8 | u128::from(of), |key, name| key << BITS | place(name))
    });
}

impl Id {
    /// An object of the database that lies in no schema: a schema, an extension, a publication.
    pub fn global(kind: Kind, name: impl Into<Ident>) -> Self {
        Self::new(kind, Ident::default(), Ident::default(), name.into())
    }

    /// An object that lies in a schema.
    pub fn inside(kind: Kind, schema: impl Into<Ident>, name: impl Into<Ident>) -> Self {
        Self::new(kind, schema.into(), Ident::default(), name.into())
    }

    /// An object that belongs to a relation (or domain) of the given qualified name.
    pub fn on(kind: Kind, relation: Name, name: impl Into<Ident>) -> Self {
        Self::new(kind, relation.schema, relation.name, name.into())
    }

    /// Something attached to another object: its comment, or its grant to `sub`.
    pub fn attached(kind: Kind, target: Id, sub: impl Into<Ident>) -> Self {
        Parts { kind, of: target.kind, sub: sub.into(), ..*target }.id()
    }

    fn new(kind: Kind, schema: Ident, relation: Ident, name: Ident) -> Self {
        Parts { kind, of: Kind::NONE, schema, relation, name, sub: Ident::default() }.id()
    }

    /// The same with another name of its own.
    pub fn with_name(self, name: Ident) -> Self {
        Parts { name, ..*self }.id()
    }

    /// The same in another schema.
    pub fn with_schema(self, schema: Ident) -> Self {
        Parts { schema, ..*self }.id()
    }

    /// For an attachment: the object that it is attached to.
    pub fn target(&self) -> Option<Id> {
        self.0.target
    }

    /// The qualified name of the object itself: `schema.name`.
    pub fn qualified(&self) -> Name {
        Name { schema: self.schema, name: self.name }
    }

    /// The qualified name of the relation that it belongs to: `schema.relation`.
    pub fn relation(&self) -> Name {
        Name { schema: self.schema, name: self.relation }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.kind)
    }
}

/// The name in words, without the kind: `habits.program_templates.email`.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of != Kind::NONE {
            write!(f, "{} ", self.of)?;
        }
        let parts = [self.schema, self.relation, self.name];
        let mut first = true;
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if !first {
                f.write_str(".")?;
            }
            first = false;
            if part.as_str().ends_with(')') {
                // A function's name with its argument types is printed as it stands.
                f.write_str(part.as_str())?;
            } else {
                write!(f, "{part}")?;
            }
        }
        if self.sub.is_empty() { Ok(()) } else { write!(f, " {}", self.sub) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 3] = [Kind::new(&(1, "a")), Kind::new(&(2, "b")), Kind::NONE];
    const NAMES: [&str; 5] = ["", "a", "ab", "b", "\u{e4}"];

    /// Ids of all these parts.
    fn all() -> Vec<Id> {
        let mut found = Vec::new();
        for kind in KINDS {
            for of in KINDS {
                for number in 0..NAMES.len().pow(4) {
                    let name = |place: u32| Ident::new(NAMES[number / NAMES.len().pow(place) % NAMES.len()]);
                    let parts =
                        Parts { kind, of, schema: name(2), relation: name(0), name: name(3), sub: name(1) };
                    found.push(parts.id());
                }
            }
        }
        found
    }

    #[test]
    fn the_same_parts_are_the_same_id() {
        let (once, again) = (all(), all());
        assert_eq!(once, again);
        let distinct: HashSet<Id> = once.iter().copied().collect();
        assert_eq!(distinct.len(), once.len());
    }

    #[test]
    fn ids_are_sorted_as_they_compare() {
        let mut items: Vec<(Id, usize)> = all().into_iter().chain(all()).zip(0..).collect();
        let mut expected = items.clone();
        expected.sort_by_key(|(id, _)| *id);
        sort(&mut items);
        assert_eq!(items, expected);
    }

    #[test]
    fn the_target_of_an_attachment_is_what_it_is_attached_to() {
        let table = Id::inside(KINDS[0], "s", "t");
        assert_eq!(table.target(), None);
        assert_eq!(Id::attached(KINDS[1], table, "role").target(), Some(table));
    }
}
