//! Rust sources to a schema and back; never compiles what it reads.
