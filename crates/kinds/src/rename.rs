//! Following a rename through ids and expressions.

use limbeck_schema::{Id, Kind, Parts, Rename};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::{Visitor, clause, column, expression, kind, namespace, query, routine, table};

/// The id after a rename: of the object itself, of what is attached to it, and of what lies in it.
pub fn follow(rename: &Rename, id: Id) -> Id {
    let Rename { from, to } = rename;
    if id == *from {
        return *to;
    }
    let id = follow_types(rename, id);
    if id.target() == Some(*from) {
        return Parts { kind: id.kind, of: id.of, sub: id.sub, ..**to }.id();
    }
    if from.kind == namespace::KIND && id.schema == from.name {
        return id.with_schema(to.name);
    }
    let on_relation = !id.relation.is_empty() && !borrows_relation(id.kind) && !borrows_relation(id.of);
    if holds_others(from.kind) && on_relation && id.relation() == from.qualified() {
        return Parts { schema: to.schema, relation: to.name, ..*id }.id();
    }
    id
}

/// The id of a function (or of what is attached to one) after something that stands in its argument types got
/// another name.
fn follow_types(rename: &Rename, id: Id) -> Id {
    let target = if id.of == Kind::NONE { id.kind } else { id.of };
    if !routine::is_routine(target) || routine::is_routine(rename.from.kind) {
        return id;
    }
    let name = routine::with_types(id.name, |types| {
        let mut types = types.clone();
        Follow(rename).expression(None, &mut types);
        types
    });
    id.with_name(name)
}

/// Kinds whose name stands in the ids of their parts.
fn holds_others(kind: Kind) -> bool {
    is_relation(kind) || kind == kind::DOMAIN
}

/// Kinds of what a query reads.
fn is_relation(kind: Kind) -> bool {
    [kind::TABLE, kind::FOREIGN_TABLE, kind::VIEW, kind::MATERIALIZED_VIEW].contains(&kind)
}

/// Kinds whose ids hold something else in the relation's place: an access method, a role, a server.
fn borrows_relation(kind: Kind) -> bool {
    [kind::OPERATOR_CLASS, kind::OPERATOR_FAMILY, kind::DEFAULT_PRIVILEGES, kind::USER_MAPPING]
        .contains(&kind)
}

/// A visitor that renames.
pub(crate) struct Follow<'a>(pub(crate) &'a Rename);

impl Visitor for Follow<'_> {
    fn id(&mut self, id: &mut Id) {
        *id = follow(self.0, *id);
    }

    fn column(&mut self, relation: Name, column: &mut Ident) {
        let id = follow(self.0, column::id(relation, *column));
        *column = id.name;
    }

    fn expression(&mut self, relation: Option<Name>, text: &mut Sql) {
        let Rename { from, to } = self.0;
        if from.kind == column::KIND {
            let own = relation.is_some_and(|relation| [from.relation(), to.relation()].contains(&relation));
            *text = query::rename_column(text, from.relation(), from.name, to.name, own);
            if own {
                *text = expression::rename_column(text, from.name, to.name);
            }
        } else if from.kind == namespace::KIND {
            *text = expression::rename_schema(text, from.name, to.name);
        } else if routine::is_routine(from.kind) {
            *text = expression::rename_qualified(text, routine::called(from), routine::called(to));
        } else if is_relation(from.kind) {
            let own = relation.is_some_and(|relation| [from.qualified(), to.qualified()].contains(&relation));
            *text = query::rename_relation(text, from.qualified(), to.qualified(), own);
        } else if !from.schema.is_empty() && from.relation.is_empty() {
            *text = expression::rename_qualified(text, from.qualified(), to.qualified());
        }
    }
}

/// The statements that rename an object: first to its new schema, then to its new name.
pub fn rename_statements(rename: &Rename) -> Vec<Statement> {
    let Rename { from, to } = rename;
    let target = clause::target(from);
    let mut statements = Vec::new();
    match from.kind {
        kind::COLUMN => {
            let table = from.relation();
            statements.push(
                table::alter(table, sql!("RENAME COLUMN {} TO {}", from.name, to.name))
                    .hazard(HazardKind::Compatibility, format!("code that says {from} fails")),
            );
        }
        kind::CONSTRAINT => {
            statements
                .push(table::alter(from.relation(), sql!("RENAME CONSTRAINT {} TO {}", from.name, to.name)));
        }
        kind::DOMAIN_CONSTRAINT => {
            let domain = from.relation();
            statements.push(Statement::new(sql!(
                "ALTER DOMAIN {} RENAME CONSTRAINT {} TO {}",
                domain,
                from.name,
                to.name
            )));
        }
        _ => {
            if from.schema != to.schema && from.relation.is_empty() {
                statements.push(Statement::new(sql!("ALTER {} SET SCHEMA {}", target, to.schema)));
            }
            if from.name != to.name {
                let moved = from.with_schema(to.schema);
                let statement =
                    Statement::new(sql!("ALTER {} RENAME TO {}", clause::target(&moved), bare_name(to)));
                statements.push(if from.kind == kind::TABLE {
                    statement
                        .locking(from.qualified(), LockMode::AccessExclusive, Work::Catalog)
                        .hazard(HazardKind::Compatibility, format!("code that says {from} fails"))
                } else {
                    statement
                });
            }
        }
    }
    statements
}

/// The new name as RENAME TO takes it: of a function without its arguments.
fn bare_name(id: &Id) -> Ident {
    if routine::is_routine(id.kind) { routine::called(id).name } else { id.name }
}
