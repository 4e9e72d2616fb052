//! PostgreSQL 17.5 inside this binary (pglite-oxide): no server to install, one session at a time.

use std::sync::mpsc;
use std::time::Duration;

use pglite_oxide::PgliteServer;

use crate::connect::Target;
use crate::servers::Folder;

/// How long to wait for the end of a server whose session may still be open.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server with one database of its own.
#[derive(Debug)]
pub(super) struct Server {
    server: Option<PgliteServer>,
    /// Goes after the server; the next run removes it if this one is killed.
    _folder: Folder,
}

impl Server {
    pub(super) fn start() -> Result<Self, String> {
        let folder = Folder::new(None).map_err(|error| error.to_string())?;
        let server = PgliteServer::builder()
            .path(folder.path.join("data"))
            .unix(folder.path.join(".s.PGSQL.5432"))
            .relaxed_durability(true)
            .start()
            .map_err(|error| format!("{error:#}"))?;
        Ok(Self { server: Some(server), _folder: folder })
    }

    pub(super) fn target(&self) -> Result<Target, String> {
        let url = self.server.as_ref().map(PgliteServer::database_url).unwrap_or_default();
        Target::parse_with(&url, &|_| None).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its end waits for the session's, which may be waiting for this very thread.
        let (ended, end) = mpsc::channel();
        if let Some(server) = self.server.take() {
            std::thread::spawn(move || {
                drop(server);
                let _ = ended.send(());
            });
            let _ = end.recv_timeout(PATIENCE);
        }
    }
}
