//! The lock that a statement takes, from the statement alone: PostgreSQL's manual, 13.3.1, and ALTER TABLE's notes.
//!
//! A plan knows its locks from the kinds; this is for statements that people write. The suite holds it against what
//! `pg_locks` shows while each of them runs.

use std::collections::BTreeSet;

use limbeck_sql::{Lock, LockMode, Work};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

use crate::names::{self, Mention, Role};
use crate::rules::rewrites;

/// The locks of a statement on what it names, strongest first; none where it locks nothing that others wait for, or
/// can't be parsed.
pub fn locks(sql: &str) -> Vec<Lock> {
    let Some(ast) = SourceFile::parse(sql).tree().stmts().next() else { return Vec::new() };
    let mentions = names::mentions(ast.syntax());
    let mut found = Vec::new();
    let mut on = |name: &Mention, (mode, work): (LockMode, Work)| {
        found.push(Lock { relation: name.full(), mode, work, size: None });
    };
    if let Some(lock) = of_targets(&ast) {
        mentions
            .iter()
            .filter(|name| name.role == Role::Target)
            .take(count(&ast))
            .for_each(|name| on(name, lock));
    }
    if let ast::Stmt::AlterTable(alter) = &ast {
        alter.actions().for_each(|action| {
            // What else an action names is a table too: a partition, a parent.
            if let Some((other, lock)) = other_table(&action) {
                mentions.iter().filter(|name| name.node == other).for_each(|name| on(name, lock));
            }
        });
    }
    // The other end of a foreign key gets triggers.
    let points = |node: &SyntaxNode| {
        node.ancestors().any(|above| {
            [SyntaxKind::FOREIGN_KEY_CONSTRAINT, SyntaxKind::REFERENCES_CONSTRAINT].contains(&above.kind())
        })
    };
    let referenced = mentions.iter().filter(|name| points(&name.node));
    referenced.for_each(|name| on(name, (LockMode::ShareRowExclusive, Work::Catalog)));
    found.sort_by(|a, b| (b.mode, b.work, &a.relation).cmp(&(a.mode, a.work, &b.relation)));
    let mut seen = BTreeSet::new();
    found.retain(|lock| seen.insert(lock.relation.clone()));
    found
}

/// The relation that a statement makes, on which nobody can wait yet.
pub fn made(sql: &str) -> Option<String> {
    let ast = SourceFile::parse(sql).tree().stmts().next()?;
    let names = names::mentions(ast.syntax());
    let target = names.into_iter().find(|name| name.role == Role::Target)?;
    let makes = matches!(
        ast,
        ast::Stmt::CreateTable(_) | ast::Stmt::CreateTableAs(_) | ast::Stmt::CreateMaterializedView(_)
    );
    makes.then(|| target.full())
}

/// How many of the names that it changes a statement locks like this; the others are what an action adds.
fn count(ast: &ast::Stmt) -> usize {
    match ast {
        ast::Stmt::AlterTable(_) | ast::Stmt::CreateIndex(_) => 1,
        _ => usize::MAX,
    }
}

fn of_targets(ast: &ast::Stmt) -> Option<(LockMode, Work)> {
    use LockMode::{
        AccessExclusive, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
    };
    use Work::{Catalog, Rewrite, Scan};
    Some(match ast {
        ast::Stmt::AlterTable(alter) => {
            let locks: Vec<(LockMode, Work)> = alter.actions().map(|action| of_action(&action)).collect();
            let mode = locks.iter().map(|(mode, _)| *mode).max()?;
            (mode, locks.iter().map(|(_, work)| *work).max()?)
        }
        ast::Stmt::CreateIndex(index) if index.concurrently_token().is_some() => (ShareUpdateExclusive, Scan),
        ast::Stmt::CreateIndex(_) => (Share, Scan),
        ast::Stmt::DropTable(_)
        | ast::Stmt::DropView(_)
        | ast::Stmt::DropMaterializedView(_)
        | ast::Stmt::Truncate(_)
        | ast::Stmt::DropTrigger(_)
        | ast::Stmt::CreatePolicy(_)
        | ast::Stmt::AlterPolicy(_)
        | ast::Stmt::DropPolicy(_)
        | ast::Stmt::CreateRule(_)
        | ast::Stmt::DropRule(_)
        | ast::Stmt::AlterView(_) => (AccessExclusive, Catalog),
        ast::Stmt::CreateTrigger(_) => (ShareRowExclusive, Catalog),
        ast::Stmt::CommentOn(_) => (ShareUpdateExclusive, Catalog),
        ast::Stmt::Insert(_) | ast::Stmt::Merge(_) => (RowExclusive, Catalog),
        ast::Stmt::Update(_) | ast::Stmt::Delete(_) => (RowExclusive, Scan),
        ast::Stmt::Refresh(refresh) if refresh.concurrently_token().is_some() => (Exclusive, Rewrite),
        ast::Stmt::Refresh(_) | ast::Stmt::Cluster(_) => (AccessExclusive, Rewrite),
        _ => return None,
    })
}

fn of_action(action: &ast::AlterTableAction) -> (LockMode, Work) {
    use LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
    use Work::{Catalog, Rewrite, Scan};
    match action {
        ast::AlterTableAction::ValidateConstraint(_) => (ShareUpdateExclusive, Scan),
        ast::AlterTableAction::AttachPartition(_)
        | ast::AlterTableAction::ClusterOn(_)
        | ast::AlterTableAction::SetWithoutCluster(_) => (ShareUpdateExclusive, Catalog),
        // Every storage parameter that is not about views.
        ast::AlterTableAction::SetOptions(_) | ast::AlterTableAction::ResetOptions(_) => {
            (ShareUpdateExclusive, Catalog)
        }
        ast::AlterTableAction::DetachPartition(detach) => {
            let words = detach.syntax().text().to_string().to_ascii_lowercase();
            let mode = if words.ends_with("concurrently") { ShareUpdateExclusive } else { AccessExclusive };
            (mode, Catalog)
        }
        ast::AlterTableAction::EnableTrigger(_)
        | ast::AlterTableAction::DisableTrigger(_)
        | ast::AlterTableAction::EnableAlwaysTrigger(_)
        | ast::AlterTableAction::EnableReplicaTrigger(_) => (ShareRowExclusive, Catalog),
        ast::AlterTableAction::AddConstraint(add) => match add.constraint() {
            Some(constraint @ ast::Constraint::ForeignKeyConstraint(_)) => {
                (ShareRowExclusive, if constraint.is_not_valid() { Catalog } else { Scan })
            }
            Some(constraint) => {
                let text = constraint.syntax().text().to_string().to_ascii_lowercase();
                let built = constraint.is_not_valid() || text.contains("using index");
                (AccessExclusive, if built { Catalog } else { Scan })
            }
            None => (AccessExclusive, Scan),
        },
        ast::AlterTableAction::AddColumn(column) if rewrites(column).is_some() => (AccessExclusive, Rewrite),
        ast::AlterTableAction::AlterColumn(column) => match column.option() {
            Some(ast::AlterColumnOption::SetStatistics(_) | ast::AlterColumnOption::SetOptions(_)) => {
                (ShareUpdateExclusive, Catalog)
            }
            Some(ast::AlterColumnOption::SetType(_)) => (AccessExclusive, Rewrite),
            Some(ast::AlterColumnOption::SetNotNull(_)) => (AccessExclusive, Scan),
            _ => (AccessExclusive, Catalog),
        },
        ast::AlterTableAction::SetLogged(_)
        | ast::AlterTableAction::SetUnlogged(_)
        | ast::AlterTableAction::SetTablespace(_)
        | ast::AlterTableAction::SetAccessMethod(_) => (AccessExclusive, Rewrite),
        _ => (AccessExclusive, Catalog),
    }
}

/// The table that an action names beside the one that is altered.
fn other_table(action: &ast::AlterTableAction) -> Option<(SyntaxNode, (LockMode, Work))> {
    let lock = |mode, work| (mode, work);
    match action {
        ast::AlterTableAction::AttachPartition(attach) => {
            let scan = lock(LockMode::AccessExclusive, Work::Scan);
            Some((attach.table_name_ref()?.syntax().clone(), scan))
        }
        ast::AlterTableAction::DetachPartition(detach) => {
            let catalog = lock(LockMode::AccessExclusive, Work::Catalog);
            Some((detach.table_name_ref()?.syntax().clone(), catalog))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::locks;

    #[test]
    fn the_strongest_lock_stands_first() {
        let told = |sql: &str| {
            let locks = locks(sql);
            locks.iter().map(|it| format!("{} {}, {}", it.relation, it.mode, it.work)).collect::<Vec<_>>()
        };
        assert_eq!(
            told("ALTER TABLE a.t ADD FOREIGN KEY (b) REFERENCES a.u (id), ADD COLUMN c int"),
            ["a.t ACCESS EXCLUSIVE, scans the table", "a.u SHARE ROW EXCLUSIVE, catalog only"]
        );
        assert_eq!(
            told("ALTER TABLE a.t VALIDATE CONSTRAINT c"),
            ["a.t SHARE UPDATE EXCLUSIVE, scans the table"]
        );
        assert_eq!(super::made("CREATE TABLE a.t (b int REFERENCES a.u (id))"), Some("a.t".to_owned()));
        assert_eq!(super::made("CREATE INDEX i ON a.t (b)"), None);
        assert!(told("SELECT 1").is_empty());
        assert!(told("not SQL at all").is_empty());
    }
}
