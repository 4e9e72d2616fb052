//! Operator classes.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Name, Sql, Statement, sql};

use crate::catalog::class::PG_OPCLASS;
use crate::catalog::{Catalog, Malformed, OperatorClassEntry, Row};
use crate::operator_family::Member;
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `operator class`.
pub const KIND: Kind = crate::kind::OPERATOR_CLASS;

/// The id of an operator class: its access method stands in the relation's place.
pub fn id(schema: Ident, method: Ident, name: Ident) -> Id {
    Id::on(KIND, Name { schema, name: method }, name)
}

/// An operator class.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct OperatorClass {
    /// Its id.
    pub id: Id,
    /// Indexes on its type take it by themselves.
    pub default: bool,
    /// The type of what is indexed.
    pub input: Sql,
    /// The type of what the index holds, where it is another.
    pub storage: Option<Sql>,
    /// The family that it belongs to.
    pub family: Sql,
    /// Its operators and functions, in order of their numbers.
    pub members: Vec<Member>,
}

impl OperatorClass {
    fn items(&self) -> Sql {
        let storage = self.storage.as_ref().map(|ty| sql!("STORAGE {}", ty));
        let members = self.members.iter().map(Member::clause).chain(storage);
        let members: Vec<Sql> = members.collect();
        // It may be empty, but its grammar may not.
        if members.is_empty() { sql!("STORAGE {}", self.input) } else { limbeck_sql::list(members) }
    }
}

impl Definition for OperatorClass {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, default: _, input, storage, family, members } = self;
        visitor.id(id);
        for text in [input, family].into_iter().chain(storage) {
            visitor.expression(None, text);
        }
        members.iter_mut().for_each(|member| member.visit(visitor));
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let default = if self.default { sql!(" DEFAULT") } else { sql!("") };
        vec![Statement::new(sql!(
            "CREATE OPERATOR CLASS {}{} FOR TYPE {} USING {} FAMILY {} AS {}",
            self.id.qualified(),
            default,
            self.input,
            self.id.relation,
            self.family,
            self.items()
        ))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let (name, method) = (self.id.qualified(), self.id.relation);
        vec![Statement::new(sql!("DROP OPERATOR CLASS {} USING {}", name, method))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let mut details = Vec::new();
        if self.items() != to.items() {
            details.push(clause::change("members", self.items(), to.items()));
        } else {
            details.push("definition".to_owned());
        }
        Alter::replace(details)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let (method_oid, input_oid, default) = (row.oid()?, row.oid()?, row.bool()?);
    let method = row.optional()?.map(Ident::new);
    let (input, storage, family) = (row.sql()?, row.sql()?, row.sql()?);
    let schema = catalog.namespace(namespace);
    if default {
        catalog.default_operator_classes.insert((method_oid, input_oid));
    }
    // Those of the system are visible without their schema, those of users are always qualified.
    let name_of = Name { schema: schema.unwrap_or_default(), name };
    let entry =
        OperatorClassEntry { name: name_of, method: method_oid, input: input_oid, is_default: default };
    catalog.operator_classes.insert(oid, entry);
    if let (Some(schema), Some(method), Some(input), Some(family)) = (schema, method, input, family)
        && !catalog.is_member(PG_OPCLASS, oid)
    {
        let id = id(schema, method, name);
        let class = OperatorClass { id, default, input, storage, family, members: Vec::new() };
        catalog.add(PG_OPCLASS, oid, class);
    }
    Ok(())
}
