//! SQL as types: the only crate that quotes.
//!
//! A name, a literal and finished SQL are different types, and [`sql!`] takes only these. A `String` does not
//! fit, so nothing reaches the server unquoted by accident. This crate knows no kind of object and no catalog.
//!
//! Text that is SQL already (an expression of a model, what a server printed) comes in by one door:
//! [`Sql::from_trusted`].

mod ident;
mod literal;
pub mod script;
mod segments;
mod statement;
mod text;

pub use ident::{Ident, Name};
pub use literal::{DollarQuoted, Literal};
pub use segments::{Segment, segments};
pub use statement::{Hazard, HazardKind, Lock, LockMode, Preflight, Size, Statement, Transaction, Work};
pub use text::{Fragment, Sql, fragment, list};

#[cfg(test)]
mod tests;
