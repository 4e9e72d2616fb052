//! Models and the SQL declared beside them, in a server's words.
//!
//! The models' own texts are settled as ever ([`Engine::canonical`]). The declared SQL is run on scratch, over those
//! objects of the models that it names, and what it makes is read back and kept: nothing runs again until one of
//! these texts changes. Where the SQL does more than make objects beside the models (it alters them, or needs more
//! of them than their names tell), all of it is built together.

use std::cell::RefCell;

use limbeck_kinds::column::Value;
use limbeck_kinds::constraint::{self, ConstraintDefinition};
use limbeck_kinds::names::object_name;
use limbeck_kinds::table::Table;
use limbeck_kinds::{Object, Schema, keep_secrets, kind, namespace, needs};
use limbeck_models::ReadResult;
use limbeck_plan::canonical::plain;
use limbeck_schema::{Canonical, Id, Origin};
use rustc_hash::FxHashSet;

use super::recordings::{self, Kept};
use super::scratch::{Order, Refused, looks_at_all, words};
use super::script::script;
use super::{Engine, compare};
use crate::failure::{Failure, Report, Result};

/// A statement, and where it was declared.
type Declared = (String, Origin);

/// A statement that the server refused, and the declared text where it is one.
struct Refusal<'d> {
    refused: Refused,
    declared: Option<&'d Declared>,
    statement: String,
}

impl Engine<'_> {
    /// Models and declared SQL in a server's words.
    ///
    /// # Errors
    ///
    /// A text or statement that the server does not take, at its place.
    pub(crate) fn declared(
        &mut self,
        read: ReadResult,
        sql: &[(String, Origin)],
        known: &Schema,
    ) -> Result<Canonical<Schema>> {
        let ReadResult { schema, sql: inline, .. } = read;
        if inline.is_empty() && sql.is_empty() {
            return self.canonical(schema, known);
        }
        let inline = inline.into_iter().map(|item| (item.sql.to_string(), item.origin));
        let declared = statements(inline.chain(sql.iter().cloned()))?;
        let (unnamed, origins) = (schema.unnamed.clone(), schema.origins.clone());
        // What the models say may use what the SQL declares: then only both together can be built.
        let (models, refused) = match self.canonical(schema.clone(), known) {
            Ok(canonical) => (canonical.into_inner(), None),
            Err(refused) => {
                self.out.detail(format!("the models alone can't be built: {refused:?}"));
                (schema, Some(refused))
            }
        };
        if refused.is_none()
            && let Some(mut whole) = self.beside(&models, &declared, known)?
        {
            keep_secrets(&mut whole, known);
            return Ok(Canonical::from_server(whole));
        }
        let mut whole = match self.read_back(&models, &declared, known)? {
            Ok(whole) => whole,
            Err(refusal) => return Err(refusal_of(&refusal, refused, self.too_old(&refusal.refused))),
        };
        whole.unnamed = unnamed;
        whole.origins.extend(origins);
        keep_secrets(&mut whole, known);
        Ok(Canonical::from_server(whole))
    }

    /// The models and what the declared SQL makes of those of their objects that it names; `None` where it does
    /// more than that.
    fn beside(&mut self, models: &Schema, declared: &[Declared], known: &Schema) -> Result<Option<Schema>> {
        if !declared.iter().all(|(text, _)| only_makes(text)) {
            return Ok(None);
        }
        let base = named(models, declared);
        let Ok(mut made) = self.read_back(&base, declared, known)? else { return Ok(None) };
        for (id, object) in base.iter() {
            let is_same = |made: Object| {
                made == *object || without_given_name(made) == without_given_name(object.clone())
            };
            if !made.remove(id).is_some_and(is_same) {
                return Ok(None);
            }
        }
        if made.iter().any(|(id, _)| models.contains(id)) {
            return Ok(None);
        }
        let mut whole = models.clone();
        whole.extend(made);
        Ok(Some(whole))
    }

    /// The models' objects and the declared SQL built on scratch, and read back, now or in an earlier run. What
    /// neither makes and both may need (another service's table) is lent by `known`, and not among what is read.
    /// A statement that the server refuses is the inner error.
    fn read_back<'d>(
        &mut self,
        models: &Schema,
        declared: &'d [Declared],
        known: &Schema,
    ) -> Result<std::result::Result<Schema, Refusal<'d>>> {
        let major = self.major();
        let needed = compare::borrowed(models, known);
        let texts: Vec<&str> = declared.iter().map(|(text, _)| text.as_str()).collect();
        let slot = major.map(|major| recordings::slot(major, [models, &needed], &texts));
        let kept = match slot.as_ref().and_then(Kept::read) {
            Some(kept) => kept,
            None => {
                let kept = match self.make(models, declared, &needed)? {
                    Ok(kept) => kept,
                    Err(refused) => return Ok(Err(refused)),
                };
                // Another major version's words are good for this run, where there was nothing better.
                let version = u32::try_from(kept.recording.version() / 10_000).ok();
                if let Some(slot) = slot.filter(|_| version == major) {
                    kept.write(&slot);
                }
                kept
            }
        };
        let Kept { recording, lent } = kept;
        let mut read = recording.into_schema()?.into_inner();
        let lent = needed.iter().zip(0_u32..).filter(|(_, place)| lent.contains(place));
        for (id, _) in lent.map(|(object, _)| object) {
            read.remove(id);
        }
        read.remove(&namespace::id("public".into()));
        // On scratch everything belongs to the role that made it, which nobody declared.
        read.retain(|id, _| id.kind != kind::OWNER || models.contains(id));
        Ok(Ok(read))
    }

    /// Builds the models' objects and the declared SQL on scratch.
    fn make<'d>(
        &mut self,
        models: &Schema,
        declared: &'d [Declared],
        needed: &Schema,
    ) -> Result<std::result::Result<Kept, Refusal<'d>>> {
        let major = self.major();
        let mut whole = needed.clone();
        whole.extend(models.clone());
        let own = compare::statements(needed.clone(), whole.clone(), major)?;
        let first = match self.make_with(&own, declared, needed)? {
            Err(refusal) if refusal.refused.is_missing() => refusal,
            made => return Ok(made),
        };
        // A default or check whose function needs its own table: the tables come first, bare.
        let mut bare = needed.clone();
        bare.extend(bare_tables(models));
        let mut own = compare::statements(needed.clone(), bare.clone(), major)?;
        own.extend(compare::statements(bare, whole, major)?);
        Ok(self.make_with(&own, declared, needed)?.map_err(|_| first))
    }

    /// The same, with these statements for the models' objects.
    fn make_with<'d>(
        &mut self,
        own: &[String],
        declared: &'d [Declared],
        needed: &Schema,
    ) -> Result<std::result::Result<Kept, Refusal<'d>>> {
        let major = self.major();
        let sql: Vec<&str> =
            own.iter().map(String::as_str).chain(declared.iter().map(|(text, _)| text.as_str())).collect();
        let lent = RefCell::new(Vec::new());
        let lend = |present: &Schema| {
            let mut more = needed.clone();
            more.retain(|id, _| !present.contains(id));
            let taken = needed.iter().zip(0_u32..).filter(|((id, _), _)| more.contains(id));
            *lent.borrow_mut() = taken.map(|(_, place)| place).collect();
            let mut all = present.clone();
            all.extend(more);
            compare::statements(present.clone(), all, major)
        };
        match self.build(&sql, Order::AsNeeded(&lend))? {
            Ok(built) => Ok(Ok(Kept { lent: lent.take(), recording: built.recording })),
            Err(refused) => {
                let declared = refused.at.checked_sub(own.len()).and_then(|at| declared.get(at));
                let statement = sql.get(refused.at).copied().unwrap_or_default().to_owned();
                Ok(Err(Refusal { refused, declared, statement }))
            }
        }
    }
}

/// What the server said of a statement that it refused: a declared one, or one of ours. `alone` is what it said of the
/// models alone.
fn refusal_of(refused: &Refusal<'_>, alone: Option<Failure>, too_old: Option<String>) -> Failure {
    let report = |written| {
        let report = refused.refused.report("models::sql", "PostgreSQL does not take this", written);
        too_old.iter().fold(report, Report::help)
    };
    match (refused.declared, alone) {
        (Some(declared), _) => report(Some(declared)).into(),
        (None, Some(alone)) => alone,
        (None, None) => report(None).help(format!("the statement was: {}", refused.statement)).into(),
    }
}

/// The statements of declared texts, each with its own place.
///
/// # Errors
///
/// A text that is no SQL.
pub(crate) fn statements(texts: impl Iterator<Item = (String, Origin)>) -> Result<Vec<Declared>> {
    let mut found = Vec::new();
    for (text, origin) in texts {
        for (statement, mut place) in script(&text, &origin.file)? {
            if place.line == 1 {
                place.column += origin.column.saturating_sub(1);
            }
            place.line += origin.line.saturating_sub(1);
            found.push((statement, place));
        }
    }
    Ok(found)
}

/// Whether a statement only makes an object, or says something of one by its name: not one that looks at all that
/// is there (`ALL TABLES IN SCHEMA`, DO), or copies from tables more than their columns (`LIKE`, INHERITS).
fn only_makes(statement: &str) -> bool {
    const MAKES: [&str; 22] = [
        "AGGREGATE",
        "CAST",
        "COLLATION",
        "CONSTRAINT",
        "CONVERSION",
        "DOMAIN",
        "EXTENSION",
        "FUNCTION",
        "INDEX",
        "MATERIALIZED",
        "OPERATOR",
        "POLICY",
        "PROCEDURE",
        "RECURSIVE",
        "ROLE",
        "RULE",
        "SEQUENCE",
        "STATISTICS",
        "TRIGGER",
        "TYPE",
        "UNIQUE",
        "VIEW",
    ];
    let words: Vec<String> = words(statement).map(str::to_uppercase).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    if looks_at_all(statement) {
        return false;
    }
    match word(0) {
        "CREATE" if word(1) == "OR" => MAKES.contains(&word(3)),
        "CREATE" => MAKES.contains(&word(1)),
        "COMMENT" | "GRANT" | "REVOKE" | "SET" | "RESET" => true,
        "ALTER" if word(1) == "TABLE" => !words.iter().any(|word| word == "TRIGGER" || word == "ALL"),
        "ALTER" => MAKES.contains(&word(1)),
        _ => false,
    }
}

/// The models' relations and types that the texts may name, and what these need: tables as bare columns with their
/// primary key, since a view that groups by it depends on it.
fn named(models: &Schema, declared: &[Declared]) -> Schema {
    const KINDS: [limbeck_schema::Kind; 6] =
        [kind::TABLE, kind::ENUM, kind::DOMAIN, kind::COMPOSITE_TYPE, kind::RANGE_TYPE, kind::SEQUENCE];
    let mut base: Schema = models
        .iter()
        .filter(|(id, _)| id.kind == namespace::KIND)
        .map(|(_, object)| object.clone())
        .collect();
    let texts = || declared.iter().map(|(text, _)| without_prose(text));
    let folded: Vec<String> = texts().map(str::to_lowercase).collect();
    let schemas: FxHashSet<&str> = models.iter().map(|(id, _)| id.schema.as_str()).collect();
    let mentioned: FxHashSet<(&str, &str)> = texts()
        .chain(folded.iter().map(String::as_str))
        .flat_map(qualified_words)
        // `orders` in `orders.lines` is the schema, where there is one.
        .filter(|word| !(word.qualifies && schemas.contains(word.text)))
        .map(|word| (word.qualifier, word.text))
        .collect();
    let is_named = |id: &Id| {
        let (schema, name) = (id.schema.as_str(), id.name.as_str());
        let quoted = || texts().any(|text| text.contains(&name.replace('"', "\"\"")));
        mentioned.contains(&("", name))
            || mentioned.contains(&(schema, name))
            || ([schema, name].into_iter().any(|name| words(name).next() != Some(name)) && quoted())
    };
    let mut work: Vec<Id> =
        models.iter().map(|(id, _)| *id).filter(|id| KINDS.contains(&id.kind) && is_named(id)).collect();
    let partitions: Vec<(Id, Id)> = tables(models)
        .filter_map(|table| table.partition_of.as_ref().map(|of| (of.parent, table.id)))
        .collect();
    while let Some(id) = work.pop() {
        let Some(object) = models.get(&id).filter(|_| !base.contains(&id)) else { continue };
        let object = plain(object.clone());
        work.extend(needs(models, &object));
        if id.kind == kind::TABLE {
            work.extend(parts(models, id));
            work.extend(partitions.iter().filter(|(parent, _)| *parent == id).map(|(_, part)| *part));
        }
        base.insert(object);
    }
    base
}

/// The object without the name that the server gives to its NOT NULL, which models don't say.
fn without_given_name(mut object: Object) -> Object {
    if let Object::Column(column) = &mut object
        && !column.has_own_not_null_name()
        && let Some(not_null) = &mut column.not_null
    {
        not_null.name = None;
    }
    if let Object::Domain(domain) = &mut object
        && domain.not_null_name == Some(object_name(domain.id.name, None, "not_null"))
    {
        domain.not_null_name = None;
    }
    object
}

/// The models' tables with their columns, and the types that these may have, without what may call a function.
fn bare_tables(models: &Schema) -> Schema {
    const KINDS: [limbeck_schema::Kind; 8] = [
        kind::SCHEMA,
        kind::TABLE,
        kind::COLUMN,
        kind::ENUM,
        kind::DOMAIN,
        kind::COMPOSITE_TYPE,
        kind::RANGE_TYPE,
        kind::SEQUENCE,
    ];
    let bare = |object: &Object| match object {
        Object::Column(column) if matches!(column.value, Value::Default(_)) => plain(object.clone()),
        object => object.clone(),
    };
    models.iter().filter(|(id, _)| KINDS.contains(&id.kind)).map(|(_, object)| bare(object)).collect()
}

/// The statement without the text of a comment, whose words name nothing.
fn without_prose(statement: &str) -> &str {
    let mut words = words(statement);
    if !words.next().is_some_and(|first| first.eq_ignore_ascii_case("COMMENT")) {
        return statement;
    }
    let start = |word: &str| word.as_ptr() as usize - statement.as_ptr() as usize;
    let is_quoted = |at: usize| statement[..at].matches('"').count() % 2 == 1;
    let is = words
        .map(|word| (start(word), word))
        .find(|(at, word)| word.eq_ignore_ascii_case("IS") && !is_quoted(*at));
    is.map_or(statement, |(at, _)| &statement[..at])
}

/// A word of a text among its neighbours.
struct Word<'t> {
    text: &'t str,
    /// The word that stands before it and its dot, or nothing.
    qualifier: &'t str,
    /// A dot and a further word stand behind it, and no dot before it.
    qualifies: bool,
}

/// The words of a text, each with what it qualifies or is qualified by.
fn qualified_words(text: &str) -> impl Iterator<Item = Word<'_>> {
    // Words are parts of the text: where one stands is where it begins in memory.
    let start = move |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let space = |c: char| c.is_whitespace() || c == '"';
    let is_dot = move |from: usize, to: usize| {
        text.get(from..to).is_some_and(|between| between.trim_matches(space) == ".")
    };
    let mut all = words(text).peekable();
    let mut before = ("", 0);
    std::iter::from_fn(move || {
        let word = all.next()?;
        let end = start(word) + word.len();
        let qualifier = if is_dot(before.1, start(word)) { before.0 } else { "" };
        let qualifies = qualifier.is_empty() && all.peek().is_some_and(|next| is_dot(end, start(next)));
        before = (word, end);
        Some(Word { text: word, qualifier, qualifies })
    })
}

fn tables(schema: &Schema) -> impl Iterator<Item = &Table> {
    let first = Id::global(kind::TABLE, "");
    schema.range(first..).map_while(|(_, object)| match object {
        Object::Table(table) => Some(table),
        _ => None,
    })
}

/// The columns and the primary key of a table.
fn parts(models: &Schema, table: Id) -> Vec<Id> {
    let keys = constraint::of_table(models, table.qualified())
        .filter(|constraint| matches!(constraint.definition, ConstraintDefinition::PrimaryKey(_)));
    compare::columns(models, table).chain(keys.map(|key| key.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables that a statement names, of `public.orders`, `orders.lines`, `billing.orders` and `billing.lines`.
    fn tables_of(statement: &str) -> Vec<String> {
        let names = [("public", "orders"), ("orders", "lines"), ("billing", "orders"), ("billing", "lines")];
        let models: Schema =
            names.map(|(schema, name)| Table::new(schema.into(), name.into()).into()).into_iter().collect();
        let origin = Origin { file: "a.sql".into(), line: 1, column: 1, length: 0 };
        let base = named(&models, &[(statement.to_owned(), origin)]);
        tables(&base).map(|table| table.id.to_string()).collect()
    }

    #[test]
    fn a_table_is_needed_where_its_name_stands_for_it() {
        assert_eq!(tables_of("CREATE VIEW v AS SELECT * FROM orders.lines"), ["orders.lines"]);
        assert_eq!(tables_of("CREATE VIEW v AS SELECT * FROM \"orders\" . \"lines\""), ["orders.lines"]);
        assert_eq!(tables_of("CREATE VIEW v AS SELECT l.id FROM billing.lines l"), ["billing.lines"]);
        let bare = "CREATE VIEW v AS SELECT orders.id FROM orders WHERE orders.id > 0";
        assert_eq!(tables_of(bare), ["billing.orders", "public.orders"]);
        assert_eq!(tables_of("CREATE VIEW v AS SELECT 'Lines'::regclass"), ["billing.lines", "orders.lines"]);
    }

    #[test]
    fn the_text_of_a_comment_names_nothing() {
        let comment = "comment on view billing.v is 'Rows of billing.lines and orders'";
        assert_eq!(tables_of(comment), Vec::<String>::new());
        let comment = "COMMENT ON COLUMN billing.orders.\"who is it\" IS 'Of lines'";
        assert_eq!(tables_of(comment), ["billing.orders"]);
    }
}
