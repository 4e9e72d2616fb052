//! Rust sources to a schema and back; never compiles what it reads.

mod pg_types;
mod rust_types;
mod scan;
mod source;
mod tree;
