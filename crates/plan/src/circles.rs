//! Objects that need each other: a table whose default or check calls a function that takes its rows, a domain
//! whose check calls a function of the domain.
//!
//! The server holds such a circle because its last part came later. So it comes later here, too: the parts that
//! can stand alone go first of all and come last of all, and between two schemas without them there is an
//! ordinary plan.

use std::collections::BTreeSet;

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::domain::Domain;
use limbeck_kinds::{Context, Object, Schema, kind, needs};
use limbeck_schema::{Id, Object as _};
use limbeck_sql::Statement;

use crate::Error;
use crate::graph::{Graph, Texts};
use crate::rebuild::inherited_checks;

/// The statements from one side to the other, by way of two schemas that lack the parts which close the circle.
///
/// # Errors
///
/// [`Error::Cycle`] where no such part is known.
pub(crate) fn open(circle: &[Id], context: &Context<'_>, online: bool) -> Result<Vec<Statement>, Error> {
    let circle = BTreeSet::from_iter(circle.iter().copied());
    let (from, from_is_cut) = without_parts(context.from, &circle);
    let (to, to_is_cut) = without_parts(context.to, &circle);
    if !from_is_cut && !to_is_cut {
        return Err(Error::Cycle(circle.into_iter().collect()));
    }
    let mut statements = Vec::new();
    for (from, to) in [(context.from, &from), (&from, &to), (&to, context.to)] {
        let context = Context { from, to, version: context.version };
        let graph = Graph::of(limbeck_diff::diff(from, to), &context)?;
        statements.extend(graph.into_statements(Texts::AsPrintedFrom, online)?);
    }
    Ok(statements)
}

/// The schema without the checks and defaults of the circle's tables and domains that need others of the circle.
fn without_parts(schema: &Schema, circle: &BTreeSet<Id>) -> (Schema, bool) {
    let mut cut = schema.clone();
    for (id, object) in schema.iter() {
        let whole = match id.kind {
            kind::CONSTRAINT | kind::COLUMN => Id::inside(kind::TABLE, id.schema, id.relation),
            kind::DOMAIN_CONSTRAINT => Id::inside(kind::DOMAIN, id.schema, id.relation),
            kind::DOMAIN => *id,
            _ => continue,
        };
        let closes = |need: &Id| *need != whole && circle.contains(need);
        if !circle.contains(&whole) || !needs(schema, object).iter().any(closes) {
            continue;
        }
        let plain: Object = match object.clone() {
            Object::Column(column @ Column { value: Value::Default(_), .. }) => {
                Column { value: Value::Plain, ..column }.into()
            }
            Object::Domain(domain @ Domain { default: Some(_), .. }) => {
                Domain { default: None, ..domain }.into()
            }
            // What is inherited comes and goes with the parent's.
            Object::Constraint(check) if check.definition.is_inherited() => continue,
            Object::Constraint(_) | Object::DomainConstraint(_) => {
                let mut gone = inherited_checks(id, schema);
                gone.push(*id);
                let goes =
                    |other: &Id| gone.contains(other) || other.target().is_some_and(|id| gone.contains(&id));
                cut.retain(|other, _| !goes(other));
                continue;
            }
            _ => continue,
        };
        cut.edges.entry(plain.id()).and_modify(|edges| edges.retain(|need| !closes(need)));
        cut.insert(plain);
    }
    let is_cut = !limbeck_diff::diff(schema, &cut).is_empty();
    (cut, is_cut)
}
