//! Names of inherited NOT NULLs that go over to another parent (version 18).
//!
//! A table that joins its new parent before it leaves the old one has the constraint from both of them for a moment,
//! under the old one's name, and the server renames what is inherited only together with the parent's. So the new
//! parent's takes the old name until the table has changed over.

use std::collections::BTreeMap;

use limbeck_kinds::column::{self, taken_over};
use limbeck_kinds::{Context, Object, table};
use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, sql};

use crate::graph::Builder;

/// The nodes in which a table joins its new parents and leaves the old ones.
type Changeovers = Vec<(usize, usize)>;

/// By column of the new parent, and by old and new name: the tables that change over.
#[derive(Default)]
pub(super) struct TakenOver(BTreeMap<(Name, Ident), BTreeMap<(Ident, Ident), Changeovers>>);

impl TakenOver {
    /// Notes what a table takes along from parent to parent.
    pub(super) fn add(&mut self, table: Id, join: usize, leave: usize, context: &Context<'_>) {
        for to in table::columns_of(context.to, table.qualified()) {
            let Some(Object::Column(from)) = context.from.get(&to.id) else { continue };
            let Some(taken) = taken_over(from, to, context) else { continue };
            let of_column = self.0.entry((taken.parent, taken.column)).or_default();
            of_column.entry((taken.old, taken.new)).or_default().push((join, leave));
        }
    }

    /// Adds the nodes that rename the new parents' there and back, one old name after the other.
    pub(super) fn rename(self, builder: &mut Builder<'_>) {
        for ((parent, name), by_name) in self.0 {
            let id = column::id(parent, name);
            let whole = table::id(parent.schema, parent.name);
            let makers = [&builder.creates, &builder.alters];
            let made = makers.into_iter().flat_map(|map| [map.get(&id), map.get(&whole)]);
            let mut after: Vec<usize> = made.flatten().copied().collect();
            for ((old, new), changeovers) in by_name {
                let mut renamed = |from, to| {
                    let statement = table::alter(parent, sql!("RENAME CONSTRAINT {} TO {}", from, to));
                    builder.node(1, id, vec![statement])
                };
                let (there, back) = (renamed(new, old), renamed(old, new));
                after.iter().for_each(|first| builder.edge(*first, there));
                for (join, leave) in changeovers {
                    builder.edge(there, join);
                    builder.edge(leave, back);
                }
                after = vec![back];
            }
        }
    }
}
