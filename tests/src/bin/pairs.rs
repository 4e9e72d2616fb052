//! The long run: random pairs of schemas, up and down, before all witnesses.
//!
//! `cargo run --release -p limbeck-tests --bin pairs -- --count 2000`; `--seed N` begins elsewhere, `--only N` judges one pair
//! and shows it, `--shrink N` makes it small first.

#![expect(clippy::print_stdout, reason = "a run is there to be read")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use limbeck_tests::pairs::{Failure, Pair, Workshop, judge, shrink};

struct Options {
    seed: u64,
    count: u64,
    threads: usize,
    only: Option<u64>,
    shrink: bool,
    out: Option<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { seed: 1, count: 2000, threads: 2, only: None, shrink: false, out: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(format!("`{argument}` needs a value"))?;
        let number = || value.parse::<u64>().map_err(|error| format!("`{value}`: {error}"));
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--count" => options.count = number()?,
            "--threads" => options.threads = usize::try_from(number()?).unwrap_or(1).max(1),
            "--only" => options.only = Some(number()?),
            "--shrink" => (options.only, options.shrink) = (Some(number()?), true),
            "--out" => options.out = Some(value.into()),
            _ => return Err(format!("`{argument}` is not known")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            println!("{error}");
            return ExitCode::from(2);
        }
    };
    let limbeck = std::env::var_os("LIMBECK_BIN").map(PathBuf::from).or_else(|| {
        let here = std::env::current_exe().ok()?;
        Some(here.with_file_name(format!("limbeck{}", std::env::consts::EXE_SUFFIX)))
    });
    let Some(limbeck) = limbeck.filter(|path| path.exists()) else {
        println!("the binary is missing: run `cargo build --release -p limbeck-cli` first");
        return ExitCode::from(2);
    };
    match options.only {
        Some(seed) => one(&options, &limbeck, seed),
        None => many(&options, &limbeck),
    }
}

fn one(options: &Options, limbeck: &std::path::Path, seed: u64) -> ExitCode {
    let workshop = Workshop::new(limbeck);
    let pair = Pair::new(seed);
    match judge(&workshop, &pair) {
        Ok(verdict) => {
            println!("seed {seed}: all agree ({} chunks)", verdict.taken);
            for refused in &verdict.refused {
                println!("  refused: {refused}");
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let failure = if options.shrink { shrink(&workshop, pair, failure, 250).1 } else { failure };
            show(seed, &failure);
            if let Some(folder) = &options.out {
                let written = std::fs::create_dir_all(folder)
                    .and_then(|()| std::fs::write(folder.join("from.sql"), &failure.from))
                    .and_then(|()| std::fs::write(folder.join("to.sql"), &failure.to));
                if let Err(error) = written {
                    println!("{}: {error}", folder.display());
                }
            }
            ExitCode::FAILURE
        }
    }
}

fn show(seed: u64, failure: &Failure) {
    let Failure { stage, back, message, plan, from, to } = failure;
    let way = if *back { "back" } else { "up" };
    println!(
        "=== seed {seed}: {stage:?}, {way}\n{message}\n--- from\n{from}\n--- to\n{to}\n--- plan\n{plan}"
    );
}

#[derive(Default)]
struct Sum {
    judged: u64,
    differing: u64,
    without_rows: u64,
    taken: usize,
    refused: BTreeMap<String, usize>,
    failures: Vec<(u64, Box<Failure>)>,
}

fn many(options: &Options, limbeck: &std::path::Path) -> ExitCode {
    let start = Instant::now();
    let (next, sum) = (AtomicU64::new(options.seed), Mutex::new(Sum::default()));
    let end = options.seed + options.count;
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                let workshop = Workshop::new(limbeck);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let result = judge(&workshop, &Pair::new(seed));
                    let Ok(mut sum) = sum.lock() else { return };
                    sum.judged += 1;
                    match result {
                        Ok(verdict) => {
                            sum.differing += u64::from(verdict.differs);
                            sum.without_rows += u64::from(verdict.without_rows);
                            sum.taken += verdict.taken;
                            for refused in verdict.refused {
                                let reason =
                                    refused.lines().next().unwrap_or_default().chars().take(150).collect();
                                *sum.refused.entry(reason).or_default() += 1;
                            }
                        }
                        Err(failure) => {
                            println!(
                                "seed {seed}: {}{}",
                                failure.signature(),
                                if failure.back { " (back)" } else { "" }
                            );
                            sum.failures.push((seed, failure));
                        }
                    }
                }
            });
        }
    });
    let Ok(sum) = sum.into_inner() else { return ExitCode::FAILURE };
    report(options, &sum, start)
}

fn report(options: &Options, sum: &Sum, start: Instant) -> ExitCode {
    let refused: usize = sum.refused.values().sum();
    println!(
        "{} pairs from seed {} in {:.0} s: {} differ, {} without rows; {} chunks taken, {refused} refused",
        sum.judged,
        options.seed,
        start.elapsed().as_secs_f64(),
        sum.differing,
        sum.without_rows,
        sum.taken
    );
    if std::env::var_os("PAIRS_REFUSED").is_some() {
        for (reason, count) in &sum.refused {
            println!("  refused {count} times: {reason}");
        }
    }
    let mut causes: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (seed, failure) in &sum.failures {
        causes.entry(failure.signature()).or_default().push(*seed);
    }
    for (cause, seeds) in &causes {
        println!("{:>4} × {cause}: seeds {:?}", seeds.len(), &seeds[..seeds.len().min(8)]);
    }
    if sum.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
