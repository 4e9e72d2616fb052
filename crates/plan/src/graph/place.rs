//! Where the drop and the creation of an object stand: apart, or the new one beside the old one until it takes its
//! place ([`crate::online`]).

use std::collections::BTreeMap;

use limbeck_kinds::index::Index;
use limbeck_kinds::routine::{self, Routine};
use limbeck_kinds::{Object, Schema, kind, needs};
use limbeck_schema::{Id, Rename};
use limbeck_sql::{Ident, LockMode, Name, Statement, Work, sql};

use super::Builder;
use super::order::Apart;
use crate::aside::free_name;
use crate::online::Replacement;

impl Builder<'_> {
    /// Makes nodes of what drops and creates an object: one, where the new takes the old one's place at once.
    pub(super) fn place(
        &mut self,
        id: Id,
        dropped: Option<Vec<Statement>>,
        created: Option<Vec<Statement>>,
        apart: &Apart,
    ) {
        let (mut dropped, mut created) = (dropped, created);
        let (from, to) = (self.context.from.get(&id), self.context.to.get(&id));
        if let Some(online) = &mut self.online {
            if let (Some(drop), Some(create), Some(to)) = (&mut dropped, &mut created, to)
                && !apart.replaced.contains(&id)
                && let Some(Replacement { before, drop: end, create: make, together }) =
                    online.replace(to, drop, create)
            {
                if !before.is_empty() {
                    let node = self.node(1, id, before);
                    self.befores.insert(id, node);
                }
                if together {
                    let node = self.node(1, id, end.into_iter().chain(make).collect());
                    self.drops.insert(id, node);
                    self.creates.insert(id, node);
                    return;
                }
                (*drop, *create) = (end, make);
            } else {
                dropped = dropped.zip(from).map(|(plain, from)| online.drop(from, plain));
                // A part that goes with its whole leaves its name only then.
                let free = from.is_none() && !apart.replaced.contains(&id);
                let part = created.as_ref().zip(to).filter(|_| free);
                if let Some((before, rest)) = part.and_then(|(plain, to)| online.part(to, plain)) {
                    let node = self.node(1, id, before);
                    self.befores.insert(id, node);
                    created = Some(rest);
                } else {
                    created = created.zip(to).map(|(plain, to)| online.create(to, plain));
                }
            }
        }
        if let Some(statements) = dropped {
            let node = self.node(0, id, statements);
            self.drops.insert(id, node);
        }
        if let Some(statements) = created {
            let node = self.node(1, id, statements);
            self.creates.insert(id, node);
        }
    }

    /// Takes a column's default off before it is altered, and before what only the default needs is dropped; tells what
    /// that is.
    pub(super) fn add_default_off(&mut self, id: &Id, alter: usize, apart: &Apart) -> Vec<Id> {
        let Some(Object::Column(column)) = self.context.from.get(id).filter(|_| apart.defaults.contains(id))
        else {
            return Vec::new();
        };
        let off = sql!("ALTER TABLE ONLY {} ALTER COLUMN {} DROP DEFAULT", id.relation(), id.name);
        let statement = Statement::new(off).locking(id.relation(), LockMode::AccessExclusive, Work::Catalog);
        let off = self.node(0, *id, vec![statement]);
        self.edge(off, alter);
        let kinds = [kind::FUNCTION, kind::OPERATOR, kind::SEQUENCE];
        let needs = needs(self.context.from, &column.clone().into());
        let of_default: Vec<Id> = needs.into_iter().filter(|need| kinds.contains(&need.kind)).collect();
        for need in &of_default {
            if let Some(then) = self.drops.get(need).copied() {
                self.edge(off, then);
            }
        }
        of_default
    }

    /// Relations, indexes and types of one schema share a namespace: the old owner of a name goes first, or gets another
    /// name. Columns and other parts of relations do not: their names are free in another relation.
    pub(super) fn add_name_edges(&mut self, apart: &Apart) {
        let context = *self.context;
        let shares = |id: &Id| id.relation.is_empty() || [kind::INDEX, kind::CONSTRAINT].contains(&id.kind);
        let mut freed: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
        for (id, node) in self.drops.clone().into_iter().filter(|(id, _)| shares(id)) {
            let mut first = node;
            if apart.renamed.contains(&id) {
                if matches!(context.from.get(&id), Some(Object::Constraint(key)) if !key.has_index()) {
                    continue;
                }
                let rename = Rename { from: id, to: free_name(context.from, context.to, id) };
                let mut statements = limbeck_kinds::rename_statements(&rename);
                statements.iter_mut().for_each(|statement| statement.hazards.clear());
                first = self.node(0, id, statements);
                self.edge(first, node);
            }
            freed.entry(id.qualified()).or_default().push(first);
        }
        for (id, node) in self.creates.clone().into_iter().filter(|(id, _)| shares(id)) {
            for first in freed.get(&id.qualified()).cloned().unwrap_or_default() {
                self.edge(first, node);
            }
        }
    }

    /// By new function, where others of its name go that the same call may mean: what calls it waits for that.
    pub(super) fn twins_that_go(&self) -> BTreeMap<Id, Vec<usize>> {
        let routine = |schema: &Schema, id: &Id| match schema.get(id) {
            Some(Object::Function(function)) => Some(function.0.clone()),
            _ => None,
        };
        let gone: Vec<(Routine, usize)> = self
            .drops
            .iter()
            .filter(|(id, _)| !self.context.to.contains(id))
            .filter_map(|(id, node)| Some((routine(self.context.from, id)?, *node)))
            .collect();
        let mut twins = BTreeMap::new();
        for new in self.creates.keys().filter_map(|id| routine(self.context.to, id)) {
            let may_be_meant = |old: &Routine| {
                routine::called(&old.id) == routine::called(&new.id) && old.takes_as_many(&new)
            };
            let nodes: Vec<usize> =
                gone.iter().filter(|(old, _)| may_be_meant(old)).map(|(_, node)| *node).collect();
            if !nodes.is_empty() {
                twins.insert(new.id, nodes);
            }
        }
        twins
    }

    /// The grants on a new object are made in the order in which the other side has them, and `pg_dump` prints them.
    pub(super) fn add_grant_edges(&mut self) {
        let context = *self.context;
        for (id, node) in self.creates.clone() {
            let Some(Object::Grant(grant)) = context.to.get(&id) else { continue };
            if id.target().is_some_and(|target| self.creates.contains_key(&target)) {
                for earlier in grant.earlier(context.to) {
                    if let Some(first) = self.creates.get(&earlier).copied() {
                        self.edge(first, node);
                    }
                }
            }
        }
    }

    /// Indexes of a partition that are the same are made in the order of their wholes: the server takes them in that
    /// order when the partition is attached.
    pub(super) fn add_twin_edges(&mut self) {
        let context = *self.context;
        let mut parts: BTreeMap<Name, Vec<(_, usize, Index)>> = BTreeMap::new();
        for (id, node) in &self.creates {
            if let Some(Object::Index(index)) = context.to.get(id)
                && index.attached_to.is_some()
            {
                let whole = index.place_of_whole(&context);
                let id = id.with_name(Ident::default());
                let bare = Index { id, attached_to: None, ..index.clone() };
                parts.entry(index.table()).or_default().push((whole, *node, bare));
            }
        }
        for mut of_table in parts.into_values() {
            of_table.sort_by(|(a, first, _), (b, then, _)| (a, first).cmp(&(b, then)));
            for (at, (_, first, one)) in of_table.iter().enumerate() {
                for (_, then, _) in of_table[at + 1..].iter().filter(|(_, _, other)| other == one) {
                    self.edge(*first, *then);
                }
            }
        }
    }

    /// What is built beside an old object comes after what the new one needs, and before an end is made of the old.
    pub(super) fn add_before_edges(&mut self) {
        let context = *self.context;
        let in_to = |id: &Id| context.to.get(id).map(|object| needs(context.to, object)).unwrap_or_default();
        for (id, node) in self.befores.clone() {
            // What is made beside the old one is attached to nothing yet.
            let apart = |need: &Id| ![kind::CONSTRAINT, kind::INDEX].contains(&need.kind);
            for need in in_to(&id).into_iter().filter(apart) {
                for first in self.nodes_of(&self.creates, &need) {
                    self.edge(first, node);
                }
            }
            let whole = self.online.as_ref().zip(context.to.get(&id));
            let whole = whole.and_then(|(online, part)| online.replaced_whole(part));
            let then =
                [self.drops.get(&id), self.creates.get(&id), whole.and_then(|whole| self.drops.get(&whole))];
            then.map(|node| node.copied()).into_iter().flatten().for_each(|then| self.edge(node, then));
        }
    }
}
