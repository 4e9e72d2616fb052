//! A private PostgreSQL for tests: one server a process, one database a test, `pg_dump` as the witness.
//!
//! The server is started by the first test that wants it and goes away with the process, however that ends. Under
//! `cargo nextest` every test is a process of its own, so the start must be cheap, and is (60 ms).
//! `LIMBECK_TEST_PG_BIN` names the binaries of another version.
//!
//! All functions panic where something fails: this crate is for tests only.

mod dump;

use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use limbeck_database::connect::{Connection, Target, runtime};
use limbeck_database::scratch::create_database;
use limbeck_database::servers::{Cluster, Installation, find};
use limbeck_database::witness::{self, Fingerprint, Look};
use limbeck_kinds::{Schema, kind};
use limbeck_schema::Canonical;

pub use dump::normalise;
pub use limbeck_database::connect;
pub use limbeck_database::servers;
pub use limbeck_database::witness::without_order;

/// The server that all tests of this process share.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match Cluster::start(&installation()) {
        Ok(cluster) => cluster,
        Err(error) => panic!("the test server does not start: {error}"),
    })
}

/// The binaries that tests run: those of `LIMBECK_TEST_PG_BIN`, else the newest of this machine.
pub fn installation() -> Installation {
    let found = match env::var_os("LIMBECK_TEST_PG_BIN").filter(|bin| !bin.is_empty()) {
        Some(bin) => Installation::at(Path::new(&bin)).map_err(|error| error.to_string()),
        None => find(None),
    };
    found.unwrap_or_else(|reason| {
        panic!(
            "tests need PostgreSQL's server binaries (`postgres`, `initdb`, `psql`, `pg_dump`): {reason}. Run them with \
             `.ci/test`, the README's command, which installs what is missing; or name a folder of binaries with \
             `LIMBECK_TEST_PG_BIN`"
        )
    })
}

/// An empty database of its own for one test, with a superuser.
#[derive(Debug)]
pub struct TestDatabase {
    target: Target,
}

impl TestDatabase {
    /// A new, empty database.
    #[expect(clippy::new_without_default, reason = "a database is not a default value")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self::named(&format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A new, empty database of this name.
    pub fn named(name: &str) -> Self {
        let cluster = cluster();
        let admin = cluster.target("postgres");
        apart(async {
            let admin = Connection::open(&admin).await.map_err(|error| error.to_string())?;
            create_database(&admin, name).await.map_err(|error| error.to_string())
        });
        Self { target: cluster.target(name) }
    }

    /// A database of this server that a test has made by itself.
    pub fn existing(name: &str) -> Self {
        Self { target: cluster().target(name) }
    }

    /// Where it is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Its URL, for `--url` and `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.target.secret_url()
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        cluster().installation().major
    }

    /// A session on it, for tests that have a runtime.
    pub async fn connect(&self) -> Connection {
        match Connection::open(&self.target).await {
            Ok(connection) => connection,
            Err(error) => panic!("no connection to the test database: {error}"),
        }
    }

    /// What the catalogs hold, without owners, which are compared only on request; and the server's version.
    pub fn read(&self) -> (Canonical<Schema>, i32) {
        let target = self.target.clone();
        apart(async move {
            let connection = Connection::open(&target).await.map_err(|error| error.to_string())?;
            let read = limbeck_database::read(&connection).await.map_err(|error| error.to_string())?;
            let mut schema = read.into_inner();
            schema.retain(|id, _| id.kind != kind::OWNER);
            Ok((Canonical::from_server(schema), connection.version))
        })
    }

    /// What the catalogs hold, read without our kinds.
    pub fn fingerprint(&self) -> Fingerprint {
        let target = self.target.clone();
        apart(async move {
            let connection = Connection::open(&target).await.map_err(|error| error.to_string())?;
            let print = witness::fingerprint(&connection, &Look::default()).await;
            print.map_err(|error| error.to_string())
        })
    }

    /// Runs statements in one go, through the driver.
    pub fn execute(&self, sql: &str) {
        execute(&self.target, sql);
    }

    /// The rows of a query, as text; a NULL is `None`.
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let (target, sql) = (self.target.clone(), sql.to_owned());
        apart(async move {
            let connection = Connection::open(&target).await.map_err(|error| error.to_string())?;
            let messages = connection.client.simple_query(&sql).await.map_err(|error| words(&error, &sql))?;
            let mut rows = Vec::new();
            for message in messages {
                if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                    rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
                }
            }
            Ok(rows)
        })
    }

    /// Runs a script through `psql -v ON_ERROR_STOP=1`, as a user would, and returns what it prints.
    pub fn psql(&self, script: &str) -> String {
        match self.try_psql(script) {
            Ok(output) => output,
            Err(error) => panic!("psql: {error}\nin:\n{script}"),
        }
    }

    /// The same, with `psql`'s own words where it fails.
    ///
    /// # Errors
    ///
    /// What `psql` wrote to standard error.
    pub fn try_psql(&self, script: &str) -> Result<String, String> {
        let mut command = client("psql");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]).arg(self.url());
        let output = run(command, script);
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// What `pg_dump --schema-only` says of these schemas (of all, if none is named), without comments, settings and
    /// blank lines: the witness that we did not write.
    pub fn pg_dump(&self, schemas: &[&str]) -> String {
        // Quoted, a pattern is a plain name.
        let schemas = schemas.iter().map(|name| format!("--schema=\"{}\"", name.replace('"', "\"\"")));
        let options: Vec<String> = ["--schema-only".to_owned()].into_iter().chain(schemas).collect();
        normalise(&self.whole_dump(&options.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// What `pg_dump` prints with these options, to the letter.
    pub fn whole_dump(&self, options: &[&str]) -> String {
        let mut command = client("pg_dump");
        command.args(options).arg("-d").arg(self.url());
        let output = run(command, "");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pg_dump: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A client program: beside the server's binaries, else in PATH (some packages hold the server only).
fn client(name: &str) -> Command {
    let beside: PathBuf = cluster().installation().bin.join(name);
    Command::new(if beside.exists() { beside } else { PathBuf::from(name) })
}

fn run(mut command: Command, input: &str) -> Output {
    use std::io::Write;
    let program = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("tests need `{program}`: {error}"));
    let mut stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // On a thread of its own: the program may print before it has read everything. It may also end first.
        scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output().unwrap_or_else(|error| panic!("`{program}`: {error}"))
    })
}

fn execute(target: &Target, sql: &str) {
    let (target, sql) = (target.clone(), sql.to_owned());
    apart(async move {
        let connection = Connection::open(&target).await.map_err(|error| error.to_string())?;
        connection.client.batch_execute(&sql).await.map_err(|error| words(&error, &sql))
    });
}

fn words(error: &tokio_postgres::Error, sql: &str) -> String {
    match error.as_db_error() {
        Some(error) => format!("{}\nin:\n{sql}", error.message()),
        None => format!("{error}\nin:\n{sql}"),
    }
}

/// Runs to the end on a thread with a runtime of its own, so that tests with and without a runtime may call.
fn apart<T: Send>(work: impl Future<Output = Result<T, String>> + Send) -> T {
    let done = std::thread::scope(|scope| {
        let thread = scope.spawn(|| match runtime() {
            Ok(runtime) => runtime.block_on(work),
            Err(error) => Err(error.to_string()),
        });
        thread.join()
    });
    match done {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => panic!("{error}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
