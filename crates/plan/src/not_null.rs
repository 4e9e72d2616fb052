//! Names of NOT NULL, which are kept from version 18 on (for domains from 17).

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{Column, NotNull, default_not_null_name};
use limbeck_kinds::{Object, Schema, kind};
use limbeck_schema::{Id, Incidental, Object as _, Rename};
use limbeck_sql::{Ident, Name};

use crate::unnamed::follows;

/// Gives each side the names that only the other knows: models name none, and older servers keep none.
pub(crate) fn settle_names(from: &mut Schema, to: &mut Schema, renames: &[Rename]) {
    take_over(from, to, renames);
    take_over(to, from, &[]);
}

fn take_over(known: &Schema, unknown: &mut Schema, renames: &[Rename]) {
    // A declaration names none, whatever the server that was asked about it did.
    let declared: BTreeSet<Id> =
        unknown.origins.keys().filter(|id| id.kind == kind::COLUMN).copied().collect();
    for object in unknown.values_mut() {
        match object {
            Object::Column(Column { id, not_null: Some(not_null), .. })
                if not_null.name.is_none() || declared.contains(id) =>
            {
                if let Some(Object::Column(Column { not_null: Some(known), .. })) = known.get(id) {
                    let default = default_not_null_name(id.relation(), id.name);
                    let follows = |name: &Ident| follows(*name, default, id.relation(), renames);
                    let name =
                        if known.name.as_ref().is_some_and(follows) { Some(default) } else { known.name };
                    *not_null = NotNull { name, ..*known };
                }
            }
            Object::Domain(domain) if domain.not_null && domain.not_null_name.is_none() => {
                if let Some(Object::Domain(known)) = known.get(&domain.id) {
                    domain.not_null_name = known.not_null_name;
                }
            }
            _ => {}
        }
    }
}

/// Marks names that the server would choose if they were not taken: by a table that is renamed, by a partition whose
/// parent gets the same, by a table that was made LIKE another.
pub(crate) fn say_taken_names(from: &Schema, to: &mut Schema) {
    let is_new = |id: &Id| !matches!(from.get(id), Some(Object::Column(column)) if column.not_null.is_some());
    let mut holders: BTreeMap<Name, BTreeSet<Id>> = BTreeMap::new();
    for (_, name) in named(to).filter(|(id, _)| is_new(id)) {
        holders.insert(name, BTreeSet::new());
    }
    if holders.is_empty() {
        return;
    }
    let is_held = |id: &Id| {
        let special = matches!(to.get(id), Some(Object::Column(column)) if column.has_own_not_null_name());
        special || from.contains(id)
    };
    for (id, name) in named(from).chain(named(to).filter(|(id, _)| is_held(id))) {
        if let Some(holders) = holders.get_mut(&name) {
            holders.insert(id);
        }
    }
    let is_taken = |id: Id, name: Ident| {
        let name = Name { schema: id.schema, name };
        holders.get(&name).is_some_and(|holders| holders.iter().any(|holder| *holder != id))
    };
    for object in to.values_mut() {
        if let Object::Column(Column { id, not_null: Some(NotNull { name: Some(name), said, .. }), .. }) =
            object
        {
            *said = Incidental(is_taken(*id, *name));
        }
    }
}

/// Columns whose NOT NULL has a name.
fn named(schema: &Schema) -> impl Iterator<Item = (Id, Name)> {
    let columns = schema.range(Id::global(kind::COLUMN, "")..).take_while(|(id, _)| id.kind == kind::COLUMN);
    columns.filter_map(|(_, object)| match object {
        Object::Column(column) => {
            let name = column.not_null?.name?;
            Some((object.id(), Name { schema: column.id.schema, name }))
        }
        _ => None,
    })
}
