//! The files of a folder, for [`revisions!`](crate::revisions).

use std::path::PathBuf;
use std::{env, fs};

/// Name and path of each `.sql` file that is no dot file, sorted: what the command line reads.
pub(crate) fn files(folder: &str) -> Result<Vec<(String, String)>, String> {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let path = root.join(folder);
    let unreadable = |error: std::io::Error| format!("`{}` can't be read: {error}", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".sql") && !name.starts_with('.') && !path.is_dir() {
            let path = path.to_str().ok_or_else(|| format!("`{name}` is not UTF-8"))?.to_owned();
            files.push((name, path));
        }
    }
    files.sort();
    Ok(files)
}
