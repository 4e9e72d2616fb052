//! Following a rename through ids and expressions.

use limbeck_schema::{Id, Kind, Rename};
use limbeck_sql::{Ident, Name, Sql};

use crate::{Visitor, column, expression, kind, namespace};

/// The id after a rename: of the object itself, of what is attached to it, and of what lies in it.
pub fn follow(rename: &Rename, id: Id) -> Id {
    let Rename { from, to } = rename;
    if id == *from {
        return *to;
    }
    if id.target() == Some(*from) {
        return Id { kind: id.kind, of: id.of, sub: id.sub, ..*to };
    }
    if from.kind == namespace::KIND && id.schema == from.name {
        return Id { schema: to.name, ..id };
    }
    if holds_others(from.kind) && !id.relation.is_empty() && id.relation() == from.qualified() {
        return Id { schema: to.schema, relation: to.name, ..id };
    }
    id
}

/// Kinds whose name stands in the ids of their parts.
fn holds_others(kind: Kind) -> bool {
    [kind::TABLE, kind::FOREIGN_TABLE, kind::VIEW, kind::MATERIALIZED_VIEW, kind::DOMAIN].contains(&kind)
}

/// A visitor that renames.
pub(crate) struct Follow<'a>(pub(crate) &'a Rename);

impl Visitor for Follow<'_> {
    fn id(&mut self, id: &mut Id) {
        *id = follow(self.0, *id);
    }

    fn column(&mut self, relation: Name, column: &mut Ident) {
        let id = follow(self.0, column::id(relation, *column));
        *column = id.name;
    }

    fn expression(&mut self, relation: Option<Name>, text: &mut Sql) {
        let Rename { from, to } = self.0;
        if from.kind == column::KIND {
            if relation.is_some_and(|relation| relation == from.relation() || relation == to.relation()) {
                *text = expression::rename_column(text, from.name, to.name);
            }
        } else if from.kind == namespace::KIND {
            *text = expression::rename_schema(text, from.name, to.name);
        } else if !from.schema.is_empty() && from.relation.is_empty() {
            *text = expression::rename_qualified(text, from.qualified(), to.qualified());
        }
    }
}
