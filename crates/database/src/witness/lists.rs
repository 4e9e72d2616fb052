//! Lists of columns in printed queries, by name: `FROM t s(x, y)`, `FROM f() s(x, y)`.
//!
//! The server prints such a list in the order of the table's columns, which is another one where a column came later. What
//! it says is which column has which name: `[a AS x, b AS y]`, whatever the order. A column that has its own name is not
//! mentioned, and a list that says nothing is none.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use limbeck_sql::{Ident, Name};

use super::catalogs::Catalog;
use super::names::text;
use super::{Node, Values, rules};

const PG_CLASS: u32 = 1259;
const PG_PROC: u32 = 1255;

/// What queries read: tables, and functions that return rows of tables.
#[derive(Default)]
pub(super) struct Sources {
    /// The names of relations and functions, as the server prints them.
    names: HashMap<Node, String>,
    /// The columns of relations, by their numbers.
    columns: HashMap<u32, BTreeMap<i32, String>>,
    /// The relations whose rows functions return.
    returned: HashMap<u32, u32>,
    /// The relations and functions that an object needs.
    needs: HashMap<Node, HashSet<Node>>,
}

impl Sources {
    pub(super) fn of(read: &[(&Catalog, Vec<Values>)]) -> Self {
        let mut sources = Self::default();
        let mut schemas: HashMap<u32, String> = HashMap::new();
        let mut rows_of: HashMap<u32, u32> = HashMap::new();
        each(read, "pg_namespace", ["oid", "nspname"], |[oid, name]| {
            schemas.insert(number_in(oid), name.to_owned());
        });
        each(read, "pg_type", ["oid", "typrelid"], |[oid, relation]| {
            rows_of.insert(number_in(oid), number_in(relation));
        });
        let printed = |schema: &str, name: &str| {
            let schema = schemas.get(&number_in(schema)).map(String::as_str).unwrap_or_default();
            Name::new(Ident::new(schema), Ident::new(name)).to_string()
        };
        each(read, "pg_class", ["oid", "relnamespace", "relname"], |[oid, schema, name]| {
            sources.names.insert((PG_CLASS, number_in(oid)), printed(schema, name));
        });
        each(read, "pg_proc", ["oid", "pronamespace", "proname", "prorettype"], |[oid, schema, name, ty]| {
            if let Some(relation) = rows_of.get(&number_in(ty)).filter(|relation| **relation != 0) {
                sources.names.insert((PG_PROC, number_in(oid)), printed(schema, name));
                sources.returned.insert(number_in(oid), *relation);
            }
        });
        each(read, "pg_attribute", ["attrelid", "attnum", "attname"], |[relation, place, name]| {
            let columns = sources.columns.entry(number_in(relation)).or_default();
            columns.insert(place.parse().unwrap_or_default(), Ident::new(name).to_string());
        });
        let depends = ["classid", "objid", "refclassid", "refobjid"];
        each(read, rules::DEPENDENCIES, depends, |[class, object, needed_class, needed]| {
            let needed = (number_in(needed_class), number_in(needed));
            if [PG_CLASS, PG_PROC].contains(&needed.0) {
                let needs = sources.needs.entry((number_in(class), number_in(object))).or_default();
                needs.insert(needed);
            }
        });
        sources
    }

    /// An object's query with its lists by name.
    pub(super) fn by_name(&self, object: Node, query: &str) -> String {
        let lists = find(query);
        if lists.is_empty() {
            return query.to_owned();
        }
        let empty = HashSet::new();
        let needs = self.needs.get(&object).unwrap_or(&empty);
        let mut named = String::with_capacity(query.len());
        let mut at = 0;
        for list in lists {
            let mut readings: Vec<Vec<String>> =
                needs.iter().filter_map(|need| self.read_as(*need, &list)).collect();
            // Of functions of one name the one whose columns need the fewest words is meant.
            readings.sort_by_key(|reading| (reading.len(), reading.clone()));
            if let Some(reading) = readings.first() {
                named.push_str(&query[at..list.place.start]);
                if !reading.is_empty() {
                    named.push_str(&["[", &reading.join(", "), "]"].concat());
                }
                at = list.place.end;
            }
        }
        named.push_str(&query[at..]);
        named
    }

    /// What a list says if it is about that object: which of its columns have which other names.
    fn read_as(&self, need: Node, list: &List) -> Option<Vec<String>> {
        if self.names.get(&need) != Some(&list.of) || (need.0 == PG_PROC) != list.is_call {
            return None;
        }
        let relation = if list.is_call { self.returned.get(&need.1)? } else { &need.1 };
        let columns = self.columns.get(relation).filter(|columns| columns.len() >= list.names.len())?;
        let both = columns.values().zip(&list.names).filter(|(column, name)| column != name);
        let mut reading: Vec<String> = both.map(|(column, name)| [column, " AS ", name].concat()).collect();
        reading.sort_unstable();
        Some(reading)
    }
}

/// A text in which the order of columns says nothing, for who compares dumps: the lists of tables are sorted, and those of
/// functions, in which the server leaves out what came later, are gone.
pub fn without_order(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    let mut at = 0;
    for List { is_call, mut names, place, .. } in find(text) {
        names.sort_unstable();
        without.push_str(&text[at..place.start]);
        if !is_call {
            without.push_str(&["(", &names.join(", "), ")"].concat());
        }
        at = place.end;
    }
    without.push_str(&text[at..]);
    without
}

/// Calls back with some columns of each row of a catalog.
fn each<'a, const N: usize>(
    read: &'a [(&Catalog, Vec<Values>)],
    name: &str,
    columns: [&str; N],
    mut row: impl FnMut([&'a str; N]),
) {
    for (catalog, rows) in read.iter().filter(|(catalog, _)| catalog.name == name) {
        let places = columns.map(|column| catalog.at(column));
        if places.iter().all(Option::is_some) {
            rows.iter().for_each(|values| row(places.map(|at| at.map_or("", |at| text(values, at)))));
        }
    }
}

fn number_in(text: &str) -> u32 {
    text.parse().unwrap_or_default()
}

/// `schema.name alias(x, y)` or `schema.name(…) alias(x, y)`; names as they are printed.
#[derive(Debug, PartialEq, Eq)]
struct List {
    of: String,
    is_call: bool,
    names: Vec<String>,
    /// Where it stands, with its parentheses.
    place: Range<usize>,
}

/// The lists of a query, in order.
fn find(query: &str) -> Vec<List> {
    let words = words(query);
    let text = |at: usize| words.get(at).map(|place| &query[place.clone()]);
    let mut opened: Vec<usize> = Vec::new();
    let mut lists = Vec::new();
    for at in 0..words.len() {
        let called = match text(at) {
            Some("(") => {
                opened.push(at);
                continue;
            }
            Some(")") => opened.pop(),
            _ => None,
        };
        let Some(end) = called.map_or(Some(at), |open| open.checked_sub(1)) else { continue };
        let (Some(start), Some("(")) = (end.checked_sub(2), text(at + 2)) else { continue };
        let is_name = |at: usize| text(at).is_some_and(is_name);
        if !is_name(start) || text(start + 1) != Some(".") || !is_name(end) || !is_name(at + 1) {
            continue;
        }
        if let Some((names, close)) = names_from(at + 3, &text) {
            let of = query[words[start].start..words[end].end].to_owned();
            let place = words[at + 2].start..words[close].end;
            lists.push(List { of, is_call: called.is_some(), names, place });
        }
    }
    lists
}

/// Names with commas between them, and the place of the parenthesis that closes behind them.
fn names_from<'a>(first: usize, text: &impl Fn(usize) -> Option<&'a str>) -> Option<(Vec<String>, usize)> {
    let mut names = Vec::new();
    for at in (first..).step_by(2) {
        names.push(text(at).filter(|word| is_name(word))?.to_owned());
        match text(at + 1)? {
            ")" => return Some((names, at + 1)),
            "," => {}
            _ => return None,
        }
    }
    None
}

/// Whether the server prints a name so: key words stand in capitals.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first == '"' || first == '_' || first.is_lowercase() || !first.is_ascii())
}

/// The places of words, of names and strings in quotes, and of single signs.
fn words(query: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut characters = query.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let is_part = |other: char| other.is_alphanumeric() || "_$".contains(other) || !other.is_ascii();
        match first {
            // A quote inside is doubled: two texts side by side, which is as good.
            '"' | '\'' => while characters.next_if(|(_, other)| *other != first).is_some() {},
            _ if is_part(first) => while characters.next_if(|(_, other)| is_part(*other)).is_some() {},
            _ => {}
        }
        if "\"'".contains(first) {
            characters.next();
        }
        let end = characters.peek().map_or(query.len(), |(end, _)| *end);
        match words.last_mut() {
            Some(last) if is_doubled(query, last, start, first) => last.end = end,
            _ => words.push(start..end),
        }
    }
    words
}

/// Whether a quote that opens there follows at once on one of its kind that closed.
fn is_doubled(query: &str, last: &Range<usize>, start: usize, quote: char) -> bool {
    "\"'".contains(quote) && last.end == start && query[last.clone()].starts_with(quote)
}

#[cfg(test)]
mod tests {
    use super::find;

    fn found(query: &str) -> Vec<String> {
        let shown = |list: super::List| {
            let call = if list.is_call { "()" } else { "" };
            format!("{}{call}: {}", list.of, list.names.join("|"))
        };
        find(query).into_iter().map(shown).collect()
    }

    #[test]
    fn lists_stand_behind_the_alias_of_a_table_or_call() {
        assert_eq!(found("SELECT s.x FROM app.t s(x, y) WHERE (s.x > 1)"), ["app.t: x|y"]);
        assert_eq!(
            found("FROM (app.\"t (\"\" a\" \"S\"(x, \"b, c\")\n JOIN s.f(s.g(1), ')') z(a) USING (x))"),
            ["app.\"t (\"\" a\": x|\"b, c\"", "s.f(): a"]
        );
    }

    #[test]
    fn nothing_else_is_a_list() {
        let queries = [
            "JOIN app.t USING (b)",
            "INSERT INTO app.t (a, b) VALUES (1, 2)",
            "FROM (SELECT 1) s(x)",
            "FROM app.t TABLESAMPLE system (10)",
            "SELECT app.f(a, b)",
            "FROM app.f() WITH ORDINALITY s(a, b)",
            "FROM app.t s(",
            "app.t s(x",
            "'app.t s(x)'",
            ")",
            ") x(a)",
            "\"",
            "a.b 'c",
        ];
        queries.into_iter().for_each(|query| assert_eq!(found(query), Vec::<String>::new(), "{query}"));
    }
}
