//! `limbeck completions SHELL`.

use clap::CommandFactory as _;

use crate::args::{Arguments, Completions};
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;

/// Prints the script.
pub(crate) fn run(args: &Completions, out: &Out) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "limbeck", &mut script);
    out.data(String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
