//! What Limbeck knows about each kind of PostgreSQL object; does no I/O.
//!
//! Knowledge by kind: a folder holds the struct, the catalog query with the decoding of its rows, and how the
//! object is created, altered and dropped. Adding a kind is one folder, one line in [`Object`]'s list and one
//! in [`catalog::READERS`]. Machinery that treats all kinds alike (comparing, ordering, writing) lives in other
//! crates; a kind names another only to point at it or to inline it.

pub mod catalog;
pub mod clause;
mod conversion;
mod definition;
pub mod expression;
pub mod kind;
pub mod names;
mod needs;
mod object;
mod rename;
mod types;

pub mod column;
pub mod comment;
pub mod composite;
pub mod constraint;
pub mod domain;
pub mod enumeration;
pub mod extension;
pub mod index;
pub mod namespace;
pub mod range;
pub mod sequence;
pub mod table;

pub use definition::{Alter, Context, Definition, How, Visitor};
pub use needs::needs;
pub use object::{KINDS, Object};
pub use rename::{follow, rename_statements};
pub use types::{TypeBase, TypeName};

/// A schema of PostgreSQL objects.
pub type Schema = limbeck_schema::Schema<Object>;
