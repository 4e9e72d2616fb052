//! Tables that are made again keep their rows.
//!
//! Another partition key, a partition key's column of another type, columns that only a parent shall bring: no
//! statement changes them. The rows wait in a temporary table while the old one is dropped and the new one made
//! with its partitions; they go back before foreign keys and triggers are there.

use std::collections::BTreeMap;

use limbeck_kinds::column::{self, Column, Value};
use limbeck_kinds::table::{self, Table};
use limbeck_kinds::{Context, Object, Schema, TypeBase, kind, names, needs};
use limbeck_schema::{Id, Kind};
use limbeck_sql::{Hazard, HazardKind, Ident, Literal, LockMode, Name, Statement, Work, sql};

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// What is made once the table stands with all its partitions.
const AFTER: &[Kind] = &[kind::TRIGGER, kind::RULE, kind::MATERIALIZED_VIEW, kind::ROW_SECURITY];

/// Nodes before and after a table is made again.
pub(crate) struct Kept {
    stash: usize,
    refill: usize,
}

/// The table whose rows are kept while it is replaced, of a table's own rows: itself, or one that it is a partition of.
pub(crate) fn keeper(id: &Id, actions: &Actions, context: &Context<'_>) -> Option<Id> {
    let replaced = |id: &Id| matches!(actions.by_id.get(id), Some(Action::Replace));
    let mut at = Some(*id);
    while let Some(table) = at {
        if replaced(&table) && common_columns(&table, context).next().is_some() {
            return Some(table);
        }
        at = partition_of(context.from, &table);
    }
    None
}

fn partition_of(schema: &Schema, id: &Id) -> Option<Id> {
    schema.get(id).map(table::parents_of).and_then(|parents| parents.partition_of).map(|of| of.parent)
}

/// Columns whose values can be carried over, on both sides.
fn common_columns<'a>(id: &Id, context: &'a Context<'a>) -> impl Iterator<Item = (&'a Column, &'a Column)> {
    let both = context.from.contains(id) && context.to.contains(id);
    let columns = if both { table::columns_of(context.to, id.qualified()) } else { Vec::new() };
    columns.into_iter().filter(|new| !matches!(new.value, Value::Generated { .. })).filter_map(|new| {
        match context.from.get(&new.id) {
            Some(Object::Column(old)) => Some((old, new)),
            _ => None,
        }
    })
}

/// Adds the nodes that keep rows.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions) -> BTreeMap<Id, Kept> {
    let context = *builder.context;
    let mut kept = BTreeMap::new();
    for (id, action) in &actions.by_id {
        if id.kind != kind::TABLE || !matches!(action, Action::Replace) {
            continue;
        }
        let Some(Object::Table(old)) = context.from.get(id) else { continue };
        // The rows of a partition are its parent's.
        if partition_of(context.from, id).is_some_and(|parent| keeper(&parent, actions, &context).is_some()) {
            continue;
        }
        if let Some((stash, refill)) = statements(old, actions, &context) {
            let stash = builder.node(0, *id, stash);
            let refill = builder.node(1, *id, refill);
            builder.edge(stash, refill);
            edges(builder, id, stash, refill);
            kept.insert(*id, Kept { stash, refill });
        }
    }
    kept
}

fn statements(
    old: &Table,
    actions: &Actions,
    context: &Context<'_>,
) -> Option<(Vec<Statement>, Vec<Statement>)> {
    let table = old.name();
    let columns: Vec<(&Column, &Column)> = common_columns(&old.id, context).collect();
    if columns.is_empty() {
        return None;
    }
    let aside = |label: &str| {
        let name = names::object_name(table.schema, Some(table.name), label);
        Name { schema: Ident::new("pg_temp"), name }
    };
    let waiting = aside("rows");
    // A type that is made again is another one afterwards, and one that goes cannot wait for rows.
    let is_remade = |column: &Column| match column.ty.base {
        TypeBase::User { brought_by, .. } => {
            matches!(actions.by_id.get(&brought_by), Some(Action::Retype | Action::Replace | Action::Drop))
        }
        TypeBase::BuiltIn(_) => false,
    };
    let taken = columns.iter().map(|(old, _)| match is_remade(old) {
        true => sql!("{}::text AS {}", old.id.name, old.id.name),
        false => sql!("{}", old.id.name),
    });
    let only = if old.partition_key.is_none() { sql!("ONLY ") } else { sql!("") };
    let text = sql!(
        "CREATE TEMPORARY TABLE {} AS SELECT {} FROM {}{}",
        waiting.name,
        limbeck_sql::list(taken),
        only,
        table
    );
    let mut stash = vec![Statement::new(text).locking(table, LockMode::AccessShare, Work::Scan)];
    let given = columns.iter().map(|(old, new)| match is_remade(old) {
        true => sql!("{}::{}", old.id.name, new.ty),
        false => column::carried(old, new),
    });
    let names = limbeck_sql::list(columns.iter().map(|(_, new)| new.id.name));
    let identity = columns.iter().any(|(_, new)| matches!(new.value, Value::Identity(_)));
    let overriding = if identity { sql!("OVERRIDING SYSTEM VALUE ") } else { sql!("") };
    let text = sql!(
        "INSERT INTO {} ({}) {}SELECT {} FROM {}",
        table,
        names,
        overriding,
        limbeck_sql::list(given),
        waiting
    );
    let insert = Statement::new(text)
        .locking(table, LockMode::RowExclusive, Work::Rewrite)
        .hazard(HazardKind::MayFail, format!("fails if a row of {table} has no place in the new table"))
        .hazard(
            HazardKind::Blocking,
            format!("{table} is made again with its rows, while nobody can use it"),
        );
    let mut refill = vec![insert, Statement::new(sql!("DROP TABLE {}", waiting))];
    for (old, new) in &columns {
        if let (Value::Identity(old), Value::Identity(new)) = (&old.value, &new.value) {
            let value = aside(&format!("{}_value", old.sequence.name));
            stash.push(Statement::new(sql!(
                "CREATE TEMPORARY TABLE {} AS SELECT last_value, is_called FROM {}",
                value.name,
                old.sequence
            )));
            refill.push(Statement::new(sql!(
                "SELECT setval({}::regclass, last_value, is_called) FROM {}",
                Literal::new(new.sequence.to_string()),
                value
            )));
            refill.push(Statement::new(sql!("DROP TABLE {}", value)));
        }
    }
    Some((stash, refill))
}

/// The table itself and its partitions, and theirs.
fn with_partitions(schema: &Schema, id: &Id) -> Vec<Id> {
    let mut found = vec![*id];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let children = table::children(schema, parent.qualified()).into_iter();
        let children = children.map(|name| table::id(name.schema, name.name));
        found.extend(children.filter(|child| partition_of(schema, child) == Some(parent)));
        at += 1;
    }
    found
}

fn edges(builder: &mut Builder<'_>, id: &Id, stash: usize, refill: usize) {
    for old in with_partitions(builder.context.from, id) {
        if let Some(then) = builder.drops.get(&old).copied() {
            builder.edge(stash, then);
        }
    }
    let tables = with_partitions(builder.context.to, id);
    for table in &tables {
        if let Some(first) = builder.creates.get(table).copied() {
            builder.edge(first, refill);
        }
    }
    let later = |id: &Id| {
        let object = builder.context.to.get(id);
        let of_kind = AFTER.contains(&id.kind)
            || matches!(object, Some(Object::Constraint(constraint)) if constraint.is_foreign_key());
        of_kind
            && object.is_some_and(|object| {
                needs(builder.context.to, object).iter().any(|need| tables.contains(need))
            })
    };
    let after: Vec<usize> =
        builder.creates.iter().filter(|(id, _)| later(id)).map(|(_, node)| *node).collect();
    after.into_iter().for_each(|then| builder.edge(refill, then));
}

impl Kept {
    /// A partition that stays leaves before the rows are taken.
    pub(crate) fn after_leave(&self, builder: &mut Builder<'_>, leave: usize) {
        builder.edge(leave, self.stash);
    }

    /// A table that stays is a partition before the rows come back.
    pub(crate) fn after_join(&self, builder: &mut Builder<'_>, join: usize) {
        builder.edge(join, self.refill);
    }
}

/// Tables whose columns come from a parent alone, form a partition key, or are generated, in another way or with another
/// type than a statement could bring about.
pub(crate) fn in_need(by_id: &BTreeMap<Id, Action>, context: &Context<'_>) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    for (id, action) in by_id {
        let Action::Alter(_) = action else { continue };
        let changes = match (context.from.get(id), context.to.get(id)) {
            (Some(Object::Column(old)), Some(Object::Column(new))) => {
                is_other(old, new) || stays_generated(old, new, context)
            }
            (Some(Object::Constraint(old)), Some(Object::Constraint(new))) => {
                old.definition.is_inherited() != new.definition.is_inherited()
            }
            _ => false,
        };
        let table = table::id(id.schema, id.relation);
        let (Some(old), Some(new)) = (context.from.get(&table), context.to.get(&table)) else { continue };
        if !changes || found.contains(&table) {
            continue;
        }
        let stuck = || {
            let (old, new) = (table::parents_of(old), table::parents_of(new));
            table::moves(id.relation(), &old, &new, context).is_none()
        };
        let key = matches!((context.from.get(id), context.to.get(id)), (Some(Object::Column(old)), Some(Object::Column(new)))
            if is_other(old, new) && is_key(context.from, new) || stays_generated(old, new, context));
        if key || stuck() {
            found.push(table);
        }
    }
    found.extend(in_other_order(context).filter(|id| by_id.get(id).is_none_or(is_altered)));
    found
}

/// Whether a column comes from elsewhere, or gets another type or collation.
fn is_other(old: &Column, new: &Column) -> bool {
    old.inherited != new.inherited || old.ty != new.ty || old.collation != new.collation
}

/// Whether the server refuses to make a generated column plain: up to PostgreSQL 15 where its table has children of children.
fn stays_generated(old: &Column, new: &Column, context: &Context<'_>) -> bool {
    let generated = |column: &Column| matches!(column.value, Value::Generated { .. });
    let has_grandchildren = || {
        let mut children = table::children(context.from, old.table()).into_iter();
        children.any(|child| table::has_children(context.from, child))
    };
    context.version < 160_000 && generated(old) && !generated(new) && !old.inherited && has_grandchildren()
}

fn is_altered(action: &Action) -> bool {
    matches!(action, Action::Alter(_))
}

/// Tables of a type whose columns would not come in the order of its attributes: what is added goes to the end.
fn in_other_order<'a>(context: &Context<'a>) -> impl Iterator<Item = Id> + 'a {
    let Context { from, to, .. } = *context;
    let names = |schema: &'a Schema, table: Name| {
        table::columns_of(schema, table).into_iter().map(|column| column.id.name).collect::<Vec<_>>()
    };
    to.iter()
        .filter(|(_, object)| matches!(object, Object::Table(table) if table.of_type.is_some()))
        .filter_map(move |(id, _)| {
            let (old, new) = (names(from, id.qualified()), names(to, id.qualified()));
            let kept = old.iter().filter(|name| new.contains(name));
            let added = new.iter().filter(|name| !old.contains(name));
            (from.contains(id) && !kept.chain(added).eq(&new)).then_some(*id)
        })
}

/// Whether the column is a part of its table's partition key.
pub(crate) fn is_key(schema: &Schema, column: &Column) -> bool {
    let name = column.table();
    match schema.get(&table::id(name.schema, name.name)) {
        Some(Object::Table(Table { partition_key: Some(key), .. })) => {
            limbeck_kinds::expression::columns(key).contains(&column.id.name)
        }
        _ => false,
    }
}

/// Takes the loss from a drop whose rows are kept. Where the table is not made again, its text alone doesn't tell.
pub(crate) fn without_loss(statements: &mut [Statement], id: &Id, keeper: &Id, context: &Context<'_>) {
    for statement in statements {
        let hazards = statement.hazards.len();
        statement.hazards.retain(|hazard| hazard.kind != HazardKind::DataLoss);
        if statement.hazards.len() < hazards && !context.to.contains(id) {
            let reason = format!("the rows of {id} are kept with those of {keeper}");
            statement.answers.push(Hazard { kind: HazardKind::DataLoss, message: reason });
        }
    }
}
