//! What a foreign-data wrapper is told of one column.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Sql, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Visitor, column};

/// The options of a column of a foreign table, attached to it.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ColumnOptions {
    /// Its id, attached to the column.
    pub id: Id,
    /// The options.
    pub options: Options,
}

impl ColumnOptions {
    fn set(&self, options: Option<Sql>) -> Vec<Statement> {
        let alter = |options| {
            let (table, column) = (self.id.relation(), self.id.name);
            Statement::new(sql!("ALTER FOREIGN TABLE {} ALTER COLUMN {} {}", table, column, options))
        };
        options.into_iter().map(alter).collect()
    }
}

impl Definition for ColumnOptions {
    const KIND: Kind = crate::kind::FOREIGN_COLUMN;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, options: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(clause::alter_foreign_options(&Options::new(), &self.options))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if self.id.target().is_some_and(|column| !context.to.contains(&column)) {
            return Vec::new();
        }
        self.set(clause::alter_foreign_options(&self.options, &Options::new()))
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let details = vec![clause::describe_options(&self.options, &to.options)];
        Alter::in_place(details, to.set(clause::alter_foreign_options(&self.options, &to.options)))
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let number: i16 = row.int()?;
    let options = clause::options(&row.texts()?);
    if let Some(relation) = catalog.relation(oid) {
        let column = column::id(relation.name(), relation.column(number));
        let id = Id::attached(ColumnOptions::KIND, column, "");
        catalog.add_leaf(ColumnOptions { id, options });
    }
    Ok(())
}
