//! Base types, and ranges with a canonical function, that only DROP and CREATE could change.
//!
//! Such a type and its functions need each other, so that only CASCADE drops them, and that takes the columns of the type
//! along, with their values. Nothing can be set aside meanwhile: what the bytes mean is what changes, and a function that
//! stands already takes the old type.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_diff::Change;
use limbeck_kinds::{Context, How, Object, TypeBase, base_type, kind, needs};
use limbeck_schema::{Id, Object as _};

use crate::rebuild::Action;
use crate::{Error, retype};

/// Refuses changes of base types that no statement makes while a column holds values of them.
///
/// # Errors
///
/// [`Error::BaseType`] for the first of them.
pub(crate) fn refuse(changes: &[Change<Object>], context: &Context<'_>) -> Result<(), Error> {
    for change in changes {
        let Change::Alter { from: from @ (Object::BaseType(_) | Object::Range(_)), to } = change else {
            continue;
        };
        if matches!(from, Object::Range(_)) && retype::goes_over(&from.id(), context) {
            continue;
        }
        let is_remade = from.alter(to, context).is_none_or(|alter| matches!(alter.how, How::Replace));
        if let Some(column) = Some(from.id()).filter(|_| is_remade).and_then(|ty| held_by(ty, context)) {
            return Err(Error::BaseType { ty: from.id(), column });
        }
    }
    Ok(())
}

/// What goes and comes again with a type that is made anew: its functions, and the shell that these take.
pub(crate) fn with_functions(by_id: &mut BTreeMap<Id, Action>, context: &Context<'_>) {
    const KINDS: [limbeck_schema::Kind; 2] = [kind::BASE_TYPE, kind::RANGE_TYPE];
    let is_remade =
        |(id, action): &(&Id, &Action)| KINDS.contains(&id.kind) && matches!(action, Action::Replace);
    let types: Vec<Id> = by_id.iter().filter(is_remade).map(|(id, _)| *id).collect();
    for ty in types {
        let shell = base_type::shell_id(ty.qualified());
        let along = base_type::functions(&ty, context.from).into_iter().chain([shell]);
        by_id.extend(along.filter(|id| context.to.contains(id)).map(|id| (id, Action::Replace)));
    }
}

/// A column that stays and holds values of the type, by itself or in a domain, a range or a composite type.
fn held_by(ty: Id, context: &Context<'_>) -> Option<Id> {
    const HOLDERS: [limbeck_schema::Kind; 3] = [kind::DOMAIN, kind::RANGE_TYPE, kind::COMPOSITE_TYPE];
    let mut types = BTreeSet::from([ty]);
    loop {
        let holds = |(id, object): &(&Id, &Object)| {
            HOLDERS.contains(&id.kind)
                && !types.contains(id)
                && needs(context.from, object).iter().any(|need| types.contains(need))
        };
        let more: Vec<Id> = context.from.iter().filter(holds).map(|(id, _)| *id).collect();
        if more.is_empty() {
            break;
        }
        types.extend(more);
    }
    let is_of_it = |(id, object): &(&Id, &Object)| {
        matches!(object, Object::Column(column)
            if matches!(column.ty.base, TypeBase::User { brought_by, .. } if types.contains(&brought_by)))
            && context.to.contains(id)
    };
    context.from.iter().find(is_of_it).map(|(id, _)| *id)
}
