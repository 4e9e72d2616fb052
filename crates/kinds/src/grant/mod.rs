//! Privileges, as far as they differ from what every object of its kind has.
//!
//! One object per target and grantee. The default of a kind (`acldefault`: the owner may do everything, PUBLIC
//! may execute functions and use types and languages) is nothing; a grant beyond it and a default that was revoked are
//! objects. What another role than the owner granted stands by itself, and is granted by that role again.

mod decode;

use std::collections::{BTreeMap, BTreeSet};

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{HazardKind, Ident, Sql, Statement, sql};

use crate::{Alter, Context, Definition, Object, Schema, Visitor, clause, column, kind, routine, view};

pub(crate) use decode::{decode, privileges};

/// The kind `grant`.
pub const KIND: Kind = crate::kind::GRANT;

/// The id of what a grantee may do with an object; `public` for PUBLIC, empty for the owner.
pub fn id(target: Id, grantee: Ident) -> Id {
    Id::attached(KIND, target, grantee)
}

/// The id of what a grantee may do because somebody else than the owner granted it.
pub(crate) fn id_by(target: Id, grantee: Ident, grantor: Option<Ident>) -> Id {
    let by = |grantor: Ident| Ident::new(&[grantee.as_str(), " by ", grantor.as_str()].concat());
    id(target, grantor.map_or(grantee, by))
}

/// Privileges by name, and whether the grantee may pass them on.
pub type Privileges = BTreeMap<Ident, bool>;

/// What a grantee may do with an object, where it is not the default.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Grant {
    /// Its id, attached to the object.
    pub id: Id,
    /// Who may do it.
    pub grantee: Grantee,
    /// Who granted it, where that is not the owner.
    pub grantor: Option<Ident>,
    /// What it may do.
    pub held: Privileges,
    /// What it might do if nothing had been granted or revoked.
    pub default: BTreeSet<Ident>,
    /// What holds the target, where that is no object itself.
    pub holder: Holder,
    /// Its place among the grants on the object, which `pg_dump` keeps.
    pub place: Incidental<i16>,
}

/// What holds the target of a grant that is no object itself.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Holder {
    /// Nothing: the target is an object, or the column of one.
    None,
    /// The identity column whose sequence it is, the extension whose member it is.
    Other(Id),
    /// The system: it is always there.
    System,
}

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Grantee {
    /// Everybody.
    Public,
    /// Whoever owns the object. The role's name is not compared.
    Owner(Incidental<Ident>),
    /// A role that is not the owner.
    Role(Ident),
}

impl Grantee {
    /// The grantee of that name, which may be `public`.
    pub fn named(name: Ident) -> Self {
        if name == "public" { Self::Public } else { Self::Role(name) }
    }

    /// What tells it from others in an id.
    pub fn sub(&self) -> Ident {
        match self {
            Self::Public => Ident::new("public"),
            Self::Owner(_) => Ident::default(),
            Self::Role(name) => *name,
        }
    }
}

impl Grant {
    /// Whether the schema has the object, for statements to make sense.
    fn stands(&self, schema: &Schema) -> bool {
        match self.holder {
            Holder::None => self.id.target().is_none_or(|target| view::stands(schema, &target)),
            Holder::Other(holder) => schema.contains(&holder),
            Holder::System => true,
        }
    }

    fn by_default(&self) -> Privileges {
        self.default.iter().map(|privilege| (*privilege, false)).collect()
    }

    fn role(&self, context: &Context<'_>) -> Sql {
        match self.grantee {
            Grantee::Public => sql!("PUBLIC"),
            Grantee::Role(name) => sql!("{}", name),
            // A new object belongs to whoever runs the statements.
            Grantee::Owner(Incidental(name)) => {
                if self.stands(context.from) && !name.is_empty() {
                    sql!("{}", name)
                } else {
                    sql!("CURRENT_USER")
                }
            }
        }
    }

    fn change(&self, from: &Privileges, to: &Privileges, context: &Context<'_>) -> Vec<Statement> {
        let Some(target) = self.id.target() else { return Vec::new() };
        let role = self.role(context);
        let mut statements = changes(from, to, &role, |privileges| on(&target, privileges));
        // Revoking a privilege on a table takes it from every column, too (manual, REVOKE).
        let gone: Vec<Ident> =
            from.keys().filter(|privilege| !to.contains_key(*privilege)).copied().collect();
        if !gone.is_empty() && is_relation(target.kind) {
            statements.extend(columns_again(&target, self.id.sub, &gone, &role, context));
        }
        match self.grantor {
            Some(grantor) if !statements.is_empty() => {
                statements.insert(0, Statement::new(sql!("SET ROLE {}", grantor)));
                statements.push(Statement::new(sql!("RESET ROLE")));
            }
            _ => {}
        }
        statements
    }
}

/// The statements that turn one set of a role's privileges into another.
pub(crate) fn changes(
    from: &Privileges,
    to: &Privileges,
    role: &Sql,
    on: impl Fn(&[Ident]) -> Sql,
) -> Vec<Statement> {
    let pick = |wanted: &dyn Fn(Option<bool>, Option<bool>) -> bool| -> Vec<Ident> {
        let names: BTreeSet<Ident> = from.keys().chain(to.keys()).copied().collect();
        names.into_iter().filter(|name| wanted(from.get(name).copied(), to.get(name).copied())).collect()
    };
    let revoked = pick(&|from, to| from.is_some() && to.is_none());
    let no_option = pick(&|from, to| from == Some(true) && to == Some(false));
    let granted = pick(&|from, to| from.is_none() && to == Some(false));
    let with_option = pick(&|from, to| from != Some(true) && to == Some(true));
    let mut statements = Vec::new();
    let mut push = |privileges: &[Ident], make: &dyn Fn(Sql) -> Sql| {
        if !privileges.is_empty() {
            statements.push(Statement::new(make(on(privileges))));
        }
    };
    push(&revoked, &|what| sql!("REVOKE {} FROM {}", what, role));
    push(&no_option, &|what| sql!("REVOKE GRANT OPTION FOR {} FROM {}", what, role));
    push(&granted, &|what| sql!("GRANT {} TO {}", what, role));
    push(&with_option, &|what| sql!("GRANT {} TO {} WITH GRANT OPTION", what, role));
    let access = |statement: Statement| statement.hazard(HazardKind::Access, format!("what {role} may do"));
    statements.into_iter().map(access).collect()
}

/// `SELECT, INSERT ON TABLE s.t`.
pub(crate) fn on(target: &Id, privileges: &[Ident]) -> Sql {
    let words = |suffix: &Sql| {
        limbeck_sql::list(
            privileges.iter().map(|name| sql!("{}{}", Sql::from_trusted(name.as_str()), suffix)),
        )
    };
    let name = target.qualified();
    match target.kind {
        kind::COLUMN => sql!("{} ON TABLE {}", words(&sql!(" ({})", target.name)), target.relation()),
        // GRANT knows no star.
        kind::AGGREGATE if target.name.as_str().ends_with("(*)") => {
            sql!("{} ON FUNCTION {}()", words(&sql!("")), routine::called(target))
        }
        kind::FUNCTION | kind::AGGREGATE => {
            sql!("{} ON FUNCTION {}", words(&sql!("")), clause::signature(target))
        }
        kind::PROCEDURE => sql!("{} ON PROCEDURE {}", words(&sql!("")), clause::signature(target)),
        other => {
            let keyword = match other {
                kind::SEQUENCE => "SEQUENCE",
                kind::SCHEMA => "SCHEMA",
                kind::LANGUAGE => "LANGUAGE",
                kind::FOREIGN_DATA_WRAPPER => "FOREIGN DATA WRAPPER",
                kind::SERVER => "FOREIGN SERVER",
                other if is_relation(other) => "TABLE",
                _ => "TYPE",
            };
            sql!("{} ON {} {}", words(&sql!("")), Sql::from_trusted(keyword), name)
        }
    }
}

/// Kinds of what has columns that privileges are granted on.
const RELATIONS: [Kind; 4] = [kind::TABLE, kind::FOREIGN_TABLE, kind::VIEW, kind::MATERIALIZED_VIEW];

fn is_relation(kind: Kind) -> bool {
    RELATIONS.contains(&kind)
}

/// What the columns of a relation are to grant of these privileges, once more.
fn columns_again(
    relation: &Id,
    grantee: Ident,
    gone: &[Ident],
    role: &Sql,
    context: &Context<'_>,
) -> Vec<Statement> {
    let first = id(column::id(relation.qualified(), Ident::default()), Ident::default());
    let of_it = |id: &Id| id.kind == KIND && id.of == column::KIND && id.relation() == relation.qualified();
    let mut statements = Vec::new();
    for (id, object) in context.to.range(first..).take_while(|(id, _)| of_it(id)) {
        let (Object::Grant(grant), Some(target)) = (object, id.target()) else { continue };
        if id.sub == grantee && context.from.contains(id) {
            let again = grant.held.iter().filter(|(privilege, _)| gone.contains(privilege));
            let again: Privileges = again.map(|(privilege, option)| (*privilege, *option)).collect();
            statements.extend(changes(&Privileges::new(), &again, role, |list| on(&target, list)));
        }
    }
    statements
}

impl Definition for Grant {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn roles(&self) -> Vec<Ident> {
        self.grantor.into_iter().chain([self.grantee.sub()]).collect()
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, grantee: _, grantor: _, held: _, default: _, holder, place: _ } = self;
        visitor.id(id);
        if let Holder::Other(holder) = holder {
            visitor.id(holder);
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        self.change(&self.by_default(), &self.held, context)
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // Privileges go with their object.
        if !self.stands(context.to) {
            return Vec::new();
        }
        self.change(&self.held, &self.by_default(), context)
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        Alter::in_place(vec![describe(&self.held, &to.held)], to.change(&self.held, &to.held, context))
    }

    fn extra_needs(&self, _: &Schema) -> Vec<Id> {
        // Privileges on a column must not be taken away again by those on its table.
        let Some(target) = self.id.target() else { return Vec::new() };
        let mut wholes = vec![target];
        if target.kind == column::KIND {
            wholes.extend(RELATIONS.map(|kind| Id::inside(kind, target.schema, target.relation)));
        }
        // And who passes on a privilege must have it.
        let by = self.grantor.into_iter().flat_map(|grantor| wholes.iter().map(move |on| id(*on, grantor)));
        let wholes = wholes.iter().skip(1).map(|whole| id(*whole, self.id.sub));
        wholes.chain(by).collect()
    }
}

impl Grant {
    /// The grants on the same object that stand before it.
    pub fn earlier(&self, schema: &Schema) -> Vec<Id> {
        let Some(target) = self.id.target() else { return Vec::new() };
        let same = |id: &Id| id.kind == KIND && id.target() == Some(target);
        let all = schema.range(id(target, Ident::default())..).take_while(|(id, _)| same(id));
        let is_earlier =
            |object: &Object| matches!(object, Object::Grant(grant) if grant.place.0 < self.place.0);
        all.filter(|(_, object)| is_earlier(object)).map(|(id, _)| *id).collect()
    }
}

/// `SELECT, INSERT → SELECT`, in words.
pub(crate) fn describe(from: &Privileges, to: &Privileges) -> String {
    let words = |held: &Privileges| {
        let option = |option: bool| if option { " with grant option" } else { "" };
        let words: Vec<String> =
            held.iter().map(|(name, grantable)| format!("{}{}", name.as_str(), option(*grantable))).collect();
        words.join(", ")
    };
    clause::change("privileges", words(from), words(to))
}
