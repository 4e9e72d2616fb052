//! From a declared schema to a canonical one: which texts are settled, and what must be asked of a server.
//!
//! A declaration says `version > 0`, the catalog prints `(version > 0)`. Where the object of the same name on
//! the other side holds the same text, or a text of the same syntax tree, the server's text is taken over:
//! the server's own text means the same as what it was printed from. What is left open is built on scratch,
//! with all that it needs, and read back. This module does neither; it only says what, and takes the answer.

mod meaning;

use std::collections::BTreeSet;

use limbeck_diff::Change;
use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::constraint::ConstraintDefinition;
use limbeck_kinds::{
    Context, Object, Schema, TypeBase, TypeName, Visitor, column, expression, kind, needs, table,
};
use limbeck_schema::{Canonical, Id, Kind, Object as _};
use limbeck_sql::{Ident, Name, Sql, Statement};

use meaning::means_the_same;

use crate::Error;
use crate::graph::{Graph, Texts};

/// A declared schema on its way.
#[derive(Debug)]
pub struct Declared {
    schema: Schema,
    /// Objects that hold a text which only a server can put into its own words.
    open: BTreeSet<Id>,
}

/// What a server must build so that the open texts can be read back.
#[derive(Debug)]
pub struct Question {
    /// The statements, in order, for an empty database.
    pub statements: Vec<Statement>,
    /// The objects that are asked about.
    pub open: BTreeSet<Id>,
}

impl Declared {
    /// Settles what can be settled by looking at `known`: a database, or the replayed revisions.
    pub fn new(mut schema: Schema, known: &Schema) -> Self {
        let mut open = BTreeSet::new();
        schema.update(|declared| {
            if !may_hold_text(declared) && !has_open_type(declared) {
                return None;
            }
            let id = declared.id();
            if known.get(&id) == Some(declared) {
                return None;
            }
            let mut object = declared.clone();
            let has_types = settle_types(&mut object, known);
            let counterpart = known.get(&id).or_else(|| like(&object, known));
            let settled = texts(&object).is_empty() || settle(&mut object, counterpart);
            if !settled || !has_types {
                open.insert(id);
            }
            Some(object)
        });
        Self { schema, open }
    }

    /// Opens texts that are canonical already: the server is to read its own words once more. Some expressions
    /// change when a dump is loaded (`x IN (…)` over a varchar), so that one meaning has two canonical forms.
    pub fn reopened(schema: &Schema, open: BTreeSet<Id>) -> Self {
        Self { schema: schema.clone(), open }
    }

    /// The object as it now stands.
    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.schema.get(id)
    }

    /// The objects whose text is still open.
    pub fn open(&self) -> &BTreeSet<Id> {
        &self.open
    }

    /// A key for each open object that changes with everything its canonical form depends on, so that answers
    /// can be kept. `None` for an object whose form is more than its texts.
    pub fn key(&self, id: &Id) -> Option<String> {
        let object = self.schema.get(id)?;
        if has_open_type(object) {
            return None;
        }
        let mut key = format!("{id:?}\n");
        for text in texts(object) {
            key.push_str(text.as_str());
            key.push('\n');
        }
        let relation = id.relation();
        if let Object::Column(column) = object {
            key.push_str(&format!("{} {:?}\n", column.ty, column.collation.map(|(name, _)| name)));
        }
        if let Object::Domain(domain) = object {
            key.push_str(&format!("{}\n", domain.base));
        }
        for (id, object) in self.schema.range(column::id(relation, Ident::default())..) {
            match object {
                Object::Column(column) if id.relation() == relation => {
                    key.push_str(&format!("{} {}\n", id.name, column.ty));
                }
                _ => break,
            }
        }
        Some(key)
    }

    /// Takes an answer that was kept: the texts of the object, in the order of [`texts`].
    pub fn answer(&mut self, id: &Id, answer: &[Sql]) {
        if let Some(mut object) = self.schema.get(id).cloned()
            && texts(&object).len() == answer.len()
        {
            set_texts(&mut object, answer);
            self.put(object);
            self.open.remove(id);
        }
    }

    /// What a server must build, from what is declared and, where that is not enough, from what `known` has.
    ///
    /// # Errors
    ///
    /// [`Error::Cycle`] where the objects leave no order of creation.
    pub fn question(&self, known: &Schema, version: i32, with_extensions: bool) -> Result<Question, Error> {
        let subset = self.subset(known, with_extensions);
        let empty = limbeck_kinds::namespace::of_empty(&subset);
        let context = Context { from: &empty, to: &subset, version };
        let changes = limbeck_diff::diff(&empty, &subset);
        let statements = Graph::of(changes, &context)?.into_statements(Texts::Verbatim, false)?;
        Ok(Question { statements, open: self.open.clone() })
    }

    /// Takes the objects as a server holds them after the question's statements; what it does not hold under
    /// its id stays open.
    pub fn settle(&mut self, answer: &Canonical<Schema>) {
        for id in self.open.clone() {
            let Some(read) = answer.get(&id) else { continue };
            let Some(declared) = self.schema.get(&id) else { continue };
            let object = with_hints(read.clone(), declared);
            if let Some(edges) = answer.edges.get(&id) {
                self.schema.edges.entry(id).or_default().extend(edges);
            }
            self.put(object);
            self.open.remove(&id);
        }
    }

    /// The open object whose text stands at a position of a statement (from 1, in characters) that a server
    /// refuses; without a position, the only one whose text the statement holds.
    pub fn guilty(&self, statement: &str, position: Option<usize>) -> Option<Id> {
        let at =
            position.map(|at| statement.char_indices().nth(at.saturating_sub(1)).map_or(0, |(at, _)| at));
        let holds = |id: &&Id| {
            let Some(object) = self.schema.get(id) else { return false };
            let types = types(object).filter(|ty| is_open(ty)).map(TypeName::sql);
            texts(object).into_iter().chain(types).any(|text| {
                let mut found = statement.match_indices(text.as_str());
                found.any(|(start, text)| at.is_none_or(|at| (start..=start + text.len()).contains(&at)))
            })
        };
        let mut guilty = self.open.iter().filter(holds);
        let first = guilty.next().copied();
        // Where several hold it and the server gives no position, none is accused.
        if at.is_none() && guilty.next().is_some() { None } else { first }
    }

    /// The schema, once nothing is open.
    ///
    /// # Errors
    ///
    /// The objects that are still open.
    pub fn finish(self) -> Result<Canonical<Schema>, BTreeSet<Id>> {
        if self.open.is_empty() { Ok(Canonical::from_server(self.schema)) } else { Err(self.open) }
    }

    fn put(&mut self, object: Object) {
        self.schema.insert(object);
    }

    /// The open objects, the tables that they stand on, and all that these need.
    fn subset(&self, known: &Schema, with_extensions: bool) -> Schema {
        let mut subset = Schema::new();
        let whole = self.with_origins(known);
        let mut work: Vec<Id> = self.open.iter().copied().collect();
        work.extend(self.mentioned(known));
        if with_extensions {
            work.extend(known.iter().map(|(id, _)| *id).filter(|id| id.kind == kind::EXTENSION));
        }
        while let Some(id) = work.pop() {
            if subset.contains(&id) {
                continue;
            }
            let (source, object) = match (self.schema.get(&id), known.get(&id)) {
                (Some(object), _) => (&self.schema, object.clone()),
                (None, Some(object)) => (known, object.clone()),
                (None, None) => continue,
            };
            let object = if whole.contains(&id) { object } else { plain(object) };
            work.extend(needs(source, &object));
            if id.kind == kind::TABLE {
                let columns = source.range(column::id(id.qualified(), Ident::default())..);
                work.extend(
                    columns.map(|(id, _)| *id).take_while(|column| {
                        column.kind == kind::COLUMN && column.relation() == id.qualified()
                    }),
                );
            }
            subset.insert(object);
        }
        subset
    }

    /// The open objects, and the columns from which generated ones of children come: without theirs these are none.
    fn with_origins(&self, known: &Schema) -> BTreeSet<Id> {
        let is_inherited = |id: &Id| {
            let object = self.schema.get(id).or_else(|| known.get(id));
            matches!(
                object,
                Some(Object::Column(Column { inherited: true, value: Value::Generated { .. }, .. }))
            )
        };
        let mut whole = self.open.clone();
        let mut work: Vec<Id> = self.open.iter().copied().collect();
        while let Some(id) = work.pop() {
            if is_inherited(&id) {
                let schema = if self.schema.contains(&id) { &self.schema } else { known };
                let parents = table::parents(schema, id.relation()).into_iter();
                let of_parents = parents.map(|parent| column::id(parent.qualified(), id.name));
                work.extend(of_parents.filter(|id| whole.insert(*id)));
            }
        }
        whole
    }

    /// Functions and types of the users that the open texts may name.
    fn mentioned(&self, known: &Schema) -> Vec<Id> {
        let texts: Vec<Sql> = self.open.iter().filter_map(|id| self.schema.get(id)).flat_map(texts).collect();
        let named = |id: &Id| {
            let name = id.name.as_str();
            let bare = name.split('(').next().unwrap_or(name).trim_matches('"');
            // `nextval` takes the name in a literal.
            let literal = (id.kind == kind::SEQUENCE).then(|| id.name.to_string().replace('\'', "''"));
            texts.iter().any(|text| {
                let in_literal = || literal.as_ref().is_some_and(|name| text.as_str().contains(name));
                expression::mentions(text.as_str(), bare) || in_literal()
            })
        };
        let kinds = [
            kind::FUNCTION,
            kind::ENUM,
            kind::DOMAIN,
            kind::COMPOSITE_TYPE,
            kind::RANGE_TYPE,
            kind::SEQUENCE,
            kind::COLLATION,
        ];
        let candidates = known.iter().chain(self.schema.iter()).map(|(id, _)| *id);
        candidates.filter(|id| kinds.contains(&id.kind) && named(id)).collect()
    }
}

/// A column that nobody asks about, without its default: it stands there for the others. Other objects stay.
pub fn plain(object: Object) -> Object {
    match object {
        Object::Column(column) => {
            let value = match column.value {
                Value::Identity(_) | Value::Plain => column.value,
                Value::Default(_) | Value::Generated { .. } => Value::Plain,
            };
            Column { value, ..column }.into()
        }
        other => other,
    }
}

/// The object as the server holds it, with the declaration's hints.
fn with_hints(read: Object, declared: &Object) -> Object {
    match (read, declared) {
        (Object::Column(read), Object::Column(declared)) => {
            Column { position: declared.position, backfill: declared.backfill, using: declared.using, ..read }
                .into()
        }
        (read, _) => read,
    }
}

/// Whether [`texts`] may find any: false for what most of a schema is, without a copy of it.
fn may_hold_text(object: &Object) -> bool {
    match object {
        Object::Column(column) => matches!(column.value, Value::Default(_) | Value::Generated { .. }),
        Object::Constraint(constraint) => !matches!(
            constraint.definition,
            ConstraintDefinition::PrimaryKey(_)
                | ConstraintDefinition::Unique(_)
                | ConstraintDefinition::ForeignKey(_)
        ),
        Object::Comment(_) | Object::Namespace(_) | Object::Enumeration(_) | Object::Sequence(_) => false,
        Object::SequenceOwner(_) | Object::Grant(_) | Object::Owner(_) => false,
        _ => true,
    }
}

/// The texts of an object that a server prints in its own words.
pub fn texts(object: &Object) -> Vec<Sql> {
    struct Collect(Vec<Sql>);
    impl Visitor for Collect {
        fn id(&mut self, _: &mut Id) {}
        fn column(&mut self, _: Name, _: &mut Ident) {}
        fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
            self.0.push(text.clone());
        }
    }
    let mut collect = Collect(Vec::new());
    object.clone().visit(&mut collect);
    collect.0
}

fn set_texts(object: &mut Object, texts: &[Sql]) {
    struct Set<'a>(std::slice::Iter<'a, Sql>);
    impl Visitor for Set<'_> {
        fn id(&mut self, _: &mut Id) {}
        fn column(&mut self, _: Name, _: &mut Ident) {}
        fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
            if let Some(new) = self.0.next() {
                *text = new.clone();
            }
        }
    }
    object.visit(&mut Set(texts.iter()));
}

/// Takes over the texts of the counterpart where they mean the same; false where one is left open.
fn settle(object: &mut Object, counterpart: Option<&Object>) -> bool {
    let Some(counterpart) = counterpart else { return false };
    let (mine, theirs) = (texts(object), texts(counterpart));
    let same_type = match (&*object, counterpart) {
        (Object::Column(a), Object::Column(b)) => a.ty == b.ty,
        _ => true,
    };
    if mine.len() != theirs.len() || !same_type {
        return false;
    }
    let literal_type = match &*object {
        Object::Column(column) => Some(column.ty.clone()),
        Object::Domain(domain) => Some(domain.base.clone()),
        _ => None,
    };
    if mine.iter().zip(&theirs).all(|(mine, theirs)| means_the_same(mine, theirs, literal_type.as_ref())) {
        set_texts(object, &theirs);
        true
    } else {
        false
    }
}

/// An unnamed object's like: the only one of its relation whose columns and texts mean the same.
fn like<'a>(object: &Object, known: &'a Schema) -> Option<&'a Object> {
    let id = object.id();
    if id.kind != kind::CONSTRAINT && id.kind != kind::INDEX {
        return None;
    }
    let first = Id::on(id.kind, id.relation(), Ident::default());
    known
        .range(first..)
        .take_while(|(other, _)| other.kind == id.kind && other.relation() == id.relation())
        .map(|(_, other)| other)
        .find(|other| {
            let mut settled = object.clone();
            settle(&mut settled, Some(other)) && {
                settled.rename(&limbeck_schema::Rename { from: id, to: other.id() });
                settled == **other
            }
        })
}

/// A declared type that no one has resolved: one that a `.sql` file makes, or an extension that the models don't know.
fn has_open_type(object: &Object) -> bool {
    types(object).any(is_open)
}

/// Base types are in no models; what names one that is in no database either is only a name.
fn is_open(ty: &TypeName) -> bool {
    matches!(&ty.base, TypeBase::User { brought_by, .. } if brought_by.kind == kind::BASE_TYPE)
}

/// The types that an object names.
fn types(object: &Object) -> Box<dyn Iterator<Item = &TypeName> + '_> {
    match object {
        Object::Column(column) => Box::new(std::iter::once(&column.ty)),
        Object::Domain(domain) => Box::new(std::iter::once(&domain.base)),
        Object::Composite(composite) => Box::new(composite.attributes.iter().map(|attribute| &attribute.ty)),
        _ => Box::new(std::iter::empty()),
    }
}

/// Finds the types that `known` has: by name, or at the counterpart, which may have it from an extension. False
/// where one is left open.
fn settle_types(object: &mut Object, known: &Schema) -> bool {
    let counterpart = known.get(&object.id());
    match object {
        Object::Column(column) => {
            let other = match counterpart {
                Some(Object::Column(other)) => Some(&other.ty),
                _ => None,
            };
            settle_type(&mut column.ty, other, known)
        }
        Object::Domain(domain) => {
            let other = match counterpart {
                Some(Object::Domain(other)) => Some(&other.base),
                _ => None,
            };
            settle_type(&mut domain.base, other, known)
        }
        Object::Composite(composite) => composite.attributes.iter_mut().fold(true, |settled, attribute| {
            let other = match counterpart {
                Some(Object::Composite(other)) => {
                    other.attributes.iter().find(|other| other.name == attribute.name)
                }
                _ => None,
            };
            settle_type(&mut attribute.ty, other.map(|other| &other.ty), known) && settled
        }),
        _ => true,
    }
}

fn settle_type(ty: &mut TypeName, counterpart: Option<&TypeName>, known: &Schema) -> bool {
    /// The kinds of objects that are types, or whose rows are of one.
    const TYPES: [Kind; 8] = [
        kind::ENUM,
        kind::DOMAIN,
        kind::COMPOSITE_TYPE,
        kind::RANGE_TYPE,
        kind::BASE_TYPE,
        kind::TABLE,
        kind::VIEW,
        kind::MATERIALIZED_VIEW,
    ];
    if !is_open(ty) {
        return true;
    }
    if let Some(other) = counterpart.filter(|other| other.to_string() == ty.to_string()) {
        *ty = other.clone();
        return true;
    }
    let TypeBase::User { name, brought_by } = &mut ty.base else { return true };
    let found = TYPES.map(|kind| Id::inside(kind, name.schema, name.name));
    let found = found.into_iter().find(|id| known.contains(id));
    if let Some(found) = found {
        *brought_by = found;
    }
    found.is_some()
}

/// The objects that are on both sides and differ in their texts alone.
pub fn differing_texts(from: &Schema, to: &Schema) -> BTreeSet<Id> {
    let only_texts = |from: &Object, to: &Object| {
        let (mine, theirs) = (texts(from), texts(to));
        let mut with_theirs = from.clone();
        set_texts(&mut with_theirs, &theirs);
        !mine.is_empty() && mine.len() == theirs.len() && with_theirs == *to
    };
    let altered = limbeck_diff::diff(from, to).into_iter().filter_map(|change| match change {
        Change::Alter { from, to } => only_texts(&from, &to).then(|| from.id()),
        Change::Create(_) | Change::Drop(_) => None,
    });
    altered.collect()
}

/// Gives the objects of `to` the texts that `from` has, where the two read the same once a server has read
/// them again.
pub fn adopt_equivalent(
    from: &Schema,
    to: &mut Schema,
    from_again: &Declared,
    to_again: &Declared,
    ids: &BTreeSet<Id>,
) {
    for id in ids {
        let (Some(mine), Some(object)) = (from.get(id), to.get(id)) else { continue };
        let (mine, theirs) = (texts(mine), texts(object));
        // What scratch did not hold at all says nothing.
        let again = |declared: &Declared, printed: &[Sql]| {
            let read = declared.get(id).filter(|_| !declared.open.contains(id)).map(texts);
            read.filter(|read| read.len() == printed.len())
        };
        let mine_forms = [again(from_again, &mine), Some(mine.clone())];
        let theirs_forms = [again(to_again, &theirs), Some(theirs)];
        let meet =
            mine_forms.iter().flatten().any(|form| theirs_forms.iter().flatten().any(|other| form == other));
        if meet {
            let mut object = object.clone();
            set_texts(&mut object, &mine);
            to.insert(object);
        }
    }
}
