//! Names for the moment: an object steps aside while another one takes its name.

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::names::free_label;
use limbeck_kinds::{Object, Schema};
use limbeck_schema::Id;

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
