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

pub mod aggregate;
pub mod column;
pub mod comment;
pub mod composite;
pub mod constraint;
pub mod domain;
pub mod enumeration;
pub mod event_trigger;
pub mod extension;
pub mod function;
pub mod index;
pub mod materialized_view;
pub mod namespace;
pub mod policy;
pub mod procedure;
pub mod range;
pub mod routine;
pub mod row_security;
pub mod rule;
pub mod sequence;
pub mod statistics;
pub mod table;
pub mod trigger;
pub mod view;

pub use definition::{Alter, Context, Definition, How, Visitor};
pub use needs::needs;
pub use object::{KINDS, Object};
pub use rename::{follow, rename_statements};
pub use types::{TypeBase, TypeName};

/// A schema of PostgreSQL objects.
pub type Schema = limbeck_schema::Schema<Object>;
