//! Where to connect: a libpq URL, completed from the environment as libpq does.
//!
//! The rules are those of the manual's chapter 34.1 (connection strings), 34.15 (environment) and 34.16 (password
//! file). What other tools write into `DATABASE_URL` and libpq would refuse is refused with the right form in
//! the help. A target prints without its password, always.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::Error;
use crate::connect::url;

/// How TLS is used; the names and meanings are libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never.
    Disable,
    /// Only where the server insists.
    Allow,
    /// Where the server can, whoever it is; the default.
    Prefer,
    /// Always, whoever the server is.
    Require,
    /// Always, and the certificate must be signed by a trusted authority.
    VerifyCa,
    /// Always, and the certificate must be trusted and name the host.
    VerifyFull,
}

impl SslMode {
    const ALL: [(&'static str, SslMode); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    pub(super) fn parse(text: &str) -> Option<Self> {
        // `verify_full` and `VERIFY_CA` are how sqlx and MySQL tools write them.
        let text = text.to_ascii_lowercase().replace('_', "-");
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, mode)| mode)
    }
}

/// One place to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A host name or an address, with a port.
    Tcp(String, u16),
    /// The folder of a Unix socket, with the port in the socket's name.
    Unix(PathBuf, u16),
}

impl Host {
    /// The port.
    pub fn port(&self) -> u16 {
        match self {
            Self::Tcp(_, port) | Self::Unix(_, port) => *port,
        }
    }
}

/// A password, which prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where to connect and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: String,
    pub(crate) password: Option<Password>,
    pub(crate) database: String,
    pub(crate) ssl: SslMode,
    pub(crate) ssl_root: Option<PathBuf>,
    pub(crate) ssl_certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) options: Option<String>,
    pub(crate) application: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) read_write: bool,
    pub(crate) password_file: Option<PathBuf>,
}

impl Target {
    /// Reads a libpq URL; what it leaves out comes from `PGHOST`, `PGUSER` and so on.
    ///
    /// # Errors
    ///
    /// [`Error::BadUrl`], with the URL redacted.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, &|name| std::env::var(name).ok())
    }

    /// The same with another environment.
    ///
    /// # Errors
    ///
    /// [`Error::BadUrl`], with the URL redacted.
    pub fn parse_with(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        url::parse(text.trim(), environment).map_err(|problem| Error::BadUrl {
            url: redact(text.trim()),
            reason: problem.reason,
            help: problem.help,
        })
    }

    /// A server on a Unix socket, as a role that needs no password.
    pub fn socket(folder: impl Into<PathBuf>, port: u16, user: &str, database: &str) -> Self {
        Self {
            hosts: vec![Host::Unix(folder.into(), port)],
            user: user.to_owned(),
            password: None,
            database: database.to_owned(),
            ssl: SslMode::Disable,
            ssl_root: None,
            ssl_certificate: None,
            options: None,
            application: None,
            timeout: None,
            read_write: false,
            password_file: None,
        }
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The role's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The places to try, in order.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The URL with everything in it, the password too: for handing to `psql`, never for printing.
    pub fn secret_url(&self) -> String {
        let mut url = self.print(self.password.as_ref().map(|password| url::encode(&password.0)).as_deref());
        let extra = [
            ("sslrootcert", self.ssl_root.as_ref().map(|path| path.to_string_lossy().into_owned())),
            ("options", self.options.clone()),
        ];
        for (name, value) in extra {
            if let Some(value) = value {
                url.push(if url.contains('?') { '&' } else { '?' });
                url.push_str(&format!("{name}={}", url::encode(&value)));
            }
        }
        url
    }

    fn print(&self, password: Option<&str>) -> String {
        let encode = url::encode;
        let mut text = format!("postgres://{}", encode(&self.user));
        if let Some(password) = password {
            text.push(':');
            text.push_str(password);
        }
        text.push('@');
        let mut query = Vec::new();
        let mut hosts = Vec::new();
        for host in &self.hosts {
            match host {
                Host::Tcp(name, port) if name.contains(':') => hosts.push(format!("[{name}]:{port}")),
                Host::Tcp(name, port) => hosts.push(format!("{}:{port}", encode(name))),
                Host::Unix(folder, port) if self.hosts.len() == 1 => {
                    query.push(format!("host={}", url::encode_path(&folder.to_string_lossy())));
                    if *port != url::DEFAULT_PORT {
                        query.push(format!("port={port}"));
                    }
                }
                Host::Unix(folder, port) => {
                    hosts.push(format!("{}:{port}", encode(&folder.to_string_lossy())));
                }
            }
        }
        text.push_str(&hosts.join(","));
        text.push('/');
        text.push_str(&encode(&self.database));
        if self.ssl != SslMode::Prefer && self.hosts.iter().any(|host| matches!(host, Host::Tcp(..))) {
            query.extend(
                SslMode::ALL
                    .iter()
                    .filter(|(_, m)| *m == self.ssl)
                    .map(|(name, _)| format!("sslmode={name}")),
            );
        }
        if !query.is_empty() {
            text.push('?');
            text.push_str(&query.join("&"));
        }
        text
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(self.password.as_ref().map(|_| "***")))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL as typed, without its password: also one that cannot be parsed, so rather too much is hidden.
pub fn redact(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let mut hidden = match text[start..].rfind('@').map(|at| at + start) {
        Some(end) => match text[start..end].find(':') {
            Some(colon) => format!("{}:***{}", &text[..start + colon], &text[end..]),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    };
    for name in ["password=", "sslpassword="] {
        let mut from = 0;
        while let Some(at) = hidden[from..].to_ascii_lowercase().find(name) {
            let value = from + at + name.len();
            let end = hidden[value..].find(['&', ' ']).map_or(hidden.len(), |length| value + length);
            hidden.replace_range(value..end, "***");
            from = value;
        }
    }
    hidden
}
