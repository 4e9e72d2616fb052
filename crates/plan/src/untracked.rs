//! What the server does not track: names inside the bodies of functions.
//!
//! `pg_depend` knows nothing of a PL/pgSQL body, so the server drops a column that a trigger reads, and every
//! later write of the table fails. Such a drop is marked as undecided: a human must say what becomes of the
//! function. A body that names a dropped column beside its table, without a trigger between them, is told as a
//! hazard only.

use std::collections::BTreeMap;

use limbeck_kinds::routine::Body;
use limbeck_kinds::{Context, Object, expression, kind};
use limbeck_schema::Id;
use limbeck_sql::{Hazard, HazardKind, Name};

/// The hazards of dropping these columns and tables, by what is dropped.
pub(crate) fn hazards(dropped: &[Id], context: &Context<'_>) -> BTreeMap<Id, Vec<Hazard>> {
    let mut hazards: BTreeMap<Id, Vec<Hazard>> = BTreeMap::new();
    if dropped.is_empty() {
        return hazards;
    }
    let bodies: Vec<(Id, &str)> =
        context.to.iter().filter_map(|(id, object)| Some((*id, body(object)?))).collect();
    let runs = |trigger: &Id, function: &Id| {
        context.to.edges.get(trigger).is_some_and(|needs| needs.contains(function))
    };
    let triggers: Vec<(Id, Name)> = context
        .to
        .iter()
        .filter(|(_, object)| matches!(object, Object::Trigger(_)))
        .map(|(id, _)| (*id, id.relation()))
        .collect();
    for id in dropped {
        let table = if id.kind == kind::COLUMN { id.relation() } else { id.qualified() };
        for (function, text) in bodies.iter().filter(|(_, text)| expression::mentions(text, id.name.as_str()))
        {
            // Of its own table a trigger reads the column as `NEW.c`; of another one it names the table too.
            let names_table = expression::mentions(text, table.name.as_str());
            let by_trigger = triggers
                .iter()
                .find(|(trigger, on)| (*on == table || names_table) && runs(trigger, function));
            let hazard = match by_trigger {
                Some((trigger, on)) if id.kind == kind::COLUMN => Hazard {
                    kind: HazardKind::Undecided,
                    message: format!(
                        "trigger {} runs {} {function}, whose body names column {}: after the drop each write of {on} \
                         that fires it may fail",
                        trigger.name, function.kind, id.name
                    ),
                },
                _ if id.kind != kind::COLUMN || names_table => Hazard {
                    kind: HazardKind::Compatibility,
                    message: format!("the body of {} {function} names {id}", function.kind),
                },
                _ => continue,
            };
            hazards.entry(*id).or_default().push(hazard);
        }
    }
    hazards
}

fn body(object: &Object) -> Option<&str> {
    let routine = match object {
        Object::Function(function) => &function.0,
        Object::Procedure(procedure) => &procedure.0,
        _ => return None,
    };
    match &routine.body {
        Body::Text(text) => Some(text.as_str()),
        _ => None,
    }
}
