//! CREATE TABLE, with everything that can stand in it.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Sql, Statement, sql};

use super::{Table, replica_identity_statement};
use crate::{Context, Object, Schema, clause, column, constraint};

/// The columns of a table in their order.
pub(super) fn columns<'a>(table: &Table, schema: &'a Schema) -> Vec<&'a column::Column> {
    let name = table.name();
    let first = column::id(name, Ident::default());
    let mut columns: Vec<&column::Column> = schema
        .range(first..)
        .take_while(|(id, _)| id.kind == column::KIND && id.relation() == name)
        .filter_map(|(_, object)| match object {
            Object::Column(column) => Some(column),
            _ => None,
        })
        .collect();
    columns.sort_by_key(|column| column.position.0);
    columns
}

/// The constraints that stand inside CREATE TABLE: all but foreign keys, which are added when the tables of
/// both sides exist, and those that are not to be validated.
fn constraints<'a>(table: &Table, schema: &'a Schema) -> Vec<&'a constraint::Constraint> {
    let name = table.name();
    let mut constraints: Vec<&constraint::Constraint> =
        constraint::of_table(schema, name).filter(|constraint| constraint.stands_in_create_table()).collect();
    constraints.sort_by_key(|constraint| (constraint.definition.rank(), constraint.id));
    constraints
}

pub(super) fn inlines(table: &Table, context: &Context<'_>) -> Vec<Id> {
    let columns = columns(table, context.to).into_iter().map(|column| column.id);
    columns.chain(constraints(table, context.to).into_iter().map(|constraint| constraint.id)).collect()
}

pub(super) fn create(table: &Table, context: &Context<'_>) -> Vec<Statement> {
    let unlogged = if table.unlogged { sql!("UNLOGGED ") } else { sql!("") };
    create_as(table, sql!("{}TABLE", unlogged), context)
}

/// CREATE FOREIGN TABLE, which is like CREATE TABLE but for its end.
pub(crate) fn create_foreign(table: &Table, server: Ident, context: &Context<'_>) -> Vec<Statement> {
    let mut statements = create_as(table, sql!("FOREIGN TABLE"), context);
    if let Some(first) = statements.first_mut() {
        first.sql.push(&sql!(" SERVER {}", server));
    }
    statements
}

fn create_as(table: &Table, what: Sql, context: &Context<'_>) -> Vec<Statement> {
    let columns = columns(table, context.to);
    let mut lines: Vec<Sql> = Vec::new();
    let mut after: Vec<Statement> = Vec::new();
    for column in columns {
        if column.inherited || table.of_type.is_some() {
            lines.extend(column.override_definition(table));
        } else {
            lines.push(column.definition(context.version));
        }
        after.extend(column.after_create(context.version));
    }
    for constraint in constraints(table, context.to) {
        lines.push(sql!("CONSTRAINT {} {}", constraint.id.name, constraint.definition.clause()));
        after.extend(constraint.after_create());
    }
    let mut text = sql!("CREATE {} {}", what, table.name());
    if let Some((ty, _)) = &table.of_type {
        text.push(&sql!(" OF {}", ty));
    }
    if let Some(of) = &table.partition_of {
        text.push(&sql!(" PARTITION OF {}", of.parent.qualified()));
    }
    let optional = table.of_type.is_some() || table.partition_of.is_some();
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
        text.push(&Sql::from_trusted(format!(" (\n{}\n)", lines.join(",\n"))));
    } else if !optional {
        text.push(&sql!(" ()"));
    }
    if !table.inherits.is_empty() {
        text.push(&sql!(" INHERITS ({})", limbeck_sql::list(table.inherits.iter().map(Id::qualified))));
    }
    if let Some(of) = &table.partition_of {
        text.push(&sql!(" {}", of.bound));
    }
    if let Some(key) = &table.partition_key {
        text.push(&sql!(" PARTITION BY {}", key));
    }
    if let Some(method) = table.access_method {
        text.push(&sql!(" USING {}", method));
    }
    if !table.options.is_empty() {
        text.push(&sql!(" WITH ({})", clause::assignments(&table.options)));
    }
    if let Some(space) = table.tablespace {
        text.push(&sql!(" TABLESPACE {}", space));
    }
    let mut statements = vec![Statement::new(text)];
    statements.extend(after);
    if table.replica_identity != super::ReplicaIdentity::Default {
        statements.extend(replica_identity_statement(table));
    }
    statements
}
