//! Checks of parents that come down to tables once these have joined.

use std::collections::BTreeMap;

use limbeck_kinds::table::Parents;
use limbeck_kinds::{Context, Object, Schema, constraint, table};
use limbeck_schema::Id;
use limbeck_sql::Name;

use super::with_all_above;
use crate::graph::Builder;

/// Checks that parents have on both sides, and are made again so that tables which join have them from there alone.
pub(crate) fn remade(tables: &[Id], context: &Context<'_>) -> Vec<Id> {
    let parents_in = |schema: &Schema, id: &Id| table::parents(schema, id.qualified());
    let joining = tables.iter().filter(|id| context.from.contains(id) && context.to.contains(id));
    let new: Vec<Name> = joining
        .flat_map(|id| {
            let old = parents_in(context.from, id);
            parents_in(context.to, id).into_iter().filter(move |parent| !old.contains(parent))
        })
        .map(|parent| parent.qualified())
        .collect();
    let above = with_all_above(context.to, new);
    let checks = above.iter().flat_map(|parent| constraint::of_table(context.to, *parent));
    let stand = checks.filter(|check| context.from.contains(&check.id));
    stand.filter(|check| constraint::comes_down(check, context)).map(|check| check.id).collect()
}

/// The nodes that make checks of new parents, and of those above, which come down once the table has joined.
pub(super) fn waiting(builder: &Builder<'_>, from: &Parents, to: &Parents) -> BTreeMap<Id, usize> {
    let new = to.inherits.iter().filter(|parent| !from.inherits.contains(parent));
    let above = with_all_above(builder.context.to, new.map(Id::qualified).collect());
    let waits = |part: &Id| match builder.context.to.get(part) {
        Some(Object::Constraint(check)) => constraint::comes_down(check, builder.context),
        _ => false,
    };
    let made = builder.creates.iter().filter(|(part, _)| above.contains(&part.relation()) && waits(part));
    made.map(|(part, node)| (*part, *node)).collect()
}
