//! The columns of tables and functions in queries.
//!
//! The server prints `FROM t s(x, y)` for columns that have other names there, and `FROM f() s(a, b)` always: all columns
//! of the table, or of the one whose rows the function returns, in that table's order, which is another one where a
//! column came later. So a list is kept without the names at its end that the columns have anyway, and is brought into
//! the order of the other side before two of them are compared or one is written ([`in_order_of`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{Ident, Name, Sql, list};

use crate::column::Column;
use crate::expression::{Token, starts_as_name, tokens};
use crate::{Context, How, Object, Schema, Visitor, kind, routine, table};

/// Kinds that hold queries.
const QUERIES: [Kind; 6] =
    [kind::VIEW, kind::MATERIALIZED_VIEW, kind::RULE, kind::POLICY, kind::FUNCTION, kind::PROCEDURE];

/// Functions, and the tables whose rows they return.
type Functions = BTreeMap<Id, Name>;

/// What a query reads, and the columns of its rows, in order.
struct Source {
    name: Name,
    /// Whether it is called.
    is_function: bool,
    columns: Vec<Ident>,
    /// The same columns as they come on the other side.
    ordered: Vec<Ident>,
}

/// Takes from all lists what says nothing.
pub(crate) fn by_name(schema: &mut Schema) {
    let functions = functions(schema);
    let order = |table: Name| {
        let columns = in_order(schema, table);
        (columns.clone(), columns)
    };
    let changed = rewritten(schema, &functions, order);
    changed.into_iter().for_each(|object| drop(schema.insert(object)));
}

/// Brings the lists of `to` into the order that tables have once they are altered: what `from` has of their columns,
/// and behind that what is new. The tables themselves get that order, so that one which is made again has it too.
pub fn in_order_of(from: &Schema, to: &mut Schema, version: i32) {
    let mut orders: BTreeMap<Name, Vec<Ident>> = BTreeMap::new();
    let functions = functions(to);
    let changed = rewritten(to, &functions, |table| {
        let columns = in_order(to, table);
        let ordered = altered_order(table, &columns, &Context { from, to, version });
        if ordered != columns {
            orders.insert(table, ordered.clone());
        }
        (columns, ordered)
    });
    if changed.is_empty() {
        return;
    }
    changed.into_iter().for_each(|object| drop(to.insert(object)));
    for (table, names) in orders {
        for (name, place) in names.into_iter().zip(1..) {
            if let Some(Object::Column(column)) = to.get(&crate::column::id(table, name)).cloned() {
                to.insert(Column { position: Incidental(place), ..column }.into());
            }
        }
    }
}

fn in_order(schema: &Schema, table: Name) -> Vec<Ident> {
    table::columns_of(schema, table).into_iter().map(|column| column.id.name).collect()
}

/// The columns of a table of `to` in the order that they have after the way from `from`.
fn altered_order(table: Name, columns: &[Ident], context: &Context<'_>) -> Vec<Ident> {
    let id = table::id(table.schema, table.name);
    // The columns of a typed table are its type's.
    let is_typed = matches!(context.to.get(&id), Some(Object::Table(table)) if table.of_type.is_some());
    let stays = |name: &Ident| {
        let id = crate::column::id(table, *name);
        let (Some(old), Some(new)) = (context.from.get(&id), context.to.get(&id)) else { return false };
        old == new || old.alter(new, context).is_some_and(|alter| !matches!(alter.how, How::Replace))
    };
    if is_typed || !table::stands(context.from, table) {
        return columns.to_vec();
    }
    let old = in_order(context.from, table).into_iter().filter(stays);
    old.chain(columns.iter().copied().filter(|name| !stays(name))).collect()
}

/// The objects whose lists become others, by the orders of tables before and after.
fn rewritten(
    schema: &Schema,
    functions: &Functions,
    mut orders: impl FnMut(Name) -> (Vec<Ident>, Vec<Ident>),
) -> Vec<Object> {
    let mut known: BTreeMap<Name, (Vec<Ident>, Vec<Ident>)> = BTreeMap::new();
    let mut changed = Vec::new();
    for (id, needs) in schema.edges.iter().filter(|(id, _)| QUERIES.contains(&id.kind)) {
        let Some(object) = schema.get(id).filter(|object| has_list(object)) else { continue };
        let sources: Vec<Source> = sources(needs, functions)
            .into_iter()
            .map(|(name, function)| {
                let (columns, ordered) = known.entry(name).or_insert_with(|| orders(name)).clone();
                let (name, is_function) = (function.unwrap_or(name), function.is_some());
                Source { name, is_function, columns, ordered }
            })
            .collect();
        let mut new = object.clone();
        new.visit(&mut Lists(&sources));
        if new != *object {
            changed.push(new);
        }
    }
    changed
}

/// The tables among the needs, and those whose rows functions among them return, with the function's name.
fn sources(needs: &BTreeSet<Id>, functions: &Functions) -> BTreeSet<(Name, Option<Name>)> {
    let source = |need: &Id| match need.kind {
        kind::TABLE | kind::FOREIGN_TABLE => Some((need.qualified(), None)),
        kind::COLUMN => Some((need.relation(), None)),
        _ => functions.get(need).map(|table| (*table, Some(routine::called(need)))),
    };
    needs.iter().filter_map(source).collect()
}

/// Functions that return rows of tables. Types of the server's own have no schema before them.
fn functions(schema: &Schema) -> Functions {
    let all =
        schema.range(Id::inside(kind::FUNCTION, "", "")..).take_while(|(id, _)| id.kind == kind::FUNCTION);
    let mut by_result: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for (id, object) in all {
        if let Object::Function(function) = object
            && let Some(result) = &function.0.result
        {
            let row = result.as_str().strip_prefix("SETOF ").unwrap_or(result.as_str());
            if row.contains('.') {
                by_result.entry(row).or_default().push(*id);
            }
        }
    }
    let mut functions = Functions::new();
    if by_result.is_empty() {
        return functions;
    }
    let tables = schema.range(Id::inside(kind::TABLE, "", "")..).take_while(|(id, _)| id.kind == kind::TABLE);
    for table in tables.map(|(id, _)| id.qualified()) {
        let ids = by_result.get(table.to_string().as_str());
        functions.extend(ids.into_iter().flatten().map(|id| (*id, table)));
    }
    functions
}

/// Whether an object's queries hold a list at all.
fn has_list(object: &Object) -> bool {
    struct Search(bool);
    impl Visitor for Search {
        fn id(&mut self, _: &mut Id) {}

        fn column(&mut self, _: Name, _: &mut Ident) {}

        fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
            self.0 = self.0 || !mentions(text.as_str()).is_empty();
        }
    }
    let mut search = Search(false);
    object.clone().visit(&mut search);
    search.0
}

struct Lists<'a>(&'a [Source]);

impl Visitor for Lists<'_> {
    fn id(&mut self, _: &mut Id) {}

    fn column(&mut self, _: Name, _: &mut Ident) {}

    fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
        let mentions = mentions(text.as_str()).into_iter();
        let lists: Vec<_> =
            mentions.filter_map(|mention| Some((self.list_of(&mention)?, mention.list))).collect();
        if !lists.is_empty() {
            let lists = lists.into_iter().map(|(new, place)| (place, new));
            *text = Sql::from_trusted(replaced(text.as_str(), lists));
        }
    }
}

impl Lists<'_> {
    /// What a list becomes; of functions of one name that return different rows nobody knows which is meant.
    fn list_of(&self, mention: &Mention) -> Option<String> {
        let is_meant = |source: &&Source| {
            source.is_function == mention.is_called
                && source.name == mention.name
                && mention.columns.len() <= source.columns.len()
        };
        let meant: Vec<&Source> = self.0.iter().filter(is_meant).collect();
        let says_nothing = |source: &&&Source| source.columns.starts_with(&mention.columns);
        let source = match meant.iter().find(says_nothing) {
            Some(source) => source,
            None => meant.first().filter(|_| meant.len() == 1)?,
        };
        let columns = source.renamed(&mention.columns);
        let new = match columns.as_slice() {
            [] => String::new(),
            columns => format!("({})", list(columns)),
        };
        (columns != mention.columns).then_some(new)
    }
}

impl Source {
    /// The names of the columns in the other order, as far as they need to be said.
    fn renamed(&self, names: &[Ident]) -> Vec<Ident> {
        let name = |column: &Ident| {
            let place = self.columns.iter().position(|other| other == column);
            place.and_then(|place| names.get(place)).copied().unwrap_or(*column)
        };
        let mut renamed: Vec<Ident> = self.ordered.iter().map(name).collect();
        let said = renamed.iter().zip(&self.ordered).rposition(|(name, column)| name != column);
        renamed.truncate(said.map_or(0, |last| last + 1));
        renamed
    }
}

/// `schema.name alias(a, b)` or `schema.name(…) alias(a, b)` in a text.
struct Mention {
    name: Name,
    /// Whether arguments stand behind the name.
    is_called: bool,
    columns: Vec<Ident>,
    /// Where the list stands, with its parentheses.
    list: Range<usize>,
}

fn replaced(text: &str, lists: impl Iterator<Item = (Range<usize>, String)>) -> String {
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for (place, list) in lists {
        new.push_str(&text[at..place.start]);
        new.push_str(&list);
        at = place.end;
    }
    new.push_str(&text[at..]);
    new
}

/// The tables and calls with a list of columns, in order.
fn mentions(text: &str) -> Vec<Mention> {
    let mut at = 0;
    let mut solid: Vec<(usize, Token<'_>)> = Vec::new();
    for token in tokens(text) {
        if !token.is_space() {
            solid.push((at, token));
        }
        at += token.text().len();
    }
    (0..solid.len()).filter_map(|last| mention(&solid, last)).collect()
}

/// What ends there, with the list behind it.
fn mention(solid: &[(usize, Token<'_>)], last: usize) -> Option<Mention> {
    let token = |at: usize| solid.get(at).map(|(_, token)| *token);
    let is = |at: usize, text: &str| token(at).is_some_and(|token| token.is(text));
    let is_alias = match token(last + 1)? {
        Token::Word(word) => starts_as_name(word),
        Token::Quoted(_) => true,
        Token::String(_) | Token::Other(_) => false,
    };
    if !is_alias || !is(last + 2, "(") {
        return None;
    }
    let is_called = is(last, ")");
    let end = if is_called { opening(solid, last)?.checked_sub(1)? } else { last };
    let part = |back: usize| end.checked_sub(back).and_then(token)?.ident();
    let is_qualified = end.checked_sub(1).is_some_and(|at| is(at, "."));
    let schema = part(2).filter(|_| is_qualified)?;
    let name = Name::new(Ident::new(&schema), Ident::new(&part(0)?));
    let mut columns = Vec::new();
    let mut at = last + 3;
    loop {
        columns.push(Ident::new(&token(at)?.ident()?));
        at += 2;
        if is(at - 1, ")") {
            break;
        }
        is(at - 1, ",").then_some(())?;
    }
    Some(Mention { name, is_called, columns, list: solid[last + 2].0..solid[at - 1].0 + 1 })
}

/// Where the parenthesis opens that closes there.
fn opening(solid: &[(usize, Token<'_>)], close: usize) -> Option<usize> {
    let is = |at: usize, text: &str| solid[at].1.is(text);
    let mut depth = 0_usize;
    (0..=close).rev().find(|at| {
        depth = if is(*at, ")") { depth + 1 } else { depth };
        depth = if is(*at, "(") { depth.saturating_sub(1) } else { depth };
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text where the function `s.f` returns the rows of the table `s.t`, whose columns come in that order.
    fn ordered(text: &str, ordered: [&str; 3]) -> String {
        let columns = ["a", "B c", "d"].map(Ident::new).to_vec();
        let source = |name, is_function| Source {
            name: Name::new("s", name),
            is_function,
            columns: columns.clone(),
            ordered: ordered.map(Ident::new).to_vec(),
        };
        let mut text = Sql::from_trusted(text);
        Lists(&[source("f", true), source("t", false)]).expression(None, &mut text);
        text.to_string()
    }

    fn bare(text: &str) -> String {
        ordered(text, ["a", "B c", "d"])
    }

    #[test]
    fn a_list_follows_the_order_of_the_columns() {
        let other = |text: &str| ordered(text, ["d", "a", "B c"]);
        assert_eq!(other("FROM s.t x(y, z)"), "FROM s.t x(d, y, z)");
        assert_eq!(other("FROM s.f() x(y, \"B c\", z)"), "FROM s.f() x(z, y)");
        assert_eq!(
            other("FROM s.t \"X\"(a, \"B c\", d) JOIN s.t z USING (d)"),
            "FROM s.t \"X\" JOIN s.t z USING (d)"
        );
    }

    #[test]
    fn what_columns_are_called_anyway_is_not_said() {
        assert_eq!(bare("FROM s.t x(y, \"B c\", d)"), "FROM s.t x(y)");
        assert_eq!(bare("FROM s.t x(a, \"B c\", y)"), "FROM s.t x(a, \"B c\", y)");
    }

    #[test]
    fn a_list_of_the_first_columns_goes_and_no_other() {
        let same = |text: &str| assert_eq!(bare(text), text);
        assert_eq!(bare("SELECT x.a FROM s.f() x(a, \"B c\", d)"), "SELECT x.a FROM s.f() x");
        assert_eq!(bare("SELECT x.a FROM s.f() x(a, \"B c\")"), "SELECT x.a FROM s.f() x");
        assert_eq!(
            bare("FROM s.f(s.g(1), '(') \"X y\"(a, \"B c\", d), s.f() z(a, \"B c\", d) WHERE z.a"),
            "FROM s.f(s.g(1), '(') \"X y\", s.f() z WHERE z.a"
        );
        same("FROM s.f() x(a, d, \"B c\")");
        same("FROM s.f() x(a, d)");
        same("FROM s.g() x(a, \"B c\", d)");
        same("FROM s.f() WITH ORDINALITY x(a, \"B c\", d)");
        same("FROM (s.f()) x(a, \"B c\", d)");
        same("FROM (SELECT s.f) x(a, \"B c\", d)");
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["", ")", ") x(", ") x(a", ") x(a)", "()x(a)", ".f()x(a)", "s.f()x(a,", "))x(((a)"] {
            assert_eq!(bare(text), text);
        }
    }
}
