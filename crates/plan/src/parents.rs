//! Tables that leave a parent, get another, or move to another bound.
//!
//! A table leaves before its old parent is dropped; it joins a parent when both have all their columns, checks and
//! indexes, so that the server finds the parts that belong together. Partitions that exchange their bounds are
//! all detached before any is attached again, and before new partitions are made.

pub(crate) mod coming_down;
mod persistence;
pub(crate) mod referenced;
mod taken_over;

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::constraint::{self, ConstraintDefinition};
use limbeck_kinds::table::{self, Bound, Moves, Parents, PartitionOf};
use limbeck_kinds::{Context, Object, Schema, index, kind};
use limbeck_schema::Id;
use limbeck_sql::Name;

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};
use crate::remade::Kept;

/// Partitions of one parent with their old and new places.
type Moved = BTreeMap<Id, Vec<(Name, PartitionOf, PartitionOf)>>;

/// Adds nodes for everything that changes its parents.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions, kept: &BTreeMap<Id, Kept>) {
    let mut moved = Moved::new();
    let mut joined = Vec::new();
    let mut left = Vec::new();
    let (mut freed, mut taken) = (Vec::new(), Vec::new());
    for id in &concerned(actions, builder.context) {
        let of = |object: Option<&Object>| object.map(table::parents_of).unwrap_or_default();
        let (from, to) = (of(builder.context.from.get(id)), of(builder.context.to.get(id)));
        if let (Some(old), Some(new)) = (&from.partition_of, &to.partition_of)
            && old.parent == new.parent
            && old.bound != new.bound
        {
            moved.entry(new.parent).or_default().push((id.qualified(), old.clone(), new.clone()));
        }
        // Of a foreign table nothing is lost where a step leads to columns of its own.
        let moves = table::moves(id.qualified(), &from, &to, builder.context).unwrap_or_default();
        let node = leave(builder, *id, &from, &to, &moves, kept);
        freed.extend(node.and_then(|node| Place::of(&from, node)));
        left.push(node.filter(|_| moves.join_first));
        joined.push((*id, from, to, moves));
    }
    parts_after_wholes(builder);
    let rebound = rebind(builder, &moved);
    let mut taken_over = taken_over::TakenOver::default();
    for ((id, from, to, moves), leave) in joined.into_iter().zip(left) {
        let node = join(builder, id, &from, &to, &moves, &rebound);
        taken.extend(node.and_then(|node| Place::of(&to, node)));
        for parent in to.partition_of.iter() {
            if let (Some(kept), Some(node)) = (kept.get(&parent.parent), node) {
                kept.after_join(builder, node);
            }
        }
        if let (Some(leave), Some(join)) = (leave, node) {
            builder.edge(join, leave);
            taken_over.add(id, join, leave, builder.context);
            // What only the old parents had would go with theirs.
            for (_, then) in parts_of_left(builder, id, &from, &to) {
                builder.edge(join, then);
            }
        }
    }
    leave_room(builder, freed, taken);
    taken_over.rename(builder);
    persistence::add(builder, actions);
}

/// Where a partition stands under its parent, and the node that brings it there or takes it away.
struct Place {
    parent: Id,
    bound: Option<Bound>,
    node: usize,
}

impl Place {
    fn of(parents: &Parents, node: usize) -> Option<Self> {
        let of = parents.partition_of.as_ref()?;
        Some(Self { parent: of.parent, bound: Bound::read(&of.bound), node })
    }
}

/// No two partitions take the same rows at any moment: what goes or leaves does so before another one takes its place.
fn leave_room(builder: &mut Builder<'_>, mut freed: Vec<Place>, mut taken: Vec<Place>) {
    let place = |schema: &Schema, (id, node): (&Id, &usize)| {
        schema.get(id).map(table::parents_of).and_then(|parents| Place::of(&parents, *node))
    };
    freed.extend(builder.drops.iter().filter_map(|entry| place(builder.context.from, entry)));
    taken.extend(builder.creates.iter().filter_map(|entry| place(builder.context.to, entry)));
    let may_overlap = |old: &Place, new: &Place| match (&old.bound, &new.bound) {
        (Some(old), Some(new)) => old.may_overlap(new),
        _ => true,
    };
    for old in &freed {
        for new in taken.iter().filter(|new| new.parent == old.parent && may_overlap(old, new)) {
            builder.edge(old.node, new.node);
        }
    }
}

/// Tables that may move: those that change, and those whose columns or checks change between own and inherited.
fn concerned(actions: &Actions, context: &Context<'_>) -> BTreeSet<Id> {
    let mut tables = BTreeSet::new();
    for (id, action) in &actions.by_id {
        if !matches!(action, Action::Alter(_)) {
            continue;
        }
        let changes = match (context.from.get(id), context.to.get(id)) {
            (Some(Object::Column(from)), Some(Object::Column(to))) => from.inherited != to.inherited,
            (Some(Object::Constraint(from)), Some(Object::Constraint(to))) => {
                from.definition.is_inherited() != to.definition.is_inherited()
            }
            _ => false,
        };
        if [kind::TABLE, kind::FOREIGN_TABLE].contains(&id.kind) {
            tables.insert(*id);
        } else if changes {
            tables.extend(
                [kind::TABLE, kind::FOREIGN_TABLE]
                    .map(|kind| Id::inside(kind, id.schema, id.relation))
                    .into_iter()
                    .filter(|id| context.from.contains(id) && context.to.contains(id)),
            );
        }
    }
    tables
        .retain(|id| !matches!(actions.by_id.get(id), Some(Action::Replace | Action::Create | Action::Drop)));
    tables
}

/// What goes with its parent's and is made anew as the table's own, once the parent's is gone.
fn parts_after_wholes(builder: &mut Builder<'_>) {
    const PARTS: [limbeck_schema::Kind; 2] = [kind::CONSTRAINT, kind::INDEX];
    let parents = |builder: &Builder<'_>, id: &Id| -> Vec<usize> {
        let object = builder.context.from.get(id);
        let needs =
            object.map(|object| limbeck_kinds::needs(builder.context.from, object)).unwrap_or_default();
        needs
            .iter()
            .filter(|need| need.kind == id.kind)
            .filter_map(|need| builder.drops.get(need))
            .copied()
            .collect()
    };
    let made: Vec<(Id, usize)> = builder
        .creates
        .iter()
        .filter(|(id, _)| PARTS.contains(&id.kind))
        .map(|(id, node)| (*id, *node))
        .collect();
    for (id, node) in made {
        for first in parents(builder, &id) {
            builder.edge(first, node);
        }
    }
    // What both get is made below first, where it is the table's own: the server merges the parent's with it.
    let own: Vec<(Id, usize)> = builder
        .creates
        .iter()
        .filter(|(id, _)| is_own(builder.context.to, id) && !is_made(builder, id.relation()))
        .map(|(id, node)| (*id, *node))
        .collect();
    for (id, node) in own {
        for parent in ancestors(id.relation(), builder.context) {
            if let Some(then) = builder.creates.get(&Id::on(id.kind, parent, id.name)).copied() {
                builder.edge(node, then);
            }
        }
    }
    // What the table has of its own beside its parent's goes after that: until then the server refuses. What goes with
    // the table doesn't wait.
    let goes_along = |id: &Id, node: usize| {
        let table = table::id(id.schema, id.relation);
        builder.drops.get(&table).is_some_and(|table| *table == node)
    };
    let dropped: Vec<(Id, usize)> = builder
        .drops
        .iter()
        .filter(|(id, node)| is_own(builder.context.from, id) && !goes_along(id, **node))
        .map(|(id, node)| (*id, *node))
        .collect();
    for (id, node) in dropped {
        for parent in ancestors(id.relation(), builder.context) {
            let of = Id::on(id.kind, parent, id.name);
            if let Some(first) = builder.drops.get(&of).copied() {
                builder.edge(first, node);
            }
        }
    }
}

/// Whether the table, foreign or not, is new or made again.
fn is_made(builder: &Builder<'_>, table: Name) -> bool {
    let kinds = [kind::TABLE, kind::FOREIGN_TABLE].into_iter();
    let mut ids = kinds.map(|kind| Id::inside(kind, table.schema, table.name));
    ids.any(|id| builder.creates.contains_key(&id))
}

/// Whether it is a column or check that the table has by itself, whatever its parents have.
fn is_own(schema: &Schema, id: &Id) -> bool {
    match schema.get(id) {
        Some(Object::Column(column)) => !column.inherited,
        Some(Object::Constraint(constraint)) => {
            matches!(&constraint.definition, ConstraintDefinition::Check(check) if !check.inherited)
        }
        _ => false,
    }
}

/// A part of a table, and the same in the parents that the table has on both sides.
pub(crate) fn above(id: &Id, context: &Context<'_>) -> Vec<Id> {
    let parents =
        ancestors(id.relation(), context).into_iter().map(|parent| Id::on(id.kind, parent, id.name));
    parents.chain([*id]).collect()
}

/// The parents that a table has on both sides, and theirs.
fn ancestors(table: Name, context: &Context<'_>) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let mut open = vec![table];
    while let Some(child) = open.pop() {
        for parent in table::common_parents(child, context) {
            if !found.contains(&parent.qualified()) {
                found.push(parent.qualified());
                open.push(parent.qualified());
            }
        }
    }
    found
}

/// Foreign keys that a partition has from its parent are its own once it has left: they come into `from`, so that
/// they are dropped then, unless `to` has the same.
pub(crate) fn own_keys(from: &mut Schema, to: &Schema) {
    let partitions: Vec<(Id, Id)> = from
        .iter()
        .filter_map(|(id, object)| {
            let parent = table::parents_of(object).partition_of?.parent;
            let stays = to.get(id).map(table::parents_of)?;
            let left = stays.partition_of.is_none_or(|of| of.parent != parent);
            left.then_some((*id, parent))
        })
        .collect();
    for (id, parent) in partitions {
        let mut keys = Vec::new();
        let mut at = Some(parent);
        while let Some(parent) = at {
            keys.extend(
                constraint::of_table(from, parent.qualified()).filter(|key| key.is_foreign_key()).cloned(),
            );
            at = from
                .get(&parent)
                .and_then(|object| table::parents_of(object).partition_of)
                .map(|of| of.parent);
        }
        for mut key in keys {
            key.id = constraint::id(id.qualified(), key.id.name);
            if !from.contains(&key.id) {
                from.insert(key.into());
            }
        }
    }
}

fn leave(
    builder: &mut Builder<'_>,
    id: Id,
    from: &Parents,
    to: &Parents,
    moves: &Moves,
    kept: &BTreeMap<Id, Kept>,
) -> Option<usize> {
    let mut statements = table::leave(id.qualified(), from, to, moves);
    if statements.is_empty() {
        return None;
    }
    if let Some(online) = &mut builder.online {
        statements = online.leave(id.qualified(), from, to, statements);
    }
    let node = builder.node(0, id, statements);
    let old = from.inherits.iter().chain(from.partition_of.as_ref().map(|of| &of.parent));
    let after: Vec<usize> = old.filter_map(|parent| builder.drops.get(parent)).copied().collect();
    let own = builder.drops.iter().filter(|(part, _)| {
        [kind::COLUMN, kind::CONSTRAINT, kind::INDEX].contains(&part.kind)
            && part.relation() == id.qualified()
    });
    // A name that a NOT NULL has from the parent can be changed only then.
    let renamed = builder.alters.iter().filter(|(part, _)| {
        part.kind == kind::COLUMN && part.relation() == id.qualified() && is_renamed(builder, part)
    });
    let own: Vec<usize> = own.chain(renamed).map(|(_, node)| *node).collect();
    // What goes with a parent's before the table has left is no longer there to be dropped by itself.
    let is_dropped = |part: &Id| builder.drops.contains_key(&Id::on(part.kind, id.qualified(), part.name));
    let inherited: Vec<usize> = parts_of_left(builder, id, from, to)
        .into_iter()
        .filter(|(part, _)| !moves.join_first || is_dropped(part))
        .map(|(_, node)| node)
        .collect();
    own.into_iter()
        .chain(after)
        .chain(inherited)
        .chain(coming_down(builder, id, from, to))
        .chain(builder.alters.get(&id).copied().filter(|_| !moves.join_first))
        .for_each(|then| builder.edge(node, then));
    for parent in from.partition_of.iter().filter_map(|of| kept.get(&of.parent)) {
        parent.after_leave(builder, node);
    }
    if from.partition_of.is_some() {
        referenced::out_of_the_way(builder, id.qualified(), node);
    }
    Some(node)
}

/// What the parents that the table leaves get or change, which would come down to it.
fn coming_down(builder: &Builder<'_>, id: Id, from: &Parents, to: &Parents) -> Vec<usize> {
    let left = left_parents(builder.context, from, to);
    let is_part =
        |part: &Id| [kind::COLUMN, kind::CONSTRAINT].contains(&part.kind) && left.contains(&part.relation());
    let has = |part: &Id| builder.context.to.contains(&Id::on(part.kind, id.qualified(), part.name));
    let made = builder.creates.iter().filter(|(part, _)| is_part(part) && !has(part));
    let altered = builder.alters.iter().filter(|(part, _)| part.kind == kind::COLUMN && is_part(part));
    made.chain(altered).map(|(_, node)| *node).collect()
}

/// The parents that the table leaves, and theirs.
fn left_parents(context: &Context<'_>, from: &Parents, to: &Parents) -> Vec<Name> {
    let stays = |parent: &Id| {
        to.inherits.contains(parent) || to.partition_of.as_ref().is_some_and(|of| of.parent == *parent)
    };
    let old = from.inherits.iter().chain(from.partition_of.as_ref().map(|of| &of.parent));
    with_all_above(context.from, old.filter(|parent| !stays(parent)).map(Id::qualified).collect())
}

/// The tables, their parents, and so on.
fn with_all_above(schema: &Schema, mut tables: Vec<Name>) -> Vec<Name> {
    let mut at = 0;
    while let Some(table) = tables.get(at).copied() {
        let above = table::parents(schema, table).into_iter().map(|id| id.qualified());
        let above: Vec<Name> = above.filter(|name| !tables.contains(name)).collect();
        tables.extend(above);
        at += 1;
    }
    tables
}

/// The drops of columns and checks of parents that the table leaves, of which it has the like, and of indexes and
/// keys of which it has a part: once it has left, that is its own.
fn parts_of_left(builder: &Builder<'_>, id: Id, from: &Parents, to: &Parents) -> Vec<(Id, usize)> {
    let left = left_parents(builder.context, from, to);
    let wholes = wholes_of(builder.context.from, id.qualified());
    let has = |part: &Id| {
        builder.context.from.contains(&Id::on(part.kind, id.qualified(), part.name))
            || wholes.contains(&part.qualified())
    };
    let drops = builder.drops.iter().filter(|(part, _)| {
        [kind::COLUMN, kind::CONSTRAINT, kind::INDEX].contains(&part.kind)
            && left.contains(&part.relation())
            && has(part)
    });
    drops.map(|(part, node)| (*part, *node)).collect()
}

/// The indexes and keys of partitioned tables above of which a table has parts.
fn wholes_of(schema: &Schema, table: Name) -> Vec<Name> {
    let attached = |table: Name| {
        let indexes = index::of_table(schema, table).filter_map(|index| index.attached_to);
        let keys = constraint::of_table(schema, table).filter_map(|key| key.attached_to());
        indexes.chain(keys).collect::<Vec<_>>()
    };
    let mut wholes = attached(table);
    let mut open = vec![table];
    while let Some(child) = open.pop() {
        for parent in table::parents(schema, child) {
            wholes.extend(attached(parent.qualified()));
            open.push(parent.qualified());
        }
    }
    wholes
}

/// Whether the constraint behind a column's NOT NULL gets another name.
fn is_renamed(builder: &Builder<'_>, id: &Id) -> bool {
    let name = |schema: &Schema| match schema.get(id) {
        Some(Object::Column(column)) => column.not_null?.name,
        _ => None,
    };
    name(builder.context.from).zip(name(builder.context.to)).is_some_and(|(from, to)| from != to)
}

fn rebind(builder: &mut Builder<'_>, moved: &Moved) -> BTreeMap<Id, usize> {
    let mut nodes = BTreeMap::new();
    for (parent, partitions) in moved {
        let node = builder.node(1, *parent, table::rebind(partitions, builder.context));
        partitions.iter().for_each(|(name, ..)| referenced::out_of_the_way(builder, *name, node));
        let is_sibling = |object: Option<&Object>| {
            let of = object.map(table::parents_of).and_then(|parents| parents.partition_of);
            of.is_some_and(|of| of.parent == *parent)
        };
        let made: Vec<usize> = builder
            .creates
            .iter()
            .filter(|(id, _)| is_sibling(builder.context.to.get(id)))
            .map(|(_, node)| *node)
            .collect();
        let gone: Vec<usize> = builder
            .drops
            .iter()
            .filter(|(id, _)| is_sibling(builder.context.from.get(id)))
            .map(|(_, node)| *node)
            .collect();
        made.into_iter().for_each(|then| builder.edge(node, then));
        gone.into_iter().for_each(|first| builder.edge(first, node));
        nodes.insert(*parent, node);
    }
    nodes
}

fn join(
    builder: &mut Builder<'_>,
    id: Id,
    from: &Parents,
    to: &Parents,
    moves: &Moves,
    rebound: &BTreeMap<Id, usize>,
) -> Option<usize> {
    let mut statements = table::join(id.qualified(), from, to, moves, builder.context);
    if statements.is_empty() {
        return None;
    }
    if let Some(online) = &mut builder.online {
        statements = online.join(id.qualified(), to, statements);
    }
    let parents: Vec<Id> =
        to.inherits.iter().chain(to.partition_of.as_ref().map(|of| &of.parent)).copied().collect();
    let node = builder.node(1, id, statements);
    // The indexes of its own partitions too: an index that lacks a part makes the server build one.
    let below = table::descendants(builder.context.to, id.qualified());
    let part_of = |part: &Id| {
        let own = [kind::COLUMN, kind::CONSTRAINT, kind::INDEX].contains(&part.kind);
        let of = |table: &Id| part.relation() == table.qualified();
        let of_below = || below.contains(&part.relation()) && is_index(builder, part);
        *part == id || parents.contains(part) || own && (of(&id) || parents.iter().any(of)) || of_below()
    };
    // An index that has no part here is made once the table has its place.
    let context = *builder.context;
    let lacks = |part: &Id| {
        let object = context.to.get(part).filter(|_| part.kind == kind::INDEX);
        object.is_some_and(|index| limbeck_kinds::needs(context.to, index).contains(&id))
            && part.relation() != id.qualified()
    };
    // A column that a parent gets comes down to the table once that is below it again.
    let comes_down = |part: &Id| {
        let own = Id::on(part.kind, id.qualified(), part.name);
        let stay = || to.inherits.iter().filter(|parent| from.inherits.contains(parent));
        let of_these = own == *part || stay().any(|parent| parent.qualified() == part.relation());
        let brought =
            stay().any(|parent| context.to.contains(&Id::on(part.kind, parent.qualified(), part.name)));
        part.kind == kind::COLUMN
            && of_these
            && brought
            && !context.from.contains(&own)
            && !is_own(context.to, &own)
    };
    let lacks = |part: &Id| lacks(part) || comes_down(part);
    let waiting = coming_down::waiting(builder, from, to);
    let waits = |part: &Id| part.kind == kind::CONSTRAINT && waiting.keys().any(|id| id.name == part.name);
    let later: Vec<usize> = builder
        .creates
        .iter()
        .filter(|(part, _)| lacks(part))
        .map(|(_, node)| *node)
        .chain(waiting.values().copied())
        .collect();
    let first: Vec<usize> = builder
        .creates
        .iter()
        .chain(&builder.alters)
        .filter(|(part, _)| part_of(part) && !is_foreign_key(builder, part) && !lacks(part) && !waits(part))
        // Only partitions get the indexes of their parent.
        .filter(|(part, _)| to.partition_of.is_some() || !is_index(builder, part))
        .filter(|(part, _)| !moves.join_first || **part != id)
        .map(|(_, node)| *node)
        .chain(parents.iter().filter_map(|parent| rebound.get(parent)).copied())
        .chain(missing_parts(builder, id, from, to))
        .chain(surplus_columns(builder, id, to))
        .collect();
    first.into_iter().for_each(|first| builder.edge(first, node));
    later.into_iter().for_each(|then| builder.edge(node, then));
    for (check, made) in waiting {
        let own = Id::on(kind::CONSTRAINT, id.qualified(), check.name);
        let gone = |id: &Id| builder.drops.get(id).copied();
        let edges = [gone(&check).map(|gone| (gone, node)), gone(&own).map(|gone| (gone, made))];
        let after = builder.creates.get(&own).map(|then| (made, *then));
        edges.into_iter().chain([after]).flatten().for_each(|(first, then)| builder.edge(first, then));
    }
    Some(node)
}

/// The drops of columns that a partition loses: it may have no other columns than its parent.
fn surplus_columns(builder: &Builder<'_>, id: Id, to: &Parents) -> Vec<usize> {
    let is_own = |part: &Id| part.kind == kind::COLUMN && part.relation() == id.qualified();
    let drops = builder.drops.iter().filter(|(part, _)| to.partition_of.is_some() && is_own(part));
    drops.map(|(_, node)| *node).collect()
}

/// The drops of columns and checks of a new parent which the table does not have: until then it cannot join.
fn missing_parts(builder: &Builder<'_>, id: Id, from: &Parents, to: &Parents) -> Vec<usize> {
    let new = to.inherits.iter().filter(|parent| !from.inherits.contains(parent));
    let attached = to.partition_of.iter().map(|of| &of.parent);
    let joined: Vec<Name> = new.chain(attached).map(Id::qualified).collect();
    let has = |part: &Id| builder.context.from.contains(&Id::on(part.kind, id.qualified(), part.name));
    let drops = builder.drops.iter().filter(|(part, _)| {
        [kind::COLUMN, kind::CONSTRAINT].contains(&part.kind)
            && joined.contains(&part.relation())
            && !has(part)
    });
    drops.map(|(_, node)| *node).collect()
}

fn is_index(builder: &Builder<'_>, id: &Id) -> bool {
    let object = builder.context.to.get(id);
    id.kind == kind::INDEX || matches!(object, Some(Object::Constraint(constraint)) if constraint.has_index())
}

/// A foreign key may need what the table's new place brings.
fn is_foreign_key(builder: &Builder<'_>, id: &Id) -> bool {
    matches!(builder.context.to.get(id), Some(Object::Constraint(constraint))
        if matches!(constraint.definition, ConstraintDefinition::ForeignKey(_)))
}

/// A column or check that a table had before it got the parent stays its own: no statement makes it the
/// parent's alone, except in a partition. Models do not tell the two apart, so such a difference is none there.
pub(crate) fn settle(from: &Schema, to: &mut Schema) {
    let mut own = BTreeSet::new();
    // A check that the parent gets in this plan comes down to a child that has none of its own any more.
    let can_take_over = |id: &Id| {
        let old = table::parents(from, id.relation());
        let mut parents = table::parents(to, id.relation()).into_iter().filter(|parent| old.contains(parent));
        let of = |parent: Id| Id::on(id.kind, parent.qualified(), id.name);
        parents.any(|parent| to.contains(&of(parent)) && from.get(&of(parent)) != to.get(&of(parent)))
    };
    for (id, object) in to.iter() {
        let kept = match (from.get(id), object) {
            (Some(Object::Column(from)), Object::Column(to)) => to.inherited && !from.inherited,
            (Some(Object::Constraint(from)), Object::Constraint(to)) => {
                to.definition.is_inherited() && !from.definition.is_inherited() && !can_take_over(id)
            }
            _ => false,
        };
        if kept && !is_partition(to, id) && to.origins.contains_key(&table::id(id.schema, id.relation)) {
            own.insert(*id);
        }
    }
    let own = |id: &Id| own.contains(id);
    for object in to.values_mut() {
        match object {
            Object::Column(column) if own(&column.id) => column.inherited = false,
            Object::Constraint(constraint) if own(&constraint.id) => {
                if let ConstraintDefinition::Check(check) = &mut constraint.definition {
                    check.inherited = false;
                }
            }
            _ => {}
        }
    }
}

fn is_partition(schema: &Schema, part: &Id) -> bool {
    [kind::TABLE, kind::FOREIGN_TABLE].into_iter().any(|kind| {
        let table = schema.get(&Id::inside(kind, part.schema, part.relation));
        table.is_some_and(|table| table::parents_of(table).partition_of.is_some())
    })
}
