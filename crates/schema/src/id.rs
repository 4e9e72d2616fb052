//! What an object is called.

use std::fmt;
use std::hash::{Hash, Hasher};

use limbeck_sql::{Ident, Name};

/// A kind of object: `table`, `column`, `index`.
///
/// The rank orders kinds so that what is usually needed stands before what usually needs it; it breaks ties
/// in plans and in lists. No two kinds share one: the rank is the kind, the name is what it is called. One word wide,
/// since every [`Id`] holds two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind(&'static (u8, &'static str));

impl Kind {
    /// No kind: what [`Id::of`] holds for an object that is not attached to another.
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
/// Parts that a kind does not use are empty. Made by the kind it points at (`table::id(schema, name)`), so that
/// the parts are always filled in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
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
        Self { kind, of: target.kind, sub: sub.into(), ..target }
    }

    fn new(kind: Kind, schema: Ident, relation: Ident, name: Ident) -> Self {
        Self { kind, of: Kind::NONE, schema, relation, name, sub: Ident::default() }
    }

    /// For an attachment: the object that it is attached to.
    pub fn target(&self) -> Option<Id> {
        (self.of != Kind::NONE).then(|| Id { kind: self.of, of: Kind::NONE, sub: Ident::default(), ..*self })
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
