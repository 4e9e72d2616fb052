//! Rust sources to a schema and back; never compiles what it reads.
//!
//! [`read`] scans the files (in parallel, function bodies stepped over), follows names through modules and
//! imports, and builds the objects that the declarations stand for. Whatever is wrong becomes a diagnostic at
//! its place; reading goes on, so that all of them come at once. Expressions stay as they were written: only a
//! server can put them into the words that a catalog uses.

mod build;
mod choose;
mod expression;
mod kept;
mod pg_types;
mod read;
mod rust_types;
mod scan;
mod source;
mod tree;
mod write;

#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;

pub use build::{DeclaredSql, Renamed};
pub use kept::KeptFiles;
pub use read::{Known, ModelFiles, ReadModels, ReadResult, read};
pub use write::{write, write_apart};
