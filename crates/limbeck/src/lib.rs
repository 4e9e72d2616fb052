//! Limbeck as a library: derives, migrator, guard.
//!
//! The derives and [`sql!`] describe a database; they need nothing else. With the feature `migrator`, an application
//! applies its own revisions, or refuses to start on a database that is not where they lead:
//!
//! ```
//! # #[cfg(feature = "migrator")]
//! # async fn start(url: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use limbeck::Migrator;
//!
//! // Compiled in; `Migrator::from_folder` reads them when the program runs.
//! let migrator = Migrator::embedded(&limbeck::revisions!("tests/migrations"), "shop")?;
//! migrator.upgrade(url).await?;      // in development, or where the application is its own deployment
//! migrator.check_head(url).await?;   // where a deployment has run `limbeck upgrade` before
//! # Ok(())
//! # }
//! ```

mod environment;
#[cfg(feature = "migrator")]
mod error;
#[cfg(feature = "migrator")]
mod migrator;
#[cfg(feature = "migrator")]
pub mod refusal;

pub use environment::{Environment, Refused};
#[cfg(feature = "migrator")]
pub use error::Error;
#[cfg(feature = "migrator")]
pub use migrator::{Migrator, Revisions, runnable};

/// The derives that describe a database in Rust; they check their attributes and emit nothing.
///
/// `sql!` declares what no attribute says, and expands to nothing.
pub use limbeck_derive::{Composite, Domain, Enum, Table, sql};

/// The revision files of a folder of the crate, compiled in: `limbeck::revisions!("migrations")`, for
/// [`Migrator::embedded`].
#[cfg(feature = "migrator")]
pub use limbeck_derive::revisions;
