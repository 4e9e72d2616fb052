//! Indexes, built and dropped concurrently; a new one is there before the old one goes.
//!
//! An index of a partitioned table is made ON ONLY the parent, which takes a moment; its parts are built on the
//! partitions one by one and attached. When it is replaced, the new parts are built beside the old ones first.

use limbeck_kinds::index::Index;
use limbeck_kinds::table;
use limbeck_sql::{Lock, LockMode, Name, Sql, Statement, Work, sql};

use super::{Online, Replacement};

/// The same statement, with another text and the lock of what is done concurrently.
pub(super) fn concurrently(statement: Statement, text: Sql, table: Name, work: Work) -> Statement {
    let lock = Lock { relation: table.to_string(), mode: LockMode::ShareUpdateExclusive, work, size: None };
    Statement { sql: text, locks: vec![lock], ..statement }.outside_transaction()
}

pub(super) fn create(index: &Index, plain: Vec<Statement>) -> Vec<Statement> {
    built(index, plain, index.id.name)
}

/// The statements that make the index, under this name.
fn built(index: &Index, mut plain: Vec<Statement>, name: limbeck_sql::Ident) -> Vec<Statement> {
    if index.partitioned {
        return plain;
    }
    if let Some(first) = plain.first_mut() {
        *first = concurrently(first.clone(), index.creation(name, true), index.table(), Work::Scan);
    }
    plain
}

pub(super) fn drop(index: &Index, mut plain: Vec<Statement>) -> Vec<Statement> {
    if !index.partitioned
        && let Some(first) = plain.first_mut()
    {
        let text = sql!("DROP INDEX CONCURRENTLY {}", index.name());
        *first = concurrently(first.clone(), text, index.table(), Work::Catalog);
    }
    plain
}

pub(super) fn replace(
    to: &Index,
    dropped: Vec<Statement>,
    created: Vec<Statement>,
    online: &mut Online<'_>,
) -> Replacement {
    let name = online.names.free(to.id.schema, to.id.name, None, "limbeck_new");
    let mut create = built(to, created, name);
    let marks = create.split_off(1.min(create.len()));
    let mut before = create;
    if to.replica_identity {
        // Without one, rows that are published can't be updated.
        before.push(table::alter(to.table(), sql!("REPLICA IDENTITY USING INDEX {}", name)));
    }
    let new = Name { schema: to.id.schema, name };
    let mut create = vec![Statement::new(sql!("ALTER INDEX {} RENAME TO {}", new, to.id.name)).locking(
        to.table(),
        LockMode::ShareUpdateExclusive,
        Work::Catalog,
    )];
    create.extend(marks);
    Replacement { before, drop: drop(to, dropped), create, together: false }
}
