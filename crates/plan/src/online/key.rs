//! Primary keys and unique constraints over an index that was built concurrently (ADD CONSTRAINT … USING INDEX).
//!
//! The constraint is swapped in one transaction, so that there is no moment without it.

use limbeck_kinds::constraint::Constraint;
use limbeck_kinds::{Context, needs, table};
use limbeck_schema::Id;
use limbeck_sql::{Ident, Statement, Work};

use super::{Online, Replacement, index, validity};
use crate::rebuild::Action;

pub(super) fn create(
    constraint: &Constraint,
    plain: Vec<Statement>,
    context: &Context<'_>,
) -> Vec<Statement> {
    match over_index(constraint, constraint.id.name, plain, context) {
        Ok((build, add)) => build.into_iter().chain(add).collect(),
        Err(plain) => plain,
    }
}

/// The statement that builds the index under this name, and those that make a constraint of it.
fn over_index(
    constraint: &Constraint,
    name: Ident,
    mut plain: Vec<Statement>,
    context: &Context<'_>,
) -> Result<(Vec<Statement>, Vec<Statement>), Vec<Statement>> {
    let table = constraint.table();
    let (Some(index), Some(add)) = (constraint.index(), constraint.add_using(name)) else {
        return Err(plain);
    };
    // The key of a partitioned table is made of those of its partitions.
    if table::is_partitioned(context.to, table) || plain.is_empty() {
        return Err(plain);
    }
    let first = std::mem::replace(&mut plain[0], add);
    let build = index::concurrently(first, index.creation(name, true), table, Work::Scan);
    Ok((vec![build], plain))
}

/// The replacement of any constraint.
pub(super) fn replace(
    to: &Constraint,
    drop: Vec<Statement>,
    create: Vec<Statement>,
    online: &mut Online<'_>,
) -> Replacement {
    // What goes with the key of a partitioned table is not dropped by itself.
    let together = !drop.is_empty() && !follows_key(to, online);
    let (before, create) = if to.index().is_some() {
        let name = online.names.free(to.id.schema, to.id.name, None, "limbeck_new");
        over_index(to, name, create, online.context).unwrap_or_else(|plain| (Vec::new(), plain))
    } else {
        (Vec::new(), validity::create(to, create, online.context))
    };
    Replacement { before, drop, create, together }
}

/// Whether it is a foreign key to a key that is replaced: it goes before that one does and comes after it.
fn follows_key(to: &Constraint, online: &Online<'_>) -> bool {
    let changes = |id: &Id| {
        matches!(online.actions.by_id.get(id), Some(Action::Replace | Action::Drop | Action::Create))
    };
    let needs_in = |schema: &limbeck_kinds::Schema| {
        schema.get(&to.id).map(|object| needs(schema, object)).unwrap_or_default()
    };
    to.is_foreign_key()
        && needs_in(online.context.from).iter().chain(&needs_in(online.context.to)).any(changes)
}
