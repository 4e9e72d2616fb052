//! Default privileges: what new objects of a role grant by themselves.
//!
//! One object per role, schema (or none), kind of object and grantee, as far as it differs from what new objects
//! grant anyway.

use std::collections::BTreeSet;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::grant::{Grantee, Privileges};
use crate::{Alter, Context, Definition, Object, Visitor, clause, grant, kind};

/// The kind `default privileges`.
pub const KIND: Kind = crate::kind::DEFAULT_PRIVILEGES;

/// The id of what objects that `role` makes in `schema` (empty for everywhere) grant to `grantee`; `objects` is
/// `tables`, `functions`…
pub fn id(role: Ident, schema: Ident, objects: Ident, grantee: Ident) -> Id {
    Id { kind: KIND, of: Kind::NONE, schema, relation: role, name: objects, sub: grantee }
}

/// What new objects grant to one grantee, where it is not the default.
#[derive(Clone, Debug, PartialEq)]
pub struct DefaultPrivileges {
    /// Its id: the role stands in the relation's place.
    pub id: Id,
    /// Who gets the privileges.
    pub grantee: Grantee,
    /// What it gets.
    pub held: Privileges,
    /// What it would get anyway.
    pub default: BTreeSet<Ident>,
}

impl DefaultPrivileges {
    fn change(&self, from: &Privileges, to: &Privileges) -> Vec<Statement> {
        let role = self.id.relation;
        let grantee = match self.grantee {
            Grantee::Public => sql!("PUBLIC"),
            Grantee::Owner(_) => sql!("{}", role),
            Grantee::Role(name) => sql!("{}", name),
        };
        let place = if self.id.schema.is_empty() { sql!("") } else { sql!(" IN SCHEMA {}", self.id.schema) };
        let objects = Sql::from_trusted(self.id.name.as_str().to_uppercase());
        let on = |privileges: &[Ident]| {
            let words = limbeck_sql::list(privileges.iter().map(|name| Sql::from_trusted(name.as_str())));
            sql!("{} ON {}", words, objects)
        };
        let prefix = |statement: Statement| Statement {
            sql: sql!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{} {}", role, place, statement.sql),
            ..statement
        };
        grant::changes(from, to, &grantee, on).into_iter().map(prefix).collect()
    }

    fn by_default(&self) -> Privileges {
        self.default.iter().map(|privilege| (*privilege, false)).collect()
    }
}

impl Definition for DefaultPrivileges {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, grantee: _, held: _, default: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.change(&self.by_default(), &self.held)
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // Those inside a schema go with it.
        let schema = crate::namespace::id(self.id.schema);
        if !self.id.schema.is_empty() && context.from.contains(&schema) && !context.to.contains(&schema) {
            return Vec::new();
        }
        self.change(&self.held, &self.by_default())
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        Alter::in_place(vec![grant::describe(&self.held, &to.held)], to.change(&self.held, &to.held))
    }
}

/// What default privileges give to a new object although `to` does not grant it: to be revoked behind its
/// creation. Whose defaults apply is known only to the server; revoking what was never granted does nothing.
pub fn unwanted(created: &Id, context: &Context<'_>) -> Vec<Statement> {
    let Some(objects) = objects_of(created.kind) else { return Vec::new() };
    let mut statements = Vec::new();
    let first = Id { kind: KIND, of: Kind::NONE, ..Id::global(KIND, "") };
    for (id, object) in context.from.range(first..).take_while(|(id, _)| id.kind == KIND) {
        let Object::DefaultPrivileges(privileges) = object else { continue };
        let applies = id.name == objects
            && (id.schema.is_empty() || id.schema == created.schema)
            && !matches!(privileges.grantee, Grantee::Owner(_));
        if !applies {
            continue;
        }
        let wanted = match context.to.get(&grant::id(*created, id.sub)) {
            Some(Object::Grant(grant)) => grant.held.clone(),
            _ => Privileges::new(),
        };
        let extra =
            |(name, _): &(&Ident, &bool)| !wanted.contains_key(*name) && !privileges.default.contains(*name);
        let extra: Vec<Ident> = privileges.held.iter().filter(extra).map(|(name, _)| *name).collect();
        if !extra.is_empty() {
            let role = clause::role(id.sub);
            statements.push(Statement::new(sql!("REVOKE {} FROM {}", grant::on(created, &extra), role)));
        }
    }
    statements
}

/// The word of ALTER DEFAULT PRIVILEGES for objects of a kind.
fn objects_of(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        kind::TABLE | kind::FOREIGN_TABLE | kind::VIEW | kind::MATERIALIZED_VIEW => "tables",
        kind::SEQUENCE => "sequences",
        kind::FUNCTION | kind::PROCEDURE | kind::AGGREGATE => "functions",
        kind::ENUM | kind::DOMAIN | kind::COMPOSITE_TYPE | kind::RANGE_TYPE | kind::BASE_TYPE => "types",
        kind::SCHEMA => "schemas",
        _ => return None,
    })
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let _oid = row.oid()?;
    let role = row.ident()?;
    let namespace = row.oid()?;
    let letter = row.letter()?;
    let name = row.ident()?;
    let is_owner = row.bool()?;
    let held = grant::privileges(row.texts()?);
    let default = row.texts()?.iter().map(|word| Ident::new(word)).collect();
    let schema = match namespace {
        0 => Ident::default(),
        oid => match catalog.namespace(oid) {
            Some(schema) => schema,
            None => return Ok(()),
        },
    };
    let objects = match letter {
        'r' => "tables",
        'S' => "sequences",
        'f' => "functions",
        'T' => "types",
        'L' => "large objects",
        _ => "schemas",
    };
    let grantee =
        if is_owner { Grantee::Owner(limbeck_schema::Incidental(name)) } else { Grantee::named(name) };
    let id = id(role, schema, Ident::new(objects), grantee.sub());
    catalog.add_leaf(DefaultPrivileges { id, grantee, held, default });
    Ok(())
}
