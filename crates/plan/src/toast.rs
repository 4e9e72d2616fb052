//! Options of a table's TOAST table: there is none before a column needs it, and the server forgets what is said then.

use limbeck_kinds::table::{self, Table};
use limbeck_kinds::{Object, kind};
use limbeck_schema::Id;

use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// Adds nodes for tables whose options of that kind change, behind everything that happens to their columns.
pub(crate) fn add(builder: &mut Builder<'_>, actions: &Actions) {
    let context = *builder.context;
    let tables: Vec<(&Table, &Table)> = actions
        .by_id
        .iter()
        .filter(|(_, action)| matches!(action, Action::Alter(_)))
        .filter_map(|(id, _)| match (context.from.get(id), context.to.get(id)) {
            (Some(Object::Table(from)), Some(Object::Table(to))) => Some((from, to)),
            _ => None,
        })
        .collect();
    for (from, to) in tables {
        let statements = table::set_toast_options(from, to);
        if statements.is_empty() {
            continue;
        }
        let node = builder.node(1, to.id, statements);
        let is_column = |id: &Id| id.kind == kind::COLUMN && id.relation() == to.name();
        let nodes = [&builder.drops, &builder.creates, &builder.alters, &builder.overs];
        let first: Vec<usize> =
            nodes.into_iter().flatten().filter(|(id, _)| is_column(id)).map(|(_, node)| *node).collect();
        first.into_iter().for_each(|first| builder.edge(first, node));
    }
}
