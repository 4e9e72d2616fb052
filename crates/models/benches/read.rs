//! How many megabytes of models a second: `cargo bench -p limbeck-models`.
//!
//! The sources are the models of the six services, many times over under other names; on one thread and on all.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use limbeck_models::{ReadModels, read};

const COPIES: usize = 60;

fn main() -> std::io::Result<()> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mindmirror");
    let folder = tempfile::tempdir()?;
    let mut bytes = 0;
    for service in ["habits", "journal", "meals", "movements", "practices", "users"] {
        for file in fs::read_dir(fixtures.join(service).join("src/models"))? {
            let file = file?;
            let text = fs::read_to_string(file.path())?;
            for copy in 0..COPIES {
                let path = folder.path().join(format!("{service}{copy}")).join(file.file_name());
                fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
                let text = text.replace("name = \"", &format!("name = \"c{copy}_"));
                bytes += text.len();
                fs::write(path, text)?;
            }
        }
    }
    let mut out = std::io::stdout().lock();
    for threads in [1, std::thread::available_parallelism()?.get()] {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(std::io::Error::other)?;
        let mut best = Duration::MAX;
        let mut objects = 0;
        for _ in 0..5 {
            let start = Instant::now();
            let result = pool.install(|| read(&ReadModels::new(folder.path())));
            best = best.min(start.elapsed());
            assert!(result.is_complete(), "{:#?}", result.diagnostics.first());
            objects = result.schema.len();
        }
        let megabytes = bytes as f64 / 1e6;
        writeln!(
            out,
            "models: {megabytes:.1} MB, {objects} objects, {threads} threads: {best:.1?}, {:.1} MB/s",
            megabytes / best.as_secs_f64()
        )?;
    }
    Ok(())
}
