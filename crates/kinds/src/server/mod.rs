//! Foreign servers.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Literal, Statement, sql};

use crate::catalog::class::PG_FOREIGN_SERVER;
use crate::catalog::{Catalog, Malformed, Row};
use crate::foreign_options::ForeignOptions;
use crate::{Alter, Context, Definition, Visitor, clause, foreign_data_wrapper};

/// The kind `server`.
pub const KIND: Kind = crate::kind::SERVER;

/// The id of the server of that name.
pub fn id(name: Ident) -> Id {
    Id::global(KIND, name)
}

/// A foreign server.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Server {
    /// Its id.
    pub id: Id,
    /// The wrapper that speaks with it.
    pub wrapper: Ident,
    /// Its type.
    pub ty: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its options.
    pub options: ForeignOptions,
}

impl Definition for Server {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, wrapper, ty: _, version: _, options: _ } = self;
        visitor.id(id);
        let mut of = foreign_data_wrapper::id(*wrapper);
        visitor.id(&mut of);
        *wrapper = of.name;
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut text = sql!("CREATE SERVER {}", self.id.name);
        if let Some(ty) = &self.ty {
            text.push(&sql!(" TYPE {}", Literal::new(ty)));
        }
        if let Some(version) = &self.version {
            text.push(&sql!(" VERSION {}", Literal::new(version)));
        }
        text.push(&sql!(" FOREIGN DATA WRAPPER {}", self.wrapper));
        vec![self.options.create(text, &self.id)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP SERVER {}", self.id.name))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, wrapper, ty, version, options } = to;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut details = Vec::new();
        if self.wrapper != *wrapper || self.ty != *ty {
            details.push(clause::change("type", text(&self.ty), text(ty)));
            details.push(clause::change("foreign-data wrapper", self.wrapper, wrapper));
            return Alter::replace(details);
        }
        let mut statements = Vec::new();
        if self.version != *version {
            details.push(clause::change("version", text(&self.version), text(version)));
            let version = version.as_ref().map_or(sql!("NULL"), |version| sql!("{}", Literal::new(version)));
            statements.push(Statement::new(sql!("ALTER SERVER {} VERSION {}", id.name, version)));
        }
        if self.options != *options {
            details.push(self.options.describe(options));
            statements.extend(self.options.alter(options, sql!("ALTER SERVER {}", id.name), id));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let wrapper = row.ident()?;
    let ty = row.optional()?.map(str::to_owned);
    let version = row.optional()?.map(str::to_owned);
    let options = ForeignOptions::from_catalog(&row.texts()?);
    if !catalog.is_member(PG_FOREIGN_SERVER, oid) {
        catalog.add(PG_FOREIGN_SERVER, oid, Server { id: id(name), wrapper, ty, version, options });
    }
    Ok(())
}
