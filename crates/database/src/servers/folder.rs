//! Folders for running servers: private, in memory where there is room, removed whatever happens.
//!
//! A folder is `limbeck-<pid>-<n>` with a lock file in it that its process holds. When a process dies without
//! clean-up, the lock goes with it, and the next one to start a server removes the folder.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::Error;

/// What a cluster needs at the start (30 MB), with room for a few databases.
const ROOM: u64 = 256 << 20;

/// The longest path of a Unix socket is 107 bytes; `/.s.PGSQL.5432` is 14 of them.
const LONGEST: usize = 107 - 14;

/// A folder that goes away with its value.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    _lock: Flock<File>,
}

impl Folder {
    /// Makes a folder that only `owner` can enter, and removes those that dead processes left.
    pub(crate) fn new(owner: Option<&User>) -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let base = base();
        remove_leftovers(&base, owner);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = base.join(format!("limbeck-{}-{number}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Self::lock(path, owner),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::File { action: "create", path, source }),
            }
        }
    }

    fn lock(path: PathBuf, owner: Option<&User>) -> Result<Self, Error> {
        let made = || -> io::Result<Flock<File>> {
            let file = File::create(path.join("lock"))?;
            let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error)?;
            give(&path, owner)?;
            Ok(lock)
        };
        match made() {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(source) => {
                let _ = fs::remove_dir_all(&path);
                Err(Error::File { action: "create", path, source })
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Gives a file to the user that the server runs as.
pub(super) fn give(path: &Path, owner: Option<&User>) -> io::Result<()> {
    match owner {
        Some(user) => chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())),
        None => Ok(()),
    }
}

/// Whom to become: PostgreSQL refuses to run as root.
pub(super) fn unprivileged() -> Option<User> {
    if !geteuid().is_root() {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten())
}

/// Memory if it has room, else the temporary folder; `/tmp` where that has too long a name for sockets.
fn base() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() && free(memory).is_some_and(|bytes| bytes >= ROOM) && writable(memory) {
        return memory.to_owned();
    }
    let temporary = std::env::temp_dir();
    let longest = "/limbeck-4194304-99999".len();
    if temporary.as_os_str().len() + longest <= LONGEST { temporary } else { PathBuf::from("/tmp") }
}

fn free(folder: &Path) -> Option<u64> {
    let stat = nix::sys::statvfs::statvfs(folder).ok()?;
    // The types of these fields differ between systems.
    let bytes = stat.blocks_available() as u128 * stat.fragment_size() as u128;
    u64::try_from(bytes).ok()
}

fn writable(folder: &Path) -> bool {
    nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK).is_ok()
}

/// Removes the folders of processes that are gone, and stops their servers.
fn remove_leftovers(base: &Path, owner: Option<&User>) {
    let ours = [Some(geteuid().as_raw()), owner.map(|user| user.uid.as_raw())];
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = owner_of(&name.to_string_lossy()) else { continue };
        let path = entry.path();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if !meta.is_dir() || !ours.contains(&Some(meta.uid())) || pid == std::process::id() {
            continue;
        }
        // A process that just made its folder may not hold the lock yet.
        let old =
            meta.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > Duration::from_secs(60)));
        if (old || !alive(pid))
            && let Some(_lock) = take_over(&path.join("lock"), old)
        {
            stop_server(&path);
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn owner_of(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix("limbeck-")?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().filter(|number| *number > 1).map(Pid::from_raw)
}

fn alive(number: u32) -> bool {
    pid(number).is_some_and(|pid| kill(pid, None) != Err(nix::errno::Errno::ESRCH))
}

/// The lock of a folder that nobody holds any more: held while the folder is removed, so that two processes do not
/// remove one folder at once. A folder `without` a lock file is taken over as it is.
fn take_over(lock: &Path, without: bool) -> Option<Option<Flock<File>>> {
    match File::open(lock) {
        Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock).ok().map(Some),
        Err(_) => without.then_some(None),
    }
}

/// Stops the server of a folder whose process is gone, where it can be seen that the number is still that server's.
fn stop_server(folder: &Path) {
    let data = folder.join("data");
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else { return };
    let Some(number) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else { return };
    let command = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
    if !String::from_utf8_lossy(&command).contains(&*data.to_string_lossy()) {
        return;
    }
    if let Some(pid) = pid(number) {
        let _ = kill(pid, Signal::SIGQUIT);
        for _ in 0..500 {
            if !alive(number) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = kill(pid, Signal::SIGKILL);
    }
}
