//! What an object needs: the edges of the plan.

use limbeck_schema::{Id, Object as _};
use limbeck_sql::{Ident, Name, Sql};

use crate::{Object, Schema, Visitor, column, namespace, view};

/// Everything that an object of `schema` needs, sorted, itself left out.
///
/// Ids that the schema does not hold may be among them (a built-in type, a column of a view): whoever walks
/// the edges passes over them.
pub fn needs(schema: &Schema, object: &Object) -> Vec<Id> {
    let id = object.id();
    let mut collect = Collect(Vec::new());
    object.clone().visit(&mut collect);
    let mut needs = collect.0;
    needs.extend(object.extra_needs(schema));
    needs.extend(schema.edges.get(&id).into_iter().flatten().copied());
    if let Some(target) = id.target() {
        needs.push(target);
        // The column of a view is no object of its own: the view is.
        if target.kind == column::KIND {
            needs.extend(view::relations_of(&target));
        }
    }
    if !id.schema.is_empty() {
        needs.push(namespace::id(id.schema));
    }
    needs.sort_unstable();
    needs.dedup();
    needs.retain(|need| *need != id);
    needs
}

struct Collect(Vec<Id>);

impl Visitor for Collect {
    fn id(&mut self, id: &mut Id) {
        self.0.push(*id);
    }

    fn column(&mut self, relation: Name, column: &mut Ident) {
        self.0.push(column::id(relation, *column));
    }

    fn expression(&mut self, relation: Option<Name>, text: &mut Sql) {
        if let Some(relation) = relation {
            let columns = crate::expression::columns(text);
            self.0.extend(columns.into_iter().map(|name| column::id(relation, name)));
        }
    }

    fn part(&mut self, _: Name, text: &mut Sql) {
        self.expression(None, text);
    }
}
