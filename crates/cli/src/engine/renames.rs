//! `--rename OLD=NEW`.

use limbeck_kinds::{Schema, kind};
use limbeck_schema::{Id, Parts, Rename};
use limbeck_sql::{Ident, Name};

use crate::exit::Exit;
use crate::failure::{Report, Result};

/// The renames that the command line names; OLD is looked up in what is there.
///
/// `s.t.old=s.t.new` is a column (or constraint, index, label…), `s.old=s.new` a table, type or the like; NEW
/// may be the bare name.
///
/// # Errors
///
/// Where the text is no pair of names, or nothing is called OLD.
pub(crate) fn renames(texts: &[String], from: &Schema) -> Result<Vec<Rename>> {
    texts.iter().map(|text| rename(text, from)).collect()
}

fn rename(text: &str, from: &Schema) -> Result<Rename> {
    let wrong = |message: String| Report::error("cli::rename", message).exit(Exit::Usage);
    let Some((old, new)) = text.split_once('=') else {
        return Err(wrong(format!("`{text}` is not OLD=NEW")));
    };
    let (old_parts, new_parts) = (parts(old), parts(new));
    let Some(id) = find(&old_parts, from) else {
        return Err(wrong(format!("there is nothing called `{old}`")));
    };
    let to = match new_parts.as_slice() {
        [name] => id.with_name(Ident::new(name)),
        [schema, name] if id.relation.is_empty() => {
            id.with_schema(Ident::new(schema)).with_name(Ident::new(name))
        }
        [relation, name] if id.relation.as_str() == relation => id.with_name(Ident::new(name)),
        [schema, relation, name] if !id.relation.is_empty() => Parts {
            schema: Ident::new(schema),
            relation: Ident::new(relation),
            name: Ident::new(name),
            ..*id
        }
        .id(),
        _ => return Err(wrong(format!("`{new}` does not name {} of the same form as `{old}`", id.kind))),
    };
    Ok(Rename { from: id, to })
}

/// The parts of a dotted name; quotes keep dots and capitals.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            other => {
                if let Some(last) = parts.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    parts
}

/// The object of that name; of several, the one that holds data.
fn find(parts: &[String], from: &Schema) -> Option<Id> {
    let fits = |id: &Id| {
        if id.target().is_some() {
            return false;
        }
        match parts {
            [name] => {
                id.name.as_str() == name
                    && (id.schema.is_empty() || id.schema == "public")
                    && id.relation.is_empty()
            }
            [first, second] => {
                let outer = Name::new(first.as_str(), second.as_str());
                (id.relation.is_empty() && id.qualified() == outer)
                    || (id.relation.as_str() == first && id.name.as_str() == second && id.schema == "public")
            }
            [schema, relation, name] => {
                id.schema.as_str() == schema && id.relation.as_str() == relation && id.name.as_str() == name
            }
            _ => false,
        }
    };
    let order = |id: &Id| ![kind::TABLE, kind::COLUMN].contains(&id.kind);
    from.iter().map(|(id, _)| *id).filter(fits).min_by_key(|id| (order(id), *id))
}
