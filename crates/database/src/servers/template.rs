//! Data directories that went through `initdb` once, kept in the user's cache.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::unistd::{User, geteuid};

use super::Installation;
use super::folder::{Folder, give};
use crate::Error;

/// Counts up when `initdb` is called with other arguments.
const FORMAT: u32 = 1;

/// Two threads copy faster than one; more do not.
const COPIERS: usize = 2;

/// `~/.cache/limbeck`, or a private folder under the temporary one where there is no home.
fn cache() -> PathBuf {
    let home = || env::home_dir().filter(|home| home.is_dir()).map(|home| home.join(".cache"));
    let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    match xdg.or_else(home) {
        Some(cache) => cache.join("limbeck"),
        None => env::temp_dir().join(format!("limbeck-cache-{}", geteuid())),
    }
}

/// Which binary a template was made by, for its name: another file gets another template.
fn identity(postgres: &Path) -> Option<String> {
    let meta = fs::metadata(postgres).ok()?;
    let mut hasher = DefaultHasher::new();
    (postgres, meta.len(), meta.mtime(), meta.mtime_nsec()).hash(&mut hasher);
    Some(format!("-{:016x}-{FORMAT}", hasher.finish()))
}

/// The version of a `postgres` that has a template, without running it.
pub(super) fn cached_version(postgres: &Path) -> Option<String> {
    let suffix = identity(postgres)?;
    fs::read_dir(cache()).ok()?.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.strip_prefix("pg-")?.strip_suffix(&suffix)?.to_owned())
    })
}

/// The cached data directory of an installation; made now if it is not there.
pub(super) fn ensure(installation: &Installation, user: Option<&User>) -> Result<PathBuf, Error> {
    let suffix = identity(&installation.program("postgres")).unwrap_or_default();
    let cache = cache();
    let path = cache.join(format!("pg-{}{suffix}", installation.version));
    if path.join("PG_VERSION").exists() {
        return Ok(path);
    }
    let folder = Folder::new(user)?;
    let data = folder.path.join("data");
    initdb(installation, &data, user)?;
    let keep = || -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&cache)?;
        if fs::metadata(&cache)?.uid() != geteuid().as_raw() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = cache.join(format!(".new-{}-{number}", std::process::id()));
        copy(&data, &new, None)?;
        // Whoever comes first wins; the others' work is the same and goes away.
        if fs::rename(&new, &path).is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        Ok(())
    };
    keep().map_err(|source| Error::File { action: "write", path: cache.clone(), source })?;
    Ok(path)
}

fn initdb(installation: &Installation, data: &Path, user: Option<&User>) -> Result<(), Error> {
    let fail = |reason: String| Error::NoStart { bin: installation.bin.clone(), reason };
    let mut command = Command::new(installation.program("initdb"));
    command.arg("-D").arg(data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]);
    command.args(["--locale=C", "--no-sync", "--wal-segsize=1"]);
    if installation.major >= 18 {
        command.arg("--no-data-checksums");
    }
    become_user(&mut command, user);
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        fail(format!("{}: {}", installation.program("initdb").display(), explain(&error, user)))
    })?;
    if output.status.success() {
        Ok(())
    } else {
        Err(fail(format!("`initdb` failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
    }
}

/// Says that the binaries are out of reach for the user that root becomes.
pub(super) fn explain(error: &io::Error, user: Option<&User>) -> String {
    match user {
        Some(user) if error.kind() == io::ErrorKind::PermissionDenied => {
            format!("user `{}` may not run it (PostgreSQL does not run as root)", user.name)
        }
        _ => error.to_string(),
    }
}

/// A command as the unprivileged user, in a folder that it can read, outside our terminal's group.
pub(super) fn become_user(command: &mut Command, user: Option<&User>) {
    command.current_dir("/").process_group(0).env("LC_ALL", "C").env("TZ", "UTC");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    if let Some(user) = user {
        // The standard library calls `setgroups` too when root gives up its user.
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
}

/// Copies a data directory, and gives it to the user that will run it.
pub(super) fn copy(from: &Path, to: &Path, user: Option<&User>) -> io::Result<()> {
    let mut files = Vec::new();
    folders(from, to, user, &mut files)?;
    std::thread::scope(|scope| {
        let chunk = files.len().div_ceil(COPIERS).max(1);
        let copiers: Vec<_> = files
            .chunks(chunk)
            .map(|files| {
                scope.spawn(move || {
                    files.iter().try_for_each(|(from, to)| {
                        fs::copy(from, to)?;
                        give(to, user)
                    })
                })
            })
            .collect();
        copiers.into_iter().try_for_each(|copier| {
            copier.join().unwrap_or_else(|_| Err(io::Error::other("a copying thread panicked")))
        })
    })
}

fn folders(
    from: &Path,
    to: &Path,
    user: Option<&User>,
    files: &mut Vec<(PathBuf, PathBuf)>,
) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(to)?;
    give(to, user)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            folders(&entry.path(), &to, user, files)?;
        } else {
            files.push((entry.path(), to));
        }
    }
    Ok(())
}
