//! Names of NOT NULL that go from column to column of a table (version 18).

use limbeck_schema::Id;
use limbeck_sql::Ident;

use super::alter::descendants;
use super::{Column, KIND, id};
use crate::names::free_label;
use crate::{Context, Object, Schema, constraint, table};

/// The other column of the table that gives up the name which this one's NOT NULL gets.
pub fn holder(column: &Column, context: &Context<'_>) -> Option<Id> {
    let wanted = name(context.to, &column.id)?;
    if name(context.from, &column.id) == Some(wanted) {
        return None;
    }
    let columns = context.from.range(id(column.table(), Ident::default())..);
    columns
        .take_while(|(id, _)| id.kind == KIND && id.relation() == column.table())
        .map(|(id, _)| *id)
        .find(|id| *id != column.id && name(context.from, id) == Some(wanted))
}

/// The name that a NOT NULL bears for the moment: of columns whose names go round in a circle, one steps aside.
pub fn name_aside(column: &Column, context: &Context<'_>) -> Option<Ident> {
    let (own, new) = (name(context.from, &column.id)?, name(context.to, &column.id)?);
    if matches!(context.from.get(&column.id), Some(Object::Column(from)) if from.not_null?.inherited) {
        return None;
    }
    // Each name has one holder, so that a way which does not end leads back.
    let mut at = holder(column, context)?;
    while at != column.id {
        let Some(Object::Column(other)) = context.to.get(&at).filter(|_| at > column.id) else { return None };
        at = holder(other, context)?;
    }
    // The server renames it in all children, where it has this very name.
    let alike = |(was, is): &(&Column, &Column)| {
        was.not_null.is_none() || was.not_null_name() == own && is.not_null_name() == new
    };
    if !descendants(column, context).iter().all(alike) {
        return None;
    }
    let relation = column.table();
    let is_free = |schema: &Schema, name: Ident| {
        !constraint::of_table(schema, relation).any(|other| other.id.name == name)
            && !table::columns_of(schema, relation).iter().any(|other| other.not_null_name() == name)
    };
    Some(free_label(own, "limbeck_old", |name| is_free(context.from, name) && is_free(context.to, name)))
}

fn name(schema: &Schema, column: &Id) -> Option<Ident> {
    match schema.get(column) {
        Some(Object::Column(column)) => column.not_null?.name,
        _ => None,
    }
}
