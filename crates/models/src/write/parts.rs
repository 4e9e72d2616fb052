//! Constraints and indexes as arguments of `#[table(…)]`.

use limbeck_kinds::clause::Options;
use limbeck_kinds::constraint::{Constraint, ConstraintDefinition, Deferral, ForeignKey, Key, Validity};
use limbeck_kinds::index::{Index, IndexKey, KeyValue};
use limbeck_kinds::names::object_name;
use limbeck_kinds::table::Table;
use limbeck_sql::Ident;

use super::{Writer, bare, quoted};
use crate::choose::{addition, index_columns};
use crate::expression::{columns_in, figure};

/// A constraint or index: the columns that it lists first, and everything else.
pub(super) struct Part {
    word: &'static str,
    columns: Vec<String>,
    /// The one column that it is about, for which it can stand at the field.
    pub(super) only: Option<Ident>,
    rest: Vec<String>,
}

impl Part {
    /// As an argument of `#[table(…)]`.
    pub(super) fn of_table(&self) -> String {
        let parts: Vec<&str> = self.columns.iter().chain(&self.rest).map(String::as_str).collect();
        format!("{}({})", self.word, parts.join(", "))
    }

    /// As an argument of `#[column(…)]`.
    pub(super) fn of_field(&self) -> String {
        let (word, rest) = match (self.word, self.rest.split_first()) {
            ("foreign_key", Some((target, rest))) => {
                let target = target.trim_start_matches("references = ").to_owned();
                ("references", std::iter::once(target).chain(rest.iter().cloned()).collect())
            }
            (word, _) => (word, self.rest.clone()),
        };
        if rest.is_empty() { word.to_owned() } else { format!("{word}({})", rest.join(", ")) }
    }
}

fn only(columns: &[Ident]) -> Option<Ident> {
    if let [only] = columns { Some(*only) } else { None }
}

impl Writer<'_> {
    /// A constraint; `None` for what attributes do not say.
    pub(super) fn constraint_part(
        &self,
        constraint: &Constraint,
        table: &Table,
        field: &dyn Fn(Ident) -> String,
    ) -> Option<Part> {
        let id = constraint.id;
        let name = |default: Ident| self.name_unless(id.schema, id.name, default);
        let mut parts: Vec<String> = Vec::new();
        let mut columns: Vec<String> = Vec::new();
        let mut single = None;
        let word = match &constraint.definition {
            ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) => {
                if key.clustered || key.tablespace.is_some() || !key.options.is_empty() {
                    return None;
                }
                columns.extend(key.columns.iter().map(|column| field(*column)));
                let is_primary = matches!(constraint.definition, ConstraintDefinition::PrimaryKey(_));
                single = only(&key.columns).filter(|_| !is_primary);
                let names = key.columns.iter().chain(&key.include).map(Ident::as_str);
                parts.extend(name(if is_primary {
                    object_name(table.id.name, None, "pkey")
                } else {
                    object_name(table.id.name, Some(Ident::new(&addition(names))), "key")
                }));
                key_flags(key, field, &mut parts);
                if is_primary { "primary_key" } else { "unique" }
            }
            ConstraintDefinition::Check(check) => {
                let names: Vec<String> = self.columns_of(table);
                let columns = columns_in(check.expression.as_str(), table.id.name.as_str(), &names);
                let only = if let [only] = columns.as_slice() { Some(Ident::new(only)) } else { None };
                parts.extend(name(object_name(table.id.name, only, "check")));
                parts.push(format!("expr = {}", quoted(bare(check.expression.as_str()))));
                parts.extend(check.no_inherit.then(|| "no_inherit".to_owned()));
                validity(check.validity, &mut parts);
                "check"
            }
            ConstraintDefinition::ForeignKey(key) => {
                columns.extend(key.columns.iter().map(|column| field(*column)));
                single = only(&key.columns);
                parts.push(format!("references = {}", self.references(key, id.schema)));
                let names = addition(key.columns.iter().map(Ident::as_str));
                parts.extend(name(object_name(table.id.name, Some(Ident::new(&names)), "fkey")));
                foreign_key_flags(key, field, &mut parts);
                "foreign_key"
            }
            // Its definition is SQL already.
            ConstraintDefinition::Exclusion(_) => return None,
        };
        parts.extend(self.comment(id));
        Some(Part { word, columns, only: single, rest: parts })
    }

    fn columns_of(&self, table: &Table) -> Vec<String> {
        let first = limbeck_kinds::column::id(table.name(), Ident::default());
        let of_table = self.schema.range(first..).map(|(id, _)| id);
        of_table
            .take_while(|id| id.kind == limbeck_kinds::column::KIND && id.relation() == table.name())
            .map(|id| id.name.as_str().to_owned())
            .collect()
    }

    /// The referenced struct, where the key is its primary key; else the table's name with the columns.
    fn references(&self, key: &ForeignKey, from: Ident) -> String {
        let target = key.table.qualified();
        let primary =
            limbeck_kinds::constraint::of_table(self.schema, target).find_map(|c| match &c.definition {
                ConstraintDefinition::PrimaryKey(primary) => Some(&primary.columns),
                _ => None,
            });
        match self.path(key.table, from) {
            Some(path) if primary == Some(&key.referenced) => path,
            _ => {
                let columns: Vec<String> = key.referenced.iter().map(ToString::to_string).collect();
                quoted(&format!("{target}({})", columns.join(", ")))
            }
        }
    }

    /// An index; `None` for what attributes do not say.
    pub(super) fn index_part(&self, index: &Index, field: &dyn Fn(Ident) -> String) -> Option<Part> {
        if !index.valid || index.keys.iter().any(|key| key.statistics.is_some()) {
            return None;
        }
        let elements: Vec<String> = index.keys.iter().map(|key| element(key, field)).collect();
        let mut parts: Vec<String> = Vec::new();
        let wanted = index.keys.iter().map(|key| match &key.value {
            KeyValue::Column(name) => name.as_str().to_owned(),
            KeyValue::Expression(text) => figure(text.as_str()).unwrap_or_else(|| "expr".to_owned()),
        });
        let columns = index_columns(wanted.chain(index.include.iter().map(|name| name.as_str().to_owned())));
        let middle = addition(columns.iter().map(String::as_str));
        let default = object_name(index.id.relation, Some(Ident::new(&middle)), "idx");
        parts.extend(self.name_unless(index.id.schema, index.id.name, default));
        parts.extend(index.unique.then(|| "unique".to_owned()));
        if index.method != "btree" {
            parts.push(format!("using = {}", quoted(index.method.as_str())));
        }
        parts.extend(index.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned()));
        parts.extend(index.predicate.as_ref().map(|sql| format!("where = {}", quoted(bare(sql.as_str())))));
        if !index.include.is_empty() {
            parts.push(format!("include({})", list(&index.include, field)));
        }
        if !index.options.is_empty() {
            parts.push(format!("with({})", settings(&index.options)));
        }
        parts.extend(index.tablespace.map(|space| format!("tablespace = {}", quoted(space.as_str()))));
        parts.extend(index.clustered.then(|| "cluster".to_owned()));
        parts.extend(self.comment(index.id));
        let single = match index.keys.as_slice() {
            [key] => match &key.value {
                KeyValue::Column(name) if *key == IndexKey::column(*name) => Some(*name),
                KeyValue::Column(_) | KeyValue::Expression(_) => None,
            },
            _ => None,
        };
        Some(Part { word: "index", columns: elements, only: single, rest: parts })
    }
}

fn element(key: &IndexKey, field: &dyn Fn(Ident) -> String) -> String {
    let plain = IndexKey { value: key.value.clone(), ..IndexKey::column(Ident::default()) };
    match &key.value {
        KeyValue::Column(name) if *key == plain => field(*name),
        // The server's own text of an element is what a string takes.
        KeyValue::Column(_) | KeyValue::Expression(_) if *key != plain => quoted(key.definition().as_str()),
        KeyValue::Column(name) => field(*name),
        KeyValue::Expression(text) => format!("expr = {}", quoted(bare(text.as_str()))),
    }
}

fn list(columns: &[Ident], field: &dyn Fn(Ident) -> String) -> String {
    columns.iter().map(|column| field(*column)).collect::<Vec<_>>().join(", ")
}

fn key_flags(key: &Key, field: &dyn Fn(Ident) -> String, parts: &mut Vec<String>) {
    if !key.include.is_empty() {
        parts.push(format!("include({})", list(&key.include, field)));
    }
    parts.extend(key.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned()));
    parts.extend(key.without_overlaps.then(|| "without_overlaps".to_owned()));
    deferral(key.deferral, parts);
}

fn foreign_key_flags(key: &ForeignKey, field: &dyn Fn(Ident) -> String, parts: &mut Vec<String>) {
    use limbeck_kinds::constraint::Action;
    for (word, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if action != Action::NoAction {
            parts.push(format!("{word} = {}", quoted(&action.words().to_lowercase())));
        }
    }
    if !key.set_columns.is_empty() {
        parts.push(format!("set_columns({})", list(&key.set_columns, field)));
    }
    parts.extend(key.match_full.then(|| "match = \"full\"".to_owned()));
    parts.extend(key.period.then(|| "period".to_owned()));
    deferral(key.deferral, parts);
    validity(key.validity, parts);
}

fn deferral(deferral: Deferral, parts: &mut Vec<String>) {
    match deferral {
        Deferral::NotDeferrable => {}
        Deferral::Deferrable => parts.push("deferrable".to_owned()),
        Deferral::InitiallyDeferred => parts.push("initially_deferred".to_owned()),
    }
}

fn validity(validity: Validity, parts: &mut Vec<String>) {
    match validity {
        Validity::Valid => {}
        Validity::NotValid => parts.push("not_valid".to_owned()),
        Validity::NotEnforced => parts.push("not_enforced".to_owned()),
    }
}

/// `fillfactor = "70"`: values as the catalog keeps them.
pub(super) fn settings(options: &Options) -> String {
    let items = options.iter().map(|(key, value)| {
        let number = value.parse::<i64>().is_ok();
        let value = if number { value.clone() } else { quoted(value) };
        // A parameter of the TOAST table has two parts, and is a path here.
        format!("{} = {value}", key.replace('.', "::"))
    });
    items.collect::<Vec<_>>().join(", ")
}
