//! Connections: from a URL to a session with known settings.
//!
//! One place opens connections, so that every session has JIT off, no statement timeout and a name, and every
//! failure has a code. The runtime is the caller's; one thread is enough ([`runtime`]).

mod dial;
mod passfile;
mod stream;
mod target;
mod tls;
mod url;

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::AsyncMessage;
use tokio_postgres::error::DbError;

pub use target::{Host, SslMode, Target, redact};

use crate::Error;

/// The oldest major version that Limbeck works with.
pub const OLDEST_MAJOR: i32 = 13;

/// A session on a server.
///
/// Dropping it ends the session as soon as its runtime runs again; [`Connection::close`] waits for the end.
#[derive(Debug)]
pub struct Connection {
    /// The driver's client, for statements.
    pub client: tokio_postgres::Client,
    /// The server's version as `server_version_num` gives it: 150018 is 15.18.
    pub version: i32,
    /// Where it is connected, with the one host that answered.
    pub target: Target,
    round_trips: Arc<AtomicU64>,
    notices: Notices,
    pooled: bool,
    driver: tokio::task::JoinHandle<()>,
}

pub(crate) type Notices = Arc<Mutex<Vec<DbError>>>;

impl Connection {
    /// Opens a session.
    ///
    /// # Errors
    ///
    /// Every error of connecting: no server, wrong password, unknown role or database, TLS.
    pub async fn open(target: &Target) -> Result<Self, Error> {
        Self::open_with(target, &[]).await
    }

    /// Opens a session with further settings (`("search_path", "pg_catalog")`) from its first moment on.
    ///
    /// # Errors
    ///
    /// As for [`Connection::open`].
    pub async fn open_with(target: &Target, settings: &[(&str, &str)]) -> Result<Self, Error> {
        dial::open(target, settings).await
    }

    /// Ends the session, and returns when it has ended. Where a server takes one session at a time, the next one
    /// waits for that.
    pub async fn close(self) {
        let Self { client, driver, .. } = self;
        drop(client);
        // A driver that fails has ended the session too.
        let _ = driver.await;
    }

    /// The server's major version: 15.
    pub fn major(&self) -> u32 {
        u32::try_from(self.version / 10_000).unwrap_or_default()
    }

    /// The server's version as people write it: `15.18`.
    pub fn version_text(&self) -> String {
        version_text(self.version)
    }

    /// How often this session has waited for the server: each answer that was read after something was sent.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Whether a pooler stands between, which was seen by its refusing startup options.
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// The warnings that the server has sent since the last call.
    pub fn take_notices(&self) -> Vec<DbError> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A runtime on the current thread, which is all that connections need.
///
/// # Errors
///
/// Where the operating system gives no event queue.
pub fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|source| Error::File {
        action: "create",
        path: "the event queue".into(),
        source,
    })
}

/// `150018` as `15.18`.
pub(crate) fn version_text(version: i32) -> String {
    format!("{}.{}", version / 10_000, version % 10_000)
}

/// `15.18 (Debian 15.18-0+deb12u1)` as 150018; betas and development versions count as `.0`.
pub(crate) fn version_number(text: &str) -> Option<i32> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let major = digits(text);
    let minor = text[major.len()..].strip_prefix('.').map(digits).unwrap_or_default();
    Some(major.parse::<i32>().ok()?.checked_mul(10_000)? + minor.parse::<i32>().unwrap_or(0))
}

/// Drives a connection until its client is dropped, and keeps the server's warnings.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, notices: Notices)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    // An error that ends the connection reaches the caller through the client's next answer.
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notice(notice) = message {
            notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        }
    }
}
