//! Databases on one private server, and the programs that are asked about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use limbeck_database::connect::{Connection, Target, runtime};
use limbeck_database::witness::{self, Fingerprint, Look};
use limbeck_testing::{cluster, normalise, without_order};
use tokio::runtime::Runtime;

use super::paper::{Chunk, ROLES};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// One worker's place on the server of this process.
pub struct Workshop {
    runtime: Runtime,
    admin: Connection,
    limbeck: PathBuf,
    cache: tempfile::TempDir,
}

/// A database that goes away with its workshop's call.
pub(super) struct Database {
    pub(super) name: String,
    pub(super) target: Target,
}

/// What a table holds.
pub(super) struct Rows {
    /// The partitioned table that it is a part of, or itself.
    pub(super) whole: u32,
    pub(super) count: i64,
}

/// What a program did.
pub(super) struct Ran {
    pub(super) status: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Something that must not fail did: the server is gone, a program is missing.
pub(super) type Result<T> = std::result::Result<T, String>;

impl Workshop {
    /// A workshop that judges this binary.
    ///
    /// # Panics
    ///
    /// Where the server does not start.
    pub fn new(limbeck: &Path) -> Self {
        let runtime = runtime().expect("an event queue");
        let admin =
            runtime.block_on(Connection::open(&cluster().target("postgres"))).expect("the server answers");
        for role in ROLES.iter().filter(|role| **role != "PUBLIC") {
            // Another worker may have made it.
            let _ = runtime.block_on(admin.client.batch_execute(&format!("CREATE ROLE {role}")));
        }
        let cache = tempfile::tempdir().expect("a temporary folder");
        Self { runtime, admin, limbeck: limbeck.to_owned(), cache }
    }

    fn admin(&self, sql: &str) -> Result<()> {
        self.runtime.block_on(self.admin.client.batch_execute(sql)).map_err(|error| words(&error))
    }

    pub(super) fn database(&self, template: Option<&Database>) -> Result<Database> {
        let name = format!("pair_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let template = template.map_or("template0", |database| database.name.as_str());
        let strategy = if since(15) { " STRATEGY file_copy" } else { "" };
        self.admin(&format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"))?;
        Ok(Database { target: cluster().target(&name), name })
    }

    pub(super) fn drop(&self, database: &Database) -> Result<()> {
        self.admin(&format!("DROP DATABASE {} WITH (FORCE)", database.name))
    }

    /// Runs chunks one by one; those that the server takes, and why it refuses the others.
    pub(super) fn load(&self, database: &Database, chunks: &[Chunk]) -> Result<(Vec<Chunk>, Vec<String>)> {
        self.runtime.block_on(async {
            let connection = Connection::open(&database.target).await.map_err(|error| error.to_string())?;
            let (mut taken, mut refused) = (Vec::new(), Vec::new());
            for chunk in chunks {
                match connection.client.batch_execute(&chunk.sql).await {
                    Ok(()) => taken.push(chunk.clone()),
                    Err(error) if error.as_db_error().is_none() => return Err(error.to_string()),
                    Err(error) => refused.push(format!("{}: {}", words(&error), chunk.sql)),
                }
            }
            Ok((taken, refused))
        })
    }

    /// How many rows each table holds by itself, and the partitioned table that it is a part of, or itself.
    pub(super) fn rows(&self, database: &Database) -> Result<BTreeMap<String, Rows>> {
        self.runtime.block_on(async {
            let connection = Connection::open(&database.target).await.map_err(|error| error.to_string())?;
            let rows = connection
                .client
                .query(include_str!("rows.sql"), &[])
                .await
                .map_err(|error| words(&error))?;
            Ok(rows.iter().map(|row| (row.get(0), Rows { whole: row.get(1), count: row.get(2) })).collect())
        })
    }

    pub(super) fn truncate(&self, database: &Database) -> Result<()> {
        self.runtime.block_on(async {
            let connection = Connection::open(&database.target).await.map_err(|error| error.to_string())?;
            connection.client.batch_execute(include_str!("truncate.sql")).await.map_err(|error| words(&error))
        })
    }

    /// What the system catalogs hold, by names.
    pub(super) fn fingerprint(&self, database: &Database) -> Result<Fingerprint> {
        self.runtime.block_on(async {
            let connection = Connection::open(&database.target).await.map_err(|error| error.to_string())?;
            witness::fingerprint(&connection, &Look::default()).await.map_err(|error| error.to_string())
        })
    }

    pub(super) fn dump(&self, database: &Database) -> Result<Dump> {
        let mut command = client("pg_dump");
        command.arg("--schema-only").arg("-d").arg(database.target.secret_url());
        let ran = run(command, "")?;
        if ran.status != 0 {
            return Err(format!("pg_dump: {}", ran.stderr));
        }
        Ok(Dump::of(&ran.stdout))
    }

    pub(super) fn psql(&self, database: &Database, script: &str) -> Result<Ran> {
        let mut command = client("psql");
        command
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d"])
            .arg(database.target.secret_url());
        run(command, script)
    }

    pub(super) fn limbeck(&self, arguments: &[&str]) -> Result<Ran> {
        let mut command = Command::new(&self.limbeck);
        command.args(arguments);
        command.env("NO_COLOR", "1").env("XDG_CACHE_HOME", self.cache.path());
        command
            .env("LIMBECK_SCRATCH_URL", cluster().target("postgres").secret_url())
            .env_remove("DATABASE_URL");
        run(command, "")
    }
}

fn words(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// A client program: beside the server's binaries, else in PATH.
fn client(name: &str) -> Command {
    let beside = cluster().installation().bin.join(name);
    Command::new(if beside.exists() { beside } else { PathBuf::from(name) })
}

fn run(mut command: Command, input: &str) -> Result<Ran> {
    use std::io::Write;
    let failed = |error: std::io::Error, what: &str| format!("{what}: {error}");
    let what = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error, &what))?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(error, &what))?;
    Ok(Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A dump by its entries (`-- Name: …; Type: …`), so that their order says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dump(BTreeMap<String, Vec<String>>);

impl Dump {
    fn of(text: &str) -> Self {
        let mut entries = BTreeMap::new();
        for entry in text.split("\n--\n-- Name: ").skip(1) {
            let (head, body) = entry.split_once("\n--\n").unwrap_or((entry, ""));
            let kept = normalise(body);
            let mut lines: Vec<String> = kept.lines().map(str::to_owned).collect();
            // The order of columns and of grants may depend on the way, nothing else.
            if ["TABLE;", "ACL;", "DEFAULT ACL;", "FOREIGN TABLE;"]
                .iter()
                .any(|kind| head.contains(&format!("Type: {kind}")))
            {
                for line in &mut lines {
                    *line = line.trim().trim_end_matches(',').to_owned();
                }
                lines.sort_unstable();
            }
            // A query over a function lists the columns of the table whose rows it returns.
            if ["VIEW;", "RULE;"].iter().any(|kind| head.contains(kind)) {
                lines.iter_mut().for_each(|line| *line = without_order(line));
            }
            // Nor does that of a publication's columns: the server keeps a set, and prints it in the table's order.
            if head.contains("Type: PUBLICATION TABLE;") {
                lines.iter_mut().for_each(|line| *line = with_sorted_columns(line));
            }
            entries.insert(head.to_owned(), lines);
        }
        Self(entries)
    }

    /// What differs, line by line.
    pub(super) fn difference(&self, wanted: &Self) -> Option<String> {
        let mut text = String::new();
        let heads = self.0.keys().chain(wanted.0.keys().filter(|head| !self.0.contains_key(*head)));
        for head in heads {
            let of = |dump: &Self| dump.0.get(head).cloned().unwrap_or_default();
            let (is, should) = (of(self), of(wanted));
            if is == should {
                continue;
            }
            text.push_str(&format!("{}\n", head.lines().next().unwrap_or_default()));
            for line in is.iter().filter(|line| !should.contains(line)) {
                text.push_str(&format!("  after the plan: {line}\n"));
            }
            for line in should.iter().filter(|line| !is.contains(line)) {
                text.push_str(&format!("  wanted:         {line}\n"));
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

/// `ADD TABLE ONLY t (b, a) WHERE (…)` with the columns in order of their names.
fn with_sorted_columns(line: &str) -> String {
    let mut quoted = false;
    let bare: Vec<(usize, char)> = line
        .char_indices()
        .filter(|(_, character)| {
            quoted ^= *character == '"';
            !quoted
        })
        .collect();
    let place = |wanted: char| bare.iter().find(|(_, character)| *character == wanted).map(|(at, _)| *at);
    let (Some(open), Some(close)) = (place('('), place(')')) else { return line.to_owned() };
    if line[..open].ends_with(" WHERE ") || close < open {
        return line.to_owned();
    }
    let within = |at: usize| open < at && at < close;
    let commas = bare.iter().filter(|(at, character)| *character == ',' && within(*at)).map(|(at, _)| *at);
    let mut columns = Vec::new();
    let mut start = open + 1;
    for end in commas.chain([close]) {
        columns.push(line[start..end].trim());
        start = end + 1;
    }
    columns.sort_unstable();
    format!("{}{}{}", &line[..=open], columns.join(", "), &line[close..])
}

/// Whether the server knows what that version brought.
pub(super) fn since(major: u32) -> bool {
    static MAJOR: OnceLock<u32> = OnceLock::new();
    *MAJOR.get_or_init(|| limbeck_testing::installation().major) >= major
}

#[cfg(test)]
mod tests {
    use super::with_sorted_columns;

    #[test]
    fn only_the_columns_of_a_publication_are_put_in_order() {
        let line = |columns: &str| format!("ALTER PUBLICATION p ADD TABLE ONLY s.\"t (b, a)\" {columns};");
        let sorted = |columns: &str| with_sorted_columns(&line(columns));
        assert_eq!(sorted("(c, \"b, ) d\", a)"), line("(\"b, ) d\", a, c)"));
        assert_eq!(sorted("(c, a) WHERE ((b > 1))"), line("(a, c) WHERE ((b > 1))"));
        assert_eq!(sorted("WHERE (f(b, a))"), line("WHERE (f(b, a))"));
        assert_eq!(sorted(""), line(""));
    }
}
