//! Functions, window functions among them.

use limbeck_schema::{Id, Kind};
use limbeck_sql::Statement;

use crate::routine::Routine;
use crate::{Alter, Context, Definition, Visitor, base_type};

/// The kind `function`.
pub const KIND: Kind = crate::kind::FUNCTION;

/// A function.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Function(pub Routine);

impl Definition for Function {
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

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if base_type::takes_along(&self.0.id, context) {
            return Vec::new();
        }
        self.0.drop()
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        self.0.alter(&to.0)
    }
}
