//! Renames: told, found, and those that only a human can tell.
//!
//! Told are `renamed_from` and `--rename`. Found are those in which nothing can be lost: a constraint or an
//! index of the same definition, an enum whose labels are the same words and whose columns go along. Drops of
//! columns and tables beside additions of their like are reported as candidates, never decided.

use std::collections::BTreeSet;

use limbeck_diff::Change;
use limbeck_kinds::column::Column;
use limbeck_kinds::enumeration::{Enumeration, same_word};
use limbeck_kinds::{Context, How, Object, Schema, TypeBase, follow, kind};
use limbeck_schema::{Id, Kind, Object as _, Rename};
use limbeck_sql::{Ident, Name, Statement};

use crate::aside::free_name;
use crate::{Difference, Verb, describe};

/// A drop beside an addition that looks like its new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What would be dropped.
    pub dropped: Id,
    /// What would be added.
    pub added: Id,
}

/// Applies renames to `from` and remembers how.
pub(crate) struct Renamer {
    told: Vec<Rename>,
    /// In the order in which they were applied, each in the names of its moment.
    pub(crate) done: Vec<Rename>,
    /// What left its name to another object, and is dropped or made anew later.
    pub(crate) aside: Vec<Rename>,
    /// Schemas that had to be made first, because something moves into them.
    made: Vec<Id>,
    statements: Vec<Statement>,
    version: i32,
}

impl Renamer {
    pub(crate) fn new(told: &[Rename], version: i32) -> Self {
        let (done, aside, made, statements) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { told: told.to_vec(), done, aside, made, statements, version }
    }

    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.statements.clone()
    }

    /// Applies the renames that are told and still to be made; a name that is taken gets out of the way first
    /// where it is renamed itself.
    pub(crate) fn apply_told(&mut self, from: &mut Schema, to: &Schema) {
        let open = self
            .told
            .iter()
            .copied()
            .filter(|rename| from.contains(&rename.from) && to.contains(&rename.to))
            .collect();
        self.apply_all(open, from, to);
    }

    /// Applies renames in an order in which each new name is free.
    fn apply_all(&mut self, mut open: Vec<Rename>, from: &mut Schema, to: &Schema) {
        // Outer objects first: a column's new id lies in its table's new name.
        open.sort_by_key(|rename| (rename.from.kind.rank(), rename.from));
        while !open.is_empty() {
            let free = open.iter().position(|rename| !self.waits(rename, from, &open));
            let mut rename = open.remove(free.unwrap_or(0));
            // What a parent's rename has done already is not done again.
            if !from.contains(&rename.from) {
                continue;
            }
            if free.is_none() {
                // A circle: a → b, b → a. The first one waits under a name of its own.
                let waiting = free_name(from, to, rename.from);
                let rest = Rename { from: waiting, to: rename.to };
                rename.to = waiting;
                open.push(rest);
            } else {
                rename.to = self.current(rename.to, &open);
            }
            for other in &mut open {
                other.from = follow(&rename, other.from);
            }
            self.clear(from, to, &rename);
            self.apply(from, to, rename);
        }
    }

    /// Whether the new name is still that of something that gets another one itself.
    fn waits(&self, rename: &Rename, from: &Schema, open: &[Rename]) -> bool {
        let occupant = occupant(from, &self.current(rename.to, open), &rename.from);
        occupant.is_some_and(|occupant| open.iter().any(|other| other.from == occupant))
    }

    /// What has the new name already goes, or is made anew: it leaves the name before its end.
    fn clear(&mut self, from: &mut Schema, to: &Schema, rename: &Rename) {
        while let Some(occupant) = occupant(from, &rename.to, &rename.from) {
            self.step_aside(from, to, occupant);
        }
    }

    fn step_aside(&mut self, from: &mut Schema, to: &Schema, id: Id) {
        let aside = Rename { from: id, to: free_name(from, to, id) };
        let mut statements = limbeck_kinds::rename_statements(&aside);
        statements.iter_mut().for_each(|statement| statement.hazards.clear());
        self.statements.extend(statements);
        rename_all(from, &aside);
        self.aside.push(aside);
    }

    /// Types that end while others of another kind take their names: both are there while columns go over.
    pub(crate) fn clear_types(&mut self, from: &mut Schema, to: &Schema) {
        let goes_over = |ty: &Id| {
            let stays = |id: &Id| matches!(to.get(id), Some(Object::Column(_)));
            from.iter().any(|(id, object)| uses(object, *ty) && stays(id))
        };
        let shares = |id: &Id| SHARED.contains(&id.kind) || id.kind == kind::BASE_TYPE;
        let taken = |ty: &Id| to.iter().any(|(id, _)| id.qualified() == ty.qualified() && shares(id));
        let found =
            from.iter().map(|(id, _)| *id).filter(|id| SHARED.contains(&id.kind) && id.relation.is_empty());
        let found: Vec<Id> = found.filter(|id| !to.contains(id) && taken(id) && goes_over(id)).collect();
        found.into_iter().for_each(|id| self.step_aside(from, to, id));
    }

    /// The id as it is called while outer renames of `open` are still to come.
    fn current(&self, id: Id, open: &[Rename]) -> Id {
        open.iter()
            .filter(|rename| rename.to != id)
            .fold(id, |id, rename| follow(&Rename { from: rename.to, to: rename.from }, id))
    }

    /// Applies the renames in which nothing can be lost.
    pub(crate) fn apply_found(&mut self, from: &mut Schema, to: &Schema) {
        for rename in enums(from, to) {
            self.apply(from, to, rename);
        }
        for rename in crate::sequences::renamed(from, to) {
            self.apply(from, to, rename);
        }
        // The parts of a partitioned table's index are the same once the whole has its new name.
        loop {
            let found = same_definition(&Context { from, to, version: self.version });
            if found.is_empty() {
                break;
            }
            self.apply_all(found, from, to);
        }
    }

    fn apply(&mut self, from: &mut Schema, to: &Schema, rename: Rename) {
        self.make_schema(from, to, &rename);
        self.statements.extend(limbeck_kinds::rename_statements(&rename));
        rename_all(from, &rename);
        crate::sequences::move_along(from, &rename);
        self.done.push(rename);
    }

    /// Makes the schema that something moves into, where it is new too.
    fn make_schema(&mut self, from: &mut Schema, to: &Schema, rename: &Rename) {
        let schema = limbeck_kinds::namespace::id(rename.to.schema);
        if from.contains(&schema) {
            return;
        }
        if let Some(object) = to.get(&schema) {
            self.statements.extend(object.create(&Context { from, to, version: self.version }));
            self.made.push(schema);
            from.insert(object.clone());
        }
    }

    /// The renames as a reader sees them: intermediate names left out.
    pub(crate) fn differences(&self, to: &Schema) -> Vec<Difference> {
        let mut whole: Vec<Rename> = Vec::new();
        for rename in &self.done {
            match whole.iter_mut().find(|earlier| earlier.to == rename.from) {
                Some(earlier) => earlier.to = rename.to,
                None => whole.push(*rename),
            }
        }
        let difference =
            |change, id, detail| Difference { change, id, detail, origin: to.origins.get(&id).cloned() };
        let made = self.made.iter().filter_map(|id| {
            to.get(id).map(|object| difference(Verb::Create, *id, describe::summary(object, self.version)))
        });
        let renamed = whole
            .into_iter()
            .filter(|rename| rename.from != rename.to)
            .map(|rename| difference(Verb::Rename, rename.to, renamed_from(&rename)));
        made.chain(renamed).collect()
    }
}

/// The old name in words; in full only where more than the last part of it changed.
fn renamed_from(Rename { from, to }: &Rename) -> String {
    let beside = from.with_name(to.name) == *to && from.name != to.name;
    if beside { format!("renamed from {}", from.name) } else { format!("renamed from {from}") }
}

/// Parts of a partitioned table's index or key name it without saying which table it is on.
fn follow_parts(from: &mut Schema, rename: &Rename) {
    if ![kind::CONSTRAINT, kind::INDEX].contains(&rename.from.kind) {
        return;
    }
    for object in from.values_mut() {
        let whole = match object {
            Object::Index(index) => &mut index.attached_to,
            Object::Constraint(constraint) => match constraint.definition.attached_to_mut() {
                Some(whole) => whole,
                None => continue,
            },
            _ => continue,
        };
        if *whole == Some(rename.from.qualified()) {
            *whole = Some(rename.to.qualified());
        }
    }
}

/// Renames an object and what the server renames with it.
fn rename_all(schema: &mut Schema, rename: &Rename) {
    for rename in followers(schema, rename).into_iter().chain([*rename]) {
        schema.rename(&rename, |id| follow(&rename, id));
        follow_parts(schema, &rename);
    }
}

/// The columns and checks of children that are renamed with their parent's.
pub(crate) fn followers(schema: &Schema, rename: &Rename) -> Vec<Rename> {
    let Rename { from, to } = rename;
    let inherits = |id: &Id| match schema.get(id) {
        Some(Object::Column(_)) => true,
        Some(Object::Constraint(constraint)) => constraint.is_inheritable(),
        _ => false,
    };
    if ![kind::COLUMN, kind::CONSTRAINT].contains(&from.kind) || from.name == to.name {
        return Vec::new();
    }
    if !inherits(from) && !inherits(to) {
        return Vec::new();
    }
    let mut found: Vec<Rename> = Vec::new();
    let mut open = vec![to.relation()];
    while let Some(parent) = open.pop() {
        for child in limbeck_kinds::table::children(schema, parent) {
            let of = |name: Ident| Id::on(from.kind, child, name);
            let known = found.iter().any(|rename| rename.from == of(from.name));
            if inherits(&of(from.name)) && !known {
                found.push(Rename { from: of(from.name), to: of(to.name) });
                open.push(child);
            }
        }
    }
    found
}

/// The object that bears a name already which another one is to get.
fn occupant(from: &Schema, id: &Id, own: &Id) -> Option<Id> {
    if from.contains(id) && id != own {
        return Some(*id);
    }
    // Relations, indexes and types share their names.
    let shares = |id: &Id| match from.get(id) {
        Some(Object::Constraint(constraint)) => constraint.has_index(),
        _ => SHARED.contains(&id.kind),
    };
    let like = || from.iter().map(|(id, _)| id);
    shares(own).then(|| {
        like().find(|other| other.qualified() == id.qualified() && *other != own && shares(other)).copied()
    })?
}

/// Kinds whose names relations and types of one schema share.
const SHARED: [Kind; 10] = [
    kind::TABLE,
    kind::FOREIGN_TABLE,
    kind::VIEW,
    kind::MATERIALIZED_VIEW,
    kind::SEQUENCE,
    kind::INDEX,
    kind::ENUM,
    kind::DOMAIN,
    kind::COMPOSITE_TYPE,
    kind::RANGE_TYPE,
];

/// Constraints and indexes that only changed their name; some of them may have exchanged theirs.
fn same_definition(context: &Context<'_>) -> Vec<Rename> {
    let Context { from, to, .. } = *context;
    let moved = |here: &Schema, there: &Schema, kind: Kind| -> Vec<Id> {
        here.range(Id::inside(kind, "", "")..)
            .take_while(|(id, _)| id.kind == kind)
            .filter(|(id, _)| !there.contains(id) || is_remade(id, context))
            .filter(|(id, _)| id.kind != kind::CONSTRAINT || !is_typed(here, id))
            .map(|(id, _)| *id)
            .collect()
    };
    let mut found: Vec<Rename> = Vec::new();
    for kind in [kind::CONSTRAINT, kind::INDEX] {
        let mut created = moved(to, from, kind);
        for old in moved(from, to, kind) {
            let like = |id: &Id| {
                let rename = Rename { from: old, to: *id };
                let mut object = from.get(&old).cloned();
                object.iter_mut().for_each(|object| object.rename(&rename));
                // The server renames what is inherited where it comes from.
                let parents = limbeck_kinds::table::parents(from, old.relation());
                let inherited = matches!(object, Some(Object::Constraint(ref constraint)) if constraint.is_inheritable())
                    && parents
                        .iter()
                        .any(|parent| from.contains(&Id::on(kind, parent.qualified(), old.name)));
                id.relation() == old.relation() && !inherited && object.as_ref() == to.get(id)
            };
            if let Some(at) = created.iter().position(like) {
                found.push(Rename { from: old, to: created.remove(at) });
            }
        }
    }
    // A name must be free, or become so by another of these. A part cannot be dropped without its whole: what bears
    // its new name steps aside.
    loop {
        let moves = |id: &Id| found.iter().any(|rename| rename.from == *id);
        let is_part = |id: &Id| match from.get(id) {
            Some(Object::Index(index)) => index.attached_to.is_some(),
            Some(Object::Constraint(constraint)) => constraint.attached_to().is_some(),
            _ => false,
        };
        let is_free = |rename: &Rename| {
            let occupant = occupant(from, &rename.to, &rename.from);
            is_part(&rename.from) || occupant.is_none_or(|occupant| moves(&occupant))
        };
        let free: Vec<Rename> = found.iter().copied().filter(is_free).collect();
        if free.len() == found.len() {
            return free;
        }
        found = free;
    }
}

/// Whether the constraint is on a typed table, where the server renames none.
fn is_typed(schema: &Schema, id: &Id) -> bool {
    let table = schema.get(&limbeck_kinds::table::id(id.schema, id.relation));
    matches!(table, Some(Object::Table(table)) if table.of_type.is_some())
}

/// Whether an object of that id is on both sides, and no statement makes one of the other.
fn is_remade(id: &Id, context: &Context<'_>) -> bool {
    let (Some(from), Some(to)) = (context.from.get(id), context.to.get(id)) else { return false };
    from != to && from.alter(to, context).is_none_or(|alter| matches!(alter.how, How::Replace))
}

/// Enums that vanish while another of the same words appears, with a column that goes from one to the other.
fn enums(from: &Schema, to: &Schema) -> Vec<Rename> {
    let only = |here: &Schema, there: &Schema| -> Vec<Enumeration> {
        here.iter()
            .filter(|(id, _)| !there.contains(id))
            .filter_map(|(_, object)| match object {
                Object::Enumeration(enumeration) => Some(enumeration.clone()),
                _ => None,
            })
            .collect()
    };
    let (dropped, mut created) = (only(from, to), only(to, from));
    if dropped.is_empty() || created.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for old in dropped {
        let like = |new: &Enumeration| {
            old.labels.len() == new.labels.len()
                && old.labels.iter().zip(&new.labels).all(|(a, b)| same_word(a, b))
                && from
                    .iter()
                    .any(|(id, object)| uses(object, old.id) && to.get(id).is_some_and(|o| uses(o, new.id)))
        };
        if let Some(at) = created.iter().position(like) {
            found.push(Rename { from: old.id, to: created.remove(at).id });
        }
    }
    found
}

fn uses(object: &Object, ty: Id) -> bool {
    matches!(object, Object::Column(Column { ty: of, .. })
        if matches!(of.base, TypeBase::User { brought_by, .. } if brought_by == ty))
}

/// Drops that an addition beside them may explain: a column of the same type in the same table, a table with
/// the same columns.
pub(crate) fn candidates(changes: &[Change<Object>]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for change in changes {
        let Change::Drop(dropped) = change else { continue };
        for other in changes {
            let Change::Create(added) = other else { continue };
            if may_be_renamed(dropped, added, changes) {
                found.push(Candidate { dropped: dropped.id(), added: added.id() });
            }
        }
    }
    found
}

fn may_be_renamed(dropped: &Object, added: &Object, changes: &[Change<Object>]) -> bool {
    match (dropped, added) {
        (Object::Column(dropped), Object::Column(added)) => {
            dropped.id.relation() == added.id.relation()
                && dropped.ty == added.ty
                && !dropped.inherited
                && !added.inherited
        }
        (Object::Table(dropped), Object::Table(added)) => {
            let columns = |table: Name, created: bool| -> BTreeSet<(Ident, String)> {
                changes
                    .iter()
                    .filter_map(|change| match change {
                        Change::Create(Object::Column(column)) if created => Some(column),
                        Change::Drop(Object::Column(column)) if !created => Some(column),
                        _ => None,
                    })
                    .filter(|column| column.id.relation() == table)
                    .map(|column| (column.id.name, column.ty.to_string()))
                    .collect()
            };
            let old = columns(dropped.id.qualified(), false);
            !old.is_empty() && old == columns(added.id.qualified(), true)
        }
        _ => false,
    }
}
