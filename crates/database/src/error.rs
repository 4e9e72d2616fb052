//! What can go wrong between Limbeck and a server.

use std::path::PathBuf;

use limbeck_schema::Origin;

/// The SQLSTATE of a statement that ran into `lock_timeout`.
pub(crate) const LOCK_NOT_AVAILABLE: &str = "55P03";

/// An error of this crate: a code, a message, and what to do next.
///
/// No variant ever holds a password: `target` is a redacted URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not one that libpq would take.
    #[error("cannot read the URL `{url}`: {reason}")]
    BadUrl {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
        /// What to write instead.
        help: String,
    },
    /// Nobody listens there.
    #[error("no PostgreSQL server answers at {target}")]
    NoServer {
        /// Where the connection was tried.
        target: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The server refused the password, or asked for one that was not given.
    #[error("{}", password(.target, .given))]
    WrongPassword {
        /// Where the connection was tried.
        target: String,
        /// Whether a password was given at all.
        given: bool,
    },
    /// There is no such role.
    #[error("role `{role}` does not exist on {target}")]
    UnknownRole {
        /// Where the connection was tried.
        target: String,
        /// The role of the URL.
        role: String,
    },
    /// There is no such database.
    #[error("database `{database}` does not exist on {target}")]
    UnknownDatabase {
        /// Where the connection was tried.
        target: String,
        /// The database of the URL.
        database: String,
    },
    /// The server does not let this role in from here.
    #[error("the server at {target} refuses the connection: {message}")]
    Refused {
        /// Where the connection was tried.
        target: String,
        /// The server's own words.
        message: String,
        /// Its SQLSTATE.
        state: String,
    },
    /// TLS was wanted and did not come about.
    #[error("no TLS connection to {target}: {reason}")]
    Tls {
        /// Where the connection was tried.
        target: String,
        /// What failed.
        reason: String,
    },
    /// The server is older than Limbeck reads.
    #[error("{target} is PostgreSQL {version}; Limbeck works with 13 and later")]
    OldServer {
        /// The server.
        target: String,
        /// Its version, as it says it.
        version: String,
    },
    /// A connection could not be opened, or broke.
    #[error("the connection to {target} failed")]
    Connection {
        /// The server.
        target: String,
        /// What failed.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The server refused a statement.
    #[error("{}", describe(.0))]
    Server(#[from] tokio_postgres::Error),
    /// A catalog holds what no version that is known puts there.
    #[error("cannot read the catalogs")]
    Catalog(#[source] limbeck_kinds::catalog::Malformed),
    /// No scratch PostgreSQL could be had.
    #[error("no scratch PostgreSQL: {}", .tried.join("; "))]
    NoScratch {
        /// What was tried, and why each did not work.
        tried: Vec<String>,
    },
    /// A local server did not start.
    #[error("the PostgreSQL server in {} did not start: {reason}", .bin.display())]
    NoStart {
        /// The folder of the binaries.
        bin: PathBuf,
        /// What it said.
        reason: String,
    },
    /// Another run holds the lock of a version table.
    #[error("another run is at work on {table}{}", .pid.map(|pid| format!(" (server process {pid})")).unwrap_or_default())]
    Locked {
        /// The version table.
        table: String,
        /// The server process that holds the lock, where it can be seen.
        pid: Option<i32>,
    },
    /// Another run changed the version table in the meantime.
    #[error("another run has changed revision {id} in {table} in the meantime")]
    Concurrent {
        /// The version table.
        table: String,
        /// The revision.
        id: String,
    },
    /// A row of the version table cannot be understood.
    #[error("revision {id} has the unknown state `{state}` in {table}")]
    UnknownState {
        /// The version table.
        table: String,
        /// The revision.
        id: String,
        /// What stands in the column `state`.
        state: String,
    },
    /// An interrupted revision is in the way.
    #[error("revision {id} was interrupted while {}", direction(.upgrading))]
    Unfinished {
        /// The revision.
        id: String,
        /// Whether it was being upgraded, or downgraded.
        upgrading: bool,
    },
    /// A revision to downgrade is not applied.
    #[error("revision {id} is not applied to {table}")]
    NotApplied {
        /// The version table.
        table: String,
        /// The revision.
        id: String,
    },
    /// An applied file is not what was applied.
    #[error("{file} was edited after it was applied: revision {id}")]
    Edited {
        /// The revision.
        id: String,
        /// Its file.
        file: String,
    },
    /// The statements of an interrupted revision that have run were edited.
    #[error("{file}: the first {done} statements of revision {id} have run already and were edited since")]
    EditedWhileRunning {
        /// The revision.
        id: String,
        /// Its file.
        file: String,
        /// How many statements have run.
        done: usize,
    },
    /// A statement of a revision failed.
    #[error("{message}{}", .detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Statement {
        /// Where in the file.
        origin: Box<Origin>,
        /// The server's message.
        message: String,
        /// The server's detail.
        detail: Option<String>,
        /// The server's hint.
        hint: Option<String>,
        /// The SQLSTATE.
        state: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// A file of ours could not be read or written.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// What was tried: "read", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// The code, whose page `limbeck explain` prints.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "database::bad_url",
            Self::NoServer { .. } => "database::no_server",
            Self::WrongPassword { .. } => "database::wrong_password",
            Self::UnknownRole { .. } => "database::unknown_role",
            Self::UnknownDatabase { .. } => "database::unknown_database",
            Self::Refused { .. } => "database::refused",
            Self::Tls { .. } => "database::tls",
            Self::OldServer { .. } => "database::old_server",
            Self::Connection { .. } => "database::connection",
            Self::Server(_) => "database::server",
            Self::Catalog(_) => "database::catalog",
            Self::NoScratch { .. } => "database::no_scratch",
            Self::NoStart { .. } => "database::no_start",
            Self::Locked { .. } => "database::locked",
            Self::Concurrent { .. } => "database::concurrent",
            Self::UnknownState { .. } => "database::unknown_state",
            Self::Unfinished { .. } => "database::unfinished",
            Self::NotApplied { .. } => "database::not_applied",
            Self::Edited { .. } => "database::edited",
            Self::EditedWhileRunning { .. } => "database::edited_while_running",
            Self::Statement { state, .. } if state == LOCK_NOT_AVAILABLE => "database::lock_timeout",
            Self::Statement { .. } => "database::statement",
            Self::File { .. } => "database::file",
        }
    }

    /// The place in a file, if the error has one.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Statement { origin, .. } => Some(origin),
            _ => None,
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::BadUrl { help, .. } => Some(help.clone()),
            Self::NoServer { .. } => {
                Some("start the server, or check the host and port of the URL".to_owned())
            }
            Self::WrongPassword { given: true, .. } => Some(
                "check the password; in a URL, characters such as `@`, `:`, `/` and `%` are percent-encoded"
                    .to_owned(),
            ),
            Self::WrongPassword { given: false, .. } => Some(
                "give it in the URL, in `PGPASSWORD`, or in a password file (`PGPASSFILE`, `~/.pgpass`) that only you can read"
                    .to_owned(),
            ),
            Self::UnknownRole { role, .. } => {
                Some(format!("name another role in the URL, or create it: `createuser {role}`"))
            }
            Self::UnknownDatabase { database, .. } => {
                Some(format!("name another database in the URL, or create it: `createdb {database}`"))
            }
            // Class 28: invalid authorization.
            Self::Refused { state, .. } => state
                .starts_with("28")
                .then(|| "the server's `pg_hba.conf` says who may connect from where, and how".to_owned()),
            Self::Tls { .. } => Some(
                "see `sslmode` and `sslrootcert` of the URL: `sslmode=verify-full` needs a certificate that they trust"
                    .to_owned(),
            ),
            Self::OldServer { .. } => Some("upgrade the server".to_owned()),
            Self::NoScratch { .. } => Some(
                "install PostgreSQL's server (`apt install postgresql`, `brew install postgresql`; its folder may be \
                 named by `LIMBECK_PG_BIN`), or give `--scratch-url` (`LIMBECK_SCRATCH_URL`) a server on which the \
                 role may create databases"
                    .to_owned(),
            ),
            Self::NoStart { .. } => {
                Some("name another installation with `LIMBECK_PG_BIN`, or a server with `--scratch-url`".to_owned())
            }
            Self::Server(error) => error.as_db_error().and_then(|error| error.hint()).map(str::to_owned),
            Self::Locked { pid: Some(pid), .. } => Some(format!(
                "wait for it to end; `SELECT * FROM pg_stat_activity WHERE pid = {pid}` shows what it does"
            )),
            Self::Locked { pid: None, .. } => Some("wait for it to end".to_owned()),
            Self::Concurrent { .. } => Some("run the command again".to_owned()),
            Self::UnknownState { .. } => Some("a newer Limbeck may have written it".to_owned()),
            Self::Unfinished { upgrading: true, .. } => {
                Some("run `limbeck upgrade`: it goes on where that one stopped".to_owned())
            }
            Self::Unfinished { upgrading: false, id } => {
                Some(format!("run `limbeck downgrade` to the parent of {id}: it goes on where that one stopped"))
            }
            Self::NotApplied { .. } => Some("`limbeck current` shows what is applied".to_owned()),
            Self::Edited { .. } => {
                Some("put the file back as it was, and make the change in a new revision".to_owned())
            }
            Self::EditedWhileRunning { .. } => {
                Some("put those statements back as they were; the ones after them may be changed".to_owned())
            }
            Self::Statement { state, .. } if state == LOCK_NOT_AVAILABLE => Some(
                "another session holds a lock that this needs; run the command again when there is less traffic"
                    .to_owned(),
            ),
            Self::Statement { hint, .. } => hint.clone(),
            Self::Catalog(_) => Some("report this, with the server's version: it is a fault of Limbeck".to_owned()),
            Self::Connection { .. } | Self::File { .. } => None,
        }
    }
}

fn password(target: &str, given: &bool) -> String {
    if *given {
        format!("the server refused the password for {target}")
    } else {
        format!("the server asks for a password for {target}, and none was given")
    }
}

fn direction(upgrading: &bool) -> &'static str {
    if *upgrading { "being upgraded" } else { "being downgraded" }
}

/// The server's message with its detail; the driver's own text is only "db error".
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => match server.detail() {
            Some(detail) => format!("{} ({}): {detail}", server.message(), server.code().code()),
            None => format!("{} ({})", server.message(), server.code().code()),
        },
        None => error.to_string(),
    }
}
