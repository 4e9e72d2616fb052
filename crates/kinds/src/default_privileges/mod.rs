//! Default privileges: what new objects of a role grant by themselves.
//!
//! One object per role, schema (or none), kind of object and grantee, as far as it differs from what new objects
//! grant anyway.

use std::collections::BTreeSet;

use limbeck_schema::{Id, Kind, Parts};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::column::{Column, Value};
use crate::grant::{Grantee, Privileges};
use crate::{Alter, Context, Definition, Object, Visitor, clause, grant, kind, sequence, table};

/// The kind `default privileges`.
pub const KIND: Kind = crate::kind::DEFAULT_PRIVILEGES;

/// The id of what objects that `role` makes in `schema` (empty for everywhere) grant to `grantee`; `objects` is
/// `tables`, `functions`…
pub fn id(role: Ident, schema: Ident, objects: Ident, grantee: Ident) -> Id {
    Parts { kind: KIND, of: Kind::NONE, schema, relation: role, name: objects, sub: grantee }.id()
}

/// What new objects grant to one grantee, where it is not the default.
#[derive(Clone, Debug, PartialEq, Hash)]
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

    /// The statements that bring a new object from what it has by these defaults to what its kind has.
    fn mend(&self, target: &Id, context: &Context<'_>) -> Vec<Statement> {
        let applies = objects_of(target.kind).is_some_and(|objects| self.id.name == objects)
            && (self.id.schema.is_empty() || self.id.schema == target.schema);
        if !applies {
            return Vec::new();
        }
        let sub = self.grantee.sub();
        let wanted = match context.to.get(&grant::id(*target, sub)) {
            Some(Object::Grant(grant)) => grant.held.clone(),
            _ => match self.grantee {
                Grantee::Owner(_) => {
                    self.held.keys().chain(&self.default).map(|name| (*name, false)).collect()
                }
                Grantee::Public => by_kind(target.kind),
                Grantee::Role(_) => Privileges::new(),
            },
        };
        let begins: Privileges = self.held.clone();
        let kept =
            |(name, option): (&Ident, &bool)| wanted.get(name).map(|wanted| (*name, *option && *wanted));
        let mut mended: Privileges = begins.iter().filter_map(kept).collect();
        let withheld = self.default.iter().filter(|name| !begins.contains_key(*name));
        mended.extend(withheld.filter_map(|name| wanted.contains_key(name).then_some((*name, false))));
        let role = match self.grantee {
            Grantee::Owner(_) => sql!("CURRENT_USER"),
            Grantee::Public | Grantee::Role(_) => clause::role(sub),
        };
        grant::changes(&begins, &mended, &role, |privileges| grant::on(target, privileges))
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

    fn roles(&self) -> Vec<Ident> {
        vec![self.id.relation, self.grantee.sub()]
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

/// What default privileges do to an object that is made, or to the sequence of its identity columns, and `to` does
/// not want: they give what it does not grant, or withhold what it grants as everything of its kind does. To be
/// mended behind its creation. Whose defaults apply is known only to the server; revoking what was never
/// granted and granting what is there do nothing.
pub fn mended(created: &Object, context: &Context<'_>) -> Vec<Statement> {
    let columns = match created {
        Object::Column(column) => vec![column],
        Object::Table(table) => table::columns_of(context.to, table.name()),
        _ => Vec::new(),
    };
    let sequences = columns.into_iter().filter_map(sequence_of);
    mend(std::iter::once(limbeck_schema::Object::id(created)).chain(sequences), context)
}

/// The same for the sequence of a column that becomes an identity column.
pub fn mended_sequence(from: &Object, to: &Object, context: &Context<'_>) -> Vec<Statement> {
    match (from, to) {
        (Object::Column(from), Object::Column(to)) if sequence_of(from).is_none() => {
            mend(sequence_of(to).into_iter(), context)
        }
        _ => Vec::new(),
    }
}

/// The sequence of an identity column.
fn sequence_of(column: &Column) -> Option<Id> {
    match &column.value {
        Value::Identity(identity) => Some(sequence::id(identity.sequence.schema, identity.sequence.name)),
        Value::Plain | Value::Default(_) | Value::Generated { .. } => None,
    }
}

fn mend(targets: impl Iterator<Item = Id>, context: &Context<'_>) -> Vec<Statement> {
    let first = Id::global(KIND, "");
    let defaults = context.from.range(first..).take_while(|(id, _)| id.kind == KIND);
    let defaults: Vec<&DefaultPrivileges> = defaults
        .filter_map(|(_, object)| match object {
            Object::DefaultPrivileges(privileges) => Some(privileges),
            _ => None,
        })
        .collect();
    let mend = |target: Id| {
        defaults.iter().flat_map(move |defaults| defaults.mend(&target, context)).collect::<Vec<_>>()
    };
    targets.flat_map(mend).collect()
}

/// What PUBLIC may do with every object of a kind (manual, 5.7).
fn by_kind(kind: Kind) -> Privileges {
    let privilege = match objects_of(kind) {
        Some("functions") => "EXECUTE",
        Some("types") => "USAGE",
        _ => return Privileges::new(),
    };
    Privileges::from([(Ident::new(privilege), false)])
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
