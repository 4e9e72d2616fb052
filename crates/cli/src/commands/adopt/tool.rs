//! The tools that we adopt from, and their tables.

use clap::ValueEnum;
use limbeck_database::{Connection, Error};
use limbeck_sql::{Literal, Name, Sql, sql};
use tokio_postgres::SimpleQueryMessage;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    Alembic,
    Sqlx,
    Diesel,
    Refinery,
    SeaOrm,
}

/// A tool's version table.
pub(super) struct Found {
    pub(super) tool: Tool,
    pub(super) schema: String,
    /// Its qualified name.
    pub(super) table: String,
    /// Its rows, oldest first.
    pub(super) rows: Vec<Recorded>,
}

/// A migration that the tool has recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) version: String,
    /// In the tool's own form, if it keeps one.
    pub(super) checksum: Option<String>,
    /// False where it was begun and not finished.
    pub(super) done: bool,
}

impl Tool {
    pub(super) const ALL: [Self; 5] = [Self::Alembic, Self::Sqlx, Self::Diesel, Self::Refinery, Self::SeaOrm];

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Alembic => "alembic",
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Refinery => "refinery",
            Self::SeaOrm => "sea-orm",
        }
    }

    /// Where its own commands put migrations.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Alembic => &["alembic/versions", "migrations/versions", "versions"],
            Self::Sqlx | Self::Diesel | Self::Refinery => &["migrations"],
            Self::SeaOrm => &["migration/src"],
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Alembic => "alembic_version",
            Self::Sqlx => "_sqlx_migrations",
            Self::Diesel => "__diesel_schema_migrations",
            Self::Refinery => "refinery_schema_history",
            Self::SeaOrm => "seaql_migrations",
        }
    }

    /// Version, checksum and whether it is done, oldest first; alike for all tools.
    fn query(self, table: Name) -> Sql {
        match self {
            Self::Alembic => sql!("SELECT version_num, NULL, true FROM {} ORDER BY 1", table),
            Self::Sqlx => sql!(
                "SELECT version, pg_catalog.encode(checksum, 'hex'), success FROM {} ORDER BY version",
                table
            ),
            Self::Diesel => sql!("SELECT version, NULL, true FROM {} ORDER BY version", table),
            Self::Refinery => sql!("SELECT version, checksum, true FROM {} ORDER BY version", table),
            Self::SeaOrm => sql!("SELECT version, NULL, true FROM {} ORDER BY version", table),
        }
    }

    /// Its table in a schema, if there is one.
    pub(super) async fn read(self, connection: &Connection, schema: &str) -> Result<Option<Found>, Error> {
        let name = Name::new(schema, self.table());
        let exists = sql!("SELECT pg_catalog.to_regclass({})", Literal::new(name.to_string()));
        let exists = connection.client.simple_query(exists.as_str()).await?;
        if !exists
            .iter()
            .any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0).is_some()))
        {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for message in connection.client.simple_query(self.query(name).as_str()).await? {
            let SimpleQueryMessage::Row(row) = message else { continue };
            rows.push(Recorded {
                version: row.get(0).unwrap_or_default().to_owned(),
                checksum: row.get(1).map(str::to_owned),
                done: row.get(2) == Some("t"),
            });
        }
        Ok(Some(Found { tool: self, schema: schema.to_owned(), table: name.to_string(), rows }))
    }
}
