//! Indexes, and the elements that they and exclusion constraints are made of.

use limbeck_grammar::{Element, ElementKind, Index, Place, Problem, suggestion};
use limbeck_kinds::clause::Options;
use limbeck_kinds::index::{self, IndexKey, KeyValue};
use limbeck_kinds::table;
use limbeck_schema::Incidental;
use limbeck_sql::{Ident, Name, Sql, sql};

use super::Builder;
use super::table::{TableDraft, settings};
use super::types::{collation_of, qualified};
use crate::choose::{addition, index_columns};
use crate::expression;
use crate::tree::{Entry, ItemId};

impl<'a> Builder<'a> {
    pub(super) fn build_indexes(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        for column in &draft.columns {
            for declared in &column.field.column.indexes {
                let own = [bare(column.name, declared.place)];
                let elements = if declared.elements.is_empty() { &own } else { declared.elements.as_slice() };
                self.build_index(column.item, draft, declared, elements);
            }
        }
        for declared in &draft.table.indexes {
            self.build_index(item, draft, declared, &declared.elements);
        }
    }

    fn build_index(&mut self, item: ItemId, draft: &TableDraft<'a>, declared: &Index, elements: &[Element]) {
        let entry = self.tree.entry(item);
        let keys: Vec<IndexKey> =
            elements.iter().filter_map(|element| self.index_key(entry, draft, element)).collect();
        let include = self.columns(entry, draft, &declared.include);
        let predicate = declared.predicate.as_ref().map(|text| self.expression(entry, text));
        if keys.len() < elements.len() || keys.is_empty() {
            return;
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => self.index_name(draft.name, &keys, &include, "idx", false),
        };
        let id = index::id(draft.name, name);
        if declared.name.is_none() {
            self.unnamed.push(id);
        } else if !self.first(id, item, "index of", declared.place) {
            return;
        }
        let method = declared.using.as_ref().map_or("btree".to_owned(), |text| text.to_lowercase());
        let object = index::Index {
            id,
            on: table::id(draft.name.schema, draft.name.name),
            attached_to: None,
            partitioned: draft.table.partition_by.is_some(),
            method: Ident::new(&method),
            unique: declared.unique,
            nulls_not_distinct: declared.nulls_not_distinct,
            keys,
            include,
            predicate,
            options: settings(&declared.with),
            tablespace: declared.tablespace.as_ref().map(|text| Ident::new(&text.value)),
            valid: true,
            clustered: declared.cluster,
            replica_identity: false,
            number: Incidental(0),
        };
        self.add(object, entry, declared.place);
        self.comment(id, declared.comment.as_ref(), None, entry);
    }

    /// The name that the server would choose for an index of these columns.
    pub(super) fn index_name(
        &mut self,
        table: Name,
        keys: &[IndexKey],
        include: &[Ident],
        label: &str,
        is_constraint: bool,
    ) -> Ident {
        let wanted = keys.iter().map(|key| match &key.value {
            KeyValue::Column(name) => name.as_str().to_owned(),
            KeyValue::Expression(text) => {
                expression::figure(text.as_str()).unwrap_or_else(|| "expr".to_owned())
            }
        });
        let columns = index_columns(wanted.chain(include.iter().map(|name| name.as_str().to_owned())));
        let middle = addition(columns.iter().map(String::as_str));
        self.names.relation(table, Some(&middle), label, is_constraint)
    }

    /// An element as an index key.
    pub(super) fn index_key(
        &mut self,
        entry: &Entry,
        draft: &TableDraft<'a>,
        element: &Element,
    ) -> Option<IndexKey> {
        let value = match &element.kind {
            ElementKind::Column(name) => {
                KeyValue::Column(self.column_name(entry, draft, name, element.place)?)
            }
            ElementKind::Expr(text) => {
                self.checked(entry, text, &text.value);
                let sql = Sql::from_trusted(text.trim());
                let call = expression::is_call(&text.value);
                KeyValue::Expression(if call { sql } else { sql!("({})", sql) })
            }
        };
        let (operator_class, parameters) = match &element.opclass {
            Some(written) => operator_class(written),
            None => (None, Options::new()),
        };
        Some(IndexKey {
            collation: element.collation.as_deref().map(collation_of),
            operator_class,
            parameters,
            descending: element.descending,
            nulls_first: element.nulls_first.unwrap_or(element.descending),
            ..IndexKey::new(value)
        })
    }

    /// Plain columns by the names that a list gives them.
    pub(super) fn columns(
        &mut self,
        entry: &Entry,
        draft: &TableDraft<'a>,
        elements: &[Element],
    ) -> Vec<Ident> {
        elements
            .iter()
            .filter_map(|element| match &element.kind {
                ElementKind::Column(name) => self.column_name(entry, draft, name, element.place),
                ElementKind::Expr(_) => None,
            })
            .collect()
    }

    fn column_name(
        &mut self,
        entry: &Entry,
        draft: &TableDraft<'a>,
        name: &str,
        place: Place,
    ) -> Option<Ident> {
        if let Some(column) = draft.own_or_inherited(name) {
            return Some(column);
        }
        // The grammar reports what one struct alone can tell.
        if draft.table.fields.iter().any(|field| field.column.flatten.is_some()) {
            let names = draft.column_names();
            let near = suggestion(name, names.iter().map(String::as_str));
            let problem = Problem::new(
                "models::unknown_field",
                format!("`{}` has no field or column `{name}`", draft.table.ident.value),
                place,
            )
            .maybe_help(near.map(|near| format!("did you mean `{near}`?")));
            self.problem(entry, &problem);
        }
        None
    }
}

/// A column without modifiers.
pub(super) fn bare(name: Ident, place: Place) -> Element {
    Element {
        kind: ElementKind::Column(name.as_str().to_owned()),
        collation: None,
        opclass: None,
        descending: false,
        nulls_first: None,
        operator: None,
        place,
    }
}

/// `schema.class(parameter = 1)`; those of the system go without their schema.
fn operator_class(written: &str) -> (Option<Name>, Options) {
    let (name, parameters) = written.split_once('(').unwrap_or((written, ""));
    let name = match qualified(name.trim()) {
        (Some(schema), name) if schema != "pg_catalog" => Name::new(schema.as_str(), name.as_str()),
        (Some(_), name) => Name::new("", name.as_str()),
        (None, name) if is_of_extension(&name) => Name::new("public", name.as_str()),
        (None, name) => Name::new("", name.as_str()),
    };
    let parameters = parameters
        .trim_end_matches(')')
        .split(',')
        .filter_map(|item| item.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches('\'').to_owned()))
        .collect();
    (Some(name), parameters)
}

/// Operator classes of extensions that people name without a schema.
fn is_of_extension(name: &str) -> bool {
    const FRAGMENTS: &[&str] = &[
        "trgm",
        "vector_",
        "halfvec_",
        "sparsevec_",
        "gist__int",
        "gin__int",
        "ltree",
        "hstore",
        "citext",
        "cube",
    ];
    FRAGMENTS.iter().any(|fragment| name.contains(fragment))
}
