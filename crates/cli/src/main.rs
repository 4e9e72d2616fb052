//! The command line of Limbeck.
//!
//! Arguments say what was typed (`args`), the project what it means (`project`), a file in `commands` does it, and
//! `out` alone prints. The commands hold no knowledge of their own: what they glue lives in the other crates.

mod args;
mod bench;
mod commands;
mod engine;
mod exit;
mod explain;
mod failure;
mod file;
mod git;
mod guard;
mod listing;
mod out;
mod preflight;
mod project;
mod render;
mod secrets;
mod state;
mod suggest;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::thread;

use clap::Parser as _;

use crate::exit::Exit;

/// Reading sources and catalogs is a great many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Parsers go as deep as what they read; PostgreSQL's takes ten thousand parentheses (`YYMAXDEPTH`). Only what is used of
/// it becomes memory.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    out::install_panic_hook();
    // The hook has told the user; here only the status is left. Unwinding lets a scratch server be removed.
    let guarded = || catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Failed);
    let exit = match thread::Builder::new().stack_size(STACK).spawn(guarded) {
        Ok(worker) => worker.join().unwrap_or(Exit::Failed),
        Err(_) => guarded(),
    };
    exit.into()
}

fn run() -> Exit {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return out::usage(&error, args::format_of_command_line()),
    };
    let out = arguments.out();
    let result = commands::run(&arguments, &out);
    out.finish(result)
}
