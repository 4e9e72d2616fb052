//! Changes as nodes, needs as edges, and the order that follows.
//!
//! What is dropped goes first, dependents before what they need; what is made or altered follows, needs before
//! dependents. Ties are broken by kind, then by name, so that the same input gives the same order.

mod order;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use limbeck_diff::Change;
use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::domain::Domain;
use limbeck_kinds::{Context, How, Object, expression, kind, needs, table};
use limbeck_schema::{Id, Kind, Object as _};
use limbeck_sql::{HazardKind, Ident, LockMode, Sql, Statement, Work, sql};

use self::order::Apart;
use crate::online::Online;
use crate::rebuild::{self, Action, Actions};
use crate::{Difference, Error, Verb, base_types, describe, parents, prelude, remade, retype, untracked};

/// Nodes in the order of ties: phase, kind, schema, relation, position, id.
type Key = (u8, u8, Ident, Ident, i16, Id);

struct Node {
    key: Key,
    statements: Vec<Statement>,
    before: BTreeSet<usize>,
}

/// The changes with everything that they entail.
pub(crate) struct Graph<'a> {
    context: &'a Context<'a>,
    pub(crate) changes: Vec<Change<Object>>,
    actions: Actions,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(changes: Vec<Change<Object>>, context: &'a Context<'a>) -> Result<Self, Error> {
        let actions = Self::actions(&changes, context, &BTreeSet::new());
        Ok(Self { context, changes, actions })
    }

    /// What happens to each object; those of `remade` are dropped and made again whatever is possible.
    fn actions(changes: &[Change<Object>], context: &Context<'_>, remade: &BTreeSet<Id>) -> Actions {
        let mut by_id = BTreeMap::new();
        for change in changes {
            let action = match change {
                Change::Alter { .. } if remade.contains(&change.id()) => Action::Replace,
                Change::Create(_) => Action::Create,
                Change::Drop(_) => Action::Drop,
                Change::Alter { from, to } => match from.alter(to, context) {
                    None => Action::Replace,
                    Some(alter) => match alter.how {
                        How::InPlace { .. } => Action::Alter(alter),
                        How::Replace if retype::goes_over(&to.id(), context) => Action::Retype,
                        How::Replace => Action::Replace,
                    },
                },
            };
            by_id.insert(change.id(), action);
        }
        base_types::with_functions(&mut by_id, context);
        rebuild::close(by_id, context)
    }

    /// What differs; what a table or domain brings along when it is made or dropped is not told again.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        let inlined = self.inlined();
        let mut differences = Vec::new();
        for change in &self.changes {
            let id = change.id();
            let (verb, detail) = match change {
                Change::Create(object) => (Verb::Create, describe::summary(object, self.context.version)),
                Change::Drop(object) => (Verb::Drop, describe::summary(object, self.context.version)),
                Change::Alter { from, to } => {
                    let details = from.alter(to, self.context).map(|alter| alter.details).unwrap_or_default();
                    (Verb::Alter, details.join(", "))
                }
            };
            let part = match verb {
                Verb::Create => {
                    inlined.contains_key(&id) || owners(&id).iter().any(|owner| self.is(owner, Verb::Create))
                }
                Verb::Drop => owners(&id).iter().any(|owner| self.is(owner, Verb::Drop)),
                Verb::Alter | Verb::Rename => false,
            };
            if !part {
                let origin = self.context.to.origins.get(&id).cloned();
                differences.push(Difference { change: verb, id, detail, origin });
            }
        }
        differences
    }

    fn is(&self, id: &Id, verb: Verb) -> bool {
        matches!(
            (self.actions.by_id.get(id), verb),
            (Some(Action::Create), Verb::Create) | (Some(Action::Drop), Verb::Drop)
        )
    }

    /// Objects whose creation another one writes, and which one.
    fn inlined(&self) -> BTreeMap<Id, Id> {
        let mut inlined = BTreeMap::new();
        for (id, action) in &self.actions.by_id {
            if matches!(action, Action::Create | Action::Replace | Action::Retype)
                && let Some(object) = self.context.to.get(id)
            {
                inlined.extend(object.inlines(self.context).into_iter().map(|part| (part, *id)));
            }
        }
        inlined
    }
}

/// The objects with which another one comes and goes, one of which there is: the target of an attachment, the
/// relation of its parts.
fn owners(id: &Id) -> Vec<Id> {
    const RELATIONS: [Kind; 4] = [kind::TABLE, kind::VIEW, kind::MATERIALIZED_VIEW, kind::FOREIGN_TABLE];
    let relations = || RELATIONS.map(|kind| Id::inside(kind, id.schema, id.relation));
    if let Some(target) = id.target() {
        let mut owners = vec![target];
        if target.kind == kind::COLUMN {
            // Columns of views and types are no objects: what is attached to one goes with the view.
            owners.extend(relations().into_iter().filter(|id| id.kind != kind::TABLE));
            owners.push(Id::inside(kind::COMPOSITE_TYPE, id.schema, id.relation));
        }
        return owners;
    }
    match id.kind {
        kind::COLUMN | kind::CONSTRAINT | kind::TRIGGER | kind::POLICY | kind::RULE | kind::INDEX => {
            relations().to_vec()
        }
        kind::DOMAIN_CONSTRAINT => vec![Id::inside(kind::DOMAIN, id.schema, id.relation)],
        _ => Vec::new(),
    }
}

/// In which form the server's own texts are written into statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// So that the server reads the tree that it printed.
    AsPrintedFrom,
    /// As they stand, to see what becomes of them.
    Verbatim,
}

pub(crate) struct Builder<'a> {
    pub(crate) context: &'a Context<'a>,
    texts: Texts,
    pub(crate) online: Option<Online<'a>>,
    nodes: Vec<Node>,
    /// What is made beside its predecessor.
    pub(crate) befores: BTreeMap<Id, usize>,
    pub(crate) creates: BTreeMap<Id, usize>,
    pub(crate) drops: BTreeMap<Id, usize>,
    pub(crate) alters: BTreeMap<Id, usize>,
    /// Where types that are made again lose their old selves.
    pub(crate) retired: BTreeMap<Id, usize>,
    /// Columns whose values go over to such a type.
    pub(crate) conversions: Vec<(Id, usize)>,
    /// The same, once they are in place.
    pub(crate) overs: BTreeMap<Id, usize>,
}

impl<'a> Builder<'a> {
    fn new(context: &'a Context<'a>, texts: Texts, online: Option<Online<'a>>) -> Self {
        Self {
            context,
            texts,
            online,
            nodes: Vec::new(),
            befores: BTreeMap::new(),
            creates: BTreeMap::new(),
            drops: BTreeMap::new(),
            alters: BTreeMap::new(),
            retired: BTreeMap::new(),
            conversions: Vec::new(),
            overs: BTreeMap::new(),
        }
    }

    pub(crate) fn node(&mut self, phase: u8, id: Id, mut statements: Vec<Statement>) -> usize {
        if [kind::FUNCTION, kind::PROCEDURE].contains(&id.kind) {
            // Their bodies' text is kept, whatever it is.
            if phase > 0 {
                statements.insert(0, prelude::statement());
            }
        } else if self.texts == Texts::AsPrintedFrom {
            for statement in &mut statements {
                statement.sql = expression::as_printed_from(&statement.sql);
            }
        }
        let rank = if phase == 0 { u8::MAX - id.kind.rank() } else { id.kind.rank() };
        let position = match self.context.to.get(&id) {
            Some(Object::Column(column)) => column.position.0,
            _ => 0,
        };
        let key = (phase, rank, id.schema, id.relation, position, id);
        self.nodes.push(Node { key, statements, before: BTreeSet::new() });
        self.nodes.len() - 1
    }

    fn add_nodes(&mut self, actions: &Actions, inlined: &BTreeMap<Id, Id>, apart: &Apart) {
        let context = *self.context;
        let mut parts: Vec<Id> = Vec::new();
        let dropped: Vec<Id> = actions
            .by_id
            .iter()
            .filter(|(id, action)| {
                matches!(action, Action::Drop) && [kind::COLUMN, kind::TABLE].contains(&id.kind)
            })
            .map(|(id, _)| *id)
            .collect();
        let mut untracked = untracked::hazards(&dropped, &context);
        let new: BTreeSet<String> = actions
            .by_id
            .iter()
            .filter(|(_, action)| matches!(action, Action::Create))
            .map(|(id, _)| id.qualified().to_string())
            .collect();
        for (id, action) in &actions.by_id {
            let replaced_target = id.target().is_some_and(|target| is_replaced(actions, &target));
            let (mut dropped, mut created) = (None, None);
            if matches!(action, Action::Drop | Action::Replace)
                && let Some(object) = context.from.get(id)
            {
                let goes_along =
                    owners(id).iter().any(|o| matches!(actions.by_id.get(o), Some(Action::Drop)));
                if goes_along && !apart.dropped.contains(id) && id.kind != kind::SEQUENCE_OWNER {
                    parts.push(*id);
                } else {
                    let kept = Context { to: context.from, ..context };
                    let with_replaced = replaced_target
                        || !apart.dropped.contains(id)
                            && owners(id)
                                .iter()
                                .any(|owner| is_replaced(actions, owner) && !is_foreign_key(object));
                    let statements = if with_replaced || goes_with_whole(object, actions, &context) {
                        Vec::new()
                    } else if apart.dropped.contains(id)
                        && !context.to.contains(&table::id(id.schema, id.relation))
                    {
                        object.drop(&kept)
                    } else {
                        object.drop(&context)
                    };
                    let mut statements = flag(statements, id, actions);
                    if id.kind == kind::TABLE
                        && let Some(keeper) = remade::keeper(id, actions, &context)
                    {
                        remade::without_loss(&mut statements, id, &keeper, &context);
                    }
                    if let (Some(first), Some(hazards)) = (statements.first_mut(), untracked.remove(id)) {
                        first.hazards.extend(hazards);
                    }
                    if statements.is_empty() && with_replaced {
                        // It goes when its owner does, and its name is free then.
                        parts.push(*id);
                    }
                    dropped = Some(statements);
                }
            }
            if matches!(action, Action::Create | Action::Replace)
                && !inlined.contains_key(id)
                && let Some(object) = context.to.get(id)
            {
                // A table that is made again has from its parents what they bring.
                let brought = id.kind == kind::CONSTRAINT
                    && is_inherited(object)
                    && owners(id).iter().any(|owner| is_replaced(actions, owner));
                let mut statements = if brought { Vec::new() } else { object.create(&context) };
                // Nobody waits for a table that is new, and no row of it can be in the way.
                if owners(id).iter().any(|owner| matches!(actions.by_id.get(owner), Some(Action::Create))) {
                    for statement in &mut statements {
                        statement.hazards.clear();
                        statement.preflights.clear();
                    }
                }
                for statement in &mut statements {
                    statement.locks.retain(|lock| !new.contains(&lock.relation));
                }
                created = Some(statements);
            }
            self.place(*id, dropped, created, apart);
            match action {
                Action::Alter(alter) => {
                    if let How::InPlace { statements, .. } = &alter.how {
                        let mut statements = statements.clone();
                        if let (Some(online), Some(to)) = (&mut self.online, context.to.get(id)) {
                            statements = online.alter(to, statements);
                        }
                        // What comes with something else, such as another parent, is done there.
                        if !statements.is_empty() {
                            let node = self.node(1, *id, statements);
                            self.alters.insert(*id, node);
                        }
                    }
                }
                Action::Retype => self.add_retyped(*id, actions),
                Action::Create | Action::Drop | Action::Replace => {}
            }
        }
        self.add_conversions();
        for part in parts {
            if let Some(node) = owners(&part).iter().find_map(|owner| self.drops.get(owner)).copied() {
                self.drops.insert(part, node);
            }
        }
        for (part, whole) in inlined {
            let node = self.creates.get(whole).or(self.alters.get(whole)).copied();
            if let Some(node) = node {
                self.creates.insert(*part, node);
            }
        }
    }

    pub(crate) fn edge(&mut self, first: usize, then: usize) {
        if first != then {
            self.nodes[first].before.insert(then);
        }
    }

    /// What happens to an object: its node in `map`, and that of its alteration; to what it inherits, that of the parent's.
    fn nodes_of(&self, map: &BTreeMap<Id, usize>, id: &Id) -> Vec<usize> {
        let own = [map.get(id), self.alters.get(id)];
        let above = match id.kind {
            kind::COLUMN | kind::CONSTRAINT => parents::above(id, self.context),
            _ => Vec::new(),
        };
        let comes_and_goes = above.iter().filter(|_| own[0].is_none()).filter_map(|id| map.get(id));
        let altered = above.iter().filter_map(|id| self.alters.get(id));
        own.into_iter().flatten().chain(comes_and_goes).chain(altered).copied().collect()
    }

    fn add_edges(&mut self, actions: &Actions, apart: &Apart) {
        let context = *self.context;
        let needs_in = |schema: &limbeck_kinds::Schema, id: &Id| {
            schema.get(id).map(|object| needs(schema, object)).unwrap_or_default()
        };
        let twins = self.twins_that_go();
        for (id, node) in self.creates.clone() {
            for need in needs_in(context.to, &id) {
                for first in self.nodes_of(&self.creates, &need) {
                    self.edge(first, node);
                }
                for first in twins.get(&need).into_iter().flatten() {
                    self.edge(*first, node);
                }
            }
            if let Some(first) = self.drops.get(&id).copied() {
                self.edge(first, node);
            }
        }
        // An index waits for partitions when it is made; the drop of its table takes them along.
        let of_partition = |id: &Id, need: &Id| {
            id.kind == kind::INDEX && need.kind == kind::TABLE && need.qualified() != id.relation()
        };
        for (id, node) in self.drops.clone() {
            for need in needs_in(context.from, &id).into_iter().filter(|need| !of_partition(&id, need)) {
                if let Some(retired) = self.retired.get(&need).copied() {
                    self.edge(node, retired);
                    // Its new name is no matter where the statement does not say it.
                    if !self.says_types(&id) {
                        continue;
                    }
                }
                // What goes may see its columns become NOT NULL, get another storage and the like.
                let harmless = is_harmless(&need, &id, actions, &context) && !self.overs.contains_key(&need);
                // What a table changes of itself is no matter of its columns.
                let of_table = id.kind == kind::COLUMN && need.qualified() == id.relation();
                let then = if harmless || of_table {
                    self.drops.get(&need).copied().into_iter().collect()
                } else {
                    self.nodes_of(&self.drops, &need)
                };
                then.into_iter().for_each(|then| self.edge(node, then));
                // As short as may be without what is swapped.
                if let Some(first) = self.befores.get(&need).copied() {
                    self.edge(first, node);
                }
                // What goes with the sequence itself is no reason.
                if let Some(then) = self.owner_drop(&need).filter(|_| self.drops.get(&need) != Some(&node)) {
                    self.edge(node, then);
                }
            }
        }
        for (id, node) in self.retired.clone() {
            for need in needs_in(context.from, &id) {
                let dropped = || self.drops.get(&need).filter(|_| !self.creates.contains_key(&need));
                if let Some(then) = self.retired.get(&need).or_else(dropped).copied() {
                    self.edge(node, then);
                }
            }
        }
        self.add_before_edges();
        for (id, node) in self.alters.clone() {
            for need in needs_in(context.to, &id) {
                for first in self.nodes_of(&self.creates, &need) {
                    self.edge(first, node);
                }
            }
            let of_default = self.add_default_off(&id, node, apart);
            // A parent that is left is no matter of what a column becomes afterwards.
            let is_open = |need: &Id| !of_default.contains(need) && !is_of_left_parent(need, &id, &context);
            for need in needs_in(context.from, &id).into_iter().filter(is_open) {
                if let Some(retired) = self.retired.get(&need).copied() {
                    self.edge(node, retired);
                }
                if let Some(then) = self.owner_drop(&need) {
                    self.edge(node, then);
                }
                if let Some(then) =
                    self.drops.get(&need).copied().filter(|_| !self.creates.contains_key(&need))
                {
                    self.edge(node, then);
                }
            }
        }
        for (key, column) in &actions.over_included {
            let altered = [&self.alters, &self.overs].map(|nodes| nodes.get(column).copied());
            let made = [&self.befores, &self.creates].map(|nodes| nodes.get(key).copied());
            let gone = self.drops.get(key).copied();
            for alter in altered.into_iter().flatten() {
                gone.into_iter().for_each(|first| self.edge(first, alter));
                made.into_iter().flatten().for_each(|then| self.edge(alter, then));
            }
        }
        self.add_name_edges(apart);
        self.add_grant_edges();
        self.add_twin_edges();
        self.add_detached(actions);
    }

    fn add_detached(&mut self, actions: &Actions) {
        for (id, replaced) in &actions.detached {
            let default = |action: Sql| match id.kind {
                kind::DOMAIN => Statement::new(sql!("ALTER DOMAIN {} {}", id.qualified(), action)),
                // Children have their own, or none.
                _ => {
                    let only = if table::has_children(self.context.to, id.relation()) {
                        sql!("ONLY ")
                    } else {
                        sql!("")
                    };
                    let table = id.relation();
                    let text = sql!("ALTER TABLE {}{} ALTER COLUMN {} {}", only, table, id.name, action);
                    Statement::new(text).locking(table, LockMode::AccessExclusive, Work::Catalog)
                }
            };
            let off = self.node(0, *id, vec![default(sql!("DROP DEFAULT"))]);
            let on = match self.context.to.get(id) {
                Some(
                    Object::Column(Column { value: Value::Default(value), .. })
                    | Object::Domain(Domain { default: Some(value), .. }),
                ) => vec![default(sql!("SET DEFAULT {}", value))],
                _ => Vec::new(),
            };
            let on = self.node(1, *id, on);
            self.edge(off, on);
            // What is made below has the default from here.
            for child in table::children(self.context.to, id.relation()) {
                let kinds = [kind::TABLE, kind::FOREIGN_TABLE];
                let made =
                    kinds.map(|kind| self.creates.get(&Id::inside(kind, child.schema, child.name)).copied());
                made.into_iter().flatten().for_each(|then| self.edge(on, then));
            }
            for over in parents::above(id, self.context)
                .iter()
                .filter_map(|id| self.overs.get(id))
                .copied()
                .collect::<Vec<_>>()
            {
                self.edge(off, over);
                self.edge(over, on);
            }
            let object = self.context.to.get(id);
            for need in object.map(|object| needs(self.context.to, object)).unwrap_or_default() {
                if let Some(create) = self.creates.get(&need).copied() {
                    self.edge(create, on);
                }
            }
            for need in replaced {
                if let Some(drop) = self.drops.get(need).copied() {
                    self.edge(off, drop);
                    self.edge(drop, on);
                }
                if let Some(create) = self.creates.get(need).copied() {
                    self.edge(create, on);
                }
                if let Some(alter) = self.alters.get(need).copied() {
                    self.edge(off, alter);
                    self.edge(alter, on);
                }
            }
        }
    }
}

fn is_foreign_key(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint)
        if matches!(constraint.definition, limbeck_kinds::constraint::ConstraintDefinition::ForeignKey(_)))
}

/// Whether the index or key is a part of one that goes, or a partition's from its parent: it cannot be dropped by itself.
fn goes_with_whole(object: &Object, actions: &Actions, context: &Context<'_>) -> bool {
    if let Object::Constraint(key) = object
        && key.is_foreign_key()
        && is_replaced(actions, &table::id(key.id.schema, key.id.relation))
    {
        // It comes into its own only by leaving, and the table goes before it has left.
        let partition = context.from.get(&table::id(key.id.schema, key.id.relation));
        let parent = partition.and_then(|table| table::parents_of(table).partition_of);
        return parent.is_some_and(|of| {
            context.from.contains(&Id::on(kind::CONSTRAINT, of.parent.qualified(), key.id.name))
        });
    }
    if let Object::Sequence(sequence) = object {
        // It is a column's, and the server drops it with the table or column that is made again.
        let owner = context.from.get(&Id::attached(kind::SEQUENCE_OWNER, sequence.id, ""));
        let Some(Object::SequenceOwner(owner)) = owner else { return false };
        let owners = [owner.table, Id::on(kind::COLUMN, owner.table.qualified(), owner.column)];
        return owners.iter().any(|owner| is_replaced(actions, owner));
    }
    let (part, whole) = match object {
        Object::Index(index) => (index.id, index.attached_to),
        Object::Constraint(constraint) => (constraint.id, constraint.attached_to()),
        _ => return false,
    };
    let Some(whole) = whole else { return false };
    table::common_parents(part.relation(), context).iter().any(|parent| {
        [kind::INDEX, kind::CONSTRAINT].into_iter().any(|kind| {
            let whole = Id::on(kind, parent.qualified(), whole.name);
            matches!(actions.by_id.get(&whole), Some(Action::Drop | Action::Replace))
        })
    })
}

fn is_inherited(object: &Object) -> bool {
    matches!(object, Object::Constraint(constraint) if constraint.definition.is_inherited())
}

/// Whether something is, or belongs to, a table that the column's own has as a parent no longer.
fn is_of_left_parent(need: &Id, column: &Id, context: &Context<'_>) -> bool {
    let parent = match need.kind {
        kind::TABLE => *need,
        kind::COLUMN => table::id(need.schema, need.relation),
        _ => return false,
    };
    let is_parent_in = |schema| table::parents(schema, column.relation()).contains(&parent);
    column.kind == kind::COLUMN && is_parent_in(context.from) && !is_parent_in(context.to)
}

/// Whether a column is altered in no way that something which goes could be in. Labels come and are renamed whatever
/// holds the enum.
fn is_harmless(id: &Id, goes: &Id, actions: &Actions, context: &Context<'_>) -> bool {
    let Some(Action::Alter(alter)) = actions.by_id.get(id) else { return false };
    if id.kind == kind::ENUM {
        return true;
    }
    let (Some(Object::Column(from)), Some(Object::Column(to))) = (context.from.get(id), context.to.get(id))
    else {
        return false;
    };
    // Of indexes only those that identify rows, as primary keys do, demand values.
    let index = context.from.get(goes);
    let takes_null = matches!(index, Some(Object::Index(index)) if !index.replica_identity);
    let stays_null = takes_null || from.not_null.is_none() || to.not_null.is_some();
    stays_null && matches!(alter.how, How::InPlace { rebuild, .. } if rebuild.is_empty())
}

fn is_replaced(actions: &Actions, id: &Id) -> bool {
    matches!(actions.by_id.get(id), Some(Action::Replace | Action::Retype))
}

/// Marks a drop that the server will refuse because something stays that needs it.
fn flag(statements: Vec<Statement>, id: &Id, actions: &Actions) -> Vec<Statement> {
    let blockers: Vec<Id> =
        actions.in_the_way.iter().filter(|(_, dropped)| dropped == id).map(|(blocker, _)| *blocker).collect();
    let flagged = |mut statement: Statement| {
        for blocker in &blockers {
            statement = statement
                .hazard(HazardKind::Undecided, format!("{} {blocker} needs {} {id}", blocker.kind, id.kind));
        }
        statement
    };
    statements.into_iter().map(flagged).collect()
}
