//! Values of the types that the configuration asks for, or what was found instead.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'a> = Spanned<DeValue<'a>>;

pub(super) fn string_of(value: &Value<'_>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) if text.is_empty() => Err("expected a text, found an empty one".to_owned()),
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(expected("a text", other)),
    }
}

/// A list of texts; a single text is a list of one.
pub(super) fn strings_of(value: &Value<'_>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(string_of).collect(),
        DeValue::String(_) => string_of(value).map(|text| vec![text]),
        other => Err(expected("a text or a list of texts", other)),
    }
}

pub(super) fn bool_of(value: &Value<'_>) -> Result<bool, String> {
    value.get_ref().as_bool().ok_or_else(|| expected("`true` or `false`", value.get_ref()))
}

pub(super) fn table_of<'v, 'i>(value: &'v Value<'i>) -> Result<&'v DeTable<'i>, String> {
    value.get_ref().as_table().ok_or_else(|| expected("a table", value.get_ref()))
}

fn expected(what: &str, found: &DeValue<'_>) -> String {
    let found = match found {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    format!("expected {what}, found {found}")
}
