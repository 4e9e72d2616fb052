//! `limbeck create-all`: development only: the objects of the models, without revisions.

use limbeck_plan::Verb;

use crate::args::CreateAll;
use crate::bench::Bench;
use crate::engine::{Comparison, declared_statements};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::guard;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::render;

/// Makes what is missing, service by service.
pub(crate) fn run(args: &CreateAll, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    guard::development_only(
        &project.environment,
        "`create-all`",
        "in production write a revision (`limbeck revision -m TEXT`), review it, and apply it with `limbeck upgrade`",
    )?;
    let services = project.choose(&args.choice)?;
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    for service in services {
        let target = service.target(&args.connection)?;
        let (schema, version) = bench.read(&target)?;
        let comparison = bench.against(service, schema, version, &[], false)?;
        only_creates(service, &comparison)?;
        if comparison.plan.statements.is_empty() {
            out.say(format!("{}: nothing to do, everything is there", service.name));
            continue;
        }
        bench.engine.roles_are_there(&target, &comparison.from, &comparison.to, || {
            declared_statements(comparison.declared.iter().cloned())
        })?;
        bench.execute(&target, &comparison.plan.statements)?;
        out.say(format!("{}: made {} objects", service.name, comparison.plan.differences.len()));
    }
    Ok(Exit::Done)
}

/// What is there and is not what the models say is left alone, and said.
fn only_creates(service: &Service, comparison: &Comparison) -> Result<()> {
    let others = comparison.plan.differences.iter().filter(|difference| difference.change != Verb::Create);
    let others = others.map(render::line).collect::<Vec<_>>();
    if others.is_empty() {
        return Ok(());
    }
    let mut report = Report::error(
        "cli::not_only_missing",
        format!("the database of service `{}` holds objects that are not what the models say", service.name),
    );
    report.help = others;
    Err(report
        .help("`create-all` only makes what is missing; use a revision, or an empty database")
        .exit(Exit::Refused))
}
