//! From declarations to objects.

mod column;
mod declared;
mod elements;
mod keys;
mod table;
mod types;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use limbeck_grammar::{Declaration, Place, Problem, RustType, Target, Text, TypePath};
use limbeck_kinds::{Object, comment, namespace};
use limbeck_schema::{Diagnostic, Id, Object as _, Origin, Rename, Schema, Severity};
use limbeck_sql::{Ident, Name, Sql};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::choose::Names;
use crate::expression;
use crate::read::{ReadModels, ReadResult};
use crate::scan::ItemKind;
use crate::tree::{Entry, ItemId, Tree};

pub(crate) use table::{TableDraft, merged};

/// SQL that models declare.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredSql {
    /// One or more statements.
    pub sql: Sql,
    /// Where it stands.
    pub origin: Origin,
}

/// An object that was called otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Renamed {
    /// The two names.
    pub rename: Rename,
    /// Where it is said.
    pub origin: Origin,
}

/// Shows every path in an item that may lead to another item.
pub(crate) fn paths(kind: &ItemKind, seen: &mut dyn FnMut(&TypePath)) {
    fn of_type(ty: &RustType, seen: &mut dyn FnMut(&TypePath)) {
        match ty {
            RustType::Path { path, arguments } => {
                seen(path);
                arguments.iter().for_each(|argument| of_type(argument, seen));
            }
            RustType::Array { element, .. } => of_type(element, seen),
            RustType::Reference(inner) => of_type(inner, seen),
            RustType::Other(_) => {}
        }
    }
    match kind {
        ItemKind::Declared(declaration) => match declaration {
            Declaration::Table(table) => {
                for field in table.fields.iter().filter(|field| field.column.skip.is_none()) {
                    let column = &field.column;
                    if column.json.is_none() && column.sql_type.is_none() {
                        of_type(&field.ty, seen);
                    }
                    let references = column.references.iter().filter_map(|key| key.references.as_ref());
                    references.for_each(|references| of_target(&references.target, seen));
                }
                let references = table.foreign_keys.iter().filter_map(|key| key.references.as_ref());
                references.for_each(|references| of_target(&references.target, seen));
                table.inherits.iter().for_each(|target| of_target(target, seen));
                table.partition_of.iter().for_each(|of| of_target(&of.parent, seen));
            }
            Declaration::Composite(composite) => {
                composite.fields.iter().for_each(|field| of_type(&field.ty, seen));
            }
            Declaration::Domain(domain) => of_type(&domain.inner, seen),
            Declaration::Enum(_) => {}
        },
        ItemKind::Alias(ty) | ItemKind::Newtype(ty) => of_type(ty, seen),
        ItemKind::Sqlx(_) | ItemKind::Plain(_) | ItemKind::Sql(_) | ItemKind::Other => {}
    }
}

fn of_target(target: &Target, seen: &mut dyn FnMut(&TypePath)) {
    if let Target::Type(path) = target {
        seen(path);
    }
}

/// Builds the objects of everything that was read.
pub(crate) struct Builder<'a> {
    tree: &'a Tree,
    options: &'a ReadModels<'a>,
    result: ReadResult,
    /// The objects, and the places of those that are declared.
    objects: FxHashMap<Id, Arc<Object>>,
    origins: Vec<(Id, Origin)>,
    unnamed: Vec<Id>,
    names: Names,
    /// The enum, domain and composite types of the models: what each is called.
    types: BTreeMap<ItemId, Name>,
    tables: BTreeMap<ItemId, Rc<TableDraft<'a>>>,
    tables_by_name: FxHashMap<Name, ItemId>,
    types_by_name: FxHashMap<Name, ItemId>,
    /// The schema of what names none, by crate.
    schemas: FxHashMap<String, Ident>,
    /// Who declared what first.
    declared: BTreeMap<Id, ItemId>,
    /// Expressions that were found valid: most models repeat a few.
    valid: FxHashSet<String>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(tree: &'a Tree, options: &'a ReadModels<'a>) -> Self {
        Self {
            tree,
            options,
            result: ReadResult::default(),
            objects: FxHashMap::default(),
            origins: Vec::new(),
            unnamed: Vec::new(),
            names: Names::default(),
            types: BTreeMap::new(),
            tables: BTreeMap::new(),
            tables_by_name: FxHashMap::default(),
            types_by_name: FxHashMap::default(),
            schemas: options
                .known
                .iter()
                .map(|known| (crate::source::crate_of(known.path).0, Ident::new(known.schema)))
                .collect(),
            declared: BTreeMap::new(),
            valid: FxHashSet::default(),
        }
    }

    pub(crate) fn build(mut self) -> ReadResult {
        for entry in self.tree.entries.iter().filter(|entry| !entry.known) {
            if matches!(entry.item.kind, ItemKind::Declared(_) | ItemKind::Sqlx(_)) {
                entry.item.problems.iter().for_each(|problem| self.problem(entry, problem));
            }
        }
        self.name_types();
        self.draft_tables();
        self.take_names();
        self.build_types();
        self.build_tables();
        for (_, entry) in self.tree.declared().filter(|(_, entry)| !entry.known) {
            if let ItemKind::Sql(sql) = &entry.item.kind {
                let (start, end) = (entry.item.place.0 as usize, entry.item.place.1 as usize);
                let origin = self.tree.sources[entry.source].origin(start, end);
                self.result.sql.push(DeclaredSql { sql: Sql::from_trusted(sql.trim()), origin });
            }
        }
        let objects = std::mem::take(&mut self.objects);
        let (origins, unnamed) = (std::mem::take(&mut self.origins), std::mem::take(&mut self.unnamed));
        self.result.schema = Schema::of_declared(objects.into_values(), origins, unnamed);
        self.result.renames.sort_by_key(|renamed| (renamed.rename.to.kind.rank(), renamed.rename.to));
        self.result
    }

    /// The schema of an item that names none: that of its service.
    fn default_schema(&self, entry: &Entry) -> Ident {
        if !entry.known {
            return Ident::new(self.options.schema);
        }
        let of = entry.module.first().and_then(|name| self.schemas.get(name));
        of.copied().unwrap_or_else(|| Ident::new("public"))
    }

    fn schema_of(&self, entry: &Entry, schema: Option<&Text>) -> Ident {
        schema.map_or_else(|| self.default_schema(entry), |text| Ident::new(&text.value))
    }

    /// A name that may carry its schema, `renamed_from = "old.name"`.
    fn former_name(&self, now: Name, text: &Text) -> Name {
        match text.value.split_once('.') {
            Some((schema, name)) => Name::new(schema, name),
            None => Name { name: Ident::new(&text.value), ..now },
        }
    }

    /// Puts an object into the schema.
    fn add(&mut self, object: impl Into<Object>, entry: &Entry, place: Place) {
        let object = object.into();
        let id = object.id();
        let origin = self.origin(entry, place);
        self.origins.push((id, origin));
        self.put(object);
        if id.relation.is_empty() && !id.schema.is_empty() && id.schema != "public" {
            self.put(namespace::Namespace { id: namespace::id(id.schema) }.into());
        }
    }

    /// Puts an object in the place of what has its id.
    fn put(&mut self, object: Object) {
        self.objects.insert(object.id(), Arc::new(object));
    }

    /// The object of that id, as far as it is built.
    fn object(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id).map(Arc::as_ref)
    }

    /// A comment where one is given, or where doc comments count.
    fn comment(&mut self, target: Id, given: Option<&Text>, docs: Option<&Text>, entry: &Entry) {
        let text = given.or(docs.filter(|_| self.options.comments));
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.add(comment::Comment::on(target, text.value.as_str()), entry, text.place);
        }
    }

    fn renamed(&mut self, from: Id, to: Id, entry: &Entry, place: Place) {
        let origin = self.origin(entry, place);
        self.result.renames.push(Renamed { rename: Rename { from, to }, origin });
    }

    fn origin(&self, entry: &Entry, place: Place) -> Origin {
        let (start, end) = entry.item.range(place);
        self.tree.sources[entry.source].origin(start, end)
    }

    fn problem(&mut self, entry: &Entry, problem: &Problem) {
        self.report(entry, problem, Severity::Error);
    }

    fn report(&mut self, entry: &Entry, problem: &Problem, severity: Severity) {
        if entry.known {
            // It is another service's business.
            return;
        }
        let origin = self.origin(entry, problem.place);
        let Problem { code, message, label, help, place: _ } = problem.clone();
        self.result.diagnostics.push(Diagnostic {
            severity,
            code,
            message,
            origin: Some(origin),
            label,
            help,
        });
    }

    /// An expression, checked; what is wrong with it is reported under the place in its literal.
    fn expression(&mut self, entry: &Entry, text: &Text) -> Sql {
        self.checked(entry, text, &text.value);
        Sql::from_trusted(text.trim())
    }

    /// Checks a part of a literal's value.
    fn checked(&mut self, entry: &Entry, text: &Text, part: &str) {
        if self.valid.contains(part) {
            return;
        }
        let Err(invalid) = expression::validate(part) else {
            self.valid.insert(part.to_owned());
            return;
        };
        let source = &self.tree.sources[entry.source];
        let (start, end) = entry.item.range(text.place);
        let literal = source.text.get(start..end).unwrap_or_default();
        let before = text.value.find(part).unwrap_or(0);
        let at = invalid.at.and_then(|at| expression::place_in_literal(literal, before + at));
        let origin = match at {
            Some(at) => source.origin(start + at, start + at + 1),
            None => source.origin(start, end),
        };
        if entry.known {
            return;
        }
        self.result.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code: "models::invalid_sql",
            message: "this is no SQL expression".to_owned(),
            origin: Some(origin),
            label: invalid.message,
            help: Some(
                "attributes take PostgreSQL's expressions; strings stand in single quotes: `\"'text'\"`"
                    .to_owned(),
            ),
        });
    }

    /// Whether an object is declared for the first time; says so if not.
    fn first(&mut self, id: Id, item: ItemId, what: &str, place: Place) -> bool {
        let Some(other) = self.declared.insert(id, item) else { return true };
        let entry = self.tree.entry(item);
        let before = self.tree.entry(other);
        let origin = self.tree.sources[before.source]
            .origin(before.item.place.0 as usize, before.item.place.1 as usize);
        self.declared.insert(id, other);
        let problem =
            Problem::new("models::declared_twice", format!("{} `{id}` is declared twice", id.kind), place)
                .label(format!("{what} `{}`, after `{}` at {origin}", entry.item.name, before.item.name))
                .help("give one of them another `name` or `schema`, or take one away");
        self.problem(entry, &problem);
        false
    }

    /// All names that declarations give: what is chosen must not collide with them.
    fn take_names(&mut self) {
        let tables: Vec<ItemId> = self.tables.keys().copied().collect();
        for item in tables {
            let draft = &self.tables[&item];
            let (table, schema) = (draft.table, draft.name.schema);
            self.names.take_relation(draft.name);
            let mut relations: Vec<&Text> = Vec::new();
            let mut constraints: Vec<&Text> = Vec::new();
            let columns = || table.fields.iter().map(|field| &field.column);
            for key in table
                .primary_key
                .iter()
                .chain(&table.uniques)
                .chain(columns().filter_map(|c| c.unique.as_deref()))
            {
                relations.extend(&key.name);
                constraints.extend(&key.name);
            }
            for exclusion in &table.exclusions {
                relations.extend(&exclusion.name);
                constraints.extend(&exclusion.name);
            }
            for index in table.indexes.iter().chain(columns().flat_map(|c| &c.indexes)) {
                relations.extend(&index.name);
            }
            for key in table.foreign_keys.iter().chain(columns().filter_map(|c| c.references.as_deref())) {
                constraints.extend(&key.name);
            }
            for check in table.checks.iter().chain(columns().flat_map(|c| &c.checks)) {
                constraints.extend(&check.name);
            }
            for name in relations {
                self.names.take_relation(Name::new(schema, name.as_str()));
            }
            for name in constraints {
                self.names.take_constraint(Name::new(schema, name.as_str()));
            }
        }
    }
}
