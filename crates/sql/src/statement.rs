//! A statement, with what else is true of it.

use std::fmt;

use crate::Sql;

/// One SQL statement without its semicolon, with what a reviewer and a runner must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text, without the semicolon at its end; empty where there is only something to say.
    pub sql: Sql,
    /// Whether it may run inside a transaction block.
    pub transaction: Transaction,
    /// What it locks, strongest first.
    pub locks: Vec<Lock>,
    /// What it may do to data or to others.
    pub hazards: Vec<Hazard>,
    /// What looks dangerous to who sees only this statement, and why it is not: "rows of s.t1 wait with those of s.t".
    pub answers: Vec<Hazard>,
    /// Questions whose answer must be 0 before it can succeed.
    pub preflights: Vec<Preflight>,
}

/// A question to the database as it is, whose answer is the number of rows in a statement's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// A query of one row and one column, a count.
    pub count: Sql,
    /// What is counted: "rows with NULL in habits.t.c".
    pub rows: String,
}

impl Statement {
    /// A statement that may run in a transaction, locks nothing worth a word and endangers nothing.
    pub fn new(sql: Sql) -> Self {
        Self {
            sql,
            transaction: Transaction::Allowed,
            locks: Vec::new(),
            hazards: Vec::new(),
            answers: Vec::new(),
            preflights: Vec::new(),
        }
    }

    /// Nothing to run, and a hazard to be told of: a human has to do something that no statement can say.
    pub fn note(kind: HazardKind, message: impl Into<String>) -> Self {
        Self::new(Sql::from_trusted("")).hazard(kind, message)
    }

    /// Whether there is anything to run.
    pub fn runs(&self) -> bool {
        !self.sql.is_empty()
    }

    /// The same statement, taking this lock on the relation of that name.
    pub fn locking(mut self, relation: impl fmt::Display, mode: LockMode, work: Work) -> Self {
        self.locks.push(Lock { relation: relation.to_string(), mode, work, size: None });
        self
    }

    /// The same statement, with a hazard.
    pub fn hazard(mut self, kind: HazardKind, message: impl Into<String>) -> Self {
        self.hazards.push(Hazard { kind, message: message.into() });
        self
    }

    /// The same statement, with the reason why a danger that it seems to be is none.
    pub fn answer(mut self, kind: HazardKind, reason: impl Into<String>) -> Self {
        self.answers.push(Hazard { kind, message: reason.into() });
        self
    }

    /// The same statement, which fails where the count is not 0.
    pub fn preflight(mut self, count: Sql, rows: impl Into<String>) -> Self {
        self.preflights.push(Preflight { count, rows: rows.into() });
        self
    }

    /// The same statement, which PostgreSQL refuses inside a transaction block.
    pub fn outside_transaction(mut self) -> Self {
        self.transaction = Transaction::Forbidden;
        self
    }

    /// The same statement, in a transaction of its own.
    pub fn in_own_transaction(mut self) -> Self {
        self.transaction = Transaction::Own;
        self
    }
}

/// Whether a statement may run in a transaction block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// It may, and by default does.
    Allowed,
    /// The server refuses it there (`CREATE INDEX CONCURRENTLY`).
    Forbidden,
    /// It may, but what it makes can be used only after the commit (`ALTER TYPE … ADD VALUE`).
    CommitAfter,
    /// It may, and gets one of its own: it works for long under a weak lock (`VALIDATE CONSTRAINT`), and the strong
    /// locks of its neighbours must not be held meanwhile.
    Own,
}

/// A lock on a relation, and the work done while it is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lock {
    /// The relation, as SQL prints its name.
    pub relation: String,
    /// How strong the lock is.
    pub mode: LockMode,
    /// What the statement does while holding it.
    pub work: Work,
    /// How large the relation is, where the real database is at hand.
    pub size: Option<Size>,
}

/// How large a relation is, by the database's own estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Rows, as `pg_class.reltuples` has them.
    pub rows: u64,
    /// Bytes, as `pg_class.relpages` has them.
    pub bytes: u64,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, bytes } = self;
        let (divisor, unit) = match bytes {
            0..1_000_000 => (1_000, "kB"),
            1_000_000..1_000_000_000 => (1_000_000, "MB"),
            _ => (1_000_000_000, "GB"),
        };
        write!(f, "about {rows} rows, {} {unit}", bytes.div_ceil(divisor))
    }
}

/// PostgreSQL's table-level lock modes, weakest first (manual, 13.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// What a statement does with a relation's rows while it holds its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Nothing: only the catalog changes, in a moment whatever the table's size.
    Catalog,
    /// It reads every row.
    Scan,
    /// It writes every row anew.
    Rewrite,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Catalog => "catalog only",
            Self::Scan => "scans the table",
            Self::Rewrite => "rewrites the table",
        })
    }
}

/// What a statement endangers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hazard {
    /// The kind of danger; its name is what `-- limbeck:allow` takes.
    pub kind: HazardKind,
    /// The danger in words, with the object's name: "every value of habits.t.email".
    pub message: String,
}

/// The kinds of danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardKind {
    /// Rows or values are lost for good.
    DataLoss,
    /// The statement fails if rows are in its way (a NULL under NOT NULL, a duplicate under UNIQUE).
    MayFail,
    /// The statement fails for certain, or its effect must be decided by a human, before it can run.
    Undecided,
    /// Readers or writers wait while rows are scanned or rewritten.
    Blocking,
    /// Code that uses the old name or type breaks.
    Compatibility,
    /// Who may do what changes.
    Access,
}

impl HazardKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 6] =
        [Self::DataLoss, Self::MayFail, Self::Undecided, Self::Blocking, Self::Compatibility, Self::Access];

    /// The name in files, JSON and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::MayFail => "may-fail",
            Self::Undecided => "undecided",
            Self::Blocking => "blocking",
            Self::Compatibility => "compatibility",
            Self::Access => "access",
        }
    }
}
