//! The folder of revision files: the only part of this crate that does I/O.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::file::{checksum, read_bytes};
use crate::{Error, History, Revision, RevisionFile, RevisionId};

/// The files of one service, read.
#[derive(Clone, Debug)]
pub struct Store {
    /// The folder.
    pub folder: PathBuf,
    /// Every file whose header could be read, by name. One with errors is here as well: they are among
    /// [`History::problems`], so nothing can be planned, but it can be listed.
    pub files: Vec<Stored>,
    /// The graph, with the problems of the files among its own.
    pub history: History,
}

/// A file of a store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its path, the folder included.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// What it says.
    pub file: RevisionFile,
    /// Its text, as it was read.
    pub text: String,
    /// [`checksum`] of that text.
    pub checksum: String,
}

impl Store {
    /// Reads every `.sql` file of a folder that is no dot file, sorted by name; folders inside it are not read.
    ///
    /// # Errors
    /// [`Error::MissingFolder`], and [`Error::Unreadable`] for a folder that can't be listed. What is wrong with a
    /// file is no error here: see [`History::problems`].
    pub fn read(folder: &Path) -> Result<Self, Error> {
        Self::read_folder(folder)
    }

    /// Reads a folder that a first revision is to be written into: one that is not there yet holds none, and
    /// [`write`] makes it.
    ///
    /// # Errors
    /// As for [`Store::read`], but for a missing folder.
    pub fn read_to_write(folder: &Path) -> Result<Self, Error> {
        match Self::read_folder(folder) {
            Err(Error::MissingFolder { .. }) => {
                Ok(Self { folder: folder.to_owned(), files: Vec::new(), history: History::new(Vec::new()) })
            }
            read => read,
        }
    }

    fn read_folder(folder: &Path) -> Result<Self, Error> {
        let unreadable = |error: std::io::Error| unreadable(folder, &error);
        let entries = fs::read_dir(folder).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::MissingFolder { folder: folder.to_owned() },
            _ => unreadable(error),
        })?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // A folder that ends in `.sql` is none of ours; a link that leads nowhere is, and fails below.
            if name.ends_with(".sql") && !name.starts_with('.') && !path.is_dir() {
                paths.push((name, path));
            }
        }
        paths.sort();
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for (name, path) in paths {
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    problems.push(self::unreadable(&path, &error));
                    continue;
                }
            };
            read_one(path, name, &bytes, &mut files, &mut problems);
        }
        Ok(Self::of(folder, files, problems))
    }

    /// The files of a service as texts, each with its name: for those who have compiled them in.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut texts: Vec<(&str, &str)> = texts.into_iter().collect();
        texts.sort_unstable();
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for (name, text) in texts {
            read_one(PathBuf::from(name), name.to_owned(), text.as_bytes(), &mut files, &mut problems);
        }
        Self::of(Path::new(""), files, problems)
    }

    fn of(folder: &Path, files: Vec<Stored>, problems: Vec<Error>) -> Self {
        let revisions = files.iter().map(|stored| Revision::of(&stored.file, &stored.name)).collect();
        let history = History::new(revisions).with_problems(problems);
        Self { folder: folder.to_owned(), files, history }
    }

    /// The file that declares this id; the first by name, if several do.
    pub fn get(&self, id: &RevisionId) -> Option<&Stored> {
        self.files.iter().find(|stored| stored.file.id == *id)
    }

    /// True where there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn read_one(path: PathBuf, name: String, bytes: &[u8], files: &mut Vec<Stored>, problems: &mut Vec<Error>) {
    let reading = read_bytes(&path.display().to_string(), bytes);
    problems.extend(reading.errors);
    if let Some(file) = reading.file {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let checksum = checksum(&text);
        files.push(Stored { path, name, file, text, checksum });
    }
}

/// Writes files into a folder, all or none, and never over a file that is there; makes the folder if need be.
/// Returns their paths.
///
/// Everything is written under temporary names first and put in place last. A crash between two of these last
/// steps is the only way to leave some of them.
///
/// # Errors
/// [`Error::Unwritable`], [`Error::Exists`], [`Error::CantWrite`]; nothing has been written then.
pub fn write(folder: &Path, files: &[RevisionFile]) -> Result<Vec<PathBuf>, Error> {
    let mut texts = Vec::new();
    for file in files {
        let path = folder.join(file.file_name());
        if path.symlink_metadata().is_ok() || texts.iter().any(|(other, _)| *other == path) {
            return Err(Error::Exists { path });
        }
        texts.push((path, file.text()?));
    }
    fs::create_dir_all(folder).map_err(|error| cant_write(folder, &error))?;
    let mut waiting = Vec::new();
    for (path, text) in texts {
        // The dot keeps a reader away from it while it is there.
        let temporary = new_file(folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        });
        waiting.push((temporary.map_err(|error| cant_write(&path, &error))?, path));
    }
    let mut written: Vec<PathBuf> = Vec::new();
    for (temporary, path) in waiting {
        if let Err(error) = temporary.persist_noclobber(&path) {
            for path in &written {
                // What can't be taken back is named by the error that the user sees next: it exists.
                let _ = fs::remove_file(path);
            }
            return Err(match error.error.kind() {
                ErrorKind::AlreadyExists => Error::Exists { path },
                _ => cant_write(&path, &error.error),
            });
        }
        written.push(path);
    }
    Ok(written)
}

/// A temporary file with the rights that an ordinary new file gets, where tempfile's own default would be the
/// owner's alone.
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".limbeck-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the umask, which the system takes off.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

fn cant_write(path: &Path, error: &std::io::Error) -> Error {
    Error::CantWrite { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests;
