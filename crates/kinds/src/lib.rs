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
mod foreign_options;
pub mod kind;
pub mod names;
mod needs;
mod object;
mod options;
pub mod preflight;
mod query;
mod rename;
pub mod rows;
mod types;

pub mod access_method;
pub mod aggregate;
pub mod base_type;
pub mod cast;
pub mod collation;
pub mod column;
pub mod comment;
pub mod composite;
pub mod constraint;
pub mod default_privileges;
pub mod domain;
pub mod encoding_conversion;
pub mod enumeration;
pub mod event_trigger;
pub mod extension;
pub mod extension_dependency;
pub mod foreign_data_wrapper;
pub mod foreign_table;
pub mod function;
pub mod grant;
pub mod index;
pub mod language;
pub mod materialized_view;
pub mod namespace;
pub mod operator;
pub mod operator_class;
pub mod operator_family;
pub mod owner;
pub mod policy;
pub mod procedure;
pub mod publication;
pub mod range;
pub mod routine;
pub mod row_security;
pub mod rule;
pub mod security_label;
pub mod sequence;
pub mod server;
pub mod statistics;
pub mod subscription;
pub mod table;
pub mod text_search;
pub mod transform;
pub mod trigger;
pub mod user_mapping;
pub mod view;

pub use definition::{Alter, Context, Definition, How, Visitor};
pub use foreign_options::{ForeignOptions, keep_secrets};
pub use needs::needs;
pub use object::{KINDS, Object};
pub use rename::{follow, rename_statements};
pub use types::{TypeBase, TypeName};

/// A schema of PostgreSQL objects.
pub type Schema = limbeck_schema::Schema<Object>;
