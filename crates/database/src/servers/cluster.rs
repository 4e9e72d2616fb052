//! A private server: a copied data directory, a socket in the same folder, and nothing left afterwards.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};

use super::folder::{Folder, unprivileged};
use super::{Installation, template};
use crate::Error;
use crate::connect::Target;

/// What makes a server quick to start and fast without being durable; `bench` in the documentation has the figures.
const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
    ("shared_buffers", "16MB"),
    ("max_connections", "20"),
    ("listen_addresses", ""),
    ("jit", "off"),
    ("max_worker_processes", "0"),
    ("max_parallel_workers", "0"),
    ("max_logical_replication_workers", "0"),
    ("max_locks_per_transaction", "2048"),
    // In files of the folder, so that a killed server leaves nothing in /dev/shm.
    ("dynamic_shared_memory_type", "mmap"),
    ("log_min_messages", "fatal"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // Says to whoever is connected that roles and tablespaces go away with it.
    ("limbeck.private", "on"),
];

/// The settings that a version brought.
const SINCE: &[(u32, &str, &str)] = &[
    (15, "allow_in_place_tablespaces", "on"),
    // Started I/O workers cost a third of the start.
    (18, "io_method", "sync"),
];

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for our end, then stops the server and removes the folder: the one thing that works after `kill -9`.
///
/// Standard input is a pipe that only we hold; its end is the signal.
const WATCHER: &str = r#"
read -r _
kill -QUIT "$2" 2>/dev/null
n=0
while kill -0 "$2" 2>/dev/null && [ "$n" -lt 100 ]; do sleep 0.05; n=$((n + 1)); done
kill -KILL "$2" 2>/dev/null
rm -rf "$1"
"#;

/// A running private server.
///
/// Dropping it stops the server and removes its folder; if this process is killed, a watcher does.
#[derive(Debug)]
pub struct Cluster {
    installation: Installation,
    port: u16,
    // The order matters: fields are dropped from first to last, and the folder goes when the server is gone.
    server: Server,
    folder: Folder,
}

impl Cluster {
    /// Starts a server; takes some 60 ms, the first time of a version half a second.
    ///
    /// # Errors
    ///
    /// [`Error::NoStart`] with what the server said, [`Error::File`] where the folder cannot be made.
    pub fn start(installation: &Installation) -> Result<Self, Error> {
        Self::start_with(installation, &[])
    }

    /// Starts a server with further settings, which go before ours.
    ///
    /// # Errors
    ///
    /// As for [`Cluster::start`].
    pub fn start_with(installation: &Installation, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let user = unprivileged();
        let template = template::ensure(installation, user.as_ref())?;
        let folder = Folder::new(user.as_ref())?;
        let data = folder.path.join("data");
        template::copy(&template, &data, user.as_ref()).map_err(|source| Error::File {
            action: "write",
            path: data,
            source,
        })?;
        let server = Server::spawn(installation, &folder.path, settings, user.as_ref())?;
        let port = settings.iter().rev().find(|(name, _)| *name == "port");
        let port = port.and_then(|(_, port)| port.parse().ok()).unwrap_or(5432);
        Ok(Self { installation: installation.clone(), port, server, folder })
    }

    /// The binaries that it runs.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Its superuser on one of its databases; `postgres` is always there.
    pub fn target(&self, database: &str) -> Target {
        Target::socket(&self.folder.path, self.port, "postgres", database)
    }

    /// The folder with its socket (and its data, in `data`).
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.postgres.id()
    }
}

#[derive(Debug)]
struct Server {
    postgres: Child,
    watcher: Option<Child>,
}

impl Server {
    fn spawn(
        installation: &Installation,
        folder: &Path,
        settings: &[(&str, &str)],
        user: Option<&User>,
    ) -> Result<Self, Error> {
        let fail = |reason: String| Error::NoStart { bin: installation.bin.clone(), reason };
        let log = folder.join("log");
        let log_file = || -> io::Result<(File, File)> {
            let file = File::create(&log)?;
            Ok((file.try_clone()?, file))
        };
        let (out, err) =
            log_file().map_err(|source| Error::File { action: "create", path: log.clone(), source })?;
        let mut command = Command::new(installation.program("postgres"));
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        let known = SINCE.iter().filter(|(since, ..)| installation.major >= *since);
        let newer: Vec<(&str, &str)> = known.map(|(_, name, value)| (*name, *value)).collect();
        for (name, value) in SETTINGS.iter().chain(&newer).chain(settings) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        template::become_user(&mut command, user);
        let postgres = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| fail(template::explain(&error, user)))?;
        let mut server = Self { postgres, watcher: None };
        server.watcher = watcher(folder, server.postgres.id()).ok();
        server.wait_until_ready(folder).map_err(|reason| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            fail(if said.trim().is_empty() { reason } else { said.trim().to_owned() })
        })?;
        Ok(server)
    }

    /// The server writes `ready` into the eighth line of its lock file, which is also what `pg_ctl` waits for.
    fn wait_until_ready(&mut self, folder: &Path) -> Result<(), String> {
        let status = folder.join("data/postmaster.pid");
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(exit)) = self.postgres.try_wait() {
                return Err(format!("it ended at once ({exit})"));
            }
            let text = fs::read_to_string(&status).unwrap_or_default();
            if text.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(format!("it was not ready after {} s", PATIENCE.as_secs()))
    }

    /// Ends the server without a checkpoint; nothing of it is wanted any more.
    fn stop(&mut self) {
        if let Ok(pid) = i32::try_from(self.postgres.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !matches!(self.postgres.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = self.postgres.kill();
        let _ = self.postgres.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The watcher first: once the server is reaped, its number may be somebody else's.
        if let Some(mut watcher) = self.watcher.take() {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
        self.stop();
    }
}

fn watcher(folder: &Path, server: u32) -> io::Result<Child> {
    use std::os::unix::process::CommandExt;
    Command::new("/bin/sh")
        .args(["-c", WATCHER, "limbeck-watcher"])
        .arg(folder)
        .arg(server.to_string())
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
