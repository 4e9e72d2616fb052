//! The PostgreSQL end: connect, read the catalogs, scratch servers, apply.

pub mod connect;
mod error;
#[cfg(unix)]
pub mod scratch;
#[cfg(unix)]
pub mod servers;

pub use connect::{Connection, Target};
pub use error::Error;
