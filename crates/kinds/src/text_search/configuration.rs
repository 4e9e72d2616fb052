//! Text search configurations.

use std::collections::BTreeMap;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_TS_CONFIG;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Object, Visitor, clause};

/// A text search configuration.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Configuration {
    /// Its id.
    pub id: Id,
    /// Its parser.
    pub parser: Sql,
    /// The dictionaries that are asked for each type of token, in their order.
    pub mappings: BTreeMap<Ident, Vec<Sql>>,
}

impl Configuration {
    fn action(&self, action: Sql) -> Statement {
        Statement::new(sql!("ALTER TEXT SEARCH CONFIGURATION {} {}", self.id.qualified(), action))
    }

    fn map(&self, verb: &str, token: Ident, dictionaries: &[Sql]) -> Statement {
        let list = limbeck_sql::list(dictionaries);
        self.action(sql!("{} MAPPING FOR {} WITH {}", Sql::from_trusted(verb), token, list))
    }
}

impl Definition for Configuration {
    const KIND: Kind = crate::kind::TEXT_SEARCH_CONFIGURATION;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, parser, mappings } = self;
        visitor.id(id);
        visitor.expression(None, parser);
        for dictionary in mappings.values_mut().flatten() {
            visitor.expression(None, dictionary);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let text =
            sql!("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})", self.id.qualified(), self.parser);
        let mut statements = vec![Statement::new(text)];
        statements.extend(self.mappings.iter().map(|(token, list)| self.map("ADD", *token, list)));
        statements
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TEXT SEARCH CONFIGURATION {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, parser, mappings } = to;
        if self.parser != *parser {
            return Alter::replace(vec![clause::change("parser", &self.parser, parser)]);
        }
        let mut details = Vec::new();
        let mut statements = Vec::new();
        for token in self.mappings.keys().filter(|token| !mappings.contains_key(*token)) {
            details.push(format!("mapping for {token} dropped"));
            statements.push(to.action(sql!("DROP MAPPING FOR {}", token)));
        }
        for (token, list) in mappings {
            let verb = match self.mappings.get(token) {
                Some(old) if old == list => continue,
                Some(_) => "ALTER",
                None => "ADD",
            };
            let old = self.mappings.get(token).map(limbeck_sql::list).unwrap_or_default();
            let what = format!("mapping for {token}");
            details.push(clause::change(&what, old, limbeck_sql::list(list)));
            statements.push(to.map(verb, *token, list));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let parser = row.sql()?.unwrap_or_default();
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TS_CONFIG, oid)
    {
        let id = Id::inside(Configuration::KIND, schema, name);
        catalog.add(PG_TS_CONFIG, oid, Configuration { id, parser, mappings: BTreeMap::new() });
    }
    Ok(())
}

pub(crate) fn decode_mapping(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let configuration = row.oid()?;
    let token = row.ident()?;
    let dictionaries = row.texts()?.into_iter().map(Sql::from_trusted).collect();
    let id = catalog.id_of(PG_TS_CONFIG, configuration);
    if let Some(Object::TextSearchConfiguration(configuration)) = id.and_then(|id| catalog.get_mut(&id)) {
        configuration.mappings.insert(token, dictionaries);
    }
    Ok(())
}
