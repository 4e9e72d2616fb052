//! Source files, and places in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use limbeck_schema::Origin;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path, as messages write it.
    pub(crate) shown: Arc<str>,
    /// Its text, from its first byte.
    pub(crate) text: String,
    /// The offsets at which its lines begin.
    lines: Vec<u32>,
}

impl Source {
    pub(crate) fn new(shown: impl Into<Arc<str>>, text: String) -> Self {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let lines =
            std::iter::once(0).chain(starts).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { shown: shown.into(), text, lines }
    }

    /// The place of a range of bytes.
    pub(crate) fn origin(&self, start: usize, end: usize) -> Origin {
        let start = start.min(self.text.len());
        let end = end.clamp(start, self.text.len());
        let line = self.lines.partition_point(|&at| at as usize <= start).max(1);
        let line_start = self.lines.get(line - 1).map_or(0, |&at| at as usize);
        let line_end = self.lines.get(line).map_or(self.text.len(), |&at| at as usize);
        let count = |from: usize, to: usize| {
            let text = self.text.get(from..to).unwrap_or_default();
            u32::try_from(text.trim_end_matches(['\r', '\n']).chars().count()).unwrap_or(u32::MAX)
        };
        Origin {
            file: self.shown.clone(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: count(line_start, start) + 1,
            length: count(start, end.min(line_end)),
        }
    }
}

/// The `.rs` files at a path, sorted: itself, or all below the folder but hidden ones and build output.
pub(crate) fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if std::fs::metadata(path)?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            // A link is followed, but not into a folder: that way lie circles.
            let is_file = kind.is_file() || (kind.is_symlink() && path.is_file());
            if kind.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if is_file && name.ends_with(".rs") && !name.starts_with('.') {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path as messages write it: relative to the base where it lies inside, with forward slashes.
pub(crate) fn shown(path: &Path, base: &Path) -> String {
    let inside =
        path.strip_prefix(base).ok().filter(|inside| !inside.as_os_str().is_empty()).map(Path::to_owned);
    let relative = inside.or_else(|| {
        let (path, base) = (path.canonicalize().ok()?, base.canonicalize().ok()?);
        path.strip_prefix(base).ok().map(Path::to_owned)
    });
    relative.as_deref().unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Where the files of a folder stand in their crate: the crate's name and the module path of the folder.
///
/// `habits/src/models` lies in crate `habits` as `models`. Without a `src` folder above it, its files are
/// taken for the root of a crate that has its name.
pub(crate) fn crate_of(path: &Path) -> (String, Vec<String>) {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parts: Vec<String> =
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let name = |folder: Option<&String>| folder.map(|name| name.replace('-', "_")).unwrap_or_default();
    match parts.iter().rposition(|part| part == "src") {
        Some(at) => {
            let root: PathBuf = path.components().take(at).collect();
            let declared = package_name(&root.join("Cargo.toml"));
            let crate_name = declared.unwrap_or_else(|| name(at.checked_sub(1).and_then(|at| parts.get(at))));
            (crate_name, parts[at + 1..].to_vec())
        }
        None => (name(parts.last().map(|last| last.trim_end_matches(".rs").to_owned()).as_ref()), Vec::new()),
    }
}

/// The name in a manifest's `[package]`, as code writes it.
fn package_name(manifest: &Path) -> Option<String> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[package]";
        } else if inside && let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"');
            if key.trim() == "name" {
                return Some(value.replace('-', "_"));
            }
        }
    }
    None
}

/// The module path of a file below a folder: `a/mod.rs` and `a.rs` are `a`, `lib.rs` is the root.
pub(crate) fn module_of(file: &Path, folder: &Path, prefix: &[String]) -> Vec<String> {
    let mut path = prefix.to_vec();
    let inside = file.strip_prefix(folder).unwrap_or(Path::new(""));
    if inside.as_os_str().is_empty() {
        // The models are this one file; the prefix ends with its name.
        let last = path.pop().unwrap_or_default();
        path.extend(module_name(&last));
        return path;
    }
    for part in inside.components() {
        let part = part.as_os_str().to_string_lossy();
        if part.ends_with(".rs") {
            let is_root = path.is_empty() && (part == "lib.rs" || part == "main.rs");
            path.extend(module_name(&part).filter(|_| !is_root));
        } else {
            path.push(part.into_owned());
        }
    }
    path
}

fn module_name(file: &str) -> Option<String> {
    let name = file.trim_end_matches(".rs");
    (!name.is_empty() && name != "mod" && name != "lib" && name != "main").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let source = Source::new("a.rs".to_owned(), "ä: b\r\nzweite\n".to_owned());
        let origin = source.origin(4, 5);
        assert_eq!((origin.line, origin.column, origin.length), (1, 4, 1));
        let origin = source.origin(7, 100);
        assert_eq!((origin.line, origin.column, origin.length), (2, 1, 6));
        let origin = source.origin(1000, 1001);
        assert_eq!((origin.line, origin.column, origin.length), (3, 1, 0));
    }

    #[test]
    fn files_stand_where_their_modules_do() {
        let module = |file: &str, folder: &str, prefix: &[&str]| {
            let prefix: Vec<String> = prefix.iter().map(|part| (*part).to_owned()).collect();
            module_of(Path::new(file), Path::new(folder), &prefix).join("::")
        };
        assert_eq!(module("src/lib.rs", "src", &[]), "");
        assert_eq!(module("src/models/mod.rs", "src/models", &["models"]), "models");
        assert_eq!(module("src/models/user.rs", "src/models", &["models"]), "models::user");
        assert_eq!(module("src/models.rs", "src/models.rs", &["models.rs"]), "models");
        assert_eq!(module("src/a/mod.rs", "src", &[]), "a");
    }
}
