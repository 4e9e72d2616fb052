//! The PostgreSQL end: connect, read the catalogs, scratch servers, apply.

pub mod connect;
mod error;

pub use connect::{Connection, Target};
pub use error::Error;
