//! Expand and contract: a column of a table too big to rewrite gets another type or name in two revisions, with the
//! application's change in between.
//!
//! *Expand* makes the new column beside the old one, a trigger that keeps the two in step whichever is written
//! ([`step`]), fills it in batches, and builds online what the models demand of it. *Contract* drops the trigger and
//! the old column and puts the new one into its place, in one transaction that touches no row. In between both
//! columns can be read and written.
//!
//! The states in between are schemas like any other ([`states`]), so that an ordinary plan leads from one to the next
//! ([`walk`]), and the proof compares with them as with any other goal:
//!
//! ```text
//! from ── other changes ──> rest ── expand ──> both ── contract ──> to
//!                                                ^                  │
//!                                    swapped names └─ mirror <── the same, mirrored
//! ```

mod states;
mod step;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::{Context, How, Object, Schema, kind, publication, table};
use limbeck_schema::{Canonical, Id, Rename};
use limbeck_sql::{Ident, Statement, Work};

use crate::rebuild::Dependents;
use crate::{Error, Options, Plan, compared, plan};
use states::States;

/// A change in two revisions.
#[derive(Clone, Debug)]
pub struct Stages {
    /// Both columns, in step.
    pub expand: Stage,
    /// The new column in the old one's place.
    pub contract: Stage,
}

/// One of the two revisions.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Where it leads.
    pub to: Canonical<Schema>,
    /// The way up.
    pub up: Plan,
    /// The way down.
    pub down: Plan,
    /// What it means for the application, a line each.
    pub words: Vec<String>,
}

/// A column that is replaced by another one.
#[derive(Clone, Debug)]
struct Pair {
    /// As it is.
    old: Column,
    /// As it should be.
    new: Column,
    /// The new one's name while both are there.
    meanwhile: Ident,
    /// The old one's name while the way down builds it beside the new one.
    mirrored: Ident,
}

impl Pair {
    /// The new column takes the old one's name.
    fn keeps_name(&self) -> bool {
        self.old.id == self.new.id
    }

    /// Both columns under these names, with what each says of the other.
    fn in_step(&self, old: Ident, new: Ident) -> step::InStep {
        step::InStep::new(&self.old, &self.new, old, new)
    }
}

/// The columns that are done in two stages: those that are renamed, and those whose new type has the table looked
/// through or written anew; none where there is nothing of that sort.
///
/// `made` is the plan that does all of it at once.
///
/// # Errors
///
/// [`Error::Staged`] for a column that can't be done so, [`Error::Cycle`] as for any plan.
pub fn stages(
    from: &Canonical<Schema>,
    to: &Canonical<Schema>,
    made: &Plan,
    options: &Options,
) -> Result<Option<Stages>, Error> {
    // What is unnamed has got its names from `from`; names for the moment are not to be taken over.
    let mut named = Schema::clone(to);
    named.unnamed.clear();
    let to = &Canonical::from_server(named);
    let context = Context { from, to, version: options.version };
    let pairs = pairs(&context, &made.renames)?;
    if pairs.is_empty() {
        return Ok(None);
    }
    let (before, after) = (Dependents::of(from), Dependents::of(to));
    for pair in &pairs {
        allowed(pair, &context, &made.renames)?;
        dependents::allowed(pair, from, &before, pair.old.id)?;
        dependents::allowed(pair, to, &after, pair.new.id)?;
        dependents::stay(pair, from, to, &before)?;
    }
    let states = States::new(from, to, pairs, options.version);
    let ours = |rename: &&Rename| states.touched_from.contains(&rename.from);
    let others = Options {
        renames: made.renames.iter().filter(|rename| !ours(rename)).copied().collect(),
        online: true,
        ..options.clone()
    };
    let online = |renames: Vec<Rename>| Options { renames, online: true, ..options.clone() };

    let mut up = plan(from, &states.rest, &others)?;
    let mut statements = std::mem::take(&mut up.statements);
    statements.extend(states.expand()?);
    let expand = Plan { statements, ..compared(from, &states.both, &others, false)? };
    let mut down = compared(&states.both, from, &online(inverse(&others.renames)), false)?;
    down.statements = states.retreat()?;
    down.statements.extend(plan(&states.rest, from, &online(inverse(&others.renames)))?.statements);
    let expand = Stage { down, up: expand, to: states.both.clone(), words: words::expand(&states.pairs) };

    let renames = states.renames_up();
    let back = inverse(&renames);
    let up = Plan { statements: states.contract()?, ..compared(&states.both, to, &online(renames), false)? };
    let down = Plan { statements: states.mirror()?, ..compared(to, &states.both, &online(back), false)? };
    let contract = Stage { to: to.clone(), up, down, words: words::contract(&states.pairs) };
    Ok(Some(Stages { expand, contract }))
}

fn inverse(renames: &[Rename]) -> Vec<Rename> {
    renames.iter().rev().map(|Rename { from, to }| Rename { from: *to, to: *from }).collect()
}

fn pairs(context: &Context<'_>, renames: &[Rename]) -> Result<Vec<Pair>, Error> {
    let renamed: BTreeMap<Id, Id> = renames
        .iter()
        .filter(|rename| rename.from.kind == kind::COLUMN && rename.from.name != rename.to.name)
        .map(|rename| (rename.from, rename.to))
        .collect();
    let mut pairs = Vec::new();
    let mut taken = BTreeSet::new();
    for (id, object) in context.from.iter() {
        let Object::Column(old) = object else { continue };
        let to = renamed.get(id).copied().unwrap_or(*id);
        let Some(Object::Column(new)) = context.to.get(&to) else { continue };
        if to == *id && !is_heavy(old, new, context) {
            continue;
        }
        let mut beside = |label| states::free_column(context.from, context.to, &mut taken, *id, label);
        let (meanwhile, mirrored) =
            if to == *id { (beside("limbeck_new"), beside("limbeck_old")) } else { (to.name, id.name) };
        pairs.push(Pair { old: old.clone(), new: new.clone(), meanwhile, mirrored });
    }
    Ok(pairs)
}

/// Whether the column's new type costs a look at all rows.
fn is_heavy(old: &Column, new: &Column, context: &Context<'_>) -> bool {
    if old.ty == new.ty && old.collation == new.collation {
        return false;
    }
    let alter = Object::Column(old.clone()).alter(&Object::Column(new.clone()), context);
    match alter.map(|alter| alter.how) {
        Some(How::InPlace { statements, .. }) => statements.iter().any(works),
        Some(How::Replace) => true,
        None => false,
    }
}

fn works(statement: &Statement) -> bool {
    statement.locks.iter().any(|lock| lock.work != Work::Catalog)
}

/// Refuses what can't be done in two stages.
fn allowed(pair: &Pair, context: &Context<'_>, renames: &[Rename]) -> Result<(), Error> {
    let Pair { old, new, .. } = pair;
    let refuse = |why: &'static str| Err(Error::Staged { column: old.id, why });
    let of = old.table();
    let id = table::id(of.schema, of.name);
    let (Some(Object::Table(from)), Some(Object::Table(to))) = (context.from.get(&id), context.to.get(&id))
    else {
        return refuse(
            "its table is no ordinary one, or gets another name itself: do that in a revision of its own",
        );
    };
    if renames.iter().any(|rename| rename.to == id) || old.table() != new.table() {
        return refuse("its table gets another name, too: rename the table in a revision of its own");
    }
    let mixed = |table: &table::Table| {
        table.partition_key.is_some() || table.partition_of.is_some() || !table.inherits.is_empty()
    };
    if mixed(from) || mixed(to) || !table::children(context.from, of).is_empty() {
        return refuse("its table is partitioned, or has parents or children");
    }
    if from.of_type.is_some() {
        return refuse("a type gives its table the columns");
    }
    if [context.from, context.to].iter().any(|schema| publication::forbids_updates(schema, of).is_some()) {
        return refuse(
            "updates of its table are published, and nothing tells subscribers which row it was, so that the \
             server refuses to fill a new column: give the table a replica identity that suits its \
             publications, or publish no updates of it",
        );
    }
    let generated = |column: &Column| matches!(column.value, Value::Generated { .. });
    if generated(old) || generated(new) {
        return refuse("its value is generated");
    }
    if std::mem::discriminant(&old.value) != std::mem::discriminant(&new.value)
        && (matches!(old.value, Value::Identity(_)) || matches!(new.value, Value::Identity(_)))
    {
        return refuse(
            "it becomes an identity column, or ceases to be one: do that in a revision of its own",
        );
    }
    if step::depends_on_session(old, new) {
        return refuse(
            "what its values mean in the other type depends on the session's time zone: name one, as in \
             `using = \"… AT TIME ZONE 'UTC'\"`",
        );
    }
    Ok(())
}

/// What stands on the columns, and whether it can stand on two.
mod dependents {
    use std::collections::BTreeSet;

    use limbeck_kinds::{Object, Schema, kind, needs, table};
    use limbeck_schema::{Id, Kind, Object as _};

    use super::{Error, Pair, states};
    use crate::aside::is_free;
    use crate::rebuild::Dependents;

    /// Kinds whose objects are what they are, whatever else becomes of what they name.
    const STABLE: [Kind; 6] =
        [kind::SCHEMA, kind::TABLE, kind::COLUMN, kind::SEQUENCE, kind::CONSTRAINT, kind::INDEX];

    /// Kinds that hold the rows of a table as values.
    const HOLDERS: [Kind; 7] = [
        kind::COLUMN,
        kind::DOMAIN,
        kind::COMPOSITE_TYPE,
        kind::RANGE_TYPE,
        kind::FUNCTION,
        kind::PROCEDURE,
        kind::AGGREGATE,
    ];

    pub(super) fn allowed(
        pair: &Pair,
        schema: &Schema,
        dependents: &Dependents,
        column: Id,
    ) -> Result<(), Error> {
        let refuse = |why| Err(Error::Staged { column: pair.old.id, why });
        for id in states::touched(schema, dependents, &BTreeSet::from([column])) {
            match id.kind {
                kind::COLUMN if id != column => {
                    return refuse("another column is computed from it, and would be written anew");
                }
                kind::MATERIALIZED_VIEW => {
                    return refuse("a materialized view reads it, and would be filled anew meanwhile");
                }
                kind::FUNCTION | kind::PROCEDURE => return refuse("the body of a function is bound to it"),
                kind::CONSTRAINT if rests_on_key_only(schema, &id, &column) => {
                    return refuse("a foreign key to other columns rests on a key that carries it along");
                }
                _ => {}
            }
        }
        let whole = table::id(column.schema, column.relation);
        let holds = |object: &Object| {
            let id = object.id();
            HOLDERS.contains(&id.kind)
                && id.relation() != column.relation()
                && needs(schema, object).contains(&whole)
        };
        if schema.iter().any(|(_, object)| holds(object)) {
            return refuse("rows of its table are held elsewhere, as values");
        }
        Ok(())
    }

    /// While both columns are there, such a key has a twin, and which of them is used is chance.
    fn rests_on_key_only(schema: &Schema, id: &Id, column: &Id) -> bool {
        matches!(schema.get(id), Some(object @ Object::Constraint(constraint))
            if constraint.is_foreign_key() && !needs(schema, object).contains(column))
    }

    /// What stands on the old column still has all that it needs when everything else is as it should be.
    pub(super) fn stay(
        pair: &Pair,
        from: &Schema,
        to: &Schema,
        dependents: &Dependents,
    ) -> Result<(), Error> {
        let touched = states::touched(from, dependents, &BTreeSet::from([pair.old.id]));
        for object in touched.iter().filter_map(|id| from.get(id)) {
            let needed = needs(from, object);
            for need in needed.into_iter().filter(|need| !touched.contains(need)) {
                let Some(old) = from.get(&need) else { continue };
                let changes = to.get(&need).is_some_and(|new| new != old) && !STABLE.contains(&need.kind);
                let gives_way = !to.contains(&need) && !STABLE.contains(&need.kind) && !is_free(to, &need);
                if changes || gives_way {
                    let why = "what it needs changes, too: do that in a revision of its own";
                    return Err(Error::Staged { column: pair.old.id, why });
                }
            }
        }
        Ok(())
    }
}

/// What the stages mean, in words.
mod words {
    use super::Pair;

    pub(super) fn expand(pairs: &[Pair]) -> Vec<String> {
        let mut lines = vec![
            "Expand. After this revision two columns hold each value, and a trigger keeps them in step:"
                .to_owned(),
        ];
        for Pair { old, new, meanwhile, .. } in pairs {
            lines.push(format!("  {} {} and {} {}", old.id, old.ty, meanwhile, new.ty));
        }
        lines.push(
            "Code may read and write either of them; a value that both can't hold is refused.".to_owned(),
        );
        if pairs.iter().any(|pair| !pair.keeps_name()) {
            lines.push(
                "Deploy code that says the new name, everywhere; then run the revision that contracts."
                    .to_owned(),
            );
        }
        if pairs.iter().any(Pair::keeps_name) {
            lines.push(
                "Where the new column takes the old one's name in the end, deploy code that takes both types"
                    .to_owned(),
            );
            lines.push("before the revision that contracts.".to_owned());
        }
        lines
    }

    pub(super) fn contract(pairs: &[Pair]) -> Vec<String> {
        let mut lines = vec!["Contract. Run this when no code is left that needs the old column:".to_owned()];
        for pair in pairs {
            let Pair { old, new, meanwhile, .. } = pair;
            lines.push(if pair.keeps_name() {
                format!("  {} {} goes, and {meanwhile} {} takes its name", old.id, old.ty, new.ty)
            } else {
                format!("  {} {} goes, and {} stays", old.id, old.ty, new.id.name)
            });
        }
        lines.push("No row is touched. Production asks for a word that this was seen: write".to_owned());
        lines.push(
            "`limbeck:allow data-loss: REASON` above the statement that drops the old column.".to_owned(),
        );
        lines
    }
}
