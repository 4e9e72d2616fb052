//! From what a user names to two canonical schemas and the plan between them.
//!
//! `sources → schema → diff → plan`: [`Source`] reads one side, [`compare`] puts a service's models beside its
//! database. Scratch servers are started only when a question is left that nothing else answers. Nothing is
//! printed here but the one line that says which scratch server is used.

mod age;
mod agreement;
mod answers;
mod cache;
mod canonical;
mod compare;
mod declared;
mod files;
pub(crate) mod prove;
mod recordings;
mod renames;
mod roles;
mod scope;
mod scratch;
mod script;
mod source;

pub(crate) use agreement::{Agreement, Agreements, Unmanaged};
pub(crate) use compare::{Comparison, Sources, Terms, Wanted, compare, creation};
pub(crate) use declared::statements as declared_statements;
pub(crate) use renames::renames;
pub(crate) use scope::{Scope, bookkeeping};
pub(crate) use scratch::Order;
pub(crate) use script::sql_statements;
pub(crate) use source::{BESIDE_MODELS, Narrow, Side, Source, snapshot_statements};

use std::path::PathBuf;

use limbeck_database::scratch::{Scratch, ScratchOptions};
use limbeck_database::{Connection, Target};
use tokio::runtime::Runtime;

use crate::failure::Result;
use crate::out::Out;

/// What reading needs: a runtime, and a scratch server when one is asked for.
pub(crate) struct Engine<'a> {
    /// The runtime on which all connections live.
    pub(crate) runtime: Runtime,
    pub(crate) out: &'a Out,
    options: ScratchOptions,
    scratch: Option<Scratch>,
    /// Where places in messages are relative to.
    pub(crate) root: PathBuf,
}

/// The `server_version_num` that statements are written for where only a major version is known, or none.
pub(crate) fn plan_version(major: Option<u32>) -> i32 {
    major.and_then(|major| i32::try_from(major).ok()).map_or(DEFAULT_VERSION, |major| major * 10_000)
}

/// The version that plans are written for where neither side says one.
pub(crate) const DEFAULT_VERSION: i32 = 150_000;

impl<'a> Engine<'a> {
    /// An engine that has opened nothing yet.
    ///
    /// # Errors
    ///
    /// Where the operating system gives no event queue.
    pub(crate) fn new(out: &'a Out, options: ScratchOptions, root: PathBuf) -> Result<Self> {
        Ok(Self { runtime: limbeck_database::connect::runtime()?, out, options, scratch: None, root })
    }

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// As for [`Connection::open`].
    pub(crate) fn connect(&self, target: &Target) -> Result<Connection> {
        Ok(self.runtime.block_on(Connection::open(target))?)
    }

    /// Says which database the work is for, so that a scratch server of its version is preferred.
    pub(crate) fn prefer(&mut self, connection: &Connection) {
        if self.options.major.is_none() {
            self.options.major = Some(connection.major());
            self.options.target = Some(connection.target.clone());
        }
    }

    /// The version that canonical texts are in: the target's, where one is known.
    pub(crate) fn major(&self) -> Option<u32> {
        self.options.major
    }
}
