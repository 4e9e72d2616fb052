//! Online rewrites: plain statements on relations that stand already become ones under which readers and writers go
//! on, and which lead to the very same end.
//!
//! A file each: [`index`], [`key`] (primary keys, unique), [`validity`] (checks, foreign keys), [`not_null`],
//! [`backfill`] (new columns whose rows need a value), [`partition`]. Each takes the statements that the kind wrote
//! and gives others in their place, with the bounds of transactions that they need ([`limbeck_sql::segments`]): an
//! index is built outside of transactions, rows are looked through in a transaction of their own, and what swaps
//! old for new stands in one transaction. What has no online way stays as it is, hazards and all.
//!
//! Nobody waits for a relation that is new, so that these stay plain.

mod backfill;
mod index;
mod key;
mod names;
mod not_null;
mod partition;
mod validity;

use limbeck_kinds::column::Column;
use limbeck_kinds::table::{self, Parents};
use limbeck_kinds::{Context, How, Object, kind, needs, publication};
use limbeck_schema::{Id, Object as _, Parts};
use limbeck_sql::{Name, Statement, Transaction};

use crate::rebuild::{Action, Actions};
pub(crate) use backfill::batches;
use names::Names;

/// What is known while a plan is rewritten.
pub(crate) struct Online<'a> {
    context: &'a Context<'a>,
    actions: &'a Actions,
    names: Names<'a>,
}

/// An object that takes another's place.
pub(crate) struct Replacement {
    /// What is done beside the old one, before anything of it goes.
    pub(crate) before: Vec<Statement>,
    /// What makes an end of the old one.
    pub(crate) drop: Vec<Statement>,
    /// What puts the new one into its place.
    pub(crate) create: Vec<Statement>,
    /// The last two follow each other, with nothing in between.
    pub(crate) together: bool,
}

impl<'a> Online<'a> {
    pub(crate) fn new(context: &'a Context<'a>, actions: &'a Actions) -> Self {
        Self { context, actions, names: Names::new(context) }
    }

    /// The creation of an object.
    pub(crate) fn create(&mut self, object: &Object, plain: Vec<Statement>) -> Vec<Statement> {
        match object {
            Object::Index(index) if self.stands(index.on) => index::create(index, plain),
            Object::Constraint(constraint) if self.stands_table(constraint.table()) => {
                let made = key::create(constraint, plain, self.context);
                validity::create(constraint, made, self.context)
            }
            Object::Column(column) if self.stands_table(column.table()) => self.column(column, plain),
            Object::Table(table) => partition::create(table, plain, self),
            _ => plain,
        }
    }

    /// The end of an object that has no successor.
    pub(crate) fn drop(&mut self, object: &Object, plain: Vec<Statement>) -> Vec<Statement> {
        match object {
            Object::Index(index) if self.stands(index.on) => index::drop(index, plain),
            Object::Table(table) => partition::drop(table, plain, self),
            _ => plain,
        }
    }

    /// The alteration of an object in place.
    pub(crate) fn alter(&mut self, to: &Object, plain: Vec<Statement>) -> Vec<Statement> {
        match to {
            Object::Column(column) if self.stands_table(column.table()) => self.column(column, plain),
            Object::Constraint(constraint) => validity::alter(constraint, plain),
            _ => plain,
        }
    }

    /// The replacement of an object, whose plain drop and creation are these; none where the old one has to be out
    /// of the way first.
    pub(crate) fn replace(
        &mut self,
        object: &Object,
        drop: &[Statement],
        create: &[Statement],
    ) -> Option<Replacement> {
        if self.rests_on_change(object) {
            return None;
        }
        match object {
            Object::Index(to) if self.stands(to.on) && !to.partitioned => {
                Some(index::replace(to, drop.to_vec(), create.to_vec(), self))
            }
            Object::Constraint(to) if self.stands_table(to.table()) => {
                Some(key::replace(to, drop.to_vec(), create.to_vec(), self))
            }
            _ => None,
        }
    }

    /// A new part of a partitioned index or key that is replaced: what is built before the old one goes, and the
    /// rest.
    pub(crate) fn part(
        &mut self,
        object: &Object,
        plain: &[Statement],
    ) -> Option<(Vec<Statement>, Vec<Statement>)> {
        self.replaced_whole(object)?;
        let mut made = self.create(object, plain.to_vec());
        let built = made.first().is_some_and(|first| first.transaction == Transaction::Forbidden);
        let rest = made.split_off(usize::from(built));
        built.then_some((made, rest))
    }

    /// The partitioned index or key that is replaced, of which this is a part, or a part of a part.
    pub(crate) fn replaced_whole(&self, part: &Object) -> Option<Id> {
        let mut whole = None;
        let mut object = part;
        while let Some(id) = attached_to(object, self.context) {
            whole = matches!(self.actions.by_id.get(&id), Some(Action::Replace)).then_some(id).or(whole);
            object = self.context.to.get(&id)?;
        }
        whole
    }

    /// The statements that take a table from its parents, with its partition's bound told by a check meanwhile.
    pub(crate) fn leave(
        &mut self,
        table: Name,
        from: &Parents,
        to: &Parents,
        plain: Vec<Statement>,
    ) -> Vec<Statement> {
        partition::leave(table, from, to, plain, self)
    }

    /// The statements that give parents to a table that stands.
    pub(crate) fn join(&mut self, table: Name, to: &Parents, plain: Vec<Statement>) -> Vec<Statement> {
        partition::join(table, to, plain, self)
    }

    fn column(&mut self, column: &Column, plain: Vec<Statement>) -> Vec<Statement> {
        // Where nobody may update the rows, they get their values while the table is written anew.
        let may_fill = publication::forbids_updates(self.context.from, column.table()).is_none();
        let version = self.context.version;
        let mut statements = Vec::new();
        let mut fill = None;
        for statement in backfill::by_default(column, plain, version) {
            if let Some(batches) = backfill::batches_of(column, &statement) {
                statements.push(batches.clone());
                fill = Some(batches);
            } else if let Some((before, batches)) =
                may_fill.then(|| backfill::added(column, &statement, version)).flatten()
            {
                statements.extend(before);
                statements.push(batches);
                if column.not_null.is_some() {
                    statements.extend(not_null::demand(column, Vec::new(), None, self));
                }
            } else if let Some(numbered) =
                may_fill.then(|| backfill::numbered(column, &statement, self)).flatten()
            {
                statements.extend(numbered);
            } else if column.not_null.is_none_or(|it| it.not_valid) {
                // New rows only: nobody waits for that.
                statements.push(statement);
            } else if statement.sql == limbeck_kinds::column::set_not_null(column, version).sql {
                statements.extend(not_null::demand(column, vec![statement], fill.clone(), self));
            } else {
                statements.push(statement);
            }
        }
        statements
    }

    /// Whether the relation is there before the plan begins and stays the same.
    fn stands(&self, relation: Id) -> bool {
        self.context.from.contains(&relation)
            && !matches!(
                self.actions.by_id.get(&relation),
                Some(Action::Create | Action::Replace | Action::Drop)
            )
    }

    fn stands_table(&self, table: Name) -> bool {
        self.stands(table::id(table.schema, table.name))
    }

    /// Whether something that the old object needs is retyped or made anew: then the old one must be out of the
    /// way before.
    fn rests_on_change(&self, object: &Object) -> bool {
        let Some(old) = self.context.from.get(&object.id()) else { return true };
        // The part of an index goes with its whole, and what is built beside it is attached to the new one.
        let is_whole = |need: &Id| {
            [kind::CONSTRAINT, kind::INDEX].contains(&need.kind) && self.replaced_whole(object).is_some()
        };
        let needs = needs(self.context.from, old).into_iter().filter(|need| !is_whole(need));
        needs.into_iter().any(|need| match self.actions.by_id.get(&need) {
            Some(Action::Replace | Action::Retype) => true,
            Some(Action::Alter(alter)) => {
                matches!(alter.how, How::InPlace { rebuild, .. } if !rebuild.is_empty())
            }
            // A column takes along what is on it; a function's name may mean another one once both are there.
            Some(Action::Drop) => ![kind::COLUMN, kind::CONSTRAINT, kind::INDEX].contains(&need.kind),
            Some(Action::Create) | None => false,
        })
    }
}

/// The index or key of the parent that an index or key is a part of.
fn attached_to(object: &Object, context: &Context<'_>) -> Option<Id> {
    let name = match object {
        Object::Index(index) => index.attached_to?,
        Object::Constraint(constraint) => constraint.attached_to()?,
        _ => return None,
    };
    let id = object.id();
    let Some(Object::Table(table)) = context.to.get(&table::id(id.schema, id.relation)) else { return None };
    let parent = table.partition_of.as_ref()?.parent;
    Some(Parts { relation: parent.name, schema: parent.schema, name: name.name, ..*id }.id())
}
