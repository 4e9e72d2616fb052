//! Names for the moment: an object steps aside while another one takes its name.

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::names::free_label;
use limbeck_kinds::{Object, Schema, TypeBase, kind};
use limbeck_schema::{Id, Rename};
use limbeck_sql::Statement;

/// A name that nothing in the same namespace bears on either side, derived from the object's own.
pub(crate) fn free_name(from: &Schema, to: &Schema, id: Id) -> Id {
    let named = |name| id.with_name(name);
    let name =
        free_label(id.name, "limbeck_old", |name| is_free(from, &named(name)) && is_free(to, &named(name)));
    named(name)
}

/// Whether no object of the schema has the name: relations, indexes and types share them.
pub(crate) fn is_free(schema: &Schema, id: &Id) -> bool {
    !schema.iter().any(|(other, object)| match object {
        Object::Column(Column { value: Value::Identity(identity), .. }) => {
            identity.sequence == id.qualified()
        }
        _ => other.qualified() == id.qualified(),
    })
}

/// Gives other names to types that are dropped while something of another kind needs their name, and columns still
/// hold them until it is there: an enum that becomes a domain.
pub(crate) fn types(from: &mut Schema, to: &Schema) -> Vec<Statement> {
    let kinds = [kind::ENUM, kind::DOMAIN, kind::RANGE_TYPE, kind::COMPOSITE_TYPE];
    let is_held = |from: &Schema, ty: &Id| {
        from.iter().any(|(id, object)| {
            to.contains(id)
                && matches!(object, Object::Column(column)
                    if matches!(column.ty.base, TypeBase::User { brought_by, .. } if brought_by == *ty))
        })
    };
    let taken: Vec<Id> = from
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| kinds.contains(&id.kind) && !to.contains(id) && !is_free(to, id) && is_held(from, id))
        .collect();
    let mut statements = Vec::new();
    for id in taken {
        let rename = Rename { from: id, to: free_name(from, to, id) };
        statements.extend(limbeck_kinds::rename_statements(&rename));
        from.rename(&rename, |id| limbeck_kinds::follow(&rename, id));
    }
    statements
}
