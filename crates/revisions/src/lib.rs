//! Revision files and their graph; knows no database, no models and no kind of object.
//!
//! [`file`] is the text of one revision, [`history`] the graph of all of them (it has never seen a file),
//! [`target`] what a user may write to point into it, [`store`] the folder, [`render`] the lines and the JSON
//! that people and programs read. Time and fresh ids are arguments everywhere: the same input gives the same
//! bytes.

pub mod error;
pub mod file;
pub mod history;
pub mod id;
pub mod render;
pub mod store;
pub mod target;

pub use error::{Error, Place};
pub use file::RevisionFile;
pub use history::{History, Revision};
pub use id::RevisionId;
pub use store::Store;
pub use target::{Direction, Range, Step, Target};
