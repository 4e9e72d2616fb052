//! Following a rename through a query as the server prints it.
//!
//! The server keeps views, policies and parsed bodies by number, and prints new names after a rename. Here the
//! printed text is changed as the server would change it: `s.t` where it stands, `t.a` where no alias hides the
//! table, and `b AS a` where a renamed column keeps its name in the result. Where the text is beyond that
//! (`JOIN … USING`, an alias that the server made up), it differs afterwards, and the object is replaced by
//! itself: needless, but right.

use limbeck_sql::{Ident, Name, Sql};

use crate::expression::{self, Token, tokens};

/// A text in tokens, with the positions of those that are not white space.
struct Text<'a> {
    tokens: Vec<Token<'a>>,
    solid: Vec<usize>,
}

impl<'a> Text<'a> {
    fn of(text: &'a Sql) -> Self {
        let tokens = tokens(text.as_str());
        let solid = (0..tokens.len()).filter(|at| !tokens[*at].is_space()).collect();
        Self { tokens, solid }
    }

    /// The solid token at a place.
    fn at(&self, place: usize) -> Option<Token<'a>> {
        self.solid.get(place).map(|at| self.tokens[*at])
    }

    fn before(&self, place: usize, back: usize) -> Option<Token<'a>> {
        place.checked_sub(back).and_then(|place| self.at(place))
    }

    fn is(&self, place: usize, text: &str) -> bool {
        self.at(place).is_some_and(|token| token.is(text))
    }

    fn is_name(&self, place: usize, name: Ident) -> bool {
        self.at(place).and_then(Token::ident).as_deref() == Some(name.as_str())
    }

    /// Places where a qualified name of a relation begins.
    fn relations(&self, name: Name) -> Vec<usize> {
        (0..self.solid.len())
            .filter(|place| {
                self.is_name(*place, name.schema)
                    && self.is(place + 1, ".")
                    && self.is_name(place + 2, name.name)
                    && !self.is(place + 3, "(")
                    && !self.is(place + 3, ".")
                    && !self.before(*place, 1).is_some_and(|token| token.is(".") || token.is(":"))
            })
            .collect()
    }

    /// The alias of the relation whose qualified name begins there.
    fn alias(&self, relation: usize) -> Option<Ident> {
        let token = self.at(relation + 3)?;
        let is_name = match token {
            Token::Quoted(_) => true,
            Token::Word(word) => expression::starts_as_name(word),
            Token::String(_) | Token::Other(_) => false,
        };
        token.ident().filter(|_| is_name).map(|ident| Ident::new(&ident))
    }

    /// Whether `name.` at that place is a prefix of a column.
    fn is_prefix(&self, place: usize, name: Ident) -> bool {
        self.is_name(place, name)
            && self.is(place + 1, ".")
            && !self.is(place + 3, "(")
            && !self.is(place + 3, ".")
            && !self.before(place, 1).is_some_and(|token| token.is(".") || token.is(":"))
    }

    /// For each place whether it lies in the list of a SELECT, not inside a call in it.
    fn in_select_list(&self) -> Vec<bool> {
        const ENDS: &[&str] = &[
            "WHERE",
            "GROUP",
            "HAVING",
            "WINDOW",
            "UNION",
            "INTERSECT",
            "EXCEPT",
            "ORDER",
            "LIMIT",
            "OFFSET",
            "FETCH",
            "FOR",
            "VALUES",
        ];
        let mut levels = vec![false];
        let mut inside = Vec::with_capacity(self.solid.len());
        for place in 0..self.solid.len() {
            let Some(token) = self.at(place) else { break };
            let ends = token.is("FROM") && !self.before(place, 1).is_some_and(|before| before.is("DISTINCT"));
            if token.is("(") {
                levels.push(false);
            } else if token.is(")") && levels.len() > 1 {
                levels.pop();
            } else if let Some(level) = levels.last_mut() {
                if token.is("SELECT") || token.is("RETURNING") {
                    *level = true;
                } else if ends || ENDS.iter().any(|word| token.is(word)) {
                    *level = false;
                }
            }
            inside.push(levels.last().copied().unwrap_or(false));
        }
        inside
    }

    /// The text with other words in the places given; an empty word takes the white space before it along.
    fn with(&self, words: &[(usize, String)]) -> Sql {
        let mut out = String::new();
        for (at, token) in self.tokens.iter().enumerate() {
            match words.iter().find(|(place, _)| self.solid.get(*place) == Some(&at)) {
                Some((_, word)) if word.is_empty() => out.truncate(out.trim_end().len()),
                Some((_, word)) => out.push_str(word),
                None => out.push_str(token.text()),
            }
        }
        Sql::from_trusted(out)
    }
}

/// The query after a relation got another name; `own` where it is an expression over that relation.
pub(crate) fn rename_relation(text: &Sql, from: Name, to: Name, own: bool) -> Sql {
    let renamed = {
        let text = Text::of(text);
        let bare = own || text.relations(from).iter().any(|relation| text.alias(*relation).is_none());
        let prefixes = (0..text.solid.len()).filter(|place| bare && text.is_prefix(*place, from.name));
        let words: Vec<_> = prefixes.map(|place| (place, to.name.to_string())).collect();
        text.with(&words)
    };
    expression::rename_qualified(&renamed, from, to)
}

/// The query after a column of a relation got another name; `own` where it is an expression over that relation.
pub(crate) fn rename_column(query: &Sql, relation: Name, from: Ident, to: Ident, own: bool) -> Sql {
    let text = Text::of(query);
    let relations = text.relations(relation);
    if relations.is_empty() && !own {
        return query.clone();
    }
    let mut names: Vec<Ident> =
        relations.iter().map(|place| text.alias(*place).unwrap_or(relation.name)).collect();
    names.extend(own.then_some(relation.name));
    let mut places: Vec<(usize, usize)> = (0..text.solid.len())
        .filter(|place| names.iter().any(|name| text.is_prefix(*place, *name)))
        .map(|place| (place, place + 2))
        .collect();
    // A query over one relation alone is printed without prefixes (PostgreSQL 16).
    let selects = (0..text.solid.len()).filter(|place| text.is(*place, "SELECT")).count();
    if places.is_empty() && relations.len() == 1 && selects == 1 {
        let columns = expression::column_positions(&text.tokens);
        places = (0..text.solid.len())
            .filter(|place| columns.contains(&text.solid[*place]))
            .filter(|place| !text.before(*place, 1).is_some_and(|token| token.is("AS")))
            .map(|place| (place, place))
            .collect();
    }
    let listed = text.in_select_list();
    let mut words = Vec::new();
    for (first, last) in places.into_iter().filter(|(_, last)| text.is_name(*last, from)) {
        let in_list = listed.get(last).copied().unwrap_or(false);
        let opens = text.before(first, 1).is_some_and(|token| {
            token.is(",") || token.is("SELECT") || token.is("DISTINCT") || token.is("RETURNING")
        });
        if in_list && opens && text.is(last + 1, "AS") && text.is_name(last + 2, to) {
            words.extend([(last + 1, String::new()), (last + 2, String::new())]);
        }
        let ends = ["AS", "::", ":", "+", "."].iter().all(|word| !text.is(last + 1, word))
            && (text.at(last + 1).is_none()
                || [",", "FROM", ")", ";", "UNION", "INTERSECT", "EXCEPT", "WHERE"]
                    .iter()
                    .any(|word| text.is(last + 1, word)));
        let word = if in_list && opens && ends { format!("{to} AS {from}") } else { to.to_string() };
        words.push((last, word));
    }
    text.with(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(text: &str) -> String {
        let text = Sql::from_trusted(text);
        rename_column(&text, Name::new("s", "t"), Ident::new("a"), Ident::new("b"), false).to_string()
    }

    fn relation(text: &str) -> String {
        rename_relation(&Sql::from_trusted(text), Name::new("s", "t"), Name::new("s", "u"), false).to_string()
    }

    #[test]
    fn a_renamed_column_keeps_its_name_in_the_result() {
        assert_eq!(column("SELECT t.a,\n t.c FROM s.t"), "SELECT t.b AS a,\n t.c FROM s.t");
        assert_eq!(column("SELECT t.c, t.a FROM s.t"), "SELECT t.c, t.b AS a FROM s.t");
        assert_eq!(column("SELECT t.a AS x FROM s.t"), "SELECT t.b AS x FROM s.t");
        assert_eq!(column("SELECT t.a AS b FROM s.t"), "SELECT t.b FROM s.t");
        assert_eq!(
            column("SELECT f(t.a) AS f FROM s.t WHERE t.a IS DISTINCT FROM 1 GROUP BY t.a, t.c ORDER BY t.a"),
            "SELECT f(t.b) AS f FROM s.t WHERE t.b IS DISTINCT FROM 1 GROUP BY t.b, t.c ORDER BY t.b"
        );
    }

    #[test]
    fn only_columns_of_that_relation_change() {
        assert_eq!(
            column("SELECT x.a, o.a AS y FROM s.t x JOIN s.o ON x.a = o.a"),
            "SELECT x.b AS a, o.a AS y FROM s.t x JOIN s.o ON x.b = o.a"
        );
        assert_eq!(column("SELECT o.a FROM s.o"), "SELECT o.a FROM s.o");
    }

    #[test]
    fn a_query_over_one_relation_has_no_prefixes() {
        assert_eq!(
            column("SELECT a, lower(c) AS a FROM s.t WHERE a > 0"),
            "SELECT b AS a, lower(c) AS a FROM s.t WHERE b > 0"
        );
    }

    #[test]
    fn a_renamed_relation_takes_its_prefixes_along_unless_an_alias_hides_it() {
        assert_eq!(relation("SELECT t.a FROM s.t WHERE t.t > 0"), "SELECT u.a FROM s.u WHERE u.t > 0");
        assert_eq!(relation("SELECT t.a FROM s.t t"), "SELECT t.a FROM s.u t");
        assert_eq!(relation("SELECT o.t, 's.t' FROM s.o"), "SELECT o.t, 's.t' FROM s.o");
    }

    #[test]
    fn an_expression_names_its_own_relation_inside_subqueries() {
        let text = Sql::from_trusted("(EXISTS ( SELECT 1 FROM s.o WHERE o.a = t.a))");
        let (from, to) = (Name::new("s", "t"), Name::new("s", "u"));
        let renamed = rename_relation(&text, from, to, true);
        assert_eq!(renamed.as_str(), "(EXISTS ( SELECT 1 FROM s.o WHERE o.a = u.a))");
        let renamed = rename_column(&renamed, to, Ident::new("a"), Ident::new("b"), true);
        assert_eq!(renamed.as_str(), "(EXISTS ( SELECT 1 FROM s.o WHERE o.a = u.b))");
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["", ".", "s.t", "s.t.", "s . t )", "SELECT", "SELECT t.", "FROM s.t \"", "))s.t(("] {
            column(text);
            relation(text);
        }
    }
}
