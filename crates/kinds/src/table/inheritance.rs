//! How a table moves from its old parents to its new ones (`INHERIT`, `NO INHERIT`).
//!
//! A column that a table has from a parent becomes its own with the last parent that brings it, and what is its own
//! never becomes a parent's alone again, but in a partition (manual, ALTER TABLE). So the order of the steps
//! counts; where none leads there, the table is made again.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name};

use super::{Parents, columns_of, id, parents};
use crate::constraint::{self, Check, ConstraintDefinition};
use crate::{Context, Object, Schema, column};

/// The parents that a table leaves and joins, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Moves {
    /// Those that it leaves.
    pub leave: Vec<Id>,
    /// Those that it joins.
    pub join: Vec<Id>,
    /// It joins first: what both bring stays inherited.
    pub join_first: bool,
}

/// The steps from one list of parents to another; `None` where the table must be made again.
pub fn moves(table: Name, from: &Parents, to: &Parents, context: &Context<'_>) -> Option<Moves> {
    if from.partition_of.is_some()
        || to.partition_of.is_some()
        || from.inherits.is_empty() && to.inherits.is_empty()
    {
        return Some(Moves::default());
    }
    let (old, new) = (&from.inherits, &to.inherits);
    let stays = |parent: &&Id| new.contains(parent);
    let added = |parent: &&Id| !old.contains(parent);
    let in_order = old.iter().filter(stays).chain(new.iter().filter(added)).eq(new);
    let columns = common_columns(table, context);
    let checks = common_checks(table, context);
    let gains = columns.iter().chain(&checks).any(|part| !part.from && part.to);
    let brings = |part: &Part, schema: &Schema, parents: &[Id]| {
        parents.iter().any(|parent| schema.contains(&Id::on(part.id.kind, parent.qualified(), part.id.name)))
    };
    let staying: Vec<Id> = old.iter().filter(stays).copied().collect();
    // What becomes the table's own while a parent still brings it: it leaves all of them for a moment.
    let parts = || columns.iter().chain(&checks);
    let owns = parts().any(|part| part.from && !part.to && brings(part, context.to, &staying));
    let both = |part: &&Part| part.from && part.to;
    if gains || new_inherited(table, &staying, context) {
        return None;
    }
    if owns || !in_order {
        let kept = parts().any(|part| both(&part));
        return (!kept).then(|| Moves { leave: old.clone(), join: new.clone(), join_first: false });
    }
    let leave: Vec<Id> = old.iter().filter(|parent| !stays(parent)).copied().collect();
    let join: Vec<Id> = new.iter().filter(added).copied().collect();
    let orphaned = |part: &Part| brings(part, context.from, &leave) && !brings(part, context.from, &staying);
    let join_first = parts().filter(both).any(orphaned);
    // What the new parents bring as well becomes the table's own only if it leaves first.
    if join_first && parts().any(|part| part.from && !part.to && brings(part, context.to, &join)) {
        return None;
    }
    // It cannot join with the old type, and what it has of its own with the new one stays its own.
    if columns.iter().filter(both).any(|part| part.retyped && orphaned(part)) {
        return None;
    }
    Some(Moves { leave, join, join_first })
}

/// The steps of a table that is there on both sides.
pub fn moves_of(table: Name, context: &Context<'_>) -> Option<Moves> {
    let id = id(table.schema, table.name);
    let (from, to) = (context.from.get(&id)?, context.to.get(&id)?);
    moves(table, &super::parents_of(from), &super::parents_of(to), context)
}

/// A column or check on both sides, and whether it is only inherited there.
struct Part {
    id: Id,
    from: bool,
    to: bool,
    /// Whether it gets another type.
    retyped: bool,
}

fn common_columns(table: Name, context: &Context<'_>) -> Vec<Part> {
    let columns = columns_of(context.to, table).into_iter();
    columns
        .filter_map(|new| match context.from.get(&new.id) {
            Some(Object::Column(old)) => Some(Part {
                id: new.id,
                from: old.inherited,
                to: new.inherited,
                retyped: old.ty != new.ty || old.collation != new.collation,
            }),
            _ => None,
        })
        .collect()
}

fn common_checks(table: Name, context: &Context<'_>) -> Vec<Part> {
    let inherited = |object: Option<&Object>| match object {
        Some(Object::Constraint(constraint::Constraint {
            definition: ConstraintDefinition::Check(Check { inherited, .. }),
            ..
        })) => Some(*inherited),
        _ => None,
    };
    let part = |id: Id| {
        let (from, to) = (inherited(context.from.get(&id))?, inherited(context.to.get(&id))?);
        // What the parent gets, or gets anew, comes down to a child that has none of its own any more.
        let comes = |parent: &Id| {
            let of = constraint::id(parent.qualified(), id.name);
            context.to.contains(&of) && context.from.get(&of) != context.to.get(&of)
        };
        let comes_down = super::common_parents(table, context).iter().any(comes);
        Some(Part { id, from: from || comes_down && to, to, retyped: false })
    };
    constraint::of_table(context.to, table).filter_map(|constraint| part(constraint.id)).collect()
}

/// Whether a new column comes from a parent that is new to the table: the table needs one of its own first.
fn new_inherited(table: Name, staying: &[Id], context: &Context<'_>) -> bool {
    if !context.from.contains(&id(table.schema, table.name)) {
        return false;
    }
    let brings =
        |name: Ident| staying.iter().any(|parent| context.to.contains(&column::id(parent.qualified(), name)));
    let new = parents(context.to, table);
    columns_of(context.to, table).into_iter().any(|new_column| {
        let arrives =
            new.iter().any(|parent| context.to.contains(&column::id(parent.qualified(), new_column.id.name)));
        new_column.inherited
            && arrives
            && !context.from.contains(&new_column.id)
            && !brings(new_column.id.name)
    })
}
