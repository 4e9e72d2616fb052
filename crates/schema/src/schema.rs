//! A schema: all objects of one side of a comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::{Id, Origin};

/// What the generic machinery asks of an object.
pub trait Object: Clone + PartialEq {
    /// What it is called.
    fn id(&self) -> Id;

    /// Follows the renaming of an object: of itself, or of one that it names.
    fn rename(&mut self, rename: &Rename);
}

/// An object that keeps its contents and changes its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// Its name on the `from` side.
    pub from: Id,
    /// Its name on the `to` side.
    pub to: Id,
}

/// The objects of a database, of models, or of a replayed history; sorted by [`Id`].
///
/// Copies of a schema share their objects, so that the two sides of a comparison that differ in little cost little:
/// an object that both share is equal to itself without a look at its fields.
#[derive(Clone, Debug)]
pub struct Schema<O> {
    objects: Shared<BTreeMap<Id, Arc<O>>>,
    /// What an object needs beyond what its own fields say: the server's `pg_depend`.
    pub edges: Shared<BTreeMap<Id, BTreeSet<Id>>>,
    /// Where each object was declared, for those that come from a source file.
    pub origins: Shared<BTreeMap<Id, Origin>>,
    /// Objects whose declaration gives no name; the name in their id is PostgreSQL's default.
    pub unnamed: Shared<BTreeSet<Id>>,
}

impl<O> Default for Schema<O> {
    fn default() -> Self {
        Self {
            objects: Shared::default(),
            edges: Shared::default(),
            origins: Shared::default(),
            unnamed: Shared::default(),
        }
    }
}

/// Something that copies share until one of them changes it.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Clone + IntoIterator> IntoIterator for Shared<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<T: FromIterator<I>, I> FromIterator<I> for Shared<T> {
    fn from_iter<A: IntoIterator<Item = I>>(items: A) -> Self {
        Self(Arc::new(items.into_iter().collect()))
    }
}

impl<'a, T> IntoIterator for &'a Shared<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&*self.0).into_iter()
    }
}

impl<O: Object> Schema<O> {
    /// An empty schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object; returns the one of the same id that it displaced.
    pub fn insert(&mut self, object: O) -> Option<O> {
        self.objects.insert(object.id(), Arc::new(object)).map(Arc::unwrap_or_clone)
    }

    /// A schema of objects that others may share.
    pub fn of_shared(objects: impl IntoIterator<Item = Arc<O>>) -> Self {
        let objects = objects.into_iter().map(|object| (object.id(), object)).collect();
        Self { objects: in_order(objects), ..Self::default() }
    }

    /// The same, of objects that were declared at these places; where several are given for one, the last counts.
    pub fn of_declared(
        objects: impl IntoIterator<Item = Arc<O>>,
        origins: Vec<(Id, Origin)>,
        unnamed: Vec<Id>,
    ) -> Self {
        let unnamed = unnamed.into_iter().collect();
        Self { origins: in_order(origins), unnamed, ..Self::of_shared(objects) }
    }

    /// Takes an object out, with what is known of it.
    pub fn remove(&mut self, id: &Id) -> Option<O> {
        self.edges.remove(id);
        self.origins.remove(id);
        self.unnamed.remove(id);
        self.objects.remove(id).map(Arc::unwrap_or_clone)
    }

    /// The object of this id.
    pub fn get(&self, id: &Id) -> Option<&O> {
        self.objects.get(id).map(Arc::as_ref)
    }

    /// Whether there is an object of this id.
    pub fn contains(&self, id: &Id) -> bool {
        self.objects.contains_key(id)
    }

    /// All objects, in order of their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Id, &O)> {
        self.objects.iter().map(|(id, object)| (id, object.as_ref()))
    }

    /// The objects whose ids lie in a range.
    pub fn range(&self, range: impl std::ops::RangeBounds<Id>) -> impl DoubleEndedIterator<Item = (&Id, &O)> {
        self.objects.range(range).map(|(id, object)| (id, object.as_ref()))
    }

    /// Changes objects in place; their ids must stay as they are. Those that a copy shares are copied first.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut O> {
        self.objects.values_mut().map(Arc::make_mut)
    }

    /// Puts in place what `change` makes of an object, where it makes anything; its id must stay as it is.
    pub fn update(&mut self, mut change: impl FnMut(&O) -> Option<O>) {
        for object in self.objects.values_mut() {
            if let Some(changed) = change(object) {
                *object = Arc::new(changed);
            }
        }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Keeps the objects for which the test holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&Id, &O) -> bool) {
        self.objects.retain(|id, object| keep(id, &*object));
        let objects = &self.objects;
        self.edges.retain(|id, _| objects.contains_key(id));
        self.origins.retain(|id, _| objects.contains_key(id));
        self.unnamed.retain(|id| objects.contains_key(id));
    }

    /// The part of it that holds the objects for which the test holds.
    pub fn part(&self, mut keep: impl FnMut(&Id, &O) -> bool) -> Self {
        let objects: Shared<BTreeMap<Id, Arc<O>>> = self
            .objects
            .iter()
            .filter(|(id, object)| keep(id, object))
            .map(|(id, object)| (*id, Arc::clone(object)))
            .collect();
        let known = |id: &&Id| objects.contains_key(*id);
        let edges = self.edges.iter().filter(|(id, _)| known(id)).map(|(id, needs)| (*id, needs.clone()));
        let origins = self.origins.iter().filter(|(id, _)| known(id)).map(|(id, at)| (*id, at.clone()));
        let unnamed = self.unnamed.iter().filter(known).copied();
        Self { edges: edges.collect(), origins: origins.collect(), unnamed: unnamed.collect(), objects }
    }

    /// Adds what `other` holds; where both hold an id, `other`'s object stays.
    pub fn extend(&mut self, other: Schema<O>) {
        let Schema { objects, edges, origins, unnamed } = other;
        merge(&mut self.objects, objects);
        if self.edges.is_empty() {
            self.edges = edges;
        } else {
            for (id, needs) in edges {
                self.edges.entry(id).or_default().extend(needs);
            }
        }
        merge(&mut self.origins, origins);
        self.unnamed.extend(unnamed);
    }

    /// The same schema after an object got another name: its id changes wherever it stands.
    pub fn rename(&mut self, rename: &Rename, follow: impl Fn(Id) -> Id) {
        let objects = std::mem::take(&mut self.objects);
        for (_, mut object) in objects {
            Arc::make_mut(&mut object).rename(rename);
            self.objects.insert(object.id(), object);
        }
        let edges = std::mem::take(&mut self.edges);
        for (id, needs) in edges {
            self.edges.entry(follow(id)).or_default().extend(needs.into_iter().map(&follow));
        }
        self.origins = std::mem::take(&mut self.origins).into_iter().map(|(id, o)| (follow(id), o)).collect();
        self.unnamed = std::mem::take(&mut self.unnamed).into_iter().map(&follow).collect();
    }
}

/// Adds entries to a map: one by one where they are few, else in one pass over both.
fn merge<V: Clone>(map: &mut Shared<BTreeMap<Id, V>>, mut more: Shared<BTreeMap<Id, V>>) {
    const FEW: usize = 16;
    if map.is_empty() {
        *map = more;
    } else if more.len() < map.len() / FEW {
        map.extend(more);
    } else {
        map.append(&mut more);
    }
}

/// A map of these; of those that share an id, the last.
fn in_order<T>(mut items: Vec<(Id, T)>) -> Shared<BTreeMap<Id, T>> {
    crate::id::sort(&mut items);
    items.into_iter().collect()
}

impl<O: Object> FromIterator<O> for Schema<O> {
    fn from_iter<T: IntoIterator<Item = O>>(objects: T) -> Self {
        Self {
            objects: objects.into_iter().map(|object| (object.id(), Arc::new(object))).collect(),
            ..Self::default()
        }
    }
}

/// A schema in which every expression and every type stands as a server prints it.
///
/// Only such schemas can be compared; text from models becomes canonical by asking a server.
#[derive(Clone, Debug)]
pub struct Canonical<S>(S);

impl<S> Canonical<S> {
    /// Marks a schema as canonical. For those who read it from a server, or have asked one about every text
    /// in it; nobody else.
    pub fn from_server(schema: S) -> Self {
        Self(schema)
    }

    /// The schema itself.
    pub fn into_inner(self) -> S {
        self.0
    }
}

impl<S> Deref for Canonical<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

/// Something that an object carries and that no comparison looks at: the position of a column.
#[derive(Clone, Copy, Debug, Default)]
pub struct Incidental<T>(pub T);

impl<T> PartialEq for Incidental<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Incidental<T> {}

impl<T> Hash for Incidental<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
