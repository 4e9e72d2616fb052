//! Columns whose numbers come from another sequence than before: the new one goes on where the old one ends.
//!
//! Between a serial and an identity column both sequences are there for a moment, often under one name: the old
//! one steps aside first, [`limbeck_kinds::column`] hands its value over, and it goes as whatever is dropped. A
//! serial column whose sequence has another name only renames it.

use std::collections::BTreeMap;

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::{Object, Schema, kind, sequence};
use limbeck_schema::{Id, Object as _, Rename};
use limbeck_sql::Statement;

use crate::aside::{free_name, is_free};
use crate::graph::Builder;

/// Older servers don't ask whether a sequence is unlogged.
pub(crate) fn settle(schema: &mut Schema, version: i32) {
    if version >= sequence::UNLOGGED {
        return;
    }
    schema.update(|object| {
        let is_unlogged = match object {
            Object::Sequence(sequence) => sequence.unlogged,
            Object::Column(Column { value: Value::Identity(identity), .. }) => identity.unlogged,
            _ => false,
        };
        is_unlogged.then(|| object.clone()).map(|mut object| {
            match &mut object {
                Object::Sequence(sequence) => sequence.unlogged = false,
                Object::Column(Column { value: Value::Identity(identity), .. }) => identity.unlogged = false,
                _ => {}
            }
            object
        })
    });
}

/// Sequences of serial columns that only changed their names.
pub(crate) fn renamed(from: &Schema, to: &Schema) -> Vec<Rename> {
    let mut found = Vec::new();
    let before: BTreeMap<Id, Id> = owned(from).map(|(sequence, column)| (column, sequence)).collect();
    for (id, object) in to.iter() {
        let Object::SequenceOwner(owner) = object else { continue };
        let Some(sequence) = id.target().filter(|sequence| !from.contains(sequence)) else { continue };
        let column = limbeck_kinds::column::id(owner.table.qualified(), owner.column);
        if let Some(old) = before.get(&column).copied().filter(|old| !to.contains(old))
            && is_free(from, &sequence)
        {
            found.push(Rename { from: old, to: sequence });
        }
    }
    found
}

/// The sequences that a table's columns own move with it to another schema; the server sees to that.
pub(crate) fn move_along(from: &mut Schema, rename: &Rename) {
    let Rename { from: old, to: new } = rename;
    if ![kind::TABLE, kind::FOREIGN_TABLE].contains(&old.kind) || old.schema == new.schema {
        return;
    }
    let moved: Vec<Id> = owned(from)
        .filter(|(sequence, column)| column.relation() == new.qualified() && sequence.schema == old.schema)
        .map(|(sequence, _)| sequence)
        .collect();
    for sequence in moved {
        let rename = Rename { from: sequence, to: sequence.with_schema(new.schema) };
        from.rename(&rename, |id| limbeck_kinds::follow(&rename, id));
    }
    for object in from.values_mut() {
        if let Object::Column(Column { id, value: Value::Identity(identity), .. }) = object
            && id.relation() == new.qualified()
        {
            identity.sequence.schema = new.schema;
        }
    }
}

/// Sequences with the columns that own them.
fn owned(schema: &Schema) -> impl Iterator<Item = (Id, Id)> {
    let first = Id::global(sequence::OWNER_KIND, "");
    schema.range(first..).take_while(|(id, _)| id.kind == sequence::OWNER_KIND).filter_map(|(id, object)| {
        match object {
            Object::SequenceOwner(owner) => {
                Some((id.target()?, limbeck_kinds::column::id(owner.table.qualified(), owner.column)))
            }
            _ => None,
        }
    })
}

/// Gives other names to sequences that the plan drops while the same name is needed for their successors.
pub(crate) fn step_aside(from: &mut Schema, to: &Schema) -> Vec<Statement> {
    let mut aside = BTreeMap::new();
    let owners: BTreeMap<Id, Id> = owned(from).collect();
    for (id, object) in from.iter() {
        match object {
            // A serial column becomes an identity column whose sequence has the same name.
            Object::Sequence(_) if !to.contains(id) => {
                let column = owners.get(id).and_then(|column| to.get(column));
                let taken = matches!(column, Some(Object::Column(Column { value: Value::Identity(new), .. }))
                    if new.sequence == id.qualified());
                if taken {
                    aside.insert(*id, free_name(from, to, *id));
                }
            }
            // And the other way round.
            Object::Column(Column { value: Value::Identity(old), .. }) => {
                let sequence = sequence::id(old.sequence.schema, old.sequence.name);
                let plain = matches!(
                    to.get(id),
                    Some(Object::Column(Column { value: Value::Default(_) | Value::Plain, .. }))
                );
                if plain && to.contains(&sequence) {
                    aside.insert(sequence, free_name(from, to, sequence));
                }
            }
            _ => {}
        }
    }
    let renames: Vec<Rename> = aside.into_iter().map(|(from, to)| Rename { from, to }).collect();
    let concerned: Vec<(Id, Rename)> = renames
        .iter()
        .flat_map(|rename| {
            let concerns = |object: &Object| match object {
                Object::Column(Column { value: Value::Identity(identity), .. }) => {
                    identity.sequence == rename.from.qualified()
                }
                object => object.id() == rename.from || object.id().target() == Some(rename.from),
            };
            let ids: Vec<Id> =
                from.iter().filter(|(_, object)| concerns(object)).map(|(id, _)| *id).collect();
            ids.into_iter().map(|id| (id, *rename))
        })
        .collect();
    for (id, rename) in concerned {
        let edges = from.edges.remove(&id);
        let Some(mut object) = from.remove(&id) else { continue };
        object.rename(&rename);
        let id = object.id();
        from.insert(object);
        from.edges.extend(edges.map(|edges| (id, edges)));
    }
    for needs in from.edges.values_mut() {
        for rename in &renames {
            if needs.remove(&rename.from) {
                needs.insert(rename.to);
            }
        }
    }
    renames.iter().flat_map(limbeck_kinds::rename_statements).collect()
}

impl Builder<'_> {
    /// A sequence goes with the column that owns it, wherever its own node stands.
    pub(crate) fn owner_drop(&self, sequence: &Id) -> Option<usize> {
        if sequence.kind != kind::SEQUENCE || self.context.to.contains(sequence) {
            return None;
        }
        let owner = self.context.from.get(&Id::attached(kind::SEQUENCE_OWNER, *sequence, ""));
        let Some(Object::SequenceOwner(owner)) = owner else { return None };
        self.drops.get(&limbeck_kinds::column::id(owner.table.qualified(), owner.column)).copied()
    }
}
