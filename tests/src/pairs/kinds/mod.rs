//! The kinds that are generated, in the order in which they are written.

mod column;
mod constraint;
mod foreign;
mod index;
mod operator;
mod policy;
mod privileges;
mod publication;
mod routine;
mod rule;
mod search;
mod table;
mod trigger;
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
    Extension 2 search::extension,
    Collation 1 search::collation,
    Helper 4 routine::helper,
    Enum 4 types::enumeration,
    Domain 4 types::domain,
    Composite 3 types::composite,
    Range 1 types::range,
    Sequence 3 types::sequence,
    Function 5 routine::function,
    Procedure 2 routine::procedure,
    Aggregate 2 routine::aggregate,
    Operator 1 operator::operator,
    Cast 1 operator::cast,
    Dictionary 1 search::dictionary,
    Configuration 1 search::configuration,
    TriggerFunction 4 trigger::function,
    Wrapper 1 foreign::wrapper,
    Server 1 foreign::server,
    Table 8 table::table,
    Partition 0 table::partition,
    Child 2 table::child,
    ForeignTable 2 foreign::table,
    RowFunction 3 routine::rows,
    View 8 view::view,
    MaterializedView 3 view::materialized,
    Statistics 1 search::statistics,
    Policy 4 policy::policy,
    Trigger 6 trigger::trigger,
    Rule 2 rule::rule,
    EventTrigger 1 trigger::event,
    Publication 1 publication::publication,
    Privileges 2 privileges::defaults,
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
