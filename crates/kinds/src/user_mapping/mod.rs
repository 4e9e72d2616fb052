//! User mappings. What is secret in their options is never read.

use limbeck_schema::{Id, Kind, Parts};
use limbeck_sql::{Ident, Name, Sql, Statement, sql};

use crate::catalog::class::PG_USER_MAPPING;
use crate::catalog::{Catalog, Malformed, Row};
use crate::foreign_options::ForeignOptions;
use crate::{Alter, Context, Definition, Visitor, clause, server};

/// The kind `user mapping`.
pub const KIND: Kind = crate::kind::USER_MAPPING;

/// The id of a role's mapping on a server, which stands in the relation's place; `public` for PUBLIC.
pub fn id(server: Ident, role: Ident) -> Id {
    Id::on(KIND, Name { schema: Ident::default(), name: server }, role)
}

/// A user mapping.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct UserMapping {
    /// Its id.
    pub id: Id,
    /// Its options.
    pub options: ForeignOptions,
}

impl UserMapping {
    fn statement(&self, verb: &str) -> Sql {
        let role = clause::role(self.id.name);
        sql!("{} USER MAPPING FOR {} SERVER {}", Sql::from_trusted(verb), role, self.id.relation)
    }
}

impl Definition for UserMapping {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn roles(&self) -> Vec<Ident> {
        vec![self.id.name]
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, options: _ } = self;
        let mut of = server::id(id.relation);
        visitor.id(&mut of);
        *id = Parts { relation: of.name, ..**id }.id();
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![self.options.create(self.statement("CREATE"), &self.id)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(self.statement("DROP"))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let details = vec![self.options.describe(&to.options)];
        let statement = self.options.alter(&to.options, to.statement("ALTER"), &to.id);
        Alter::in_place(details, statement.into_iter().collect())
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let server = row.ident()?;
    let role = row.ident()?;
    let options = ForeignOptions::from_catalog(&row.texts()?);
    catalog.add(PG_USER_MAPPING, oid, UserMapping { id: id(server, role), options });
    Ok(())
}
