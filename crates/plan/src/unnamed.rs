//! Objects that a declaration leaves unnamed match an object of the same definition under any name.

use std::collections::BTreeSet;

use limbeck_kinds::column::Value;
use limbeck_kinds::{Object, Schema, column, constraint, index, kind, sequence};
use limbeck_schema::{Id, Object as _, Rename};

/// Gives the unnamed objects of `to` the names that their like have in `from`.
pub(crate) fn adopt(from: &Schema, to: &mut Schema) {
    let mut taken: BTreeSet<Id> = BTreeSet::new();
    for id in to.unnamed.clone() {
        let Some(object) = to.get(&id) else { continue };
        match object {
            Object::Constraint(_) | Object::Index(_) => {
                if let Some(like) = like(from, to, &id, &taken) {
                    taken.insert(like);
                    take_name(to, id, like);
                }
            }
            Object::Sequence(_) => {
                if let Some(owned) = owned_by_same(from, to, &id).filter(|owned| *owned != id) {
                    let rename = Rename { from: id, to: owned };
                    to.rename(&rename, |id| limbeck_kinds::follow(&rename, id));
                }
            }
            Object::Column(_) => adopt_identity(from, to, &id),
            _ => {}
        }
    }
}

/// The object of `from` that is the same but for its name, and that `to` does not name itself.
fn like(from: &Schema, to: &Schema, id: &Id, taken: &BTreeSet<Id>) -> Option<Id> {
    let object = to.get(id)?;
    if from.get(id) == Some(object) {
        return None;
    }
    let is_like = |other: Id| {
        let mut renamed = object.clone();
        renamed.rename(&Rename { from: *id, to: other });
        !taken.contains(&other) && !to.contains(&other) && from.get(&other) == Some(&renamed)
    };
    let candidates: Vec<Id> = if id.kind == kind::INDEX {
        index::of_table(from, id.relation()).map(|index| index.id).collect()
    } else {
        constraint::of_table(from, id.relation()).map(|constraint| constraint.id).collect()
    };
    candidates.into_iter().find(|other| is_like(*other))
}

fn take_name(to: &mut Schema, id: Id, name: Id) {
    let rename = Rename { from: id, to: name };
    let origin = to.origins.get(&id).cloned();
    let attached: Vec<Id> = to
        .range(Id::attached(kind::COMMENT, id, "")..=Id::attached(kind::COMMENT, id, ""))
        .map(|(id, _)| *id)
        .collect();
    for id in attached.into_iter().chain([id]) {
        let Some(mut object) = to.remove(&id) else { continue };
        object.rename(&rename);
        to.insert(object);
    }
    to.origins.extend(origin.map(|origin| (name, origin)));
}

fn owned_by_same(from: &Schema, to: &Schema, sequence: &Id) -> Option<Id> {
    let Some(Object::SequenceOwner(owner)) = to.get(&Id::attached(sequence::OWNER_KIND, *sequence, ""))
    else {
        return None;
    };
    from.iter().find_map(|(id, object)| match object {
        Object::SequenceOwner(other) if other.table == owner.table && other.column == owner.column => {
            id.target()
        }
        _ => None,
    })
}

/// The sequence of an identity column that nobody named keeps the name that it has.
fn adopt_identity(from: &Schema, to: &mut Schema, id: &Id) {
    let Some(Object::Column(column::Column { value: Value::Identity(old), .. })) = from.get(id) else {
        return;
    };
    let Some(Object::Column(mut column)) = to.get(id).cloned() else { return };
    if let Value::Identity(identity) = &mut column.value {
        identity.sequence = old.sequence;
        let edges = to.edges.get(id).cloned();
        let origin = to.origins.get(id).cloned();
        to.insert(column.into());
        to.edges.extend(edges.map(|edges| (*id, edges)));
        to.origins.extend(origin.map(|origin| (*id, origin)));
    }
}
