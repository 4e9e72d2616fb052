//! Text search parsers.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Sql, Statement, sql};

use crate::catalog::class::PG_TS_PARSER;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

/// A text search parser.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Parser {
    /// Its id.
    pub id: Id,
    /// The function that begins.
    pub start: Sql,
    /// The function that gives the next token.
    pub token: Sql,
    /// The function that ends.
    pub end: Sql,
    /// The function that makes a headline.
    pub headline: Option<Sql>,
    /// The function that lists the types of tokens.
    pub lextypes: Sql,
}

impl Definition for Parser {
    const KIND: Kind = crate::kind::TEXT_SEARCH_PARSER;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, start, token, end, headline, lextypes } = self;
        visitor.id(id);
        for function in [start, token, end, lextypes].into_iter().chain(headline) {
            visitor.expression(None, function);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let Self { id, start, token, end, headline, lextypes } = self;
        let headline = headline.as_ref().map(|f| sql!(", HEADLINE = {}", f)).unwrap_or_default();
        vec![Statement::new(sql!(
            "CREATE TEXT SEARCH PARSER {} (START = {}, GETTOKEN = {}, END = {}{}, LEXTYPES = {})",
            id.qualified(),
            start,
            token,
            end,
            headline,
            lextypes
        ))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TEXT SEARCH PARSER {}", self.id.qualified()))]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec!["functions".to_owned()])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let (start, token, end) = (row.sql()?, row.sql()?, row.sql()?);
    let (headline, lextypes) = (row.sql()?, row.sql()?);
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TS_PARSER, oid)
    {
        let parser = Parser {
            id: Id::inside(Parser::KIND, schema, name),
            start: start.unwrap_or_default(),
            token: token.unwrap_or_default(),
            end: end.unwrap_or_default(),
            headline,
            lextypes: lextypes.unwrap_or_default(),
        };
        catalog.add(PG_TS_PARSER, oid, parser);
    }
    Ok(())
}
