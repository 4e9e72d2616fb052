//! The command line as its users meet it: one binary, a module a theme.

#![expect(clippy::unwrap_used, reason = "a test may stop where something is not as it must be")]

mod adopt;
mod codes;
mod compare;
mod files;
mod project;
mod prove;
mod review;
mod runs;
mod sources;
mod transcripts;
