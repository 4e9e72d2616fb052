//! Limbeck as a library: derives, migrator, guard.

/// The derives that describe a database in Rust; they check their attributes and emit nothing.
///
/// `sql!` declares what no attribute says, and expands to nothing.
pub use limbeck_derive::{Composite, Domain, Enum, Table, sql};
