//! Why a migrator did not do its work.

use limbeck_revisions::RevisionId;

use crate::Refused;

/// Why a migrator did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The revision files are not sound, or a human must decide something first.
    #[error(transparent)]
    Revisions(#[from] limbeck_revisions::Error),
    /// The database can't be reached, or refused a statement; what was applied before stays applied.
    #[error(transparent)]
    Database(#[from] limbeck_database::Error),
    /// The database has not applied these revisions.
    #[error("the database is behind this program: {} not applied", list(.pending))]
    Behind {
        /// In the order in which they would be applied.
        pending: Vec<RevisionId>,
    },
    /// The database has applied revisions that this program does not know.
    #[error("the database is ahead of this program: {} unknown to it", .unknown.join(", "))]
    Ahead {
        /// Their ids.
        unknown: Vec<String>,
    },
    /// A revision loses data that nobody has acknowledged, and this is production.
    #[error("revision {revision} loses {loss}: {refused}")]
    Loss {
        /// The revision.
        revision: RevisionId,
        /// What is lost.
        loss: String,
        /// Why that is refused.
        refused: Refused,
    },
    /// Rows are in the way of a statement, which the server would refuse.
    #[error("revision {revision} would be refused: {message}")]
    Rows {
        /// The revision.
        revision: RevisionId,
        /// How many, and which: "2 rows or values: rows with NULL in app.t.a".
        message: String,
    },
    /// A revision has readers or writers of a large table wait, nobody has acknowledged it, and this is production.
    #[error("revision {revision}: {refused}: {message}")]
    Blocking {
        /// The revision.
        revision: RevisionId,
        /// What happens.
        message: String,
        /// Why that is refused.
        refused: Refused,
    },
}

impl Error {
    /// The code, whose page `limbeck explain` prints.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Revisions(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Behind { .. } => "limbeck::behind",
            Self::Ahead { .. } => "limbeck::ahead",
            Self::Loss { .. } => "limbeck::loss",
            Self::Rows { .. } => "limbeck::rows_in_the_way",
            Self::Blocking { .. } => "limbeck::blocking",
        }
    }
}

fn list(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}
