//! Operator families, with what belongs to them but to none of their classes.

mod member;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Name, Sql, Statement, sql};

use crate::catalog::class::PG_OPFAMILY;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor};

pub use member::Member;
pub(crate) use member::decode as decode_member;

/// The kind `operator family`.
pub const KIND: Kind = crate::kind::OPERATOR_FAMILY;

/// The id of an operator family: its access method stands in the relation's place.
pub fn id(schema: Ident, method: Ident, name: Ident) -> Id {
    Id::on(KIND, Name { schema, name: method }, name)
}

/// An operator family.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct OperatorFamily {
    /// Its id.
    pub id: Id,
    /// Operators and functions that its classes can be without.
    pub members: Vec<Member>,
}

impl OperatorFamily {
    fn action(&self, action: Sql) -> Statement {
        let (name, method) = (self.id.qualified(), self.id.relation);
        Statement::new(sql!("ALTER OPERATOR FAMILY {} USING {} {}", name, method, action))
    }
}

impl Definition for OperatorFamily {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, members } = self;
        visitor.id(id);
        members.iter_mut().for_each(|member| member.visit(visitor));
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let (name, method) = (self.id.qualified(), self.id.relation);
        let mut statements = vec![Statement::new(sql!("CREATE OPERATOR FAMILY {} USING {}", name, method))];
        if !self.members.is_empty() {
            let list = limbeck_sql::list(self.members.iter().map(Member::clause));
            statements.push(self.action(sql!("ADD {}", list)));
        }
        statements
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let (name, method) = (self.id.qualified(), self.id.relation);
        vec![Statement::new(sql!("DROP OPERATOR FAMILY {} USING {}", name, method))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let gone: Vec<&Member> = self.members.iter().filter(|member| !to.members.contains(member)).collect();
        let new: Vec<&Member> = to.members.iter().filter(|member| !self.members.contains(member)).collect();
        let mut details: Vec<String> = Vec::new();
        let mut statements = Vec::new();
        if !gone.is_empty() {
            details.extend(gone.iter().map(|member| format!("{} dropped", member.clause())));
            let list = limbeck_sql::list(gone.into_iter().map(Member::place));
            statements.push(to.action(sql!("DROP {}", list)));
        }
        if !new.is_empty() {
            details.extend(new.iter().map(|member| format!("{} added", member.clause())));
            let list = limbeck_sql::list(new.into_iter().map(Member::clause));
            statements.push(to.action(sql!("ADD {}", list)));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let method = row.ident()?;
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_OPFAMILY, oid)
    {
        let family = OperatorFamily { id: id(schema, method, name), members: Vec::new() };
        catalog.add(PG_OPFAMILY, oid, family);
    }
    Ok(())
}
