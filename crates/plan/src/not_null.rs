//! Names of NOT NULL, which are kept from version 18 on (for domains from 17).

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{self, Column, NotNull, default_not_null_name};
use limbeck_kinds::{Object, Schema, kind, table};
use limbeck_schema::{Id, Incidental, Object as _, Rename};
use limbeck_sql::{Ident, Name, sql};

use crate::graph::Builder;
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

/// A NOT NULL gives its name up before that of another column of the table gets it; where the names go round, one
/// steps aside first.
pub(crate) fn exchange_names(builder: &mut Builder<'_>) {
    let context = *builder.context;
    if context.version < 180_000 {
        return;
    }
    let is_column = |(id, _): &(&Id, &usize)| id.kind == kind::COLUMN;
    let takers: BTreeMap<Id, usize> = builder
        .creates
        .iter()
        .chain(&builder.alters)
        .filter(is_column)
        .map(|(id, node)| (*id, *node))
        .collect();
    let mut aside = BTreeMap::new();
    for id in builder.alters.clone().keys() {
        let Some(Object::Column(column)) = context.to.get(id) else { continue };
        let names = column::name_aside(column, &context).zip(column_name(context.from, id));
        let Some((moment, old)) = names else { continue };
        let statement = table::alter(column.table(), sql!("RENAME CONSTRAINT {} TO {}", old, moment));
        let node = builder.node(0, *id, vec![statement]);
        aside.insert(*id, node);
    }
    for (id, taker) in takers {
        let Some(Object::Column(column)) = context.to.get(&id) else { continue };
        if let Some(holder) = column::holder(column, &context)
            && let Some(first) = aside.get(&holder).or_else(|| builder.alters.get(&holder)).copied()
        {
            builder.edge(first, taker);
        }
    }
    for (id, first) in aside {
        if let Some(then) = builder.alters.get(&id).copied() {
            builder.edge(first, then);
        }
    }
}

/// The name of a column's NOT NULL.
fn column_name(schema: &Schema, column: &Id) -> Option<Ident> {
    match schema.get(column) {
        Some(Object::Column(column)) => column.not_null?.name,
        _ => None,
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
