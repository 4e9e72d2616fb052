//! CREATE TABLE, with everything that can stand in it.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, Sql, Statement, sql};

use super::{Table, replica_identity_statement};
use crate::{Context, Object, Schema, clause, column, constraint, index};

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
/// both sides exist, those that are not to be validated, and checks for which children are waiting.
fn constraints<'a>(table: &Table, context: &Context<'a>) -> Vec<&'a constraint::Constraint> {
    let mut constraints: Vec<&constraint::Constraint> = constraint::of_table(context.to, table.name())
        .filter(|constraint| constraint.stands_in_create_table())
        .filter(|constraint| !constraint::comes_down(constraint, context))
        .collect();
    constraints.sort_by_key(|constraint| (constraint.definition.rank(), constraint.id));
    constraints
}

pub(super) fn inlines(table: &Table, context: &Context<'_>) -> Vec<Id> {
    let columns = columns(table, context.to).into_iter().map(|column| column.id);
    let constraints = constraints(table, context).into_iter().map(|constraint| constraint.id);
    let indexes = parts_of_indexes(table, context.to).into_iter().map(|index| index.id);
    columns.chain(constraints).chain(indexes).collect()
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

/// The indexes of a partition that are parts of its parent's: they have names of their own only where they are
/// there before the server makes them.
fn parts_of_indexes<'a>(table: &Table, schema: &'a Schema) -> Vec<&'a index::Index> {
    if table.partition_of.is_none() {
        return Vec::new();
    }
    index::of_table(schema, table.name()).filter(|index| index.attached_to.is_some()).collect()
}

/// Whether a new partition is made as a table of its own and attached then, as `pg_dump` does: where it has
/// keys or indexes, whose names are its own, or columns in another order. The server attaches them to its
/// parent's.
fn is_attached(table: &Table, columns: &[&column::Column], context: &Context<'_>) -> bool {
    let schema = context.to;
    let Some(of) = &table.partition_of else { return false };
    let parent = Table { id: of.parent, ..table.clone() };
    let names = |columns: &[&column::Column]| columns.iter().map(|c| c.id.name).collect::<Vec<_>>();
    let keys = |constraint: &&constraint::Constraint| constraint.definition.rank() <= 2;
    names(columns) != names(&self::columns(&parent, schema))
        || constraints(table, context).iter().any(keys)
        || !parts_of_indexes(table, schema).is_empty()
        || columns.iter().any(|column| is_named_otherwise(column, of.parent.qualified(), schema))
}

/// Whether the column's NOT NULL has another name than its parent's, which it would get.
fn is_named_otherwise(column: &column::Column, parent: Name, schema: &Schema) -> bool {
    let of_parent = match schema.get(&column::id(parent, column.id.name)) {
        Some(Object::Column(of_parent)) => of_parent,
        _ => return false,
    };
    let name = |column: &column::Column| column.not_null.and_then(|not_null| not_null.name);
    name(column).zip(name(of_parent)).is_some_and(|(own, other)| own != other)
}

fn create_as(table: &Table, what: Sql, context: &Context<'_>) -> Vec<Statement> {
    let columns = columns(table, context.to);
    let attached = is_attached(table, &columns, context);
    let mut lines: Vec<Sql> = Vec::new();
    let mut constraints_of_columns: Vec<Sql> = Vec::new();
    let mut after: Vec<Statement> = Vec::new();
    for column in columns {
        if attached {
            lines.push(column.standalone().definition(context.version));
            after.extend(column.after_create(context.version));
        } else if table.of_type.is_some() {
            lines.extend(column.override_definition(table, context.version));
            after.extend(column.after_create(context.version));
        } else if column.inherited || !table.inherits.is_empty() {
            let own = column.own_not_null(context.version);
            let said = own.as_ref().map(|_| column::Column { not_null: None, ..column.clone() });
            let column = said.as_ref().unwrap_or(column);
            if column.inherited {
                after.extend(column.beyond_parents(context));
            } else {
                lines.push(column.definition(context.version));
                after.extend(column.after_create(context.version));
            }
            constraints_of_columns.extend(own);
        } else {
            lines.push(column.definition(context.version));
            after.extend(column.after_create(context.version));
        }
    }
    lines.append(&mut constraints_of_columns);
    let mut before_attached = Vec::new();
    if attached {
        let inherited = constraint::of_table(context.to, table.name());
        for constraint in inherited.filter(|constraint| constraint.definition.is_inherited()) {
            // CREATE TABLE takes what is NOT VALID for valid: there is no row yet.
            if constraint.definition.is_valid_check() {
                lines.push(sql!("CONSTRAINT {} {}", constraint.id.name, constraint.definition.clause()));
            } else {
                before_attached.push(constraint.addition(context));
            }
        }
    }
    for constraint in constraints(table, context) {
        lines.push(sql!("CONSTRAINT {} {}", constraint.id.name, constraint.definition.clause()));
        after.extend(constraint.after_create());
    }
    let mut text = sql!("CREATE {} {}", what, table.name());
    if let Some((ty, _)) = &table.of_type {
        text.push(&sql!(" OF {}", ty));
    }
    let inline_partition = table.partition_of.as_ref().filter(|_| !attached);
    if let Some(of) = inline_partition {
        text.push(&sql!(" PARTITION OF {}", of.parent.qualified()));
    }
    let optional = table.of_type.is_some() || inline_partition.is_some();
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
        text.push(&Sql::from_trusted(format!(" (\n{}\n)", lines.join(",\n"))));
    } else if !optional {
        text.push(&sql!(" ()"));
    }
    if !table.inherits.is_empty() {
        text.push(&sql!(" INHERITS ({})", limbeck_sql::list(table.inherits.iter().map(Id::qualified))));
    }
    if let Some(of) = inline_partition {
        text.push(&sql!(" {}", of.bound));
    }
    if let Some(key) = &table.partition_key {
        text.push(&sql!(" PARTITION BY {}", key));
    }
    // A partition gets its parent's where it names none.
    let of_parent = inline_partition.and_then(|of| match context.to.get(&of.parent) {
        Some(Object::Table(parent)) => parent.access_method.map(|_| Ident::new("heap")),
        _ => None,
    });
    if let Some(method) = table.access_method.or(of_parent) {
        text.push(&sql!(" USING {}", method));
    }
    if !table.options.is_empty() {
        text.push(&sql!(" WITH ({})", clause::assignments(&table.options)));
    }
    if let Some(space) = table.tablespace {
        text.push(&sql!(" TABLESPACE {}", space));
    }
    let create = Statement::new(text);
    let mut statements = vec![match inline_partition {
        Some(of) => super::with_rest(create, table.name(), of, context),
        None => create,
    }];
    statements.append(&mut before_attached);
    let mut parts = parts_of_indexes(table, context.to);
    // Where two are the same, the server takes them in the order of their wholes.
    parts.sort_by_key(|index| (index.place_of_whole(context), index.id));
    statements.extend(parts.into_iter().flat_map(|index| index.create_detached(context)));
    statements.extend(
        table.partition_of.iter().filter(|_| attached).map(|of| super::attach(table.name(), of, context)),
    );
    statements.extend(after);
    if table.replica_identity != super::ReplicaIdentity::Default {
        statements.extend(replica_identity_statement(table));
    }
    statements
}
