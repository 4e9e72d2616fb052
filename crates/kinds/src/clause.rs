//! Clauses that several kinds write: options, parentheses, statement targets.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Literal, Sql, sql};

use crate::{expression, kind};

pub use crate::options::Options;

/// Splits `name=value` items as they stand in `reloptions`.
pub fn options(items: &[String]) -> Options {
    items
        .iter()
        .map(|item| {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// `fillfactor='70', …`: what stands between the parentheses of WITH or SET.
pub fn assignments(options: &Options) -> Sql {
    limbeck_sql::list(
        options.iter().map(|(name, value)| sql!("{}={}", option_name(name), option_value(value))),
    )
}

/// A plain number or word stands bare, as one would write it by hand; the rest is a literal.
fn option_value(value: &str) -> Sql {
    let bare = !value.is_empty()
        && (value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            || ["true", "false", "on", "off", "auto"].contains(&value));
    if bare { Sql::from_trusted(value) } else { sql!("{}", Literal::new(value)) }
}

/// `toast.autovacuum_enabled`: each part is an identifier.
pub fn option_name(name: &str) -> Sql {
    let parts: Vec<String> = name.split('.').map(|part| Ident::new(part).to_string()).collect();
    Sql::from_trusted(parts.join("."))
}

/// The clauses that turn one set of options into another: `SET (…)`, `RESET (…)`.
pub fn set_options(from: &Options, to: &Options) -> Vec<Sql> {
    let changed = to.to_set(from);
    let gone: Vec<Sql> =
        from.keys().filter(|name| !to.contains_key(name)).map(|name| option_name(name)).collect();
    let mut clauses = Vec::new();
    if !changed.is_empty() {
        clauses.push(sql!("SET ({})", assignments(&changed)));
    }
    if !gone.is_empty() {
        clauses.push(sql!("RESET ({})", limbeck_sql::list(gone)));
    }
    clauses
}

/// The difference of two option sets in words.
pub fn describe_options(from: &Options, to: &Options) -> String {
    let text = |options: &Options| {
        let items: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if items.is_empty() { "none".to_owned() } else { items.join(", ") }
    };
    format!("options {} → {}", text(from), text(to))
}

/// The expression in exactly one pair of parentheses.
pub fn parenthesised(text: &Sql) -> Sql {
    if expression::is_parenthesised(text) { text.clone() } else { sql!("({})", text) }
}

/// `a, b`.
pub fn columns(columns: &[Ident]) -> Sql {
    limbeck_sql::list(columns)
}

/// `from → to`, in words, with "none" for what is absent.
pub fn change(what: &str, from: impl std::fmt::Display, to: impl std::fmt::Display) -> String {
    let word = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    format!("{what} {} → {}", word(from.to_string()), word(to.to_string()))
}

/// `a 'x', b 'y'`: what stands between the parentheses of a foreign object's OPTIONS.
pub fn foreign_options(options: &Options) -> Sql {
    limbeck_sql::list(
        options.iter().map(|(name, value)| sql!("{} {}", Ident::new(name), Literal::new(value))),
    )
}

/// `OPTIONS (ADD a 'x', SET b 'y', DROP c)`; `None` where nothing differs.
pub fn alter_foreign_options(from: &Options, to: &Options) -> Option<Sql> {
    let set = to.iter().filter(|(name, value)| from.get(name) != Some(value)).map(|(name, value)| {
        let verb = if from.contains_key(name) { sql!("SET") } else { sql!("ADD") };
        sql!("{} {} {}", verb, Ident::new(name), Literal::new(value))
    });
    let gone =
        from.keys().filter(|name| !to.contains_key(name)).map(|name| sql!("DROP {}", Ident::new(name)));
    let changes: Vec<Sql> = set.chain(gone).collect();
    (!changes.is_empty()).then(|| sql!("OPTIONS ({})", limbeck_sql::list(changes)))
}

/// The object as `COMMENT ON`, `SECURITY LABEL ON` and `ALTER EXTENSION … ADD` name it: `COLUMN s.t.c`.
pub fn target(id: &Id) -> Sql {
    let keyword = match id.kind {
        kind::ENUM | kind::COMPOSITE_TYPE | kind::RANGE_TYPE | kind::BASE_TYPE | kind::SHELL_TYPE => {
            "TYPE".to_owned()
        }
        kind::FOREIGN_DATA_WRAPPER => "FOREIGN DATA WRAPPER".to_owned(),
        kind::DOMAIN_CONSTRAINT => "CONSTRAINT".to_owned(),
        other => other.name().to_uppercase(),
    };
    let keyword = Sql::from_trusted(keyword);
    match id.kind {
        kind::COLUMN => sql!("{} {}.{}", keyword, id.relation(), id.name),
        kind::DOMAIN_CONSTRAINT => sql!("{} {} ON DOMAIN {}", keyword, id.name, id.relation()),
        // The index's name is alone in its schema; the relation in its id is the table's.
        kind::INDEX => sql!("{} {}", keyword, id.qualified()),
        // Their names in ids are SQL already: they hold types.
        kind::FUNCTION
        | kind::PROCEDURE
        | kind::AGGREGATE
        | kind::CAST
        | kind::OPERATOR
        | kind::TRANSFORM => {
            sql!("{} {}", keyword, signature(id))
        }
        kind::CONSTRAINT | kind::TRIGGER | kind::POLICY | kind::RULE => {
            sql!("{} {} ON {}", keyword, id.name, id.relation())
        }
        // The access method stands in the relation's place.
        kind::OPERATOR_CLASS | kind::OPERATOR_FAMILY => {
            sql!("{} {} USING {}", keyword, id.qualified(), id.relation)
        }
        kind::USER_MAPPING => sql!("{} FOR {} SERVER {}", keyword, role(id.name), id.relation),
        _ => sql!("{} {}", keyword, id.qualified()),
    }
}

/// A role as GRANT and the like name it; PUBLIC is the key word.
pub fn role(name: Ident) -> Sql {
    if name == "public" { sql!("PUBLIC") } else { sql!("{}", name) }
}

/// A function's name with its argument types: the name part of its id is quoted already.
pub fn signature(id: &Id) -> Sql {
    let name = Sql::from_trusted(id.name.as_str());
    if id.schema.is_empty() { name } else { sql!("{}.{}", id.schema, name) }
}
