//! What can be wrong with one item alone: unknown fields in lists, columns given twice, contradicting keys.

use std::collections::BTreeMap;

use crate::args::Parser;
use crate::{
    Column, Composite, Declaration, Element, ElementKind, Enum, Field, ForeignKey, Key, Place, Placed,
    Problem, Table, suggestion,
};

pub(crate) fn check(parser: &mut Parser<'_>, declaration: &Declaration) {
    match declaration {
        Declaration::Table(table) => check_table(parser, table),
        Declaration::Enum(declared) => check_enum(parser, declared),
        Declaration::Composite(composite) => check_composite(parser, composite),
        Declaration::Domain(_) => {}
    }
}

/// The name of a field's column.
pub(crate) fn column_name(field: &Field, rename_all: Option<crate::RenameAll>) -> String {
    match (&field.column.name, rename_all) {
        (Some(name), _) => name.value.clone(),
        (None, Some(convention)) => convention.apply(&field.ident.value),
        (None, None) => field.ident.value.clone(),
    }
}

impl Table {
    /// The name of the column that a field of this struct stands for.
    pub fn column_name(&self, field: &Field) -> String {
        column_name(field, self.rename_all.as_ref().map(|convention| convention.value))
    }
}

impl Composite {
    /// The name of the attribute that a field of this struct stands for.
    pub fn column_name(&self, field: &Field) -> String {
        column_name(field, self.rename_all.as_ref().map(|convention| convention.value))
    }
}

impl Enum {
    /// The label that a variant stands for.
    pub fn label(&self, variant: &crate::Variant) -> String {
        match (&variant.rename, &self.rename_all) {
            (Some(name), _) => name.value.clone(),
            (None, Some(convention)) => convention.apply(&variant.ident.value),
            (None, None) => variant.ident.value.clone(),
        }
    }
}

fn check_table(parser: &mut Parser<'_>, table: &Table) {
    duplicate_columns(parser, table.fields.iter().map(|field| (field, table.column_name(field))));
    for field in &table.fields {
        check_column(parser, field);
    }
    check_primary_key(parser, table);
    if table.fields.iter().any(|field| field.column.flatten.is_some()) || !table.inherits.is_empty() {
        // Columns come from elsewhere: only a reader that knows the other struct can tell.
        return;
    }
    let lists = Lists { table };
    let Table { primary_key, uniques, indexes, foreign_keys, exclusions, statistics, grants, .. } = table;
    for key in primary_key.iter().chain(uniques) {
        lists.check(parser, &key.columns);
        lists.check(parser, &key.include);
    }
    for index in indexes {
        lists.check(parser, &index.elements);
        lists.check(parser, &index.include);
    }
    for key in foreign_keys {
        lists.check(parser, &key.columns);
        lists.check(parser, &key.set_columns);
    }
    for exclusion in exclusions {
        lists.check(parser, &exclusion.elements);
        lists.check(parser, &exclusion.include);
    }
    for statistics in statistics {
        lists.check(parser, &statistics.elements);
    }
    for grant in grants {
        lists.check(parser, &grant.columns);
    }
    for index in table.fields.iter().flat_map(|field| &field.column.indexes) {
        lists.check(parser, &index.elements);
        lists.check(parser, &index.include);
    }
    for (key, what) in
        primary_key.iter().map(|key| (key, "primary_key")).chain(uniques.iter().map(|key| (key, "unique")))
    {
        needs_columns(parser, key, what);
    }
    for index in indexes.iter().filter(|index| index.elements.is_empty()) {
        empty_list(parser, index.place, "index");
    }
    for key in foreign_keys.iter().filter(|key| key.columns.is_empty()) {
        empty_list(parser, key.place, "foreign_key");
    }
}

fn needs_columns(parser: &mut Parser<'_>, key: &Key, what: &str) {
    if key.columns.is_empty() {
        empty_list(parser, key.place, what);
    }
}

fn empty_list(parser: &mut Parser<'_>, place: Place, what: &str) {
    if parser
        .problems
        .iter()
        .any(|problem| problem.place.0 > place.0 && problem.code != "models::unknown_field")
    {
        // Its columns were there and wrong, which is said already.
        return;
    }
    parser.problem(
        Problem::new("models::missing_key", format!("`{what}` names no column"), place)
            .help(format!("write `{what}(field, …)`, or put `{what}` on a field")),
    );
}

struct Lists<'a> {
    table: &'a Table,
}

impl Lists<'_> {
    fn check(&self, parser: &mut Parser<'_>, elements: &[Element]) {
        let mut seen: Vec<&str> = Vec::new();
        for element in elements {
            let ElementKind::Column(name) = &element.kind else { continue };
            let field = self.table.fields.iter().find(|field| {
                let column = self.table.column_name(field);
                field.ident.value == *name || column == *name || column == name.to_lowercase()
            });
            match field {
                None => self.unknown(parser, name, element.place),
                Some(field) if field.column.skip.is_some() => parser.problem(
                    Problem::new(
                        "models::unknown_field",
                        format!("field `{name}` is skipped"),
                        element.place,
                    )
                    .help("a skipped field has no column"),
                ),
                Some(_) if seen.contains(&name.as_str()) && element.is_bare() => {
                    parser.problem(Problem::new(
                        "models::repeated_key",
                        format!("column `{name}` is listed twice"),
                        element.place,
                    ))
                }
                Some(_) => seen.push(name),
            }
        }
    }

    fn unknown(&self, parser: &mut Parser<'_>, name: &str, place: Place) {
        let fields = || self.table.fields.iter().map(|field| field.ident.value.as_str());
        let help = match suggestion(name, fields()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "its fields are {}",
                fields().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        parser.problem(
            Problem::new(
                "models::unknown_field",
                format!("`{}` has no field `{name}`", self.table.ident.value),
                place,
            )
            .help(help),
        );
    }
}

fn duplicate_columns<'a>(parser: &mut Parser<'_>, columns: impl Iterator<Item = (&'a Field, String)>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (field, name) in columns {
        if field.column.skip.is_some() || field.column.flatten.is_some() {
            continue;
        }
        if let Some(other) = seen.get(&name) {
            let place = field.column.name.as_ref().map_or(field.ident.place, |name| name.place);
            parser.problem(
                Problem::new("models::duplicate_column", format!("column `{name}` is declared twice"), place)
                    .label(format!("field `{}`, after field `{other}`", field.ident.value))
                    .help("give one of them another `name`, or `skip` it"),
            );
        } else {
            seen.insert(name, field.ident.value.clone());
        }
    }
}

fn check_primary_key(parser: &mut Parser<'_>, table: &Table) {
    if table.primary_key.is_none() {
        return;
    }
    for field in &table.fields {
        if let Some(place) = field.column.pk {
            parser.problem(
                Problem::new(
                    "models::conflict",
                    format!("`{}` has two primary keys", table.ident.value),
                    place,
                )
                .label("another stands in `#[table(primary_key(…))]`")
                .help("keep one of the two: `pk` on fields, or `primary_key(…)` on the struct"),
            );
        }
    }
}

fn check_column(parser: &mut Parser<'_>, field: &Field) {
    let column = &field.column;
    let sources = [
        column.default.as_ref().map(|text| ("default", text.place)),
        column.generated.as_ref().map(|generated| ("generated", generated.place)),
        column.identity.as_ref().map(|identity| ("identity", identity.place)),
        column.serial.map(|place| ("serial", place)),
    ];
    let given: Vec<(&str, Place)> = sources.into_iter().flatten().collect();
    if let [(first, _), (second, place), ..] = given.as_slice() {
        parser.problem(
            Problem::new("models::conflict", format!("`{first}` and `{second}` exclude each other"), *place)
                .label(format!("field `{}`", field.ident.value))
                .help("a column gets its value in one way: keep one of the two"),
        );
    }
    if let Some(place) = column.skip.filter(|_| says_more(column)) {
        parser.problem(
            Problem::new("models::conflict", "a skipped field has no column to describe", place)
                .label(format!("field `{}`", field.ident.value))
                .help("drop `skip`, or the other keys"),
        );
    }
    if let (Some(json), Some(sql_type)) = (&column.json, &column.sql_type) {
        parser.problem(
            Problem::new("models::conflict", "`json` and `type` exclude each other", json.place)
                .label(format!("`type = \"{}\"`", sql_type.value))
                .help("`json = \"json\"` asks for `json` in place of `jsonb`"),
        );
    }
    if let (Some(_), Some(Placed { value: true, place })) = (column.pk, &column.nullable) {
        parser.problem(
            Problem::new("models::conflict", "a primary key is never NULL", *place).help("drop `null`"),
        );
    }
    if let Some(key) = &column.references {
        check_reference(parser, key);
    }
}

fn says_more(column: &Column) -> bool {
    column.sql_type.is_some()
        || column.default.is_some()
        || column.generated.is_some()
        || column.pk.is_some()
        || column.references.is_some()
        || column.unique.is_some()
        || !column.indexes.is_empty()
        || !column.checks.is_empty()
        || column.flatten.is_some()
}

fn check_reference(parser: &mut Parser<'_>, key: &ForeignKey) {
    if let Some(references) = &key.references
        && let Some(second) = references.columns.get(1)
    {
        parser.problem(
            Problem::new("models::wrong_value", "a column references one column", second.place).help(
                "for several columns write `#[table(foreign_key(a, b, references = …))]` on the struct",
            ),
        );
    }
}

fn check_enum(parser: &mut Parser<'_>, declared: &Enum) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for variant in &declared.variants {
        let label = declared.label(variant);
        let place = variant.rename.as_ref().map_or(variant.ident.place, |rename| rename.place);
        if label.len() > 63 {
            parser.problem(
                Problem::new("models::too_long", format!("label `{label}` is longer than 63 bytes"), place)
                    .help("PostgreSQL refuses it; give it a shorter `rename`"),
            );
        }
        if let Some(other) = seen.insert(label.clone(), variant.ident.value.clone()) {
            parser.problem(
                Problem::new("models::duplicate_label", format!("label `{label}` is declared twice"), place)
                    .label(format!("variant `{}`, after variant `{other}`", variant.ident.value))
                    .help("give one of them another `rename`"),
            );
        }
    }
}

fn check_composite(parser: &mut Parser<'_>, composite: &Composite) {
    duplicate_columns(parser, composite.fields.iter().map(|field| (field, composite.column_name(field))));
}
