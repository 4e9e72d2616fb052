//! The kinds that are generated, in the order in which they are written.

mod column;
mod constraint;
mod index;
mod routine;
mod table;
mod types;
mod view;

use super::draw::{Draw, Random};
use super::paper::Paper;
use super::world::Object;

macro_rules! kinds {
    ($($kind:ident $weight:literal $write:path,)*) => {
        /// What an object is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(#[doc = stringify!($kind)] $kind,)* }

        /// How often a kind is met.
        const WEIGHTS: &[(Kind, usize)] = &[$((Kind::$kind, $weight),)*];

        /// Writes an object.
        pub(super) fn write(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
            match object.kind { $(Kind::$kind => $write(object, draw, paper),)* }
        }
    };
}

kinds! {
    Schema 1 types::schema,
    Enum 4 types::enumeration,
    Domain 4 types::domain,
    Composite 3 types::composite,
    Range 1 types::range,
    Sequence 3 types::sequence,
    Function 5 routine::function,
    Table 8 table::table,
    Child 2 table::child,
    View 8 view::view,
    MaterializedView 3 view::materialized,
}

/// A random kind.
pub(super) fn random(random: &mut Random) -> Kind {
    let all: usize = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut left = random.below(all);
    for (kind, weight) in WEIGHTS {
        if left < *weight {
            return *kind;
        }
        left -= weight;
    }
    Kind::Table
}
