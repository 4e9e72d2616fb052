//! The keys that a foreign key refers to.

use limbeck_schema::Id;
use limbeck_sql::Name;

use super::{ConstraintDefinition, ForeignKey, KIND};
use crate::{Object, Schema, index, table};

/// What makes the referenced rows unique: as the server recorded it, or what would do.
pub(super) fn keys(schema: &Schema, id: &Id, foreign: &ForeignKey) -> Vec<Id> {
    let mut keys = recorded_keys(schema, id);
    if keys.is_empty() {
        keys = unique_keys(schema, foreign);
    }
    if table::is_partitioned(schema, foreign.table.qualified()) {
        parts_of(schema, &mut keys);
    }
    keys
}

/// The constraint or index that the server says a foreign key uses.
fn recorded_keys(schema: &Schema, id: &Id) -> Vec<Id> {
    let edges = schema.edges.get(id).into_iter().flatten();
    edges.filter(|need| [KIND, index::KIND].contains(&need.kind)).copied().collect()
}

/// The key of a partitioned table is valid, and can be referred to, when all its parts are attached.
fn parts_of(schema: &Schema, keys: &mut Vec<Id>) {
    let first = Id::global(KIND, "");
    let all: Vec<(Id, Name)> = schema
        .range(first..)
        .take_while(|(id, _)| id.kind == KIND)
        .filter_map(|(id, object)| match object {
            Object::Constraint(constraint) => Some((*id, constraint.attached_to()?)),
            _ => None,
        })
        .collect();
    let mut at = 0;
    while let Some(key) = keys.get(at).copied() {
        let name = key.qualified();
        keys.extend(all.iter().filter(|(_, whole)| *whole == name).map(|(part, _)| *part));
        at += 1;
    }
}

/// What makes the referenced columns unique: constraints, and indexes over exactly these columns.
fn unique_keys(schema: &Schema, foreign: &ForeignKey) -> Vec<Id> {
    let table = foreign.table.qualified();
    let constraints = super::of_table(schema, table).filter_map(|constraint| match &constraint.definition {
        ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) => {
            key.covers(&foreign.referenced).then_some(constraint.id)
        }
        _ => None,
    });
    let indexes = index::of_table(schema, table)
        .filter(|index| {
            index.unique
                && index
                    .columns()
                    .is_some_and(|columns| columns.iter().all(|c| foreign.referenced.contains(c)))
        })
        .map(|index| index.id);
    constraints.chain(indexes).collect()
}
