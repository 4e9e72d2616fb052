//! Text search templates.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Sql, Statement, sql};

use crate::catalog::class::PG_TS_TEMPLATE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

/// A text search template.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Template {
    /// Its id.
    pub id: Id,
    /// The function that reads a dictionary's options.
    pub init: Option<Sql>,
    /// The function that looks a token up.
    pub lexize: Sql,
}

impl Definition for Template {
    const KIND: Kind = crate::kind::TEXT_SEARCH_TEMPLATE;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, init, lexize } = self;
        visitor.id(id);
        visitor.expression(None, lexize);
        if let Some(init) = init {
            visitor.expression(None, init);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let init = self.init.as_ref().map(|init| sql!("INIT = {}, ", init)).unwrap_or_default();
        let text =
            sql!("CREATE TEXT SEARCH TEMPLATE {} ({}LEXIZE = {})", self.id.qualified(), init, self.lexize);
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TEXT SEARCH TEMPLATE {}", self.id.qualified()))]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec!["functions".to_owned()])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let (init, lexize) = (row.sql()?, row.sql()?.unwrap_or_default());
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TS_TEMPLATE, oid)
    {
        let id = Id::inside(Template::KIND, schema, name);
        catalog.add(PG_TS_TEMPLATE, oid, Template { id, init, lexize });
    }
    Ok(())
}
