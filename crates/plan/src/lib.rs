//! Changes to an ordered plan of statements.
//!
//! `from → to` goes through named passes, a file each: renames are applied to `from` first, unnamed objects of
//! `to` take the names of their like, what is left is an ordinary difference. Changes become nodes of a graph
//! whose edges are needs ([`graph`]); dependents that are in the way are rebuilt ([`rebuild`]); types that must
//! be made anew take their columns along ([`retype`]); what would keep readers and writers waiting is done in
//! steps that do not ([`online`]), if asked for. The downgrade is the plan of the inverse. What changes in two
//! revisions is planned by way of the states in between ([`stages()`]).
//!
//! This crate reads and runs nothing: two schemas in, statements out, the same for the same input.

mod aside;
mod base_types;
pub mod canonical;
mod carried;
mod circles;
mod describe;
mod graph;
mod members;
mod not_null;
mod online;
mod parents;
mod prelude;
mod rebuild;
mod remade;
mod renames;
mod retype;
mod rewrites;
mod row_types;
mod sequences;
mod stages;
mod toast;
mod typed;
mod unnamed;
mod untracked;

use limbeck_kinds::{Context, Schema, rows};
use limbeck_schema::{Canonical, Id, Origin, Rename};
use limbeck_sql::Statement;

pub use renames::Candidate;
pub use stages::{Stage, Stages, stages};

/// What the planner is told beside the two schemas.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Renames that a declaration or the user names.
    pub renames: Vec<Rename>,
    /// The target server's `server_version_num`.
    pub version: i32,
    /// Statements on tables that stand are rewritten so that readers and writers go on.
    pub online: bool,
}

/// The way from one schema to another.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What differs, each once, in order of ids.
    pub differences: Vec<Difference>,
    /// What to run, in order.
    pub statements: Vec<Statement>,
    /// The renames that the plan makes, told and found.
    pub renames: Vec<Rename>,
    /// Drops that may be renames, which only a human knows.
    pub candidates: Vec<Candidate>,
    /// Where it leads: what a declaration leaves unnamed has the name that it will have.
    pub target: Schema,
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What happens to it.
    pub change: Verb,
    /// The object; for a rename, its new name.
    pub id: Id,
    /// How it differs, in words; empty where the verb says it all.
    pub detail: String,
    /// Where it is declared.
    pub origin: Option<Origin>,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed.
    Alter,
    /// It is dropped.
    Drop,
    /// It gets another name.
    Rename,
}

impl Verb {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Drop => "drop",
            Self::Rename => "rename",
        }
    }

    /// The mark in a revision's header.
    pub fn mark(self) -> char {
        match self {
            Self::Create => '+',
            Self::Drop => '-',
            Self::Alter | Self::Rename => '~',
        }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Objects need each other in a circle that no known way breaks.
    #[error("these objects need each other in a circle: {}", .0.iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", "))]
    Cycle(Vec<Id>),
    /// A base type that would have to be dropped with the columns that hold its values.
    #[error("{} {ty} can't get another definition while column {column} holds values of it", ty.kind)]
    BaseType {
        /// The type.
        ty: Id,
        /// A column of it.
        column: Id,
    },
    /// A column that can't get its type or name in two stages.
    #[error("{column} can't be changed by expand and contract: {why}")]
    Staged {
        /// The column.
        column: Id,
        /// What stands in the way.
        why: &'static str,
    },
}

impl Error {
    /// The code, whose page `limbeck explain` prints.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cycle(_) => "plan::cycle",
            Self::BaseType { .. } => "plan::base_type",
            Self::Staged { .. } => "plan::expand_contract",
        }
    }
}

/// The plan that turns `from` into `to`.
///
/// # Errors
///
/// [`Error::Cycle`] where the needs of the objects leave no order, [`Error::BaseType`] where only rows stand in the way.
pub fn plan(from: &Canonical<Schema>, to: &Canonical<Schema>, options: &Options) -> Result<Plan, Error> {
    compared(from, to, options, true)
}

/// The differences and renames between two schemas; the statements too, where they are wanted.
fn compared(
    from: &Canonical<Schema>,
    to: &Canonical<Schema>,
    options: &Options,
    ordered: bool,
) -> Result<Plan, Error> {
    let mut from = Schema::clone(from);
    let mut to = Schema::clone(to);
    [&mut from, &mut to].into_iter().for_each(|schema| sequences::settle(schema, options.version));
    rows::in_order_of(&from, &mut to, options.version);
    // The passes bring the two sides nearer to each other: of sides that are equal they leave nothing else.
    if options.renames.is_empty() && limbeck_diff::diff(&from, &to).is_empty() {
        return Ok(Plan { target: to, ..Plan::default() });
    }
    let mut renamer = renames::Renamer::new(&options.renames, options.version);
    renamer.apply_told(&mut from, &to);
    unnamed::adopt(&from, &mut to, &renamer.done);
    parents::settle(&from, &mut to);
    renamer.apply_found(&mut from, &to);
    renamer.clear_types(&mut from, &to);
    carry_along(&mut to, &renamer.done);
    not_null::settle_names(&mut from, &mut to, &renamer.done);
    not_null::say_taken_names(&from, &mut to);
    parents::own_keys(&mut from, &to);
    // Once more, by the names that tables and columns have now.
    rows::in_order_of(&from, &mut to, options.version);
    let aside = sequences::step_aside(&mut from, &to);

    let changes = limbeck_diff::diff(&from, &to);
    let context = Context { from: &from, to: &to, version: options.version };
    base_types::refuse(&changes, &context)?;
    let graph = graph::Graph::of(changes, &context)?;
    let mut differences = graph.differences();
    // What stepped aside goes by the name that it had.
    for rename in renamer.aside.iter().rev() {
        let back = Rename { from: rename.to, to: rename.from };
        differences
            .iter_mut()
            .for_each(|difference| difference.id = limbeck_kinds::follow(&back, difference.id));
    }
    differences.extend(renamer.differences(&to));
    differences.sort_by_key(|difference| (difference.id, difference.change));
    let candidates = renames::candidates(&graph.changes);
    if !ordered {
        let (statements, renames) = (Vec::new(), renamer.done);
        return Ok(Plan { differences, statements, renames, candidates, target: to });
    }
    let mut statements = renamer.statements();
    statements.extend(aside);
    statements.extend(match graph.into_statements(graph::Texts::AsPrintedFrom, options.online) {
        Err(Error::Cycle(circle)) => circles::open(&circle, &context, options.online)?,
        other => other?,
    });
    Ok(Plan { differences, statements, renames: renamer.done, candidates, target: to })
}

/// Follows renames in what `to` took over from `from` as it was: owners, grants, triggers and the like that no
/// declaration names.
fn carry_along(to: &mut Schema, renames: &[Rename]) {
    for rename in renames {
        let follow = |id: Id| limbeck_kinds::follow(rename, id);
        let stale = !to.contains(&rename.from) && to.iter().any(|(id, _)| follow(*id) != *id);
        if stale {
            to.rename(rename, follow);
        }
        for inherited in renames::followers(to, rename) {
            if !to.contains(&inherited.to) {
                to.rename(&inherited, |id| limbeck_kinds::follow(&inherited, id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use limbeck_kinds::namespace::{self, Namespace};

    use super::*;

    #[test]
    fn a_plan_between_equal_sides_leads_to_them() {
        let schema: Schema = [Namespace { id: namespace::id("app".into()) }.into()].into_iter().collect();
        let side = Canonical::from_server(schema);
        let plan = plan(&side, &side, &Options { version: 150_000, ..Options::default() }).unwrap();
        assert!(plan.differences.is_empty() && plan.statements.is_empty());
        assert!(limbeck_diff::diff(&side, &plan.target).is_empty());
    }
}
