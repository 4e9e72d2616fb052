//! A database of its own, and the witnesses: `psql` and `pg_dump`.

use std::path::PathBuf;
use std::process::Command;

use limbeck_testing::{TestDatabase, installation, normalise};

/// How many rows `Postgres::seed` makes in a table.
pub(crate) const SEEDED: usize = 1;

/// An empty database on the private server of the tests.
pub(crate) struct Postgres {
    database: TestDatabase,
    url: String,
}

impl Postgres {
    /// A new, empty database.
    pub(crate) fn new() -> Self {
        let database = TestDatabase::new();
        Self { url: database.url(), database }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL through `psql`, stops at the first error, and hands back what it printed: unaligned rows.
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) -> String {
        match self.database.try_psql(sql) {
            Ok(rows) => rows,
            Err(error) => panic!("psql: {error}\n{sql}"),
        }
    }

    /// `pg_dump --schema-only` of some schemas, of all if none is named, without comments, settings and version tables.
    pub(crate) fn dump(&self, schemas: &[&str]) -> String {
        let schemas: Vec<String> = schemas.iter().map(|schema| format!("--schema={schema}")).collect();
        let mut arguments = vec!["--exclude-table=*.limbeck_revisions", "--exclude-table=*.alembic_version"];
        arguments.extend(schemas.iter().map(String::as_str));
        normalise(&self.pg_dump(&arguments))
    }

    /// `pg_dump` of everything, rows included, to be loaded elsewhere.
    pub(crate) fn whole(&self) -> String {
        let output = Command::new(tool("pg_dump")).args(["-d", self.url()]).output().expect("pg_dump runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("pg_dump prints UTF-8")
    }

    fn pg_dump(&self, arguments: &[&str]) -> String {
        let output = Command::new(tool("pg_dump"))
            .args(["--schema-only", "--no-owner", "--no-privileges"])
            .args(arguments)
            .args(["-d", self.url()])
            .output()
            .expect("pg_dump runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("pg_dump prints UTF-8")
    }

    /// A row in every table of the schemas.
    pub(crate) fn seed(&self, schemas: &[&str]) {
        self.run(&include_str!("seed.sql").replace("{SCHEMAS}", &array(schemas)));
    }

    /// How many rows every table of the schemas holds, a line a table.
    pub(crate) fn rows(&self, schemas: &[&str]) -> String {
        self.run(&include_str!("rows.sql").replace("{SCHEMAS}", &array(schemas)))
    }

    /// What the catalogs hold and who wrote it: equal before and after means that nothing was written.
    pub(crate) fn fingerprint(&self) -> String {
        self.run(include_str!("fingerprint.sql"))
    }
}

fn array(schemas: &[&str]) -> String {
    format!("{{{}}}", schemas.join(","))
}

/// A client program: beside the server's binaries, else in PATH.
fn tool(name: &str) -> PathBuf {
    let beside = installation().bin.join(name);
    if beside.exists() { beside } else { name.into() }
}

/// The client program that runs SQL.
pub(crate) fn psql() -> PathBuf {
    tool("psql")
}
