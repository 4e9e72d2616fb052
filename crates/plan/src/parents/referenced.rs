//! Foreign keys of partitioned tables to a partition that is detached.
//!
//! The server takes the parts of such a key for those of a key to the partition's parent: with rows it refuses to
//! detach the partition, without rows it drops them (`GetParentedForeignKeyRefs` in `tablecmds.c`). So such keys are
//! gone meanwhile.

use std::collections::BTreeSet;

use limbeck_kinds::constraint::{Constraint, ConstraintDefinition};
use limbeck_kinds::{Context, Object, Schema, kind, table};
use limbeck_schema::Id;
use limbeck_sql::Name;

use crate::graph::Builder;

/// The keys that both sides have while one of the tables to which they refer is detached.
pub(crate) fn to_detached(tables: &[Id], context: &Context<'_>) -> Vec<Id> {
    let detached: BTreeSet<Id> = tables.iter().filter(|id| is_detached(id, context)).copied().collect();
    if detached.is_empty() {
        return Vec::new();
    }
    let keys = of_partitioned(context.from).filter(|(_, table)| detached.contains(table));
    keys.map(|(key, _)| key.id).filter(|id| context.to.contains(id)).collect()
}

/// Puts the keys to a partition out of the way of the node that detaches it.
pub(super) fn out_of_the_way(builder: &mut Builder<'_>, partition: Name, node: usize) {
    let context = *builder.context;
    for (key, _) in of_partitioned(context.from).filter(|(_, table)| table.qualified() == partition) {
        if let Some(first) = builder.drops.get(&key.id).copied() {
            builder.edge(first, node);
        }
    }
    for (key, _) in of_partitioned(context.to).filter(|(_, table)| table.qualified() == partition) {
        let made = [&builder.befores, &builder.creates].map(|nodes| nodes.get(&key.id).copied());
        made.into_iter().flatten().for_each(|then| builder.edge(node, then));
    }
}

/// Whether a table that stays is no partition for a moment, or from then on.
fn is_detached(id: &Id, context: &Context<'_>) -> bool {
    let of = |schema: &Schema| schema.get(id).map(|object| table::parents_of(object).partition_of);
    let (from, to) = (of(context.from).flatten(), of(context.to));
    from.is_some() && to.is_some_and(|to| to != from)
}

/// The foreign keys of partitioned tables, with the tables to which they refer.
fn of_partitioned(schema: &Schema) -> impl Iterator<Item = (&Constraint, Id)> {
    let constraints =
        schema.range(Id::inside(kind::CONSTRAINT, "", "")..).map_while(|(_, object)| match object {
            Object::Constraint(constraint) => Some(constraint),
            _ => None,
        });
    constraints.filter_map(|constraint| match &constraint.definition {
        ConstraintDefinition::ForeignKey(key) if table::is_partitioned(schema, constraint.table()) => {
            Some((constraint, key.table))
        }
        _ => None,
    })
}
