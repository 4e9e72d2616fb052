//! Expressions that the server printed with the names of other columns.
//!
//! To print an expression the server opens the table whose columns it names, which costs far more than the printing,
//! and waits for whoever alters that table. The queries therefore have it printed over `pg_statistic`, whose columns
//! it knows anyway: only numbers tie an expression to a table (`pg_get_expr` in ruleutils.c). The own names are put
//! back here. A query leaves the expression to its table where that could be told wrong: columns beyond the 31st,
//! the whole row, system columns, and other words in the expression that look like those names.

use limbeck_sql::{Ident, Sql};

use super::{Catalog, Malformed, Relation, Row};
use crate::expression::{Token, tokens};

/// The oid of `pg_statistic`.
const PG_STATISTIC: u32 = 2619;

/// What the names of its columns have in common, and few other words.
const PREFIX: &str = "sta";

/// Its columns, the same in PostgreSQL 13 to 18.
#[rustfmt::skip]
const COLUMNS: [&str; 31] = [
    "starelid", "staattnum", "stainherit", "stanullfrac", "stawidth", "stadistinct",
    "stakind1", "stakind2", "stakind3", "stakind4", "stakind5",
    "staop1", "staop2", "staop3", "staop4", "staop5",
    "stacoll1", "stacoll2", "stacoll3", "stacoll4", "stacoll5",
    "stanumbers1", "stanumbers2", "stanumbers3", "stanumbers4", "stanumbers5",
    "stavalues1", "stavalues2", "stavalues3", "stavalues4", "stavalues5",
];

/// An expression of a row, before its relation is known.
pub(crate) struct Printed {
    named_by: u32,
    text: Option<Sql>,
}

impl Printed {
    /// The next two fields: whose names it holds, and the text.
    pub(crate) fn take(row: &mut Row<'_>) -> Result<Self, Malformed> {
        Ok(Self { named_by: row.oid()?, text: row.sql()? })
    }

    /// The text with the names of the relation that it belongs to.
    pub(crate) fn of(
        self,
        relation: &Relation,
        catalog: &Catalog,
        row: &Row<'_>,
    ) -> Result<Option<Sql>, Malformed> {
        let Some(text) = self.text.as_ref().filter(|_| self.named_by == PG_STATISTIC) else {
            return Ok(self.text);
        };
        match named(text.as_str(), |number| relation.column(number), catalog.version) {
            Some(own) => Ok(Some(own)),
            None => Err(row.malformed(Some(text.as_str()), "an expression over columns of its table")),
        }
    }

    /// The text where it names no column: a check of a domain.
    pub(crate) fn plain(self) -> Option<Sql> {
        self.text
    }
}

/// The text with the names of those columns; `None` where it names one that there is not.
fn named(text: &str, column: impl Fn(i16) -> Ident, version: i32) -> Option<Sql> {
    let tokens = tokens(text);
    let mut own = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        // `(composite).stawidth` is a field.
        let is_field = at > 0 && tokens[at - 1].is(".");
        let lent = match token {
            Token::Word(word) if word.starts_with(PREFIX) && !is_field => number(word),
            _ => None,
        };
        match lent {
            Some(number) => {
                let name = Some(column(number)).filter(|name| !name.is_empty())?;
                own.push_str(&name.printed_by(version));
            }
            None => own.push_str(token.text()),
        }
    }
    Some(Sql::from_trusted(own))
}

/// The number of the column of that name.
fn number(word: &str) -> Option<i16> {
    let place = COLUMNS.iter().position(|name| *name == word)?;
    i16::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str, columns: &[&str]) -> Option<String> {
        let column = |number: i16| {
            let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            at.and_then(|at| columns.get(at)).map_or(Ident::default(), |name| Ident::new(name))
        };
        named(text, column, 150_000).map(String::from)
    }

    #[test]
    fn columns_get_their_own_names_and_nothing_else_does() {
        let columns = ["a", "Weird \"one", "stawidth", "json", "order"];
        let cases = [
            ("(starelid > 0)", "(a > 0)"),
            ("((staattnum)::text <> 'starelid'::text)", "((\"Weird \"\"one\")::text <> 'starelid'::text)"),
            ("((starelid).stawidth > stainherit)", "((a).stawidth > stawidth)"),
            ("public.starelid(stanullfrac)", "public.starelid(json)"),
            ("(stawidth = \"starelid\")", "(\"order\" = \"starelid\")"),
            ("(statement > 1)", "(statement > 1)"),
        ];
        for (printed, expected) in cases {
            assert_eq!(own(printed, &columns).as_deref(), Some(expected));
        }
        assert_eq!(own("(stadistinct > 0)", &columns), None);
    }
}
