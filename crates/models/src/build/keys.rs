//! Constraints: primary keys, unique, check, exclusion and foreign keys.

use limbeck_grammar::{Check, Element, Exclusion, ForeignKey, Key, Problem, Text, Timing, suggestion};
use limbeck_kinds::constraint::{self, Action, Constraint, ConstraintDefinition, Deferral, Validity};
use limbeck_kinds::index::IndexKey;
use limbeck_kinds::{clause, table};
use limbeck_sql::{Ident, Name, Sql, list, sql};

use super::Builder;
use super::elements::bare;
use super::table::{TableDraft, settings};
use crate::expression::columns_in;
use crate::tree::{Entry, ItemId};

impl<'a> Builder<'a> {
    /// All but foreign keys, in the order in which the server names them.
    pub(super) fn build_keys(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        self.primary_key(item, draft);
        for column in &draft.columns {
            if let Some(key) = &column.field.column.unique {
                let own = [bare(column.name, key.place)];
                self.unique(column.item, draft, key, &own);
            }
        }
        for key in &draft.table.uniques {
            self.unique(item, draft, key, &key.columns);
        }
        for exclusion in &draft.table.exclusions {
            self.exclusion(item, draft, exclusion);
        }
        for column in &draft.columns {
            for check in &column.field.column.checks {
                self.check(column.item, draft, check);
            }
        }
        for check in &draft.table.checks {
            self.check(item, draft, check);
        }
    }

    fn primary_key(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        let entry = self.tree.entry(item);
        let by_field =
            draft.columns.iter().find_map(|column| column.field.column.pk.map(|place| (column.item, place)));
        let (name, key, place_item, place) = match (&draft.table.primary_key, by_field) {
            (Some(declared), _) => {
                let columns = self.columns(entry, draft, &declared.columns);
                if columns.len() < declared.columns.len() || columns.is_empty() {
                    return;
                }
                let include = self.columns(entry, draft, &declared.include);
                let key = constraint::Key { include, ..key_of(declared, columns) };
                (declared.name.as_ref(), key, item, declared.place)
            }
            (None, Some((item, place))) => {
                let key = constraint::Key { columns: draft.primary_key(), ..Default::default() };
                (None, key, item, place)
            }
            (None, None) => return,
        };
        let chosen = match name {
            Some(name) => Ident::new(&name.value),
            None => self.names.relation(draft.name, None, "pkey", true),
        };
        let comment = draft.table.primary_key.as_ref().and_then(|key| key.comment.as_ref());
        let definition = ConstraintDefinition::PrimaryKey(key);
        self.constraint(place_item, draft, chosen, name.is_none(), definition, place, comment);
    }

    fn unique(&mut self, item: ItemId, draft: &TableDraft<'a>, declared: &Key, elements: &[Element]) {
        let entry = self.tree.entry(item);
        let columns = self.columns(entry, draft, elements);
        let include = self.columns(entry, draft, &declared.include);
        if columns.len() < elements.len() || columns.is_empty() {
            return;
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => {
                let keys: Vec<IndexKey> = columns.iter().map(|column| IndexKey::column(*column)).collect();
                self.index_name(draft.name, &keys, &include, "key", true)
            }
        };
        let key = constraint::Key { include, ..key_of(declared, columns) };
        let definition = ConstraintDefinition::Unique(key);
        let unnamed = declared.name.is_none();
        self.constraint(item, draft, name, unnamed, definition, declared.place, declared.comment.as_ref());
    }

    fn check(&mut self, item: ItemId, draft: &TableDraft<'a>, declared: &Check) {
        let entry = self.tree.entry(item);
        let expression = self.expression(entry, &declared.expr);
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => {
                // A check of one column is named after it, wherever it stands.
                let names = draft.column_names();
                let columns = columns_in(&declared.expr.value, draft.name.name.as_str(), &names);
                let only = if let [only] = columns.as_slice() { Some(*only) } else { None };
                self.names.constraint(draft.name, only, "check")
            }
        };
        let definition = ConstraintDefinition::Check(constraint::Check {
            expression,
            no_inherit: declared.no_inherit,
            validity: validity(declared.not_valid, declared.not_enforced),
            inherited: false,
        });
        let unnamed = declared.name.is_none();
        self.constraint(item, draft, name, unnamed, definition, declared.place, declared.comment.as_ref());
    }

    fn exclusion(&mut self, item: ItemId, draft: &TableDraft<'a>, declared: &Exclusion) {
        let entry = self.tree.entry(item);
        let mut keys = Vec::new();
        let mut elements = Vec::new();
        for element in &declared.elements {
            let Some(key) = self.index_key(entry, draft, element) else { continue };
            let operator = Sql::from_trusted(element.operator.clone().unwrap_or_default());
            elements.push(sql!("{} WITH {}", key.definition(), operator));
            keys.push(key);
        }
        let predicate = declared.predicate.as_ref().map(|text| self.expression(entry, text));
        let include = self.columns(entry, draft, &declared.include);
        if keys.len() < declared.elements.len() || keys.is_empty() {
            return;
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => self.index_name(draft.name, &keys, &include, "excl", true),
        };
        let method =
            Ident::new(&declared.using.as_ref().map_or("btree".to_owned(), |text| text.to_lowercase()));
        let mut definition = sql!("EXCLUDE USING {} ({})", method, list(elements));
        if !include.is_empty() {
            definition.push(&sql!(" INCLUDE ({})", clause::columns(&include)));
        }
        if !declared.with.is_empty() {
            definition.push(&sql!(" WITH ({})", clause::assignments(&settings(&declared.with))));
        }
        if let Some(space) = &declared.tablespace {
            definition.push(&sql!(" USING INDEX TABLESPACE {}", Ident::new(&space.value)));
        }
        if let Some(predicate) = predicate {
            definition.push(&sql!(" WHERE ({})", predicate));
        }
        definition.push(&match declared.timing {
            Timing::Immediate => sql!(""),
            Timing::Deferrable => sql!(" DEFERRABLE"),
            Timing::Deferred => sql!(" DEFERRABLE INITIALLY DEFERRED"),
        });
        let columns = keys
            .iter()
            .filter_map(|key| match &key.value {
                limbeck_kinds::index::KeyValue::Column(name) => Some(*name),
                limbeck_kinds::index::KeyValue::Expression(_) => None,
            })
            .collect();
        let definition =
            ConstraintDefinition::Exclusion(constraint::Exclusion { definition, columns, attached_to: None });
        let unnamed = declared.name.is_none();
        self.constraint(item, draft, name, unnamed, definition, declared.place, declared.comment.as_ref());
    }

    pub(super) fn build_foreign_keys(&mut self, item: ItemId, draft: &TableDraft<'a>) {
        for column in &draft.columns {
            if let Some(key) = &column.field.column.references {
                let own = [bare(column.name, key.place)];
                self.foreign_key(column.item, draft, key, &own);
            }
        }
        for key in &draft.table.foreign_keys {
            self.foreign_key(item, draft, key, &key.columns);
        }
    }

    fn foreign_key(
        &mut self,
        item: ItemId,
        draft: &TableDraft<'a>,
        declared: &ForeignKey,
        elements: &[Element],
    ) {
        let entry = self.tree.entry(item);
        let columns = self.columns(entry, draft, elements);
        let set_columns = self.columns(entry, draft, &declared.set_columns);
        let Some(references) = &declared.references else { return };
        let Some((target, target_draft)) = self.target(entry, &references.target, draft.name) else { return };
        let Some(referenced) =
            self.referenced(entry, declared, &references.columns, target, target_draft.as_deref())
        else {
            return;
        };
        if columns.len() < elements.len() || columns.is_empty() {
            return;
        }
        if columns.len() != referenced.len() {
            let of = |columns: &[Ident]| {
                let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
                names.join(", ")
            };
            let problem = Problem::new(
                "models::wrong_reference",
                format!(
                    "{} of `{}` can't reference {} of `{target}`",
                    of(&columns),
                    draft.name,
                    of(&referenced)
                ),
                references.target.place(),
            )
            .label(format!("the key has {}", count(referenced.len())))
            .help("write `#[table(foreign_key(a, b, references = …))]` with as many columns as the key has");
            self.problem(entry, &problem);
            return;
        }
        let name = match &declared.name {
            Some(name) => Ident::new(&name.value),
            None => {
                let middle = crate::choose::addition(columns.iter().map(Ident::as_str));
                self.names.constraint(draft.name, Some(&middle), "fkey")
            }
        };
        let definition = ConstraintDefinition::ForeignKey(constraint::ForeignKey {
            columns,
            table: table::id(target.schema, target.name),
            referenced,
            on_update: action(declared.on_update.as_ref()),
            on_delete: action(declared.on_delete.as_ref()),
            set_columns,
            match_full: declared.match_type.as_ref().is_some_and(|text| text.value == "FULL"),
            period: declared.period,
            deferral: deferral(declared.timing),
            validity: validity(declared.not_valid, declared.not_enforced),
        });
        let unnamed = declared.name.is_none();
        self.constraint(item, draft, name, unnamed, definition, declared.place, declared.comment.as_ref());
    }

    /// The referenced columns: those given, else the primary key.
    fn referenced(
        &mut self,
        entry: &Entry,
        declared: &ForeignKey,
        given: &[Text],
        target: Name,
        draft: Option<&TableDraft<'a>>,
    ) -> Option<Vec<Ident>> {
        if given.is_empty() {
            let key = draft.map(TableDraft::primary_key).unwrap_or_default();
            if !key.is_empty() {
                return Some(key);
            }
            let place =
                declared.references.as_ref().map_or(declared.place, |references| references.target.place());
            let (message, help) = match draft {
                Some(_) => (format!("`{target}` has no primary key"), "give it one, or name the columns"),
                None => {
                    (format!("`{target}` is not in the models, so its key is unknown"), "name the columns")
                }
            };
            let problem = Problem::new("models::wrong_reference", message, place)
                .help(format!("{help}: `\"{target}(id)\"`"));
            self.problem(entry, &problem);
            return None;
        }
        let mut columns = Vec::new();
        for text in given {
            match draft {
                None => columns.push(Ident::new(&text.value)),
                Some(draft) => match draft.own_or_inherited(&text.value) {
                    Some(column) => columns.push(column),
                    None => {
                        let names = draft.column_names();
                        let near = suggestion(&text.value, names.iter().map(String::as_str));
                        let help = near.map(|near| format!("did you mean `{near}`?"));
                        let message = format!("`{target}` has no column `{}`", text.value);
                        let problem =
                            Problem::new("models::wrong_reference", message, text.place).maybe_help(help);
                        self.problem(entry, &problem);
                    }
                },
            }
        }
        (columns.len() == given.len()).then_some(columns)
    }

    #[expect(clippy::too_many_arguments, reason = "what every constraint has, from five places")]
    fn constraint(
        &mut self,
        item: ItemId,
        draft: &TableDraft<'a>,
        name: Ident,
        unnamed: bool,
        definition: ConstraintDefinition,
        place: limbeck_grammar::Place,
        comment: Option<&Text>,
    ) {
        let entry = self.tree.entry(item);
        let id = constraint::id(draft.name, name);
        if unnamed {
            self.unnamed.push(id);
        } else if !self.first(id, item, "constraint of", place) {
            return;
        }
        self.add(Constraint { id, definition }, entry, place);
        self.comment(id, comment, None, entry);
    }
}

fn key_of(declared: &Key, columns: Vec<Ident>) -> constraint::Key {
    constraint::Key {
        columns,
        nulls_not_distinct: declared.nulls_not_distinct,
        without_overlaps: declared.without_overlaps,
        deferral: deferral(declared.timing),
        ..Default::default()
    }
}

fn deferral(timing: Timing) -> Deferral {
    match timing {
        Timing::Immediate => Deferral::NotDeferrable,
        Timing::Deferrable => Deferral::Deferrable,
        Timing::Deferred => Deferral::InitiallyDeferred,
    }
}

fn validity(not_valid: bool, not_enforced: bool) -> Validity {
    match (not_enforced, not_valid) {
        (true, _) => Validity::NotEnforced,
        (false, true) => Validity::NotValid,
        (false, false) => Validity::Valid,
    }
}

fn action(text: Option<&Text>) -> Action {
    match text.map(|text| text.as_str()) {
        Some("RESTRICT") => Action::Restrict,
        Some("CASCADE") => Action::Cascade,
        Some("SET NULL") => Action::SetNull,
        Some("SET DEFAULT") => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn count(columns: usize) -> String {
    if columns == 1 { "one column".to_owned() } else { format!("{columns} columns") }
}
