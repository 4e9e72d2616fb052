//! What the benchmarks share.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program takes.
///
/// # Panics
///
/// Where it does not start, or ends with an error.
pub fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?} ends with {status}");
    start.elapsed()
}

/// The one in the middle.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The program, from the release folder beside the benchmark's own, or `LIMBECK_BIN`.
///
/// # Panics
///
/// Outside of a build's folder.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("LIMBECK_BIN") {
        return path.into();
    }
    let bench = std::env::current_exe().expect("a program knows where it is");
    bench.ancestors().nth(2).expect("a benchmark lies in target/release/deps").join("limbeck")
}
