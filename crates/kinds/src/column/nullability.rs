//! How a column becomes NOT NULL, ceases to be it, and how the constraint behind it changes.

use limbeck_sql::{Ident, Name, Statement, sql};

use super::alter::{Change, descendants};
use super::{Column, NotNull, Value, backfill, id, name_aside, set_not_null};
use crate::{Context, Object, clause, preflight, table};

impl Change<'_> {
    pub(super) fn nullability(&mut self) {
        match (self.from.not_null, self.to.not_null) {
            (None, None) => {}
            (Some(from), Some(to)) => self.not_null(from, to),
            (_, to) => self.becomes(to.is_some()),
        }
    }

    /// From NULL to NOT NULL or back.
    fn becomes(&mut self, wanted: bool) {
        let word = |not_null: bool| if not_null { "NOT NULL" } else { "NULL" };
        self.details.push(format!("{} → {}", word(!wanted), word(wanted)));
        let becomes_identity =
            matches!(self.to.value, Value::Identity(_)) && !matches!(self.from.value, Value::Identity(_));
        // What changes at a parent changes here, too, and is set right there where it should not.
        if self.parents.iter().any(|(from, to)| hands_down(from) != hands_down(to)) {
            return;
        }
        let version = self.context.version;
        let descendants = descendants(self.to, self.context);
        if wanted {
            // Once a parent demands it too, a child's cannot be renamed, nor be its parent's alone. What a child has
            // under a name of its own comes first, from the lowest on, and the parent's is merged with it.
            let makes_way = |(was, child): &(&Column, &Column)| {
                let own = was.not_null.is_some_and(|it| it.name.is_some() && !it.inherited);
                let is_parents = child.not_null.is_some_and(|it| it.inherited);
                if own && is_parents && !table::is_partition(self.context.to, child.table()) {
                    return Some(child.action(sql!("DROP NOT NULL")));
                }
                if was.not_null.is_none() && child.has_other_not_null_than(self.to, version) {
                    return Some(child.demand(version));
                }
                renamed(was, child, version)
            };
            let statements: Vec<Statement> = descendants.iter().rev().filter_map(makes_way).collect();
            self.statements.extend(statements);
        }
        if !wanted {
            self.act(sql!("DROP NOT NULL"));
        } else if !becomes_identity {
            self.statements.extend(self.to.backfill.0.map(|hint| backfill(self.to, hint.sql())));
            let statement = set_not_null(self.to, version);
            self.statements.push(if self.to.backfill.0.is_some() || statement.hazards.is_empty() {
                statement
            } else {
                let count = preflight::nulls(self.to.table(), self.from.id.name);
                statement.preflight(count, format!("rows with NULL in {} (give it a `backfill`)", self.to.id))
            });
        }
        for (was, child) in descendants {
            let own = was.not_null.is_some_and(|was| was.name.is_some() && (!was.inherited || was.own.0));
            self.statements.extend(match (wanted, child.not_null) {
                (true, None) => Some(child.action(sql!("DROP NOT NULL"))),
                // It was the child's own, too, and stays.
                (false, Some(_)) if own => None,
                (false, Some(_)) => Some(set_not_null(child, version)),
                (false, None) if own => Some(child.action(sql!("DROP NOT NULL"))),
                (true, Some(to)) if to.name.is_some() && !to.inherited && was.not_null.is_none() => {
                    Some(child.action(sql!("SET NOT NULL")))
                }
                (true, Some(_)) | (false, None) => None,
            });
        }
    }

    /// The constraint of a column that is NOT NULL on both sides.
    fn not_null(&mut self, from: NotNull, to: NotNull) {
        if from == to || self.context.version < 180_000 {
            return;
        }
        let table = self.to.table();
        let (old, new) = (self.from.not_null_name(), self.to.not_null_name());
        // The server renames what is inherited where it comes from; what is yet to be inherited is renamed there.
        let renamed_there = |(before, after): &(&Column, &Column)| {
            before.not_null_name() == old && after.not_null_name() == new && from.inherited
                || before.not_null.is_some() && before.not_null_name() != after.not_null_name()
                || hands_down(after) && !hands_down(before)
                || hands_down(before) && !hands_down(after) && from.inherited && !from.own.0
        };
        if old != new {
            self.details.push(clause::change("constraint", old, new));
            if !self.parents.iter().any(renamed_there)
                && taken_over(self.from, self.to, self.context).is_none()
            {
                self.rename();
            }
        }
        if from.no_inherit != to.no_inherit {
            self.details.push(clause::change("NO INHERIT", from.no_inherit, to.no_inherit));
            let word = if to.no_inherit { sql!("NO INHERIT") } else { sql!("INHERIT") };
            self.statements.push(table::alter(table, sql!("ALTER CONSTRAINT {} {}", new, word)));
            // What the children had from here becomes their own.
            let gone = descendants(self.to, self.context)
                .into_iter()
                .filter(|(was, child)| to.no_inherit && was.not_null.is_some() && child.not_null.is_none());
            self.statements.extend(gone.map(|(_, child)| child.action(sql!("DROP NOT NULL"))));
        }
        if from.not_valid != to.not_valid {
            let word = |not_valid: bool| if not_valid { "not valid" } else { "valid" };
            self.details.push(format!("{} → {}", word(from.not_valid), word(to.not_valid)));
            self.validity(to);
        }
        if from.inherited != to.inherited {
            self.details.push(clause::change("inherited", from.inherited, to.inherited));
            if !to.inherited && self.parents.iter().any(|(_, parent)| parent.not_null.is_some()) {
                self.act(sql!("SET NOT NULL"));
            }
        }
    }

    /// The server renames the constraint in all children, where it has the same name: else it is made anew.
    fn rename(&mut self) {
        let (table, version) = (self.to.table(), self.context.version);
        let (old, new) = (self.from.not_null_name(), self.to.not_null_name());
        let descendants: Vec<_> = descendants(self.to, self.context)
            .into_iter()
            .filter(|(was, _)| was.not_null.is_some())
            .filter(|(was, child)| was.not_null_name() != old || child.not_null_name() != new)
            .collect();
        if descendants.is_empty() {
            // One of those that exchange their names has stepped aside.
            let aside = name_aside(self.to, self.context);
            let here = aside.or(self.from.not_null.and_then(|not_null| not_null.name));
            self.statements.extend(here.and_then(|here| renamed_from(here, self.to, version)));
            return;
        }
        self.statements.push(table::alter(table, sql!("DROP CONSTRAINT {}", old)));
        // What is only inherited follows the child that it comes from.
        let own =
            descendants.iter().filter(|(was, _)| was.not_null.is_some_and(|it| !it.inherited || it.own.0));
        self.statements.extend(own.filter_map(|(was, child)| renamed(was, child, version)));
        self.statements.push(set_not_null(self.to, version));
    }

    fn validity(&mut self, to: NotNull) {
        let (table, name) = (self.to.table(), self.to.not_null_name());
        let there = |(from, to): &(&Column, &Column)| {
            let not_valid = |column: &Column| column.not_null.map(|it| it.not_valid);
            not_valid(from) != not_valid(to)
        };
        if self.parents.iter().any(there) {
            return;
        }
        if to.not_valid {
            self.statements.push(table::alter(table, sql!("DROP CONSTRAINT {}", name)));
            self.statements.push(set_not_null(self.to, self.context.version));
        } else {
            let count = preflight::nulls(table, self.from.id.name);
            let statement = crate::constraint::validate_or_fail(table, name);
            self.statements.push(statement.preflight(count, format!("rows with NULL in {}", self.to.id)));
        }
    }
}

/// A NOT NULL that a table has from one parent and then from another one, under another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TakenOver {
    /// The new parent, whose own has the new name.
    pub parent: Name,
    /// The column.
    pub column: Ident,
    /// The name that it has from the old parent.
    pub old: Ident,
    /// The new parent's.
    pub new: Ident,
}

/// The NOT NULL of a column whose table joins another parent before it leaves the old one: the server renames what is
/// inherited only together with the parent's.
pub fn taken_over(from: &Column, to: &Column, context: &Context<'_>) -> Option<TakenOver> {
    let (was, is) = (from.not_null?, to.not_null?);
    let (old, new) = (was.name?, is.name?);
    if old == new || context.version < 180_000 || !was.inherited || was.own.0 || !is.inherited {
        return None;
    }
    let moves = table::moves_of(to.table(), context).filter(|moves| moves.join_first)?;
    let brings = |parent: &Name| {
        let column = context.to.get(&id(*parent, to.id.name));
        matches!(column, Some(Object::Column(column)) if hands_down(column) && column.not_null_name() == new)
    };
    let parent = moves.join.iter().map(|parent| parent.qualified()).find(brings)?;
    Some(TakenOver { parent, column: to.id.name, old, new })
}

/// Whether children have its NOT NULL, too.
fn hands_down(column: &Column) -> bool {
    column.not_null.is_some_and(|not_null| !not_null.no_inherit)
}

/// The statement that renames the constraint behind a NOT NULL that stays.
fn renamed(from: &Column, to: &Column, version: i32) -> Option<Statement> {
    renamed_from(from.not_null?.name?, to, version)
}

fn renamed_from(old: Ident, to: &Column, version: i32) -> Option<Statement> {
    let new = to.not_null?.name?;
    (old != new && version >= 180_000)
        .then(|| table::alter(to.table(), sql!("RENAME CONSTRAINT {} TO {}", old, new)))
}
