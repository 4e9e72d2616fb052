//! Columns that hold rows of a table whose columns change.
//!
//! The server refuses another type for a column, and a new one that has to be computed, while a column somewhere
//! holds such rows (`find_composite_type_dependencies` in its source). Their values wait as text meanwhile; a
//! column that the table gets is NULL in them.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::column::{Column, REBUILT, Value, rewrites_on_add};
use limbeck_kinds::{Alter, Context, How, Object, Schema, TypeBase, TypeName, kind, needs, table};
use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, LockMode, Sql, Statement, Work, sql};

use crate::graph::Builder;
use crate::rebuild::{Action, Actions, Dependents};
use crate::retype;

/// What cannot stay on a column that is text for a moment.
const HELD: &[Kind] = {
    const WITH: [Kind; REBUILT.len() + 2] = {
        let mut all = [kind::CONSTRAINT; REBUILT.len() + 2];
        let mut at = 0;
        while at < REBUILT.len() {
            all[at] = REBUILT[at];
            at += 1;
        }
        all[at] = kind::INDEX;
        all
    };
    &WITH
};

/// Columns that have to wait, by the tables for whose change they do.
pub(crate) type Waiting = BTreeMap<Id, BTreeSet<Id>>;

/// Whether any type is made of a table's rows.
pub(crate) fn are_held(schema: &Schema) -> bool {
    let of_table = |ty: &TypeName| matches!(ty.base, TypeBase::User { brought_by, .. } if brought_by.kind == kind::TABLE);
    schema.iter().any(|(_, object)| match object {
        Object::Column(column) => of_table(&column.ty),
        Object::Domain(domain) => of_table(&domain.base),
        Object::Composite(composite) => composite.attributes.iter().any(|attribute| of_table(&attribute.ty)),
        _ => false,
    })
}

/// Finds columns that have to wait and are not yet known, and makes actions for them.
pub(crate) fn find(
    by_id: &mut BTreeMap<Id, Action>,
    waiting: &mut Waiting,
    context: &Context<'_>,
    dependents: &Dependents,
) -> Vec<Id> {
    let mut found = Vec::new();
    for table in rewritten(by_id, context) {
        for column in holders(&table, context.from, dependents) {
            let id = column.id;
            let stays = matches!(context.to.get(&id), Some(Object::Column(new)) if new.ty == column.ty);
            if !stays || column.inherited || id.relation() == table.qualified() {
                continue;
            }
            let statements = match by_id.get(&id) {
                None => Vec::new(),
                Some(Action::Alter(Alter { how: How::InPlace { statements, .. }, .. })) => statements.clone(),
                Some(_) => continue,
            };
            if waiting.entry(id).or_default().insert(table) {
                let how = How::InPlace { statements, rebuild: HELD };
                by_id.insert(id, Action::Alter(Alter { details: Vec::new(), how }));
                found.push(id);
            }
        }
    }
    found
}

/// The tables whose rows are written anew, or made of other types.
fn rewritten(by_id: &BTreeMap<Id, Action>, context: &Context<'_>) -> BTreeSet<Id> {
    let mut tables = BTreeSet::new();
    for (id, action) in by_id {
        let concerned = match (action, context.from.get(id), context.to.get(id)) {
            (Action::Alter(_), Some(Object::Column(old)), Some(Object::Column(new))) => {
                old.ty != new.ty || old.collation != new.collation
            }
            (Action::Create | Action::Replace, _, Some(Object::Column(new))) => rewrites_on_add(&new.value),
            _ => false,
        };
        if concerned {
            tables.insert(table::id(id.schema, id.relation));
        }
        if matches!(action, Action::Retype) {
            let columns = retype::columns(*id, context.from, context.to).into_iter();
            tables.extend(columns.map(|column| table::id(column.id.schema, column.id.relation)));
        }
    }
    tables.retain(|id| {
        let goes = matches!(by_id.get(id), Some(Action::Create | Action::Drop | Action::Replace));
        context.from.contains(id) && context.to.contains(id) && !goes
    });
    tables
}

/// The columns that hold rows of the table, by themselves or inside other types.
fn holders<'a>(table: &Id, from: &'a Schema, dependents: &Dependents) -> Vec<&'a Column> {
    let mut columns = Vec::new();
    let mut types = vec![*table];
    let mut at = 0;
    while let Some(ty) = types.get(at).copied() {
        at += 1;
        for dependent in dependents.of_id(&ty) {
            match from.get(dependent) {
                Some(Object::Column(column)) if is_of(&column.ty, &ty) => columns.push(column),
                Some(Object::Domain(_) | Object::Composite(_) | Object::Range(_))
                    if !types.contains(dependent) =>
                {
                    types.push(*dependent);
                }
                _ => {}
            }
        }
    }
    columns
}

fn is_of(ty: &TypeName, id: &Id) -> bool {
    matches!(ty.base, TypeBase::User { brought_by, .. } if brought_by == *id)
}

/// Adds the nodes before and after the tables change.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions) {
    let context = *builder.context;
    for (id, tables) in &actions.waiting {
        let (Some(Object::Column(old)), Some(Object::Column(new))) =
            (context.from.get(id), context.to.get(id))
        else {
            continue;
        };
        let off = builder.node(0, *id, aside(old));
        let back = builder.node(1, *id, back(old, new, actions, tables, &context));
        builder.edge(off, back);
        let of_table =
            |part: &Id| part.kind == kind::COLUMN && tables.contains(&table::id(part.schema, part.relation));
        let mut edges = Vec::new();
        for (part, node) in builder.drops.iter().filter(|(part, _)| of_table(part)) {
            edges.push((*node, if builder.creates.get(part) == Some(node) { back } else { off }));
        }
        let made = builder.creates.iter().chain(&builder.alters).chain(&builder.overs);
        for (part, node) in made.filter(|(part, _)| of_table(part)) {
            // What need not be computed is added to rows that are held: their text has it then.
            let computed =
                !actions.by_id.get(part).is_some_and(|action| is_added(action, part, &context, false));
            edges.push(if computed { (off, *node) } else { (*node, off) });
            edges.push((*node, back));
        }
        for (part, node) in &builder.drops {
            let object = context.from.get(part);
            if object.is_some_and(|object| needs(context.from, object).contains(id)) {
                edges.push((*node, off));
            }
        }
        edges.extend(builder.alters.get(id).map(|alter| (back, *alter)));
        edges.into_iter().for_each(|(first, then)| builder.edge(first, then));
    }
}

/// Whether a column is added, with values that are computed or without.
fn is_added(action: &Action, id: &Id, context: &Context<'_>, computed: bool) -> bool {
    matches!((action, context.to.get(id)), (Action::Create | Action::Replace, Some(Object::Column(column)))
        if rewrites_on_add(&column.value) == computed)
}

fn aside(column: &Column) -> Vec<Statement> {
    let (table, name) = (column.id.relation(), column.id.name);
    let mut statements = Vec::new();
    if matches!(column.value, Value::Default(_)) {
        statements.push(table::alter(table, sql!("ALTER COLUMN {} DROP DEFAULT", name)));
    }
    statements.push(retyped(column, &sql!("text"), sql!("{}::text", name)));
    statements
}

fn back(
    old: &Column,
    new: &Column,
    actions: &Actions,
    tables: &BTreeSet<Id>,
    context: &Context<'_>,
) -> Vec<Statement> {
    let (table, name) = (old.id.relation(), old.id.name);
    // A row's text ends with its last column: those that the table gets follow.
    let itself = tables.iter().find(|table| is_of(&old.ty, table) && old.ty.suffix.is_empty());
    let added = itself.map_or(0, |table| {
        let columns = table::columns_of(context.to, table.qualified()).into_iter();
        let is_new = |column: &&Column| {
            actions.by_id.get(&column.id).is_some_and(|action| is_added(action, &column.id, context, true))
        };
        columns.filter(is_new).count()
    });
    let value = match added {
        0 => sql!("{}", name),
        _ => sql!("left({}, -1) || {}", name, limbeck_sql::Literal::new(",".repeat(added) + ")")),
    };
    let statement = retyped(old, &old.ty.sql(), sql!("({})::{}", value, old.ty))
        .hazard(HazardKind::MayFail, format!("fails if a value of {} is no {}", old.id, old.ty));
    let mut statements = vec![statement];
    if let (Value::Default(_), Value::Default(default)) = (&old.value, &new.value) {
        statements.push(table::alter(table, sql!("ALTER COLUMN {} SET DEFAULT {}", name, default)));
    }
    statements
}

fn retyped(column: &Column, ty: &Sql, using: Sql) -> Statement {
    let table = column.id.relation();
    let text = sql!("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}", table, column.id.name, ty, using);
    Statement::new(text).locking(table, LockMode::AccessExclusive, Work::Rewrite)
}
