//! The columns of functions in queries.
//!
//! The server prints `FROM f() s(a, b)`: all columns of the table whose rows the function returns, in that table's order,
//! which is another one where a column came later. Without the list the columns go by their names, and a query means the
//! same over every order.

use std::collections::BTreeMap;

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, Sql};

use crate::expression::{Token, starts_as_name, tokens};
use crate::{Object, Schema, Visitor, kind, routine, table};

/// Functions, and the columns of the tables whose rows they return, in order.
type Functions = BTreeMap<Id, (Name, Vec<Ident>)>;

/// The text without any such list: what two servers may print of one query over tables with other orders of columns.
pub fn without_lists(text: &str) -> String {
    let lists: Vec<_> = calls(text).into_iter().map(|call| call.list).collect();
    without(text, &lists)
}

/// Takes the lists from all queries that mean the same by name.
pub(crate) fn by_name(schema: &mut Schema) {
    let functions = functions(schema);
    if functions.is_empty() {
        return;
    }
    let calls = |needs: &std::collections::BTreeSet<Id>| -> Vec<(Name, Vec<Ident>)> {
        needs.iter().filter_map(|need| functions.get(need)).cloned().collect()
    };
    let concerned: Vec<_> = schema.edges.iter().map(|(id, needs)| (*id, calls(needs))).collect();
    for (id, functions) in concerned.into_iter().filter(|(_, functions)| !functions.is_empty()) {
        if let Some(mut object) = schema.get(&id).cloned() {
            object.visit(&mut Lists(&functions));
            if schema.get(&id) != Some(&object) {
                schema.insert(object);
            }
        }
    }
}

fn functions(schema: &Schema) -> Functions {
    let mut by_result: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    let all =
        schema.range(Id::inside(kind::FUNCTION, "", "")..).take_while(|(id, _)| id.kind == kind::FUNCTION);
    for (id, object) in all {
        if let Object::Function(function) = object
            && let Some(result) = &function.0.result
        {
            let row = result.as_str().strip_prefix("SETOF ").unwrap_or(result.as_str());
            // Types of the server's own have no schema before them.
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
        let Some(ids) = by_result.get(table.to_string().as_str()) else { continue };
        let mut columns = table::columns_of(schema, table);
        columns.sort_by_key(|column| column.position.0);
        let names: Vec<Ident> = columns.into_iter().map(|column| column.id.name).collect();
        functions.extend(ids.iter().map(|id| (*id, (routine::called(id), names.clone()))));
    }
    functions
}

struct Lists<'a>(&'a [(Name, Vec<Ident>)]);

impl Visitor for Lists<'_> {
    fn id(&mut self, _: &mut Id) {}

    fn column(&mut self, _: Name, _: &mut Ident) {}

    fn expression(&mut self, _: Option<Name>, text: &mut Sql) {
        let is_its = |call: &Call| {
            self.0.iter().any(|(name, columns)| call.name == *name && columns.starts_with(&call.columns))
        };
        let lists = calls(text.as_str()).into_iter().filter(is_its).map(|call| call.list);
        let lists: Vec<_> = lists.collect();
        if !lists.is_empty() {
            *text = Sql::from_trusted(without(text.as_str(), &lists));
        }
    }
}

/// `schema.name(…) alias(a, b)` in a text.
struct Call {
    name: Name,
    columns: Vec<Ident>,
    /// Where the list stands, with its parentheses.
    list: std::ops::Range<usize>,
}

fn without(text: &str, lists: &[std::ops::Range<usize>]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for list in lists {
        rest.push_str(&text[at..list.start]);
        at = list.end;
    }
    rest.push_str(&text[at..]);
    rest
}

/// The calls with a list of columns, in order.
fn calls(text: &str) -> Vec<Call> {
    let mut at = 0;
    let mut solid: Vec<(usize, Token<'_>)> = Vec::new();
    for token in tokens(text) {
        if !token.is_space() {
            solid.push((at, token));
        }
        at += token.text().len();
    }
    (0..solid.len()).filter_map(|close| call(&solid, close)).collect()
}

/// The call whose arguments end there.
fn call(solid: &[(usize, Token<'_>)], close: usize) -> Option<Call> {
    let token = |at: usize| solid.get(at).map(|(_, token)| *token);
    let is = |at: usize, text: &str| token(at).is_some_and(|token| token.is(text));
    let is_alias = match token(close + 1)? {
        Token::Word(word) => starts_as_name(word),
        Token::Quoted(_) => true,
        Token::String(_) | Token::Other(_) => false,
    };
    if !is(close, ")") || !is_alias || !is(close + 2, "(") {
        return None;
    }
    let mut columns = Vec::new();
    let mut at = close + 3;
    loop {
        columns.push(Ident::new(&token(at)?.ident()?));
        at += 2;
        if is(at - 1, ")") {
            break;
        }
        is(at - 1, ",").then_some(())?;
    }
    let list = solid[close + 2].0..solid[at - 1].0 + 1;
    let mut depth = 0_usize;
    let open = (0..=close).rev().find(|at| {
        depth = if is(*at, ")") { depth + 1 } else { depth };
        depth = if is(*at, "(") { depth.saturating_sub(1) } else { depth };
        depth == 0
    })?;
    let part = |back: usize| open.checked_sub(back).and_then(token)?.ident();
    let is_qualified = open.checked_sub(2).is_some_and(|at| is(at, "."));
    let schema = part(3).filter(|_| is_qualified)?;
    let name = Name::new(Ident::new(&schema), Ident::new(&part(1)?));
    Some(Call { name, columns, list })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> String {
        let columns = ["a", "B c", "d"].map(Ident::new).to_vec();
        let mut text = Sql::from_trusted(text);
        Lists(&[(Name::new("s", "f"), columns)]).expression(None, &mut text);
        text.to_string()
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
