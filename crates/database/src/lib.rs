//! The PostgreSQL end: connect, read the catalogs, scratch servers, apply.

pub mod apply;
pub mod connect;
mod error;
pub mod lock;
pub mod progress;
pub mod questions;
pub mod read;
pub mod recording;
#[cfg(unix)]
pub mod scratch;
#[cfg(unix)]
pub mod servers;
pub mod trial;
pub mod version_table;
pub mod witness;

pub use connect::{Connection, Target};
pub use error::Error;
pub use read::{read, record, record_noting, roles};
pub use recording::Recording;
