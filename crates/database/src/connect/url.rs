//! The grammar of connection URLs, and libpq's defaults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::target::{Host, Password, SslMode, Target};

/// The port of PostgreSQL.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// RFC 3986's unreserved characters stay.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

pub(super) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, RESERVED_IN_PATH).to_string()
}

/// Why a URL cannot be read; neither text holds any part of a password.
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) help: String,
}

impl Problem {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help:
                "write `postgres://user:password@host:5432/database`; special characters in the password are \
                   percent-encoded"
                    .to_owned(),
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a URL says, before defaults.
#[derive(Default)]
struct Parts {
    user: Option<String>,
    password: Option<String>,
    hosts: Vec<String>,
    ports: Vec<String>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

pub(super) fn parse(text: &str, environment: Environment<'_>) -> Result<Target, Problem> {
    let parts = split(text)?;
    complete(parts, environment)
}

fn split(text: &str) -> Result<Parts, Problem> {
    let rest = scheme(text)?;
    let mut parts = Parts::default();
    // As libpq: user and password are there if an `@` comes before the first `/`.
    let rest = match rest.find(['@', '/']) {
        Some(at) if rest.as_bytes()[at] == b'@' => {
            let (user, password) = match rest[..at].split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (&rest[..at], None),
            };
            parts.user = non_empty(decode(user, "the user")?);
            parts.password = password.map(|p| decode(p, "the password")).transpose()?.and_then(non_empty);
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    let (authority, database) = match before.split_once('/') {
        Some((authority, database)) => (authority, Some(database)),
        None => (before, None),
    };
    if authority.contains('@') || database.is_some_and(|database| database.contains('@')) {
        return Err(Problem::new("there is more than one `@` or a `/` in front of it").help(
            "percent-encode special characters of the password: `@` is `%40`, `/` is `%2F`, `:` is `%3A`",
        ));
    }
    for host in authority.split(',').filter(|_| !authority.is_empty()) {
        let (name, port) = host_and_port(host)?;
        parts.hosts.push(decode(name, "the host")?);
        parts.ports.push(port.to_owned());
    }
    parts.database = database.map(|d| decode(d, "the database")).transpose()?.and_then(non_empty);
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Problem::new("a parameter after `?` has no `=`").help("write `?name=value&name=value`")
        })?;
        parts.parameters.push((decode(name, "a parameter")?, decode(value, "a parameter")?));
    }
    Ok(parts)
}

/// Checks the scheme, and names the right one for those that other tools use.
fn scheme(text: &str) -> Result<&str, Problem> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(match text.split_once('=') {
            Some(_) => Problem::new("it is not a URL")
                .help("write `postgres://user@host:5432/database` instead of `host=… dbname=…`"),
            None => Problem::new("it has no `postgres://`"),
        });
    };
    let lower = scheme.to_ascii_lowercase();
    let right = |scheme: &str| format!("write `{}`", super::target::redact(&format!("{scheme}://{rest}")));
    match lower.as_str() {
        "postgres" | "postgresql" => Ok(rest),
        _ if lower.starts_with("postgresql+") || lower.starts_with("postgres+") => {
            Err(Problem::new(format!("`{scheme}` names a driver of SQLAlchemy")).help(right("postgresql")))
        }
        "jdbc:postgresql" => Err(Problem::new("it is a URL for Java").help(format!(
            "{} (user and password go before the host, as `user:password@`)",
            right("postgresql")
        ))),
        "psql" | "pgsql" | "pg" | "postgis" | "cockroachdb" | "timescaledb" => {
            Err(Problem::new(format!("`{scheme}` is not a scheme of libpq")).help(right("postgresql")))
        }
        _ => Err(Problem::new(format!("`{scheme}` is not PostgreSQL"))),
    }
}

/// `name`, `name:port`, `[::1]:port`.
fn host_and_port(text: &str) -> Result<(&str, &str), Problem> {
    if let Some(rest) = text.strip_prefix('[') {
        let (name, after) =
            rest.split_once(']').ok_or_else(|| Problem::new("the `[` of an IPv6 address is not closed"))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((name, port)),
            None if after.is_empty() => Ok((name, "")),
            None => Err(Problem::new("after the `]` of an IPv6 address stands something other than a port")),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err(Problem::new("the host holds two `:`")
                .help("write an IPv6 address in brackets: `[::1]:5432`"))
        }
        Some(split) => Ok(split),
        None => Ok((text, "")),
    }
}

/// Parameters of libpq that change nothing for Limbeck, or for which the driver has its own way.
const IGNORED: &[&str] = &[
    "channel_binding",
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "require_auth",
    "requirepeer",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "tcp_user_timeout",
    // sqlx's own, in many a DATABASE_URL.
    "statement-cache-capacity",
];

fn complete(mut parts: Parts, environment: Environment<'_>) -> Result<Target, Problem> {
    let env = |name: &str| environment(name).filter(|value| !value.is_empty());
    let home = env("HOME").map(PathBuf::from);
    let mut ssl = None;
    let (mut ssl_root, mut ssl_certificate, mut ssl_key) =
        (env("PGSSLROOTCERT"), env("PGSSLCERT"), env("PGSSLKEY"));
    let mut options = env("PGOPTIONS");
    let mut application = env("PGAPPNAME");
    let mut timeout = env("PGCONNECT_TIMEOUT");
    let mut password_file = env("PGPASSFILE").map(PathBuf::from);
    let mut session = env("PGTARGETSESSIONATTRS");
    for (name, value) in std::mem::take(&mut parts.parameters) {
        match name.as_str() {
            "host" | "hostaddr" => parts.hosts = value.split(',').map(str::to_owned).collect(),
            "port" => parts.ports = value.split(',').map(str::to_owned).collect(),
            "user" => parts.user = Some(value),
            "password" => parts.password = Some(value),
            "dbname" => parts.database = Some(value),
            "sslmode" | "ssl-mode" => ssl = Some(value),
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => ssl_root = Some(value),
            "sslcert" | "ssl-cert" => ssl_certificate = Some(value),
            "sslkey" | "ssl-key" => ssl_key = Some(value),
            // JDBC's and Heroku's spelling, which libpq takes too.
            "ssl" if value == "true" => ssl = Some("require".to_owned()),
            "options" => options = Some(value),
            "application_name" => application = Some(value),
            "connect_timeout" => timeout = Some(value),
            "passfile" => password_file = Some(PathBuf::from(value)),
            "target_session_attrs" => session = Some(value),
            name if IGNORED.contains(&name) => {}
            name => return Err(unknown_parameter(name)),
        }
    }
    let user = match parts.user.or_else(|| env("PGUSER")).or_else(operating_system_user) {
        Some(user) => user,
        None => return Err(Problem::new("it names no user, and neither does `PGUSER`")),
    };
    let ssl = match ssl.or_else(|| env("PGSSLMODE")) {
        Some(name) => SslMode::parse(&name).ok_or_else(|| {
            Problem::new("its `sslmode` is unknown")
                .help("use `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`")
        })?,
        None if ssl_root.as_deref() == Some("system") => SslMode::VerifyFull,
        None => SslMode::Prefer,
    };
    let in_home = |name: &str| home.as_ref().map(|home| home.join(name)).filter(|path| path.exists());
    let ssl_certificate =
        ssl_certificate.map(PathBuf::from).or_else(|| in_home(".postgresql/postgresql.crt"));
    let ssl_key = ssl_key.map(PathBuf::from).or_else(|| in_home(".postgresql/postgresql.key"));
    Ok(Target {
        hosts: hosts(&parts.hosts, &parts.ports, &env)?,
        password: parts.password.or_else(|| env("PGPASSWORD")).map(Password),
        database: parts.database.or_else(|| env("PGDATABASE")).unwrap_or_else(|| user.clone()),
        user,
        ssl,
        ssl_root: ssl_root.map(PathBuf::from).or_else(|| in_home(".postgresql/root.crt")),
        ssl_certificate: ssl_certificate.zip(ssl_key),
        options: options.filter(|options| !options.is_empty()),
        application: application.filter(|name| !name.is_empty()),
        timeout: timeout.map(|text| seconds(&text)).transpose()?.flatten(),
        read_write: matches!(session.as_deref(), Some("read-write" | "primary")),
        password_file: password_file.or_else(|| home.map(|home| home.join(".pgpass"))),
    })
}

fn unknown_parameter(name: &str) -> Problem {
    let help = match name {
        "schema" | "search_path" | "currentSchema" => {
            "schemas are named in `limbeck.toml`; a search path goes into `?options=-c%20search_path%3Dname`"
                .to_owned()
        }
        "ssl" | "tls" => "use `sslmode=require`, or `sslmode=verify-full`".to_owned(),
        "service" => "connection services are not supported; write the host into the URL".to_owned(),
        _ => {
            "take it out; known are `host`, `port`, `user`, `password`, `dbname`, `sslmode`, `sslrootcert`, \
              `sslcert`, `sslkey`, `options`, `application_name`, `connect_timeout`, `passfile`, \
              `target_session_attrs`"
                .to_owned()
        }
    };
    Problem::new(format!("libpq has no parameter `{name}`")).help(help)
}

/// libpq: zero, negative and nothing mean "wait for ever".
fn seconds(text: &str) -> Result<Option<Duration>, Problem> {
    let seconds: i64 =
        text.trim().parse().map_err(|_| Problem::new("`connect_timeout` is not a number of seconds"))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

fn hosts(
    names: &[String],
    ports: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Host>, Problem> {
    let split = |text: String| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let names = if names.iter().all(String::is_empty) {
        let given = env("PGHOST").or_else(|| env("PGHOSTADDR")).map(split);
        given.unwrap_or_else(|| vec![String::new()])
    } else {
        names.to_vec()
    };
    let ports = if ports.iter().all(String::is_empty) {
        env("PGPORT").map(split).unwrap_or_default()
    } else {
        ports.to_vec()
    };
    if ports.len() > 1 && ports.len() != names.len() {
        return Err(Problem::new(format!("it names {} hosts and {} ports", names.len(), ports.len())));
    }
    let mut hosts = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let port = match ports.get(at).or_else(|| ports.first()).map(|port| port.trim()) {
            None | Some("") => DEFAULT_PORT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| Problem::new("its port is not a number from 1 to 65535"))?,
        };
        hosts.push(match name.as_str() {
            "" => default_host(port),
            // libpq: a host that starts with a slash is a folder; `@` is Linux's abstract namespace.
            folder if folder.starts_with('/') => Host::Unix(PathBuf::from(folder), port),
            name => Host::Tcp(name.to_owned(), port),
        });
    }
    Ok(hosts)
}

/// Where a server on this machine listens: Debian and Fedora put the socket under `/var/run`, others under `/tmp`.
fn default_host(port: u16) -> Host {
    let folders = ["/var/run/postgresql", "/tmp"];
    let name = format!(".s.PGSQL.{port}");
    let found = folders.iter().find(|folder| Path::new(folder).join(&name).exists());
    let installed = folders.iter().find(|folder| cfg!(unix) && Path::new(folder).is_dir());
    match found.or(installed) {
        Some(folder) => Host::Unix(PathBuf::from(folder), port),
        None => Host::Tcp("localhost".to_owned(), port),
    }
}

fn operating_system_user() -> Option<String> {
    #[cfg(unix)]
    return nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name);
    #[cfg(not(unix))]
    return std::env::var("USERNAME").ok();
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Percent-decoding; a `%` that starts no escape, and bytes that are not UTF-8, are errors as in libpq.
fn decode(text: &str, what: &str) -> Result<String, Problem> {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let escape = rest.as_bytes().get(at + 1..at + 3);
        if !escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(Problem::new(format!("{what} holds a `%` that starts no escape"))
                .help("write `%25` for a percent sign"));
        }
        rest = &rest[at + 3..];
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(Problem::new(format!("{what} is not text"))),
    }
}
