//! Names for the moment: the same for the same plan, at most 63 bytes, and nobody else's.

use std::collections::BTreeSet;

use limbeck_kinds::{Context, names::object_name};
use limbeck_sql::{Ident, Name};

/// The names that are taken in the schemas of both sides, and by what this plan makes for the moment.
pub(super) struct Names<'a> {
    context: &'a Context<'a>,
    taken: Option<BTreeSet<Name>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self { context, taken: None }
    }

    /// A free name, derived from one or two others: `t_a_key_limbeck_new`, and with a number where that is taken.
    ///
    /// Names of constraints and indexes alike keep clear of everything in the schema, which is more than they must.
    pub(super) fn free(&mut self, schema: Ident, first: Ident, second: Option<Ident>, label: &str) -> Ident {
        let context = self.context;
        let taken = self.taken.get_or_insert_with(|| {
            context.from.iter().chain(context.to.iter()).map(|(id, _)| id.qualified()).collect()
        });
        let mut name = object_name(first, second, label);
        let mut number = 1;
        while !taken.insert(Name { schema, name }) {
            number += 1;
            let mut label = label.to_owned();
            label.push_str(&number.to_string());
            name = object_name(first, second, &label);
        }
        name
    }
}
