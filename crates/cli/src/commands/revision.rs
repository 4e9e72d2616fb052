//! `limbeck revision`: a new file, with what differs between models and database.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, stderr, stdin};

use limbeck_kinds::{Schema, kind};
use limbeck_lint::acknowledge;
use limbeck_plan::{Candidate, Difference, Options, Plan, Stage, Stages, Verb, plan, stages};
use limbeck_revisions::file::{Script, lock_lines};
use limbeck_revisions::{RevisionFile, Target};
use limbeck_schema::{Canonical, Id, Rename};

use crate::args::Revision;
use crate::bench::{Bench, up_to_date};
use crate::engine::prove::{Claim, Evidence, Proof, refuted};
use crate::engine::{Comparison, declared_statements};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::file;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::render;
use crate::state::Files;

/// Writes a file for each service that differs; all of them or none.
pub(crate) fn run(args: &Revision, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let Some(message) = args.file.message.as_deref().filter(|message| !message.trim().is_empty()) else {
        return Err(Report::error("cli::no_message", "the revision has no message")
            .help("say what it does: `-m \"add email to users\"`")
            .exit(Exit::Usage));
    };
    let target = args.head.parse::<Target>()?;
    let services = project.choose(&args.choice)?;
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    let mut written = Vec::new();
    for service in &services {
        let files = Files::read_to_write(&project, service)?;
        files.sound()?;
        let parents = files.history().parents_of_new(&target, args.splice)?;
        let file = file::new(&args.file, &files, parents, message)?;
        let made = if args.empty { vec![file] } else { fill(file, args, &files, &mut bench, out)? };
        if made.is_empty() {
            out.say(format!("{}: no difference, so no revision was written", service.name));
        }
        written.extend(made.into_iter().map(|file| (files.store.folder.clone(), file)));
    }
    file::write(&args.file, &written, out)?;
    Ok(Exit::Done)
}

/// Puts the plan into the file, or into two; none where there is nothing to do.
fn fill(
    file: RevisionFile,
    args: &Revision,
    files: &Files<'_>,
    bench: &mut Bench<'_>,
    out: &Out,
) -> Result<Vec<RevisionFile>> {
    let service = files.service;
    let (schema, version) = if args.offline {
        bench.replay(service)?
    } else {
        let target = service.target(&args.connection)?;
        let applied = bench.applied(files, &target)?;
        up_to_date(files, &applied.pending(files)?)?;
        bench.read(&target)?
    };
    let Some(Decided { comparison, plan: up }) = decide(args, service, schema, version, bench, out)? else {
        return Ok(Vec::new());
    };
    let Comparison { from, to, .. } = &comparison;
    if !args.offline {
        let target = service.target(&args.connection)?;
        bench.engine.roles_are_there(&target, from, to, || {
            declared_statements(comparison.declared.iter().cloned())
        })?;
    }
    if args.expand_contract {
        let options = Options { renames: up.renames.clone(), version, online: true };
        let stages = stages(from, to, &up, &options)
            .map_err(|error| Report::error(error.code(), error.to_string()).exit(Exit::Refused))?;
        if let Some(Stages { expand, contract }) = stages {
            let (first, second) =
                (format!("{}: expand", file.message), format!("{}: contract", file.message));
            let file = RevisionFile { message: first, ..file };
            let next = file::following(&file, files, &second)?;
            let Stage { to: both, up, down, words } = expand;
            let expanded =
                complete(file, &words, Way { from, to: &both, up, down }, args, service, bench, out)?;
            let Stage { to, up, down, words } = contract;
            let way = Way { from: &both, to: &to, up, down };
            return Ok(vec![expanded, complete(next, &words, way, args, service, bench, out)?]);
        }
        out.say(format!("{}: no column changes its type or name, so one revision is enough", service.name));
    }
    let down = inverse(from, to, &up, version, online(args, service))?;
    let way = Way { from, to, up, down };
    Ok(vec![complete(file, &[], way, args, service, bench, out)?])
}

/// What a revision does.
struct Way<'a> {
    from: &'a Canonical<Schema>,
    to: &'a Canonical<Schema>,
    up: Plan,
    down: Plan,
}

/// Proves and measures a way, and puts it into the file.
fn complete(
    mut file: RevisionFile,
    words: &[String],
    way: Way<'_>,
    args: &Revision,
    service: &Service,
    bench: &mut Bench<'_>,
    out: &Out,
) -> Result<RevisionFile> {
    let Way { from, to, mut up, down } = way;
    if !args.offline {
        let target = service.target(&args.connection)?;
        bench.count_rows_in_the_way(&target, &mut up.statements)?;
    }
    file.summary = summary(&up);
    file.upgrade = Script::from_statements(&up.statements);
    let downgrade = Script::from_statements(&down.statements);
    if !args.no_proof {
        let claim = Claim {
            from,
            to,
            differences: &up.differences,
            renames: &up.renames,
            up: &file.upgrade,
            down: &downgrade,
        };
        if let Some(evidence) = proved(bench.engine.prove(&claim)?, out)? {
            file.proved = vec![evidence.line()];
            // What was measured is truer than what a rule expects.
            let run = up.statements.iter_mut().filter(|statement| statement.runs());
            for (statement, locks) in run.zip(evidence.locks) {
                if let Some(locks) = locks {
                    statement.locks = locks;
                }
            }
        }
    }
    if !args.offline {
        let target = service.target(&args.connection)?;
        bench.measure_sizes(&target, &mut up.statements)?;
    }
    file.locks = lock_lines(&up.statements);
    file.upgrade.say_first(words);
    file.downgrade = Some(downgrade);
    acknowledge(&mut file)?;
    Ok(file)
}

/// What was proved; what could not be tried is said, what failed is not written.
fn proved(proof: Proof, out: &Out) -> Result<Option<Evidence>> {
    match proof {
        Proof::Proved(evidence) => {
            for note in &evidence.notes {
                out.detail(format!("proof: {note}"));
            }
            Ok(Some(evidence))
        }
        Proof::NotTried(why) => {
            out.say(format!("not proved: {why}"));
            Ok(None)
        }
        Proof::Residual { walk, left } => Err(refuted(walk, &left).into()),
    }
}

/// Whether the statements are to keep readers and writers going.
fn online(args: &Revision, service: &Service) -> bool {
    service.online && !args.no_online
}

/// A comparison in which nothing is left to ask.
struct Decided {
    comparison: Comparison,
    plan: Plan,
}

/// Compares, and asks what only a human knows: whether a drop beside an addition is a rename. Where nobody can be
/// asked, the flags that answer are named, and nothing is written.
fn decide(
    args: &Revision,
    service: &Service,
    schema: Canonical<Schema>,
    version: i32,
    bench: &mut Bench<'_>,
    out: &Out,
) -> Result<Option<Decided>> {
    let mut told = args.renames.clone();
    let mut dropped = args.drops.clone();
    loop {
        let mut comparison = bench.against(service, schema.clone(), version, &told, online(args, service))?;
        let open = comparison
            .plan
            .candidates
            .iter()
            .filter(|candidate| !dropped.iter().any(|name| *name == candidate.dropped.to_string()));
        let open = open.copied().collect::<Vec<_>>();
        if comparison.plan.statements.is_empty() {
            return Ok(None);
        }
        let Some(first) = open.first() else {
            let plan = std::mem::take(&mut comparison.plan);
            return Ok(Some(Decided { comparison, plan }));
        };
        if !(stdin().is_terminal() && stderr().is_terminal()) {
            return Err(undecided(&open));
        }
        // Each pair is asked about once: another addition may be the new name.
        let old = first.dropped;
        let mut renamed = None;
        for Candidate { added: new, .. } in open.iter().filter(|candidate| candidate.dropped == old) {
            match ask(&format!("Was {} {old} renamed to {new}? [y/N] ", old.kind), out) {
                None => return Err(undecided(&open)),
                Some(false) => {}
                Some(true) => {
                    renamed = Some(format!("{old}={new}"));
                    break;
                }
            }
        }
        match renamed {
            Some(rename) => told.push(rename),
            None => dropped.push(old.to_string()),
        }
    }
}

/// The answer; none where the terminal is closed before there is one.
fn ask(question: &str, out: &Out) -> Option<bool> {
    out.prompt(question);
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer).ok()?;
    (read > 0).then(|| matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn undecided(open: &[Candidate]) -> Failure {
    let reports = open.iter().map(|Candidate { dropped, added }| {
        Report::error(
            "cli::rename_or_drop",
            format!("{} {dropped} is gone and {added} is new: was it renamed?", dropped.kind),
        )
        .help(format!(
            "renamed, with what it holds: `--rename {dropped}={added}`, or `renamed_from` in the model"
        ))
        .help(format!("dropped, with what it holds: `--drop {dropped}`"))
    });
    Failure::of(Exit::Refused, reports)
}

/// The way back.
fn inverse(
    from: &Canonical<Schema>,
    to: &Canonical<Schema>,
    up: &Plan,
    version: i32,
    online: bool,
) -> Result<Plan> {
    let back = |rename: &Rename| Rename { from: rename.to, to: rename.from };
    let renames = up.renames.iter().rev().map(back).collect();
    // Where it begins, names are those of the database, declared or not.
    let mut begins = Schema::clone(to);
    begins.origins.clear();
    plan(&Canonical::from_server(begins), from, &Options { renames, version, online })
        .map_err(|error| Report::error(error.code(), error.to_string()).into())
}

/// The lines of the header: what a table that comes or goes brings along is not told one by one.
fn summary(plan: &Plan) -> Vec<String> {
    let whole = |difference: &&Difference| matches!(difference.change, Verb::Create | Verb::Drop);
    let wholes = plan.differences.iter().filter(whole).map(|difference| (difference.change, difference.id));
    let wholes = wholes.collect::<BTreeSet<_>>();
    let told = |difference: &&Difference| {
        let Difference { change, id, .. } = difference;
        let target = id.target().unwrap_or(*id);
        let outer = Id::inside(kind::TABLE, target.schema, target.relation);
        let brought = id.target().is_some() && wholes.contains(&(*change, target))
            || !target.relation.is_empty() && wholes.contains(&(*change, outer));
        !brought
    };
    render::summary(plan.differences.iter().filter(told))
}
