//! One file a command.

mod adopt;
mod check;
mod completions;
mod create_all;
mod current;
mod diff;
mod downgrade;
mod explain;
mod graph;
mod history;
mod init;
mod inspect;
mod lint;
mod merge;
mod prove;
mod review;
mod revision;
mod run;
mod script;
mod show;
mod stamp;
mod status;
mod upgrade;

pub(crate) use adopt::Tool;
pub(crate) use stamp::{WAIT, at};

use crate::args::{Arguments, Command};
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;

/// Does what was asked.
pub(crate) fn run(arguments: &Arguments, out: &Out) -> Result<Exit> {
    match &arguments.command {
        Command::Init(args) => init::run(args, out),
        Command::Revision(args) => revision::run(args, out),
        Command::Check(args) => check::run(args, out),
        Command::Prove(args) => prove::run(args, out),
        Command::CreateAll(args) => create_all::run(args, out),
        Command::Upgrade(args) => upgrade::run(args, out),
        Command::Downgrade(args) => downgrade::run(args, out),
        Command::Current(args) => current::run(args, out),
        Command::Status(args) => status::run(args, out),
        Command::History(args) => history::run(args, out),
        Command::Heads(args) => graph::heads(args, out),
        Command::Branches(args) => graph::branches(args, out),
        Command::Show(args) => show::run(args, out),
        Command::Merge(args) => merge::run(args, out),
        Command::Stamp(args) => stamp::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Inspect(args) => inspect::run(args, out),
        Command::Adopt(args) => adopt::run(args, out),
        Command::Review(args) => review::run(args, out),
        Command::Lint(args) => lint::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Completions(args) => completions::run(args, out),
    }
}
