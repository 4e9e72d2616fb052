//! Types that cannot be changed in place are made again beside the old one, and their columns go over.
//!
//! An enum that loses a label or changes their order, a domain over another type: the old type steps aside
//! under a temporary name, the new one is made, every column is converted through its text, the old one is
//! dropped. No row is lost: a value without counterpart makes the conversion fail as a whole.

use limbeck_kinds::column::{Column, Value};
use limbeck_kinds::{Context, Object, Schema, TypeBase, enumeration, kind, names, preflight, table};
use limbeck_schema::{Id, Kind, Object as _, Rename};
use limbeck_sql::{HazardKind, Literal, LockMode, Sql, Statement, Work, sql};

/// Kinds of types whose columns can be carried over.
pub(crate) const KINDS: &[Kind] = &[kind::ENUM, kind::DOMAIN, kind::RANGE_TYPE, kind::COMPOSITE_TYPE];

/// The columns of that type on both sides: those that must go over.
pub(crate) fn columns<'a>(ty: Id, from: &'a Schema, to: &Schema) -> Vec<&'a Column> {
    let is_of_it =
        |column: &Column| matches!(column.ty.base, TypeBase::User { brought_by, .. } if brought_by == ty);
    from.iter()
        .filter_map(|(id, object)| match object {
            Object::Column(column) if is_of_it(column) && !column.inherited && to.contains(id) => {
                Some(column)
            }
            _ => None,
        })
        .collect()
}

/// The statements that replace a type under its columns.
pub(crate) fn statements(ty: Id, context: &Context<'_>) -> Vec<Statement> {
    let (Some(old), Some(new)) = (context.from.get(&ty), context.to.get(&ty)) else { return Vec::new() };
    if matches!(old, Object::Range(_)) {
        return through_text(ty, old, new, context);
    }
    let aside = Id { name: names::object_name(ty.name, None, "limbeck_old"), ..ty };
    let mut statements = limbeck_kinds::rename_statements(&Rename { from: ty, to: aside });
    statements.iter_mut().for_each(|statement| statement.hazards.clear());
    statements.extend(new.create(context));
    for column in columns(ty, context.from, context.to) {
        statements.extend(go_over(column, old, new, context));
    }
    let mut dropped = old.clone();
    dropped.rename(&Rename { from: ty, to: aside });
    statements.extend(dropped.drop(context));
    statements
}

/// A range type cannot step aside: its constructor functions keep their names. Its values wait as text.
fn through_text(ty: Id, old: &Object, new: &Object, context: &Context<'_>) -> Vec<Statement> {
    let columns = columns(ty, context.from, context.to);
    let to_text = |column: &&Column| {
        let (table, name, suffix) = (column.id.relation(), column.id.name, &column.ty.suffix);
        let text = sql!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE text{} USING {}::text{}",
            table,
            name,
            suffix,
            name,
            suffix
        );
        Statement::new(text).locking(table, LockMode::AccessExclusive, Work::Rewrite)
    };
    let mut statements: Vec<Statement> = columns
        .iter()
        .filter(|column| matches!(column.value, Value::Default(_)))
        .map(|column| {
            table::alter(column.id.relation(), sql!("ALTER COLUMN {} DROP DEFAULT", column.id.name))
        })
        .collect();
    statements.extend(columns.iter().map(to_text));
    statements.extend(old.drop(context));
    statements.extend(new.create(context));
    for column in columns {
        let without_default = Column { value: Value::Plain, ..column.clone() };
        statements.extend(go_over(&without_default, old, new, context));
        statements.extend(restored_default(column, context));
    }
    statements
}

fn restored_default(column: &Column, context: &Context<'_>) -> Option<Statement> {
    match (&column.value, context.to.get(&column.id)) {
        (Value::Default(_), Some(Object::Column(Column { value: Value::Default(default), .. }))) => {
            Some(table::alter(
                column.id.relation(),
                sql!("ALTER COLUMN {} SET DEFAULT {}", column.id.name, default),
            ))
        }
        _ => None,
    }
}

fn go_over(column: &Column, old: &Object, new: &Object, context: &Context<'_>) -> Vec<Statement> {
    let table = column.id.relation();
    let name = column.id.name;
    let mut statements = Vec::new();
    let has_default = matches!(column.value, Value::Default(_));
    if has_default {
        statements.push(table::alter(table, sql!("ALTER COLUMN {} DROP DEFAULT", name)));
    }
    let text = sql!(
        "ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}::{}",
        table,
        name,
        column.ty,
        as_text(column, old, new),
        column.ty
    );
    let mut statement = Statement::new(text).locking(table, LockMode::AccessExclusive, Work::Rewrite);
    if let (Object::Enumeration(old), Object::Enumeration(new)) = (old, new) {
        for label in enumeration::removed_labels(old, new) {
            let (kind, message) = enumeration::removal_hazard(column.id, label);
            statement = statement.hazard(kind, message);
            if column.ty.suffix.is_empty() {
                let count = preflight::holders(table, name, label);
                statement = statement
                    .preflight(count, format!("rows of {table} that hold {label}, which is removed"));
            }
        }
    } else {
        statement = statement
            .hazard(HazardKind::MayFail, format!("fails if a value of {} is no {}", column.id, column.ty));
    }
    statements.push(statement);
    statements.extend(restored_default(column, context));
    statements
}

/// The old value as text, renamed labels under their new names.
fn as_text(column: &Column, old: &Object, new: &Object) -> Sql {
    let text = sql!("{}::text{}", column.id.name, column.ty.suffix);
    let (Object::Enumeration(old), Object::Enumeration(new)) = (old, new) else { return text };
    let renames = enumeration::renames(old, new);
    if renames.is_empty() || !column.ty.suffix.is_empty() {
        return text;
    }
    let cases: Vec<String> = renames
        .iter()
        .map(|(old, new)| sql!("WHEN {} THEN {}", Literal::new(old), Literal::new(new)).to_string())
        .collect();
    let cases = Sql::from_trusted(cases.join(" "));
    sql!("(CASE {} {} ELSE {} END)", text.clone(), cases, text)
}
