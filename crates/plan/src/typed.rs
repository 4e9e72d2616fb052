//! Typed tables (`OF type`): a table is of no type while it or its type changes, since the server changes neither
//! alone.

use limbeck_kinds::table::{self, Table};
use limbeck_kinds::{Object, Schema, kind};
use limbeck_schema::Id;
use limbeck_sql::{Sql, sql};

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// Adds nodes for tables that lose, get or keep a type.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions) {
    let of_type = |schema: &Schema, id: &Id| match schema.get(id) {
        Some(Object::Table(Table { of_type, .. })) => of_type.clone(),
        _ => None,
    };
    let context = *builder.context;
    let typed: Vec<Id> = context
        .from
        .iter()
        .chain(context.to.iter())
        .filter(|(id, _)| id.kind == kind::TABLE)
        .map(|(id, _)| *id)
        .collect();
    for id in std::collections::BTreeSet::from_iter(typed) {
        let (from, to) = (of_type(context.from, &id), of_type(context.to, &id));
        let stays = context.from.contains(&id) && context.to.contains(&id);
        let replaced = matches!(actions.by_id.get(&id), Some(Action::Replace));
        if !stays || replaced || from.is_none() && to.is_none() {
            continue;
        }
        let changes =
            |ty: &Option<(Sql, Id)>| ty.as_ref().is_some_and(|(_, ty)| actions.by_id.contains_key(ty));
        if from == to && !changes(&from) {
            continue;
        }
        let off = from.as_ref().map(|(_, ty)| {
            let node = builder.node(0, id, vec![table::alter(id.qualified(), sql!("NOT OF"))]);
            let then = nodes_of(builder, |other| other == ty || is_part(other, &id));
            then.into_iter().for_each(|then| builder.edge(node, then));
            node
        });
        if let Some((name, ty)) = &to {
            let node = builder.node(1, id, vec![table::alter(id.qualified(), sql!("OF {}", name))]);
            let gone = builder.drops.get(ty).copied();
            let first = nodes_of(builder, |other| other == ty || is_part(other, &id));
            let first = first.into_iter().filter(|first| Some(*first) != gone).chain(off);
            first.collect::<Vec<_>>().into_iter().for_each(|first| builder.edge(first, node));
        }
    }
}

/// The nodes of objects for which the test holds.
fn nodes_of(builder: &Builder<'_>, test: impl Fn(&Id) -> bool) -> Vec<usize> {
    let all = [&builder.drops, &builder.alters, &builder.creates];
    all.into_iter().flatten().filter(|(id, _)| test(id)).map(|(_, node)| *node).collect()
}

/// Whether it is a column of the table.
fn is_part(id: &Id, table: &Id) -> bool {
    id.kind == kind::COLUMN && id.relation() == table.qualified()
}
