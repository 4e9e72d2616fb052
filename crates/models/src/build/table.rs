//! Tables: what stands in them, flattened structs included, and how their objects are made in order.

use std::rc::Rc;
use std::sync::Arc;

use limbeck_grammar::{Declaration, Field, Partitions, Problem, RustType, Table, Target, Text, suggestion};
use limbeck_kinds::clause::Options;
use limbeck_kinds::table::{PartitionOf, ReplicaIdentity};
use limbeck_kinds::{Object, column, constraint, table};
use limbeck_schema::{Id, Incidental, Object as _};
use limbeck_sql::{Ident, Name, Sql, sql};

use super::Builder;
use crate::rust_types::is_option;
use crate::scan::ItemKind;
use crate::tree::{Entry, ItemId, Meaning};

/// A table before its objects are made.
#[derive(Clone, Debug)]
pub(crate) struct TableDraft<'a> {
    pub(super) table: &'a Table,
    pub(super) name: Name,
    pub(super) columns: Vec<DraftColumn<'a>>,
}

/// A column before its object is made.
#[derive(Clone, Debug)]
pub(crate) struct DraftColumn<'a> {
    pub(super) name: Ident,
    pub(super) field: &'a Field,
    /// The struct that the field belongs to: the table's, or one that it flattens.
    pub(super) item: ItemId,
    /// It stands in a struct that is flattened as an `Option`.
    pub(super) optional: bool,
}

impl<'a> TableDraft<'a> {
    /// The column of a field's or column's name.
    pub(super) fn column(&self, name: &str) -> Option<&DraftColumn<'a>> {
        let by = |test: &dyn Fn(&DraftColumn<'_>) -> bool| self.columns.iter().find(|column| test(column));
        by(&|column| column.field.ident.value == name)
            .or_else(|| by(&|column| column.name == name))
            .or_else(|| by(&|column| column.name.as_str() == name.to_lowercase()))
    }

    /// What a list of columns calls a field or column; a name that is none of them may be a parent's.
    pub(super) fn own_or_inherited(&self, name: &str) -> Option<Ident> {
        let has_parent = !self.table.inherits.is_empty() || self.table.partition_of.is_some();
        self.column(name).map(|column| column.name).or_else(|| has_parent.then(|| Ident::new(name)))
    }

    /// The columns of the primary key, as far as they exist.
    pub(super) fn primary_key(&self) -> Vec<Ident> {
        match &self.table.primary_key {
            Some(key) => key
                .columns
                .iter()
                .filter_map(|element| match &element.kind {
                    limbeck_grammar::ElementKind::Column(name) => self.own_or_inherited(name),
                    limbeck_grammar::ElementKind::Expr(_) => None,
                })
                .collect(),
            None => self.columns.iter().filter(|c| c.field.column.pk.is_some()).map(|c| c.name).collect(),
        }
    }

    pub(super) fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.as_str().to_owned()).collect()
    }
}

/// How deep structs may be flattened into one another.
const DEPTH: u32 = 8;

impl<'a> Builder<'a> {
    /// Every table with its name and columns; references look them up.
    pub(super) fn draft_tables(&mut self) {
        for item in self.tree.ids() {
            let entry = self.tree.entry(item);
            let ItemKind::Declared(Declaration::Table(table)) = &entry.item.kind else { continue };
            let name = self.named(entry, table.schema.as_ref(), table.name.as_ref(), &table.ident);
            let mut columns = Vec::new();
            self.draft_columns(item, table, "", false, DEPTH, &mut columns);
            self.tables_by_name.entry(name).or_insert(item);
            self.tables.insert(item, Rc::new(TableDraft { table, name, columns }));
        }
    }

    fn draft_columns(
        &mut self,
        item: ItemId,
        table: &'a Table,
        prefix: &str,
        optional: bool,
        depth: u32,
        columns: &mut Vec<DraftColumn<'a>>,
    ) {
        for field in &table.fields {
            if field.column.skip.is_some() {
                continue;
            }
            if let Some(flatten) = &field.column.flatten {
                let inner = flatten.prefix.as_ref().map_or("", |text| text.as_str());
                let prefix = format!("{prefix}{inner}");
                self.flatten(item, field, &prefix, optional, depth, columns);
                continue;
            }
            let name = Ident::new(&format!("{prefix}{}", table.column_name(field)));
            columns.push(DraftColumn { name, field, item, optional });
        }
    }

    fn flatten(
        &mut self,
        item: ItemId,
        field: &'a Field,
        prefix: &str,
        optional: bool,
        depth: u32,
        columns: &mut Vec<DraftColumn<'a>>,
    ) {
        let entry = self.tree.entry(item);
        let (ty, optional) = match &field.ty {
            RustType::Path { path, arguments } if path.last() == "Option" && arguments.len() == 1 => {
                (&arguments[0], true)
            }
            ty => (ty, optional),
        };
        if let RustType::Path { path, .. } = ty
            && depth > 0
            && let Meaning::Item(found) = self.tree.meaning(&entry.module, path)
        {
            let inner = self.tree.entry(found);
            let declared = match &inner.item.kind {
                ItemKind::Declared(declaration) => Some(declaration),
                ItemKind::Plain(declaration) => {
                    // Its attributes count now.
                    inner.item.problems.iter().for_each(|problem| self.problem(inner, problem));
                    Some(declaration)
                }
                _ => None,
            };
            if let Some(Declaration::Table(table)) = declared {
                return self.draft_columns(found, table, prefix, optional, depth - 1, columns);
            }
        }
        let problem = Problem::new("models::unknown_type", format!("`{ty}` can't be flattened"), ty.place())
            .label(format!("field `{}`", field.ident.value))
            .help(
                "`flatten` takes a struct with named fields that stands in the models; else `skip` the field",
            );
        self.problem(entry, &problem);
    }

    pub(super) fn build_tables(&mut self) {
        let mut tables: Vec<ItemId> = self.tables.keys().copied().collect();
        tables.retain(|item| !self.tree.entry(*item).known);
        for item in &tables {
            self.build_table(*item);
        }
        for item in &tables {
            self.inherit(*item);
        }
    }

    fn build_table(&mut self, item: ItemId) {
        let draft = self.tables[&item].clone();
        let entry = self.tree.entry(item);
        let declared = draft.table;
        let id = table::id(draft.name.schema, draft.name.name);
        let place = declared.name.as_ref().map_or(declared.ident.place, |name| name.place);
        if !self.first(id, item, "struct", place) {
            return;
        }
        if declared.managed.as_ref().is_some_and(|managed| !managed.value) {
            self.result.unmanaged.push(id);
            return;
        }
        if declared.partitions.as_ref().is_some_and(|partitions| partitions.value == Partitions::Ignore) {
            self.result.loose_partitions.push(id);
        }
        let object = self.table_object(entry, &draft);
        self.add(object, entry, declared.ident.place);
        self.build_columns(&draft);
        self.build_keys(item, &draft);
        self.build_indexes(item, &draft);
        self.build_foreign_keys(item, &draft);
        self.replica_index(item, &draft);
        self.comment(id, declared.comment.as_ref(), declared.docs.as_ref(), entry);
        if let Some(from) = &declared.renamed_from {
            let former = self.former_name(draft.name, from);
            self.renamed(table::id(former.schema, former.name), id, entry, from.place);
        }
        self.declare(item, &draft);
        self.owner(declared.owner.as_ref(), id, entry);
    }

    fn table_object(&mut self, entry: &Entry, draft: &TableDraft<'a>) -> table::Table {
        let Table {
            unlogged, with, tablespace, partition_by, partition_of, inherits, replica_identity, ..
        } = draft.table;
        let partition_of = partition_of.as_ref().and_then(|of| {
            let parent = self.target(entry, &of.parent, draft.name)?;
            Some(PartitionOf { parent: table::id(parent.0.schema, parent.0.name), bound: bound(&of.bound) })
        });
        let inherits: Vec<Id> = inherits
            .iter()
            .filter_map(|target| {
                let (name, _) = self.target(entry, target, draft.name)?;
                Some(table::id(name.schema, name.name))
            })
            .collect();
        table::Table {
            unlogged: unlogged.as_ref().is_some_and(|flag| flag.value),
            options: settings(with),
            tablespace: tablespace.as_ref().map(|text| Ident::new(&text.value)),
            partition_key: partition_by.as_ref().map(partition_key),
            partition_of,
            inherits,
            replica_identity: replica_identity.as_ref().map_or(ReplicaIdentity::Default, identity),
            ..table::Table::new(draft.name.schema, draft.name.name)
        }
    }

    fn table_named(&self, name: Name) -> Option<Rc<TableDraft<'a>>> {
        self.tables_by_name.get(&name).and_then(|item| self.tables.get(item)).cloned()
    }

    /// The table that a target means: its name, and its draft where the models hold it.
    pub(super) fn target(
        &mut self,
        entry: &Entry,
        target: &Target,
        from: Name,
    ) -> Option<(Name, Option<Rc<TableDraft<'a>>>)> {
        match target {
            Target::Table { schema, name, .. } => {
                let schema = schema.as_deref().map_or(from.schema, Ident::new);
                let name = Name { schema, name: Ident::new(name) };
                let draft = self.table_named(name);
                Some((name, draft))
            }
            Target::Type(path) if path.ident() == Some("Self") => {
                let draft = self.table_named(from);
                Some((from, draft))
            }
            Target::Type(path) => {
                if let Meaning::Item(found) = self.tree.meaning(&entry.module, path) {
                    if let Some(draft) = self.tables.get(&found) {
                        return Some((draft.name, Some(draft.clone())));
                    }
                    let problem = Problem::new(
                        "models::unknown_reference",
                        format!("`{path}` is no table"),
                        path.place,
                    )
                    .help(format!(
                        "derive `limbeck::Table` for `{path}`, or name the table: `\"schema.table(column)\"`"
                    ));
                    self.problem(entry, &problem);
                    return None;
                }
                let tables: Vec<&str> =
                    self.tables.keys().map(|item| self.tree.entry(*item).item.name.as_str()).collect();
                let help = match suggestion(path.last(), tables) {
                    Some(near) => {
                        format!("did you mean `{near}`? Else name the table: `\"schema.table(column)\"`")
                    }
                    None => "name the table: `\"schema.table(column)\"`".to_owned(),
                };
                let problem = Problem::new(
                    "models::unknown_reference",
                    format!("`{path}` is no struct of the models"),
                    path.place,
                )
                .help(help);
                self.problem(entry, &problem);
                None
            }
        }
    }

    /// The replica identity may be an index, which then says so itself.
    fn replica_index(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        let Some(text) = &draft.table.replica_identity else { return };
        if identity(text) != ReplicaIdentity::Index {
            return;
        }
        let name = Ident::new(&text.value);
        let constraint = constraint::id(draft.name, name);
        let index = limbeck_kinds::index::id(draft.name, name);
        let mut found = false;
        for id in [index, constraint] {
            let Some(object) = self.objects.get_mut(&id) else { continue };
            match Arc::make_mut(object) {
                Object::Index(object) => {
                    object.replica_identity = true;
                    found = true;
                }
                Object::Constraint(object) => {
                    if let constraint::ConstraintDefinition::PrimaryKey(key)
                    | constraint::ConstraintDefinition::Unique(key) = &mut object.definition
                    {
                        key.replica_identity = true;
                        found = true;
                    }
                }
                _ => {}
            }
        }
        if !found {
            let problem = Problem::new(
                "models::wrong_value",
                format!("`{}` is no index of this table", text.value),
                text.place,
            )
            .help("`replica_identity` takes `default`, `full`, `nothing` or the name of a unique index");
            self.problem(self.tree.entry(item), &problem);
        }
    }

    /// The columns and checks that a table has from its parents.
    fn inherit(&mut self, item: ItemId) {
        let draft = self.tables[&item].clone();
        if draft.table.partition_of.is_none() && draft.table.inherits.is_empty() {
            return;
        }
        let Some(Object::Table(table)) = self.object(&table::id(draft.name.schema, draft.name.name)).cloned()
        else {
            return;
        };
        let is_partition = table.partition_of.is_some();
        let parents: Vec<Id> =
            table.partition_of.iter().map(|of| of.parent).chain(table.inherits.iter().copied()).collect();
        let mut position = i16::try_from(draft.columns.len()).unwrap_or(i16::MAX);
        for parent in parents {
            let mut of_parent: Vec<Object> = self
                .objects
                .iter()
                .filter(|(id, _)| id.relation() == parent.qualified())
                .map(|(_, object)| Object::clone(object))
                .collect();
            of_parent.sort_by_key(|object| match object {
                Object::Column(column) => (column.position.0, column.id),
                object => (i16::MAX, object.id()),
            });
            for object in of_parent {
                match object {
                    Object::Column(mut inherited) => {
                        inherited.id = column::id(draft.name, inherited.id.name);
                        inherited.inherited = true;
                        if let Some(Object::Column(own)) = self.object(&inherited.id).cloned() {
                            let merged = match own.inherited {
                                true => merged(own, inherited),
                                false => column::Column { inherited: is_partition, ..own },
                            };
                            self.put(merged.into());
                        } else {
                            position = position.saturating_add(1);
                            inherited.position = Incidental(position);
                            self.add(inherited, self.tree.entry(item), draft.table.ident.place);
                        }
                    }
                    Object::Constraint(mut inherited) => {
                        inherited.id = constraint::id(draft.name, inherited.id.name);
                        if let constraint::ConstraintDefinition::Check(check) = &mut inherited.definition
                            && !check.no_inherit
                            && !self.objects.contains_key(&inherited.id)
                        {
                            check.inherited = true;
                            self.add(inherited, self.tree.entry(item), draft.table.ident.place);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether a column refuses NULL, from its Rust type and its attributes.
    pub(super) fn refuses_null(&self, column: &DraftColumn<'_>, key: &[Ident]) -> bool {
        let declared = &column.field.column;
        if key.contains(&column.name) || declared.identity.is_some() || declared.serial.is_some() {
            return true;
        }
        match &declared.nullable {
            Some(nullable) => !nullable.value,
            None => {
                let entry = self.tree.entry(column.item);
                !column.optional && !is_option(self.tree, &entry.module, &column.field.ty)
            }
        }
    }
}

/// A column that two parents bring: what one of them says holds.
pub(crate) fn merged(first: column::Column, second: column::Column) -> column::Column {
    let value = match first.value {
        column::Value::Plain => second.value,
        value => value,
    };
    column::Column { value, not_null: first.not_null.or(second.not_null), ..first }
}

fn identity(text: &Text) -> ReplicaIdentity {
    match text.to_lowercase().as_str() {
        "default" => ReplicaIdentity::Default,
        "full" => ReplicaIdentity::Full,
        "nothing" => ReplicaIdentity::Nothing,
        _ => ReplicaIdentity::Index,
    }
}

/// `range (created_at)` with the strategy in capitals, as the server prints it.
fn partition_key(text: &Text) -> Sql {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    Sql::from_trusted(format!("{} {}", text[..end].to_uppercase(), text[end..].trim_start()))
}

/// `FOR VALUES …` or `DEFAULT`.
fn bound(text: &Text) -> Sql {
    let text = text.trim();
    let lower = text.to_lowercase();
    if lower == "default" {
        return sql!("DEFAULT");
    }
    let values = if lower.starts_with("for values") { text["for values".len()..].trim_start() } else { text };
    let end = values.find(|c: char| !c.is_alphabetic()).unwrap_or(values.len());
    Sql::from_trusted(format!("FOR VALUES {}{}", values[..end].to_uppercase(), &values[end..]))
}

pub(super) fn settings(settings: &[limbeck_grammar::Setting]) -> Options {
    settings.iter().map(|setting| (setting.key.value.clone(), setting.value.value.clone())).collect()
}
