//! Names for the moment: an object steps aside while another one takes its name.

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::{Object, Schema, names};
use limbeck_schema::Id;

/// A name that nothing in the same namespace bears on either side, derived from the object's own.
pub(crate) fn free_name(from: &Schema, to: &Schema, id: Id) -> Id {
    let name = |label: &str| Id { name: names::object_name(id.name, None, label), ..id };
    let labels = (2..).map(|number| format!("limbeck_old{number}"));
    std::iter::once("limbeck_old".to_owned())
        .chain(labels)
        .map(|label| name(&label))
        .find(|id| is_free(from, id) && is_free(to, id))
        .unwrap_or_else(|| name("limbeck_old"))
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
