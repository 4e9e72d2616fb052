//! Conversions between encodings.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_CONVERSION;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

/// The kind `conversion`.
pub const KIND: Kind = crate::kind::CONVERSION;

/// The id of the conversion of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A conversion.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Conversion {
    /// Its id.
    pub id: Id,
    /// The encoding that it converts from.
    pub source: String,
    /// The encoding that it converts to.
    pub target: String,
    /// The function that does it.
    pub function: Sql,
    /// The server uses it by itself.
    pub default: bool,
}

impl Definition for Conversion {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, source: _, target: _, function, default: _ } = self;
        visitor.id(id);
        visitor.expression(None, function);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let default = if self.default { sql!("DEFAULT ") } else { sql!("") };
        vec![Statement::new(sql!(
            "CREATE {}CONVERSION {} FOR {} TO {} FROM {}",
            default,
            self.id.qualified(),
            Literal::new(&self.source),
            Literal::new(&self.target),
            self.function
        ))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP CONVERSION {}", self.id.qualified()))]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec!["definition".to_owned()])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let (source, target) = (row.text()?.to_owned(), row.text()?.to_owned());
    let function = row.sql()?.unwrap_or_default();
    let default = row.bool()?;
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_CONVERSION, oid)
    {
        let id = id(schema, name);
        catalog.add(PG_CONVERSION, oid, Conversion { id, source, target, function, default });
    }
    Ok(())
}
