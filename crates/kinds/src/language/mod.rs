//! Procedural languages that are no extension's.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_LANGUAGE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

/// The kind `language`.
pub const KIND: Kind = crate::kind::LANGUAGE;

/// The id of the language of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A procedural language.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Language {
    /// Its id.
    pub id: Id,
    /// Anybody may use it.
    pub trusted: bool,
    /// The function that runs functions.
    pub handler: Sql,
    /// The function that runs DO blocks.
    pub inline: Option<Sql>,
    /// The function that checks new functions.
    pub validator: Option<Sql>,
}

impl Definition for Language {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, trusted: _, handler, inline, validator } = self;
        visitor.id(id);
        visitor.expression(None, handler);
        for function in inline.iter_mut().chain(validator) {
            visitor.expression(None, function);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let trusted = if self.trusted { sql!("TRUSTED ") } else { sql!("") };
        let mut text =
            sql!("CREATE {}PROCEDURAL LANGUAGE {} HANDLER {}", trusted, self.id.name, self.handler);
        if let Some(inline) = &self.inline {
            text.push(&sql!(" INLINE {}", inline));
        }
        if let Some(validator) = &self.validator {
            text.push(&sql!(" VALIDATOR {}", validator));
        }
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP PROCEDURAL LANGUAGE {}", self.id.name))]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        // The language keeps its functions while its own are exchanged.
        let replace = |statement: Statement| Statement {
            sql: Sql::from_trusted(statement.sql.as_str().replacen("CREATE", "CREATE OR REPLACE", 1)),
            ..statement
        };
        let statements = to.create(context).into_iter().map(replace).collect();
        Alter::in_place(vec!["definition".to_owned()], statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let trusted = row.bool()?;
    let handler = row.sql()?.unwrap_or_default();
    let (inline, validator) = (row.sql()?, row.sql()?);
    if !catalog.is_member(PG_LANGUAGE, oid) {
        catalog.add(PG_LANGUAGE, oid, Language { id: id(name), trusted, handler, inline, validator });
    }
    Ok(())
}
