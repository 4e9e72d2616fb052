//! Objects in a line, for lists of differences.

use limbeck_kinds::column::Column;
use limbeck_kinds::{Object, index};
use limbeck_sql::{Literal, list};

/// What a new or dropped object is, beyond its kind and name; empty where these say it all.
pub(crate) fn summary(object: &Object, version: i32) -> String {
    match object {
        Object::Column(column) => column_summary(column, version),
        Object::Constraint(constraint) => constraint.definition.clause().to_string(),
        Object::Index(index) => {
            let keys = list(index.keys.iter().map(index::IndexKey::definition));
            let unique = if index.unique { "unique " } else { "" };
            format!("{unique}({keys})")
        }
        Object::Enumeration(enumeration) => list(enumeration.labels.iter().map(Literal::new)).to_string(),
        Object::Domain(domain) => domain.base.to_string(),
        _ => String::new(),
    }
}

fn column_summary(column: &Column, version: i32) -> String {
    let definition = column.definition(version).to_string();
    let name = column.id.name.to_string();
    definition.strip_prefix(&name).unwrap_or(&definition).trim_start().to_owned()
}
