//! Ids, objects and schemas: what the reader of Rust sources and the reader of catalogs both produce.
//!
//! This crate knows no kind of object. A [`Schema`] is a flat, sorted map from [`Id`] to object; a column, a
//! comment and a grant are objects of their own, because each can change alone. What cannot exist alone (a
//! default, NOT NULL) is a field of its object.

mod diagnostic;
mod id;
mod schema;

pub use diagnostic::{Diagnostic, Origin, Severity};
pub use id::{Id, Kind, Parts};
pub use schema::{Canonical, Incidental, Object, Rename, Schema};
