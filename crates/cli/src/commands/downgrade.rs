//! `limbeck downgrade`: take revisions back.

use limbeck_revisions::{Direction, Target};

use crate::args::Downgrade;
use crate::commands::run::{Order, orchestrate};
use crate::commands::script;
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;
use crate::project::Project;

/// Takes them back, or prints the script that would. The last service comes first.
pub(crate) fn run(args: &Downgrade, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let mut services = project.choose(&args.choice)?;
    services.reverse();
    if args.sql {
        return script::print(&project, &services, Direction::Down, &args.target, out);
    }
    let order = Order {
        direction: Direction::Down,
        target: args.target.parse::<Target>()?,
        keep_going: args.keep_going,
        allowed: Vec::new(),
    };
    orchestrate(&project, &services, &order, &args.connection, out)
}
