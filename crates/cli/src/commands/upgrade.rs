//! `limbeck upgrade`: apply what is pending.

use limbeck_revisions::{Direction, Target};
use limbeck_sql::HazardKind;

use crate::args::Upgrade;
use crate::commands::run::{Order, orchestrate};
use crate::commands::script;
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;
use crate::project::Project;

/// Applies it, or prints the script that would.
pub(crate) fn run(args: &Upgrade, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    if args.sql {
        return script::print(&project, &services, Direction::Up, &args.target, out);
    }
    let order = Order {
        direction: Direction::Up,
        target: args.target.parse::<Target>()?,
        keep_going: args.keep_going,
        allowed: HazardKind::ALL
            .into_iter()
            .filter(|it| args.allow.iter().any(|name| name == it.name()))
            .collect(),
    };
    orchestrate(&project, &services, &order, &args.connection, out)
}
