//! One file a command.

mod completions;
mod explain;
mod init;

use crate::args::{Arguments, Command};
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;

/// Does what was asked.
pub(crate) fn run(arguments: &Arguments, out: &Out) -> Result<Exit> {
    match &arguments.command {
        Command::Init(args) => init::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Completions(args) => completions::run(args, out),
    }
}
