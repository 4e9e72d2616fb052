//! A logged table refers to no unlogged one, at no moment.

use limbeck_kinds::constraint::ConstraintDefinition;
use limbeck_kinds::{Object, Schema, kind, table};
use limbeck_schema::Id;

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// Adds the order in which tables become logged or unlogged.
pub(super) fn add(builder: &mut Builder<'_>, actions: &Actions) {
    let changed = |schema: &Schema, id: &Id| match schema.get(id) {
        Some(Object::Table(table)) => Some(table.unlogged),
        _ => None,
    };
    let becomes = |builder: &Builder<'_>, id: &Id| -> Option<bool> {
        let (from, to) = (changed(builder.context.from, id)?, changed(builder.context.to, id)?);
        (from != to && matches!(actions.by_id.get(id), Some(Action::Alter(_)))).then_some(to)
    };
    let tables = actions.by_id.keys().filter(|id| id.kind == kind::TABLE);
    if !tables.into_iter().any(|id| becomes(builder, id).is_some()) {
        return;
    }
    let mut edges = Vec::new();
    for (_, object) in builder.context.to.iter() {
        let Object::Constraint(constraint) = object else { continue };
        let ConstraintDefinition::ForeignKey(key) = &constraint.definition else { continue };
        let own = table::id(constraint.id.schema, constraint.id.relation);
        let (Some(unlogged), Some(_)) = (becomes(builder, &own), becomes(builder, &key.table)) else {
            continue;
        };
        let nodes = (builder.alters.get(&own).copied(), builder.alters.get(&key.table).copied());
        if let (Some(own), Some(other)) = nodes {
            edges.push(if unlogged { (own, other) } else { (other, own) });
        }
    }
    edges.into_iter().for_each(|(first, then)| builder.edge(first, then));
}
