//! What a statement locks, scans and rewrites, measured while it runs.
//!
//! In the transaction of the statement, before its commit, `pg_locks` tells what this session holds; the files
//! behind the tables and the counters of the transaction (`pg_stat_xact_all_tables`) tell whether rows were read
//! or written anew.

use std::collections::BTreeMap;

use limbeck_sql::{Lock, LockMode, Name, Work};

use super::tables;
use crate::{Connection, Error};

/// The relations before a statement.
#[derive(Debug)]
pub struct Meter {
    relations: BTreeMap<u32, Relation>,
}

#[derive(Debug)]
struct Relation {
    name: Name,
    holds_rows: bool,
    file: u32,
    scans: i64,
    written: i64,
}

impl Meter {
    /// Sets the meter; to be called inside the statement's transaction, which holds nothing else.
    ///
    /// # Errors
    ///
    /// The server's.
    pub async fn set(connection: &Connection) -> Result<Self, Error> {
        let answers = tables(&connection.client, include_str!("relations.sql")).await?;
        Ok(Self { relations: relations(answers.first()) })
    }

    /// Whether a relation of this name was there when the meter was set.
    pub fn knows(&self, relation: &str) -> bool {
        self.relations.values().any(|known| known.name.to_string() == relation)
    }

    /// What happened since, strongest lock first: the relations that were there before, by the names that they
    /// had. A lock that keeps nobody waiting, held for a look at the catalog, is not told.
    ///
    /// # Errors
    ///
    /// The server's.
    pub async fn read(self, connection: &Connection) -> Result<Vec<Lock>, Error> {
        let batch = [include_str!("locks.sql"), include_str!("relations.sql")].join(";\n");
        let answers = tables(&connection.client, &batch).await?;
        let now = relations(answers.get(1));
        let mut modes: BTreeMap<u32, LockMode> = BTreeMap::new();
        for row in answers.first().into_iter().flatten() {
            let [Some(relation), Some(mode)] = row.as_slice() else { continue };
            if let (Ok(relation), Some(mode)) = (relation.parse::<u32>(), mode_of(mode)) {
                let strongest = modes.entry(relation).or_insert(mode);
                *strongest = mode.max(*strongest);
            }
        }
        let mut locks: Vec<Lock> = Vec::new();
        for (oid, mode) in modes {
            let Some(before) = self.relations.get(&oid) else { continue };
            let work = now.get(&oid).map_or(Work::Catalog, |now| before.work(now));
            if mode == LockMode::AccessShare && work == Work::Catalog {
                continue;
            }
            locks.push(Lock { relation: before.name.to_string(), mode, work, size: None });
        }
        locks.sort_by(|left, right| (right.mode, &left.relation).cmp(&(left.mode, &right.relation)));
        Ok(locks)
    }
}

impl Relation {
    fn work(&self, now: &Self) -> Work {
        if self.holds_rows && self.file != now.file || now.written > self.written {
            Work::Rewrite
        } else if now.scans > self.scans {
            Work::Scan
        } else {
            Work::Catalog
        }
    }
}

fn relations(rows: Option<&Vec<Vec<Option<String>>>>) -> BTreeMap<u32, Relation> {
    let mut found = BTreeMap::new();
    for row in rows.into_iter().flatten() {
        let text = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
        let relation = Relation {
            name: Name::new(text(1), text(2)),
            holds_rows: ["r", "m"].contains(&text(3)),
            file: text(4).parse().unwrap_or_default(),
            scans: text(5).parse().unwrap_or_default(),
            written: text(6).parse().unwrap_or_default(),
        };
        found.insert(text(0).parse().unwrap_or_default(), relation);
    }
    found
}

fn mode_of(mode: &str) -> Option<LockMode> {
    Some(match mode {
        "AccessShareLock" => LockMode::AccessShare,
        "RowShareLock" => LockMode::RowShare,
        "RowExclusiveLock" => LockMode::RowExclusive,
        "ShareUpdateExclusiveLock" => LockMode::ShareUpdateExclusive,
        "ShareLock" => LockMode::Share,
        "ShareRowExclusiveLock" => LockMode::ShareRowExclusive,
        "ExclusiveLock" => LockMode::Exclusive,
        "AccessExclusiveLock" => LockMode::AccessExclusive,
        _ => return None,
    })
}
