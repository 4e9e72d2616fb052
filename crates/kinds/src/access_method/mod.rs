//! Access methods of tables and indexes.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_AM;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `access method`.
pub const KIND: Kind = crate::kind::ACCESS_METHOD;

/// The id of the access method of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// An access method.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct AccessMethod {
    /// Its id.
    pub id: Id,
    /// It is one of tables, else of indexes.
    pub of_tables: bool,
    /// The function that gives its routines.
    pub handler: Sql,
}

impl Definition for AccessMethod {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, of_tables: _, handler } = self;
        visitor.id(id);
        visitor.expression(None, handler);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let ty = if self.of_tables { sql!("TABLE") } else { sql!("INDEX") };
        let text = sql!("CREATE ACCESS METHOD {} TYPE {} HANDLER {}", self.id.name, ty, self.handler);
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP ACCESS METHOD {}", self.id.name))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec![clause::change("handler", &self.handler, &to.handler)])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let of_tables = row.letter()? == 't';
    let handler = row.sql()?.unwrap_or_default();
    catalog.access_methods.insert(oid, name);
    if oid >= 16384 && !catalog.is_member(PG_AM, oid) {
        catalog.add(PG_AM, oid, AccessMethod { id: id(name), of_tables, handler });
    }
    Ok(())
}
