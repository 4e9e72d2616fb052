//! What each kind answers.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Name, Sql, Statement};

use crate::Schema;

/// The two sides and the settings under which statements are written.
///
/// A kind looks other objects up here only to inline them (the columns of a new table) or to learn whether
/// the server has done the work already (an index that went with its table).
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What is, with renames already applied.
    pub from: &'a Schema,
    /// What should be.
    pub to: &'a Schema,
    /// The target server's `server_version_num`: 150018.
    pub version: i32,
}

/// What a kind of object answers to the generic machinery.
pub trait Definition: Clone + PartialEq + Sized {
    /// Which kind it is.
    const KIND: Kind;

    /// What the object is called.
    fn id(&self) -> Id;

    /// Shows every name in the object to the visitor, its own id first.
    fn visit(&mut self, visitor: &mut dyn Visitor);

    /// The statements that make it.
    fn create(&self, context: &Context<'_>) -> Vec<Statement>;

    /// The statements that make an end of it.
    fn drop(&self, context: &Context<'_>) -> Vec<Statement>;

    /// How `self` becomes `to`; asked only where the two differ.
    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter;

    /// Objects of `to` that [`Definition::create`] writes along.
    fn inlines(&self, _context: &Context<'_>) -> Vec<Id> {
        Vec::new()
    }

    /// The roles that it names, `public` among them.
    fn roles(&self) -> Vec<Ident> {
        Vec::new()
    }

    /// What it needs in its schema beyond the names that it holds.
    fn extra_needs(&self, _schema: &Schema) -> Vec<Id> {
        Vec::new()
    }
}

/// The way from one state of an object to another.
#[derive(Clone, Debug)]
pub struct Alter {
    /// The differences in words: `type text → uuid`.
    pub details: Vec<String>,
    /// How it is done.
    pub how: How,
}

/// How an object is changed.
#[derive(Clone, Debug)]
pub enum How {
    /// By statements that keep it; dependents of these kinds must be out of the way meanwhile.
    InPlace {
        /// The statements.
        statements: Vec<Statement>,
        /// The server refuses while objects of these kinds depend on it.
        rebuild: &'static [Kind],
    },
    /// Only by dropping and creating it, and with it everything that depends on it.
    Replace,
}

impl Alter {
    /// Done in place, with nothing else in the way.
    pub fn in_place(details: Vec<String>, statements: Vec<Statement>) -> Self {
        Self { details, how: How::InPlace { statements, rebuild: &[] } }
    }

    /// With more statements behind its own, where it is done in place.
    pub fn and(mut self, more: Vec<Statement>) -> Self {
        if let How::InPlace { statements, .. } = &mut self.how {
            statements.extend(more);
        }
        self
    }

    /// Done by drop and create.
    pub fn replace(details: Vec<String>) -> Self {
        Self { details, how: How::Replace }
    }
}

/// Something that goes through all names of an object: collects needs, follows a rename.
pub trait Visitor {
    /// The id of the object itself or of one that it needs.
    fn id(&mut self, id: &mut Id);

    /// A column of a relation.
    fn column(&mut self, relation: Name, column: &mut Ident);

    /// An expression in the server's words; its bare names are columns of `relation`.
    fn expression(&mut self, relation: Option<Name>, text: &mut Sql);

    /// An expression that is a part of `relation` itself, and so needs no more of it: a partition key.
    fn part(&mut self, relation: Name, text: &mut Sql) {
        self.expression(Some(relation), text);
    }
}
