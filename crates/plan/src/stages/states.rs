//! The schemas between `from` and `to`: what is there when one stage is done.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{self, Column, NotNull, Value};
use limbeck_kinds::constraint::{Constraint, ConstraintDefinition};
use limbeck_kinds::names::free_label;
use limbeck_kinds::{Object, Schema, follow, kind, needs, sequence};
use limbeck_schema::{Canonical, Id, Incidental, Object as _, Rename};
use limbeck_sql::{Ident, Name};

use super::Pair;
use super::step::{self, InStep};
use crate::aside::is_free;
use crate::rebuild::Dependents;

/// The states, and what tells them apart.
pub(super) struct States {
    pub(super) from: Canonical<Schema>,
    pub(super) to: Canonical<Schema>,
    /// Everything else is as it should be; the columns are as they were.
    pub(super) rest: Canonical<Schema>,
    /// Both columns, in step, with all that is demanded of either.
    pub(super) both: Canonical<Schema>,
    /// The same on the way down, while the new column still has its own name.
    pub(super) mirror: Canonical<Schema>,
    pub(super) pairs: Vec<Pair>,
    /// What concerns the old columns.
    pub(super) touched_from: BTreeSet<Id>,
    /// What is built on the new columns: its id in `both`, and in `to`.
    pub(super) built: Vec<(Id, Id)>,
    /// What is built on the old columns: its id in `mirror`, and in `both`.
    pub(super) rebuilt: Vec<(Id, Id)>,
    /// Primary keys that move from column to column.
    pub(super) keys: Vec<MovedKey>,
    pub(super) version: i32,
}

/// A primary key that moves: a table has but one, so that the other column has a unique index meanwhile.
pub(super) struct MovedKey {
    /// The key; the same on all sides but for its columns, or `None` where a side has none.
    pub(super) old: Option<Id>,
    pub(super) new: Option<Id>,
    /// The index over the new columns, in `both` and in `mirror`.
    pub(super) over_new: Option<Id>,
    /// The index over the old columns, in `mirror`.
    pub(super) over_old: Option<Id>,
}

impl States {
    pub(super) fn new(
        from: &Canonical<Schema>,
        to: &Canonical<Schema>,
        pairs: Vec<Pair>,
        version: i32,
    ) -> Self {
        let old: BTreeSet<Id> = pairs.iter().map(|pair| pair.old.id).collect();
        let new: BTreeSet<Id> = pairs.iter().map(|pair| pair.new.id).collect();
        let touched_from = touched(from, &Dependents::of(from), &old);
        let touched_to = touched(to, &Dependents::of(to), &new);
        let rest = rest(from, to, &touched_from, &touched_to);
        let mut states = Self {
            from: from.clone(),
            to: to.clone(),
            rest: Canonical::from_server(rest),
            both: to.clone(),
            mirror: to.clone(),
            pairs,
            touched_from,
            built: Vec::new(),
            rebuilt: Vec::new(),
            keys: Vec::new(),
            version,
        };
        states.put_together(&new, &old);
        states
    }

    fn put_together(&mut self, new: &BTreeSet<Id>, old: &BTreeSet<Id>) {
        let mut taken = BTreeSet::new();
        let mut both = Schema::clone(&self.rest);
        let renamed = self.pairs.iter().map(|pair| (pair.new.id, pair.meanwhile));
        let new_side = Side::of(&self.to, new, renamed, [&self.from, &self.to], "limbeck_new", &mut taken);
        new_side.add_to(&mut both, self.version);
        let mut mirror = Schema::clone(&self.to);
        let renamed = self.pairs.iter().map(|pair| (pair.old.id, pair.mirrored));
        let old_side = Side::of(&self.rest, old, renamed, [&self.to, &self.from], "limbeck_old", &mut taken);
        old_side.add_to(&mut mirror, self.version);
        // The index that `both` has over the new columns beside the old key.
        let back: Vec<Rename> = self
            .pairs
            .iter()
            .map(|pair| Rename { from: pair.new.id.with_name(pair.meanwhile), to: pair.new.id })
            .collect();
        for index in new_side.keys.values() {
            if let Some(object) = new_side.schema.get(index) {
                let mut object = object.clone();
                back.iter().for_each(|rename| object.rename(rename));
                mirror.insert(object);
            }
        }
        for (table, pairs) in self.by_table(|pair| (pair.old.id.name, pair.meanwhile)) {
            step::add(&mut both, table, &pairs);
        }
        for (table, pairs) in self.by_table(|pair| (pair.mirrored, pair.new.id.name)) {
            step::add(&mut mirror, table, &pairs);
        }
        let tables: BTreeSet<Name> = self.pairs.iter().map(|pair| pair.old.table()).collect();
        for table in tables {
            let key = |side: &Side| {
                side.keys.iter().find(|(key, _)| key.relation() == table).map(|(key, index)| (*key, *index))
            };
            let (new, old) = (key(&new_side), key(&old_side));
            if new.is_some() || old.is_some() {
                self.keys.push(MovedKey {
                    old: old.map(|(key, _)| key),
                    new: new.map(|(key, _)| key),
                    over_new: new.map(|(_, index)| index),
                    over_old: old.map(|(_, index)| index),
                });
            }
        }
        self.built = new_side.built;
        self.rebuilt = old_side.built;
        self.both = Canonical::from_server(both);
        self.mirror = Canonical::from_server(mirror);
    }

    /// The pairs of each table, under the names of a state.
    pub(super) fn by_table(&self, named: impl Fn(&Pair) -> (Ident, Ident)) -> BTreeMap<Name, Vec<InStep>> {
        let mut tables: BTreeMap<Name, Vec<InStep>> = BTreeMap::new();
        for pair in &self.pairs {
            let (old, new) = named(pair);
            tables.entry(pair.old.table()).or_default().push(pair.in_step(old, new));
        }
        tables
    }

    /// The renames from `both` to `to`.
    pub(super) fn renames_up(&self) -> Vec<Rename> {
        let columns = self.pairs.iter().map(|pair| (pair.new.id.with_name(pair.meanwhile), pair.new.id));
        renames(columns.chain(self.built.iter().copied()))
    }

    /// The renames from `mirror` to `both`.
    pub(super) fn renames_down(&self) -> Vec<Rename> {
        let new = self.pairs.iter().map(|pair| (pair.new.id, pair.new.id.with_name(pair.meanwhile)));
        let old = self.pairs.iter().map(|pair| (pair.old.id.with_name(pair.mirrored), pair.old.id));
        let built = self.built.iter().map(|(both, to)| (*to, *both));
        renames(new.chain(old).chain(built).chain(self.rebuilt.iter().copied()))
    }
}

fn renames(pairs: impl Iterator<Item = (Id, Id)>) -> Vec<Rename> {
    pairs.filter(|(from, to)| from != to).map(|(from, to)| Rename { from, to }).collect()
}

/// One of the two columns, with all that is demanded of it, under the names that it has beside the other one.
struct Side {
    schema: Schema,
    columns: Vec<Id>,
    /// Constraints and indexes: the id here, and where they come from.
    built: Vec<(Id, Id)>,
    /// The primary keys among them, and the unique indexes that stand for them.
    keys: BTreeMap<Id, Id>,
}

impl Side {
    fn of(
        source: &Schema,
        columns: &BTreeSet<Id>,
        renamed: impl Iterator<Item = (Id, Ident)>,
        others: [&Schema; 2],
        label: &str,
        taken: &mut BTreeSet<Name>,
    ) -> Self {
        let mut schema = source.clone();
        let mut here = Vec::new();
        for (id, name) in renamed {
            let rename = Rename { from: id, to: id.with_name(name) };
            if rename.from != rename.to {
                schema.rename(&rename, |id| follow(&rename, id));
            }
            here.push(rename.to);
        }
        let mut side = Self { schema, columns: here, built: Vec::new(), keys: BTreeMap::new() };
        // What only rests on a key of theirs (a foreign key to its other columns) is made again when they change places.
        let names = |object: &Object| needs(source, object).iter().any(|need| columns.contains(need));
        let demands: Vec<Id> = source
            .iter()
            .filter(|(id, object)| [kind::CONSTRAINT, kind::INDEX].contains(&id.kind) && names(object))
            .map(|(id, _)| *id)
            .collect();
        for id in demands {
            let is_key = matches!(
                source.get(&id),
                Some(Object::Constraint(Constraint { definition: ConstraintDefinition::PrimaryKey(_), .. }))
            );
            let free = !is_key && is_free(others[0], &id) && !taken.contains(&id.qualified());
            let name = if free { id.name } else { free_name(others, taken, id, label) };
            taken.insert(Name { schema: id.schema, name });
            if is_key {
                side.index_for_key(id, name);
                continue;
            }
            let rename = Rename { from: id, to: id.with_name(name) };
            if !free {
                side.schema.rename(&rename, |id| follow(&rename, id));
            }
            side.built.push((rename.to, id));
        }
        side
    }

    /// Puts a unique index in a primary key's place.
    fn index_for_key(&mut self, key: Id, name: Ident) {
        let Some(Object::Constraint(constraint)) = self.schema.get(&key) else { return };
        let named = Constraint { id: key.with_name(name), definition: constraint.definition.clone() };
        let Some(index) = named.index() else { return };
        let id = index.id;
        self.schema.remove(&key);
        self.schema.insert(index.into());
        for needs in self.schema.edges.values_mut() {
            if needs.remove(&key) {
                needs.insert(id);
            }
        }
        self.keys.insert(key, id);
    }

    /// Adds the columns and what is demanded of them, without their values: those stay with the other column.
    fn add_to(&self, state: &mut Schema, version: i32) {
        let mut ids: BTreeSet<Id> = self.columns.iter().copied().collect();
        ids.extend(self.built.iter().map(|(id, _)| *id));
        ids.extend(self.keys.values().copied());
        let attached: Vec<Id> = self
            .schema
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| {
                id.kind != kind::SEQUENCE_OWNER && id.target().is_some_and(|target| ids.contains(&target))
            })
            .collect();
        for id in ids.into_iter().chain(attached) {
            let Some(object) = self.schema.get(&id) else { continue };
            state.insert(beside(object.clone(), version));
            // What a column's default needs stays with the other column.
            if let Some(needs) = self.schema.edges.get(&id).filter(|_| id.kind != kind::COLUMN) {
                state.edges.insert(id, needs.clone());
            }
        }
    }
}

/// An object as it can be beside its like: a table has one replica identity, and is clustered on one index.
fn beside(mut object: Object, version: i32) -> Object {
    match &mut object {
        Object::Column(column) => {
            let bare = Column { not_null: None, ..column.clone() };
            column.value = Value::Plain;
            column.backfill = Incidental(None);
            column.using = Incidental(None);
            column.position = Incidental(i16::MAX);
            if let Some(not_null) = &mut column.not_null {
                let name = (version >= 180_000).then(|| bare.not_null_name());
                *not_null = NotNull { name, ..*not_null };
            }
        }
        Object::Index(index) => (index.clustered, index.replica_identity) = (false, false),
        Object::Constraint(constraint) => {
            if let ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) =
                &mut constraint.definition
            {
                (key.clustered, key.replica_identity) = (false, false);
            }
        }
        _ => {}
    }
    object
}

/// What needs one of these columns, however indirectly, with what is attached to that, and the sequences that they
/// own.
pub(super) fn touched(schema: &Schema, dependents: &Dependents, columns: &BTreeSet<Id>) -> BTreeSet<Id> {
    let mut open: Vec<Id> = columns.iter().copied().collect();
    open.extend(columns.iter().filter_map(|column| sequence::owned_by(schema, column)));
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(dependents.of_id(&id));
        }
    }
    found
}

/// `to`, but what concerns the columns is as it was, and what that needs is still there.
fn rest(from: &Schema, to: &Schema, touched_from: &BTreeSet<Id>, touched_to: &BTreeSet<Id>) -> Schema {
    let mut rest = to.clone();
    rest.retain(|id, _| !touched_to.contains(id) && !touched_from.contains(id));
    let mut open: Vec<Id> = touched_from.union(touched_to).filter(|id| from.contains(id)).copied().collect();
    while let Some(id) = open.pop() {
        let Some(object) = from.get(&id).filter(|_| !rest.contains(&id)) else { continue };
        open.extend(needs(from, object));
        rest.insert(object.clone());
        if let Some(edges) = from.edges.get(&id) {
            rest.edges.insert(id, edges.clone());
        }
    }
    rest
}

/// A name that nothing has on either side, and that was not given away before.
fn free_name(schemas: [&Schema; 2], taken: &mut BTreeSet<Name>, id: Id, label: &str) -> Ident {
    free_label(id.name, label, |name| {
        let id = id.with_name(name);
        schemas.iter().all(|schema| is_free(schema, &id)) && !taken.contains(&id.qualified())
    })
}

/// A name for a column beside its like.
pub(super) fn free_column(
    from: &Schema,
    to: &Schema,
    taken: &mut BTreeSet<Id>,
    column: Id,
    label: &str,
) -> Ident {
    let name = free_label(column.name, label, |name| {
        let id = column::id(column.relation(), name);
        !from.contains(&id) && !to.contains(&id) && !taken.contains(&id)
    });
    taken.insert(column::id(column.relation(), name));
    name
}
