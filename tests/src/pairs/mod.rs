//! Generated pairs: random schemas, random edits of them, and witnesses that judge the way from one to the other.
//!
//! A [`World`] is a list of objects, each a kind, a name and a set of choices. What an object looks like follows from its
//! choices alone, by key ([`draw`]): another value for one key is an edit ("alter any property"), the value 0
//! for as many keys as possible is shrinking, and neither needs a line of code per kind. The generator knows PostgreSQL's
//! syntax and nothing of Limbeck's kinds; a chunk that the server refuses is left out and counted.

mod draw;
mod judge;
mod kinds;
mod names;
mod paper;
mod server;
mod shrink;
mod world;

pub use judge::{Failure, Stage, Verdict, judge};
pub use server::Workshop;
pub use shrink::shrink;
pub use world::{Pair, World};
