//! What of a large schema a proof needs.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::{Object, Schema, kind, needs};
use limbeck_schema::Id;
use limbeck_sql::Name;

/// The objects of one side that the change touches: the relations in question with all their parts, what these
/// need, and what needs them.
pub(super) fn surroundings(side: &Schema, from: &Schema, to: &Schema, touched: &BTreeSet<Id>) -> Schema {
    let mut chosen: BTreeSet<Id> = BTreeSet::new();
    let mut open: Vec<Id> = touched.iter().flat_map(|id| [*id, outer(id)]).collect();
    let mut dependents: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut parts: BTreeMap<Name, Vec<Id>> = BTreeMap::new();
    for schema in [from, to] {
        for (id, object) in schema.iter() {
            for need in needs(schema, object) {
                dependents.entry(need).or_default().push(*id);
            }
            if !id.relation.is_empty() {
                parts.entry(id.relation()).or_default().push(*id);
            }
        }
    }
    let hubs = [kind::SCHEMA, kind::EXTENSION];
    let mut seen = BTreeSet::new();
    // What is touched, with what needs it.
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        chosen.insert(id);
        if !hubs.contains(&id.kind) {
            open.extend(dependents.get(&id).into_iter().flatten().copied());
        }
        open.push(outer(&id));
        if is_relation(&id) {
            open.extend(parts.get(&id.qualified()).into_iter().flatten().copied());
        }
    }
    // What all of these need, with the columns and keys of the tables among them.
    let mut open: Vec<Id> = chosen.iter().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        chosen.insert(id);
        for schema in [from, to] {
            open.extend(schema.get(&id).map(|object| needs(schema, object)).unwrap_or_default());
        }
        if is_relation(&id) {
            let kept = [kind::COLUMN, kind::CONSTRAINT];
            let all = parts.get(&id.qualified()).into_iter().flatten().copied();
            open.extend(all.filter(|part| kept.contains(&part.kind)));
        }
    }
    let mut schema: Schema = side.clone();
    schema.retain(|id, _: &Object| {
        chosen.contains(id) || id.target().is_some_and(|target| chosen.contains(&target))
    });
    schema.retain(|id, _| id.kind != kind::OWNER);
    schema
}

fn is_relation(id: &Id) -> bool {
    [kind::TABLE, kind::VIEW, kind::MATERIALIZED_VIEW, kind::FOREIGN_TABLE].contains(&id.kind)
}

/// The relation of a part, the target of an attachment, or the object itself.
fn outer(id: &Id) -> Id {
    if let Some(target) = id.target() {
        return target;
    }
    if id.relation.is_empty() { *id } else { Id::inside(kind::TABLE, id.schema, id.relation) }
}
