//! Opening a connection: which host, with or without TLS, with or without startup options.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_postgres::config::SslMode as Negotiate;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::stream::{Counted, Duplex};
use super::target::{Host, SslMode, Target};
use super::{Connection, OLDEST_MAJOR, drive, passfile, tls, version_number};
use crate::Error;

/// What every session of ours has: no JIT (it costs a quarter of a catalog read), no timeout of the role, and no
/// chatter.
const SETTINGS: [(&str, &str); 3] =
    [("jit", "off"), ("statement_timeout", "0"), ("client_min_messages", "warning")];

/// Long enough for a distant server, short enough for a wrong host name; `connect_timeout` says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Tries the hosts in order, as libpq does: the next only where no session could be talked about at all.
pub(super) async fn open(target: &Target, settings: &[(&str, &str)]) -> Result<Connection, Error> {
    let mut last = None;
    for host in &target.hosts {
        let target = Target { hosts: vec![host.clone()], ..target.clone() };
        match open_host(&target, host, settings).await {
            Ok(connection) if target.read_write && read_only(&connection).await? => {
                last = Some(Error::Refused {
                    target: target.to_string(),
                    message: "the session is read-only".to_owned(),
                    state: "25006".to_owned(),
                });
            }
            Err(error @ (Error::NoServer { .. } | Error::Connection { .. } | Error::Tls { .. })) => {
                last = Some(error);
            }
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| Error::NoServer {
        target: target.to_string(),
        source: io::ErrorKind::NotFound.into(),
    }))
}

async fn read_only(connection: &Connection) -> Result<bool, Error> {
    let row = connection
        .client
        .query_typed_one("SELECT current_setting('transaction_read_only') = 'on'", &[])
        .await?;
    Ok(row.get(0))
}

/// Tries the ways of TLS that `sslmode` allows on one host.
async fn open_host(target: &Target, host: &Host, settings: &[(&str, &str)]) -> Result<Connection, Error> {
    let ways: &[Negotiate] = match (host, target.ssl) {
        (Host::Unix(..), _) | (_, SslMode::Disable) => &[Negotiate::Disable],
        (_, SslMode::Allow) => &[Negotiate::Disable, Negotiate::Require],
        (_, SslMode::Prefer) => &[Negotiate::Prefer, Negotiate::Disable],
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Negotiate::Require],
    };
    let mut result = open_way(target, host, settings, ways[0]).await;
    if let ([_, other], Err(Error::Tls { .. } | Error::Refused { .. })) = (ways, &result) {
        let second = open_way(target, host, settings, *other).await;
        // If neither way works, the first one's error says more.
        if second.is_ok() {
            result = second;
        }
    }
    result
}

/// One way of TLS, with startup options first, and without them where a pooler refuses those.
async fn open_way(
    target: &Target,
    host: &Host,
    settings: &[(&str, &str)],
    way: Negotiate,
) -> Result<Connection, Error> {
    let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(settings).copied().collect();
    match handshake(target, host, way, Some(&options(target, &settings))).await {
        Err(Failure::Postgres(error)) if refuses_options(&error) => {}
        other => return other.map_err(|failure| classify(failure, target)),
    }
    // PgBouncer knows no startup options unless `ignore_startup_parameters` lists them.
    let mut connection =
        handshake(target, host, way, None).await.map_err(|failure| classify(failure, target))?;
    for (name, value) in settings {
        connection
            .client
            .query_typed("SELECT pg_catalog.set_config($1, $2, false)", &[(&name, TEXT), (&value, TEXT)])
            .await?;
    }
    connection.pooled = true;
    Ok(connection)
}

const TEXT: tokio_postgres::types::Type = tokio_postgres::types::Type::TEXT;

/// Startup options, with the URL's own after ours so that they win.
fn options(target: &Target, settings: &[(&str, &str)]) -> String {
    let mut text: Vec<String> = settings
        .iter()
        .map(|(name, value)| {
            // The server splits at spaces; a backslash keeps the next character.
            let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
            format!("-c {name}={value}")
        })
        .collect();
    text.extend(target.options.clone());
    text.join(" ")
}

fn refuses_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::PROTOCOL_VIOLATION
            || (error.message().contains("startup parameter") && error.message().contains("options"))
    })
}

enum Failure {
    /// The socket did not open.
    Io(io::Error),
    /// TLS could not be set up on our side.
    Tls(String),
    /// The handshake failed.
    Postgres(tokio_postgres::Error),
    /// The server is too old.
    Old(String),
}

async fn handshake(
    target: &Target,
    host: &Host,
    way: Negotiate,
    options: Option<&str>,
) -> Result<Connection, Failure> {
    let mut config = Config::new();
    config
        .user(&target.user)
        .dbname(&target.database)
        .application_name(target.application.as_deref().unwrap_or("limbeck"))
        .ssl_mode(way);
    if let Some(options) = options {
        config.options(options);
    }
    if let Some(password) = password(target, host) {
        config.password(password);
    }
    let round_trips = Arc::new(AtomicU64::new(0));
    let timeout = target.timeout.unwrap_or(TIMEOUT);
    let attempt = async {
        let stream = Counted::new(socket(host).await.map_err(Failure::Io)?, Arc::clone(&round_trips));
        match (way, host) {
            (Negotiate::Disable, _) | (_, Host::Unix(..)) => {
                let opened = config.connect_raw(stream, NoTls).await.map_err(Failure::Postgres)?;
                finish(target, opened, Arc::clone(&round_trips)).await
            }
            (_, Host::Tcp(name, _)) => {
                let mut tls = MakeRustlsConnect::new(tls::config(target).map_err(Failure::Tls)?);
                let tls = MakeTlsConnect::<Counted>::make_tls_connect(&mut tls, name)
                    .map_err(|error| Failure::Tls(error.to_string()))?;
                let opened = config.connect_raw(stream, tls).await.map_err(Failure::Postgres)?;
                finish(target, opened, Arc::clone(&round_trips)).await
            }
        }
    };
    match tokio::time::timeout(timeout, attempt).await {
        Ok(result) => result,
        Err(_) => {
            let message = format!("no answer within {} s", timeout.as_secs());
            Err(Failure::Io(io::Error::new(io::ErrorKind::TimedOut, message)))
        }
    }
}

async fn finish<T>(
    target: &Target,
    (client, connection): (tokio_postgres::Client, tokio_postgres::Connection<Counted, T>),
    round_trips: Arc<AtomicU64>,
) -> Result<Connection, Failure>
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let text = connection.parameter("server_version").unwrap_or_default().to_owned();
    let version = version_number(&text).unwrap_or_default();
    if version / 10_000 < OLDEST_MAJOR {
        return Err(Failure::Old(text));
    }
    let notices = super::Notices::default();
    let driver = tokio::spawn(drive(connection, Arc::clone(&notices)));
    Ok(Connection { client, version, target: target.clone(), round_trips, notices, pooled: false, driver })
}

async fn socket(host: &Host) -> io::Result<Box<dyn Duplex>> {
    match host {
        Host::Tcp(name, port) => {
            let stream = TcpStream::connect((name.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        #[cfg(unix)]
        Host::Unix(folder, port) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
        }
        #[cfg(not(unix))]
        Host::Unix(..) => Err(io::Error::new(io::ErrorKind::Unsupported, "no Unix sockets here")),
    }
}

/// The target's password, or the password file's for this host (manual, 34.16: a socket's host is `localhost`).
fn password(target: &Target, host: &Host) -> Option<String> {
    if let Some(password) = &target.password {
        return Some(password.0.clone());
    }
    let file = target.password_file.as_deref()?;
    let name = match host {
        Host::Tcp(name, _) => name.clone(),
        Host::Unix(folder, _) => {
            let folder = folder.to_string_lossy();
            // A folder of one's own stands in the file as it is; the compiled-in one as `localhost`.
            if folder == "/var/run/postgresql" || folder == "/tmp" {
                "localhost".to_owned()
            } else {
                folder.into_owned()
            }
        }
    };
    passfile::password(file, &name, host.port(), &target.database, &target.user)
}

/// Names what went wrong.
fn classify(failure: Failure, to: &Target) -> Error {
    let target = to.to_string();
    let error = match failure {
        Failure::Io(source) => return Error::NoServer { target, source },
        Failure::Tls(reason) => return Error::Tls { target, reason },
        Failure::Old(version) => return Error::OldServer { target, version },
        Failure::Postgres(error) => error,
    };
    let Some(server) = error.as_db_error() else {
        let text = error.to_string();
        // The driver keeps its kinds to itself; its texts are fixed.
        if text.contains("TLS handshake") {
            let reason = error.source().map_or(text, ToString::to_string);
            return Error::Tls { target, reason };
        }
        if error.source().is_some_and(|cause| cause.to_string() == "password missing") {
            return Error::WrongPassword { target, given: false };
        }
        return Error::Connection { target, source: error };
    };
    let code = server.code();
    // `routine` is not translated, as the message is; it also refuses a role that has too many sessions.
    let is_unknown_role = *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        && server.routine() == Some("InitializeSessionUserId")
        && server.message().contains(&to.user);
    if *code == SqlState::INVALID_PASSWORD {
        let given = to.hosts.first().and_then(|host| password(to, host)).is_some();
        Error::WrongPassword { target, given }
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        Error::UnknownDatabase { database: to.database.clone(), target }
    } else if is_unknown_role {
        Error::UnknownRole { role: to.user.clone(), target }
    } else {
        Error::Refused { target, message: server.message().to_owned(), state: code.code().to_owned() }
    }
}
