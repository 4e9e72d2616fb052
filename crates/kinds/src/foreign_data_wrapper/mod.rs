//! Foreign-data wrappers.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_FOREIGN_DATA_WRAPPER;
use crate::catalog::{Catalog, Malformed, Row};
use crate::foreign_options::ForeignOptions;
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `foreign-data wrapper`.
pub const KIND: Kind = crate::kind::FOREIGN_DATA_WRAPPER;

/// The id of the foreign-data wrapper of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A foreign-data wrapper.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ForeignDataWrapper {
    /// Its id.
    pub id: Id,
    /// The function that gives its routines.
    pub handler: Option<Sql>,
    /// The function that checks options.
    pub validator: Option<Sql>,
    /// Its options.
    pub options: ForeignOptions,
}

impl Definition for ForeignDataWrapper {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, handler, validator, options: _ } = self;
        visitor.id(id);
        for function in handler.iter_mut().chain(validator) {
            visitor.expression(None, function);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut text = sql!("CREATE FOREIGN DATA WRAPPER {}", self.id.name);
        if let Some(handler) = &self.handler {
            text.push(&sql!(" HANDLER {}", handler));
        }
        if let Some(validator) = &self.validator {
            text.push(&sql!(" VALIDATOR {}", validator));
        }
        vec![self.options.create(text, &self.id)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP FOREIGN DATA WRAPPER {}", self.id.name))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, handler, validator, options } = to;
        let mut details = Vec::new();
        let mut text = sql!("ALTER FOREIGN DATA WRAPPER {}", id.name);
        let functions = [("HANDLER", &self.handler, handler), ("VALIDATOR", &self.validator, validator)];
        let mut changed = false;
        for (word, from, to) in functions {
            if from != to {
                changed = true;
                let name = |function: &Option<Sql>| function.clone().unwrap_or_default();
                details.push(clause::change(&word.to_lowercase(), name(from), name(to)));
                let word = Sql::from_trusted(word);
                text.push(&match to {
                    Some(function) => sql!(" {} {}", word, function),
                    None => sql!(" NO {}", word),
                });
            }
        }
        let mut statements = if changed { vec![Statement::new(text)] } else { Vec::new() };
        if self.options != *options {
            details.push(self.options.describe(options));
            let prefix = sql!("ALTER FOREIGN DATA WRAPPER {}", id.name);
            statements.extend(self.options.alter(options, prefix, id));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let (handler, validator) = (row.sql()?, row.sql()?);
    let options = ForeignOptions::from_catalog(&row.texts()?);
    if !catalog.is_member(PG_FOREIGN_DATA_WRAPPER, oid) {
        let wrapper = ForeignDataWrapper { id: id(name), handler, validator, options };
        catalog.add(PG_FOREIGN_DATA_WRAPPER, oid, wrapper);
    }
    Ok(())
}
