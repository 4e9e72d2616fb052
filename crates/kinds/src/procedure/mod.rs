//! Procedures.

use limbeck_schema::{Id, Kind};
use limbeck_sql::Statement;

use crate::routine::Routine;
use crate::{Alter, Context, Definition, Visitor};

/// The kind `procedure`.
pub const KIND: Kind = crate::kind::PROCEDURE;

/// A procedure.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Procedure(pub Routine);

impl Definition for Procedure {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.0.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        self.0.visit(visitor);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.0.create()
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        self.0.drop()
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        self.0.alter(&to.0)
    }
}
