//! The order of the nodes, and what is done where needs go round in a circle.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use limbeck_diff::Change;
use limbeck_kinds::column::Value;
use limbeck_kinds::{Object, Schema, kind};
use limbeck_schema::{Id, Kind, Object as _};
use limbeck_sql::{Name, Statement};

use super::{Builder, Graph, Key, Texts, is_replaced, owners};
use crate::online::Online;
use crate::rebuild::Action;
use crate::{Error, members, not_null, parents, prelude, remade, rewrites, row_types, toast, typed};

impl Graph<'_> {
    /// The statements in their order; `online` where readers and writers are to go on meanwhile.
    pub(crate) fn into_statements(mut self, texts: Texts, online: bool) -> Result<Vec<Statement>, Error> {
        let mut apart = Apart::default();
        let mut remade = BTreeSet::new();
        loop {
            match self.order(&apart, texts, online) {
                Ok(statements) => return Ok(rewrites::together(prelude::once_a_segment(statements))),
                Err(circle) => {
                    // What is made beside its predecessor may be needed where that has to be gone first.
                    let replaced: BTreeSet<Id> =
                        circle.iter().filter(|id| self.may_be_beside(id)).copied().collect();
                    if online && !replaced.is_subset(&apart.replaced) {
                        apart.replaced.extend(replaced);
                        continue;
                    }
                    let parts = self.parts_in_the_way(&circle);
                    if !parts.is_subset(&apart.dropped) {
                        apart.dropped.extend(parts);
                        continue;
                    }
                    let named = self.hold_names(&circle);
                    if !named.is_subset(&apart.renamed) {
                        apart.renamed.extend(named);
                        continue;
                    }
                    // A default goes from one function to another: meanwhile there is none.
                    let defaults: BTreeSet<Id> =
                        circle.iter().copied().filter(|id| self.may_lose_default(id)).collect();
                    if !defaults.is_subset(&apart.defaults) {
                        apart.defaults.extend(defaults);
                        continue;
                    }
                    // What is altered after what it will need, and before what it needed: once that is one and the
                    // same, it has to go first and come again.
                    let altered: BTreeSet<Id> =
                        circle.iter().copied().filter(|id| self.may_be_remade(id)).collect();
                    if altered.is_empty() {
                        return Err(Error::Cycle(circle));
                    }
                    remade.extend(altered);
                    self.actions = Self::actions(&self.changes, self.context, &remade);
                }
            }
        }
    }

    /// Whether it may be made beside what it takes the place of: by itself, or as the part of an index.
    fn may_be_beside(&self, id: &Id) -> bool {
        let is_part = || match self.context.to.get(id) {
            Some(Object::Index(index)) => index.attached_to.is_some(),
            Some(Object::Constraint(constraint)) => constraint.attached_to().is_some(),
            _ => false,
        };
        is_replaced(&self.actions, id)
            || matches!(self.actions.by_id.get(id), Some(Action::Create)) && is_part()
    }

    /// Parts of what is dropped or made again that keep it in the circle: the foreign keys of tables that refer to
    /// each other, and an index, a check, a policy, a trigger or a rule that needs another object of the circle.
    fn parts_in_the_way(&self, circle: &[Id]) -> BTreeSet<Id> {
        let needs_others = |part: &Object, whole: &Id| {
            let needs = limbeck_kinds::needs(self.context.from, part);
            // A rule that writes to another table needs columns of it.
            let of_column = |id: &Id| if id.kind == kind::COLUMN { owners(id) } else { Vec::new() };
            let mut needs = needs.into_iter().flat_map(|need| of_column(&need).into_iter().chain([need]));
            needs.any(|need| need != *whole && circle.contains(&need))
        };
        let is_in_the_way = |part: &Object| {
            let whole = owners(&part.id()).into_iter().find(|owner| circle.contains(owner));
            let is_foreign_key = matches!(part, Object::Constraint(key) if key.is_foreign_key());
            whole.is_some_and(|whole| is_foreign_key || needs_others(part, &whole))
        };
        let dropped = self.changes.iter().filter_map(|change| match change {
            Change::Drop(part) => Some(part),
            Change::Create(_) | Change::Alter { .. } => None,
        });
        let is_replaced = |action: &Action| matches!(action, Action::Replace);
        let replaced = self.actions.by_id.iter().filter(|(_, action)| is_replaced(action));
        dropped
            .chain(replaced.filter_map(|(id, _)| self.context.from.get(id)))
            .filter(|part| part.id().kind != kind::COLUMN && is_in_the_way(part))
            .map(|part| part.id())
            .collect()
    }

    /// Indexes and keys that go with tables of the circle while others of it get their names.
    fn hold_names(&self, circle: &[Id]) -> BTreeSet<Id> {
        let table = |id: &Id| Id::inside(kind::TABLE, id.schema, id.relation);
        let parts = |schema: &Schema| -> BTreeSet<Id> {
            let kinds = [kind::CONSTRAINT, kind::INDEX];
            let ids = schema.iter().map(|(id, _)| *id);
            ids.filter(|id| kinds.contains(&id.kind) && circle.contains(&table(id))).collect()
        };
        let taken: BTreeSet<Name> = parts(self.context.to).iter().map(Id::qualified).collect();
        let goes =
            |id: &Id| matches!(self.actions.by_id.get(&table(id)), Some(Action::Drop | Action::Replace));
        parts(self.context.from)
            .into_iter()
            .filter(|id| goes(id) && taken.contains(&id.qualified()))
            .collect()
    }

    /// Whether a column is altered that has a default.
    fn may_lose_default(&self, id: &Id) -> bool {
        let is_altered = matches!(self.actions.by_id.get(id), Some(Action::Alter(_)));
        let value = |schema: &Schema| match schema.get(id) {
            Some(Object::Column(column)) => Some(column.value.clone()),
            _ => None,
        };
        let (from, to) = (value(self.context.from), value(self.context.to));
        is_altered && from != to && matches!(from, Some(Value::Default(_)))
    }

    /// Whether an object is altered that holds nothing which is lost when it goes.
    fn may_be_remade(&self, id: &Id) -> bool {
        const KINDS: &[Kind] = &[kind::VIEW, kind::FUNCTION, kind::PROCEDURE, kind::POLICY];
        KINDS.contains(&id.kind) && matches!(self.actions.by_id.get(id), Some(Action::Alter(_)))
    }

    fn order(&self, apart: &Apart, texts: Texts, online: bool) -> Result<Vec<Statement>, Vec<Id>> {
        let online = online.then(|| Online::new(self.context, &self.actions));
        let mut builder = Builder::new(self.context, texts, online);
        builder.add_nodes(&self.actions, &self.inlined(), apart);
        builder.add_edges(&self.actions, apart);
        let kept = remade::add(&mut builder, &self.actions);
        parents::add(&mut builder, &self.actions, &kept);
        typed::add(&mut builder, &self.actions);
        toast::add(&mut builder, &self.actions);
        members::add(&mut builder, &self.actions);
        row_types::add(&mut builder, &self.actions);
        not_null::exchange_names(&mut builder);
        builder.sort()
    }
}

/// What has to be done on its own, because a circle would not open otherwise.
#[derive(Default)]
pub(super) struct Apart {
    /// Foreign keys and other parts, before their tables.
    pub(super) dropped: BTreeSet<Id>,
    /// Objects whose predecessor goes before they are made.
    pub(super) replaced: BTreeSet<Id>,
    /// Indexes and keys that go with their tables, and leave their names to others before.
    pub(super) renamed: BTreeSet<Id>,
    /// Columns whose default goes before they get another one.
    pub(super) defaults: BTreeSet<Id>,
}

impl Builder<'_> {
    /// Kahn's algorithm with a heap, so that ties fall as the keys say.
    fn sort(mut self) -> Result<Vec<Statement>, Vec<Id>> {
        let mut waiting = vec![0_usize; self.nodes.len()];
        for node in &self.nodes {
            node.before.iter().for_each(|then| waiting[*then] += 1);
        }
        let mut ready: BinaryHeap<Reverse<(Key, usize)>> = (0..self.nodes.len())
            .filter(|at| waiting[*at] == 0)
            .map(|at| Reverse((self.nodes[at].key, at)))
            .collect();
        let mut statements = Vec::new();
        let mut done = vec![false; self.nodes.len()];
        while let Some(Reverse((_, at))) = ready.pop() {
            done[at] = true;
            statements.append(&mut self.nodes[at].statements);
            for then in std::mem::take(&mut self.nodes[at].before) {
                waiting[then] -= 1;
                if waiting[then] == 0 {
                    ready.push(Reverse((self.nodes[then].key, then)));
                }
            }
        }
        if done.iter().all(|done| *done) {
            return Ok(statements);
        }
        // What only waits for the circle is no part of it.
        loop {
            let waits = |at: &usize| !done[*at] && self.nodes[*at].before.iter().all(|then| done[*then]);
            let waiting: Vec<usize> = (0..self.nodes.len()).filter(waits).collect();
            if waiting.is_empty() {
                break;
            }
            waiting.into_iter().for_each(|at| done[at] = true);
        }
        let circle = self.nodes.iter().zip(&done).filter(|(_, done)| !**done).map(|(node, _)| node.key.5);
        Err(circle.collect::<BTreeSet<Id>>().into_iter().collect())
    }
}
