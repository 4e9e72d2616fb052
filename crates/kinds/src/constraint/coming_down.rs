//! Checks that come down to tables which get another parent (`INHERIT`).
//!
//! The server takes a table under a parent only when it has the parent's checks, and what it has before stays its
//! own (manual, ALTER TABLE). So that it has them from the parent alone, the parent gets them once the table has joined.

use limbeck_schema::Id;
use limbeck_sql::Name;

use super::{Check, Constraint, ConstraintDefinition, id};
use crate::{Context, Object, Schema, table};

/// Whether a table below joins a parent in this plan, and has the check from there alone then.
pub fn comes_down(check: &Constraint, context: &Context<'_>) -> bool {
    if check.definition.is_inherited() || !check.is_inheritable() {
        return false;
    }
    let name = check.id.name;
    let below = table::descendants(context.to, check.table());
    below.into_iter().any(|child| {
        let inherited = |schema: &Schema| {
            matches!(
                schema.get(&id(child, name)),
                Some(Object::Constraint(Constraint {
                    definition: ConstraintDefinition::Check(Check { inherited: true, .. }),
                    ..
                }))
            )
        };
        let (from, to) = (context.from.get(&id(child, name)), context.to.get(&id(child, name)));
        let lacks = from.is_none() || inherited(context.from) && from != to;
        lacks && inherited(context.to) && joins(child, &check.id, context)
    })
}

/// Whether a table that stands gets a new parent which has a check of that name.
fn joins(child: Name, check: &Id, context: &Context<'_>) -> bool {
    let old = table::parents(context.from, child);
    let brings = |parent: &Id| context.to.contains(&id(parent.qualified(), check.name));
    table::stands(context.from, child)
        && !table::is_partition(context.to, child)
        && table::parents(context.to, child).iter().any(|parent| !old.contains(parent) && brings(parent))
}
