//! Lists the pages of `docs/errors`, so that `limbeck explain` carries them.
//!
//! A proc macro would not notice a page that is new; cargo watches the folders named here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let errors = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../docs/errors");
    let mut pages = Vec::new();
    println!("cargo::rerun-if-changed={}", errors.display());
    for folder in fs::read_dir(&errors)? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", folder.display());
        for page in fs::read_dir(&folder)? {
            let page = page?.path();
            if page.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            pages.push((format!("{}::{}", stem(&folder), stem(&page)), page.canonicalize()?));
        }
    }
    pages.sort();
    let mut list = String::from("&[\n");
    for (code, path) in pages {
        writeln!(list, "    ({code:?}, include_str!({path:?})),")?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pages.rs"), list)?;
    Ok(())
}
