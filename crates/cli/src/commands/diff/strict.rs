//! `limbeck diff --strict`: what the witness sees and our kinds do not.

use std::collections::BTreeSet;

use limbeck_database::witness::{Fingerprint, Look, Sight, Touched, differences, fingerprint};
use limbeck_plan::{Plan, Verb};
use limbeck_schema::Id;

use super::on_bench;
use crate::args::Diff;
use crate::engine::{Engine, Side, Source, creation, snapshot_statements, sql_statements};
use crate::failure::{Report, Result};
use crate::out::Out;

/// What differs in the catalogs and is no consequence of a difference that the plan knows.
///
/// # Errors
///
/// Those of reading both sides once more.
pub(super) fn unmodelled(
    engine: &mut Engine<'_>,
    args: &Diff,
    sides: [(&Source, &Side); 2],
    plan: &Plan,
    out: &Out,
) -> Result<Vec<Sight>> {
    let mut schemas: BTreeSet<String> = args.look.schemas.iter().cloned().collect();
    let models = sides.iter().find(|(source, _)| matches!(source, Source::Models(_)));
    if let (true, Some((_, side))) = (schemas.is_empty(), models) {
        // Models are compared with the schemas that they name.
        schemas = side.schema.iter().map(|(id, _)| id.schema.as_str().to_owned()).collect();
    }
    let look = Look { schemas, owners: args.look.owners };
    let [(from_source, from), (to_source, to)] = sides;
    let from_print = print(engine, args, from_source, from, &look, out)?;
    let to_print = print(engine, args, to_source, to, &look, out)?;
    for column in from_print.unread.union(&to_print.unread) {
        out.detail(format!("the role may not read {column}, so it is not compared"));
    }
    let touched = touched(plan);
    let mut sights = differences(&from_print, &to_print);
    sights.retain(|sight| !from_print.is_due_to(sight, &touched) && !to_print.is_due_to(sight, &touched));
    if models.is_some() {
        // What models cannot say is not managed, which `check` lists.
        let said = names(from.schema.iter().chain(to.schema.iter()).map(|(id, _)| *id));
        sights.retain(|sight| said.contains(&limbeck_database::witness::plain(&sight.object)));
    }
    Ok(sights)
}

fn print(
    engine: &mut Engine<'_>,
    args: &Diff,
    source: &Source,
    side: &Side,
    look: &Look,
    out: &Out,
) -> Result<Fingerprint> {
    let statements: Vec<String> = match source {
        Source::Database(url) => {
            let connection = engine.connect(&crate::project::target(url, "--from and --to")?)?;
            return Ok(engine.runtime.block_on(fingerprint(&connection, look))?);
        }
        Source::Sql(path) => sql_statements(path)?.into_iter().map(|(text, _)| text).collect(),
        Source::Snapshot(path) => snapshot_statements(path)?,
        Source::Models(_) => creation(&side.schema, &side.schema, engine.major())?,
        Source::Empty => Vec::new(),
        Source::Revisions(target) => {
            on_bench(&args.look, target.as_deref(), out, |bench, service, target| {
                let history = bench.history_of(service, target)?;
                Ok(history.into_iter().map(|statement| statement.text).collect())
            })?
        }
    };
    let texts: Vec<&str> = statements.iter().map(String::as_str).collect();
    engine.print_of(&texts, look)?.map_err(|refused| {
        let message = refused.message();
        Report::error("cli::sql", format!("the scratch server refuses a statement: {message}")).into()
    })
}

/// The objects that the plan knows to differ.
fn touched(plan: &Plan) -> Touched {
    let mut touched = Touched::default();
    for difference in &plan.differences {
        let target = difference.id.target().unwrap_or(difference.id);
        let names = names([target]);
        match difference.change {
            Verb::Alter => touched.objects.extend(names),
            _ if difference.id.target().is_some() => touched.objects.extend(names),
            Verb::Create | Verb::Drop | Verb::Rename => touched.wholes.extend(names),
        }
        touched.kinds.insert(difference.id.kind.name().to_owned());
    }
    for rename in &plan.renames {
        touched.wholes.extend(names([rename.from, rename.to]));
    }
    touched
}

/// What the witness may call an object: an index is known by its table, and by its schema.
fn names(ids: impl IntoIterator<Item = Id>) -> BTreeSet<String> {
    ids.into_iter()
        .flat_map(|id| [id.to_string(), id.qualified().to_string()])
        .map(|name| limbeck_database::witness::plain(&name))
        .collect()
}
