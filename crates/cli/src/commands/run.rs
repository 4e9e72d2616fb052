//! Running revisions, service by service.
//!
//! Everything that can be known before is asked before: the graphs, edited files, what a human must decide, what
//! production refuses. Only then does anything run, and each service's plan is made again under its lock.

mod progress;
mod steps;
mod summary;

use limbeck_database::Connection;
use limbeck_database::apply::{ApplyOptions, apply};
use limbeck_database::connect::runtime;
use limbeck_database::lock::RunLock;
use limbeck_database::version_table::State;
use limbeck_revisions::target::Step;
use limbeck_revisions::{Direction, RevisionId, Target};
use limbeck_sql::HazardKind;

use crate::args;
use crate::commands::stamp::{WAIT, at};
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::guard::{self, Environment};
use crate::out::Out;
use crate::preflight;
use crate::project::{Project, Service};
use crate::state::{Applied, Files, connect, verb};

pub(super) use steps::undecided;
use summary::{Outcome, Row};

/// What is to be done with each service.
pub(super) struct Order {
    /// Which way.
    pub(super) direction: Direction,
    /// Where to.
    pub(super) target: Target,
    /// After a failure, go on with the services that don't need the one that failed.
    pub(super) keep_going: bool,
    /// What was acknowledged on the command line.
    pub(super) allowed: Vec<HazardKind>,
}

/// A service that is ready to run.
struct Job<'a> {
    files: Files<'a>,
    current: Vec<RevisionId>,
    steps: Vec<Step>,
}

/// Brings the services to the target, in this order.
pub(super) fn orchestrate(
    project: &Project,
    services: &[&Service],
    order: &Order,
    connection: &args::Connection,
    out: &Out,
) -> Result<Exit> {
    runtime()?.block_on(async {
        let mut jobs = Vec::new();
        for service in services {
            jobs.push(prepare(project, service, order, connection).await);
        }
        let stopped = !order.keep_going && jobs.iter().any(Result::is_err);
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (service, job) in services.iter().zip(jobs) {
            let outcome = match job {
                Err(failure) => Outcome::Refused(failure),
                Ok(job) if stopped || must_wait(service, &rows, order) => {
                    Outcome::NotRun { current: job.current }
                }
                Ok(job) => run(job, order, &project.environment, connection, out).await,
            };
            let row = Row { service, outcome };
            row.say(services.len() > 1, out);
            rows.push(row);
        }
        summary::finish(rows, order, out)
    })
}

/// Whether a service is not run because of one before it.
fn must_wait(service: &Service, rows: &[Row<'_>], order: &Order) -> bool {
    let stands_in_the_way = |row: &&Row<'_>| match order.direction {
        Direction::Up => service.after.contains(&row.service.name),
        Direction::Down => row.service.after.contains(&service.name),
    };
    let mut bad = rows.iter().filter(|row| !row.outcome.is_good());
    if order.keep_going { bad.any(|row| stands_in_the_way(&row)) } else { bad.next().is_some() }
}

async fn prepare<'a>(
    project: &Project,
    service: &'a Service,
    order: &Order,
    connection: &args::Connection,
) -> Result<Job<'a>> {
    if order.direction == Direction::Down && order.target.as_str() == "base" {
        guard::development_only(
            &project.environment,
            "`downgrade base`",
            "in production, go down to a revision (`limbeck downgrade ID`), or restore a backup",
        )?;
    }
    let files = Files::read(project, service)?;
    files.sound()?;
    // Not kept until its turn comes: a server may take one session at a time, and a lock must not wait for others.
    let session = connect(service, connection).await?;
    let planned = match plan(&files, &session, order, &project.environment).await {
        Ok((current, steps)) => preflight::refuse(&files, &session, &steps).await.map(|()| (current, steps)),
        Err(failure) => Err(failure),
    };
    session.close().await;
    let (current, steps) = planned?;
    Ok(Job { files, current, steps })
}

/// Where the database is, and the steps from there; all that stands in their way is an error.
async fn plan(
    files: &Files<'_>,
    connection: &Connection,
    order: &Order,
    environment: &Environment,
) -> Result<(Vec<RevisionId>, Vec<Step>)> {
    let applied = Applied::read(files, connection).await?;
    applied.unedited(files)?;
    for row in &applied.rows {
        let upgrading = match (order.direction, row.state) {
            (Direction::Up, State::Downgrading(_)) => false,
            (Direction::Down, State::Upgrading(_)) => true,
            _ => continue,
        };
        return Err(limbeck_database::Error::Unfinished { id: row.id.clone(), upgrading }.into());
    }
    let history = files.history();
    let steps = match order.direction {
        // Nothing to do is no error, however it came about.
        Direction::Up if history.is_empty() && order.target == Target::head() => Vec::new(),
        Direction::Up => history.upgrade(&order.target, &applied.heads)?,
        Direction::Down => history.downgrade(&order.target, &applied.heads)?,
    };
    undecided(files, &steps)?;
    if order.direction == Direction::Up {
        if !order.allowed.contains(&HazardKind::DataLoss) {
            steps::unacknowledged_loss(files, &steps, environment)?;
        }
        steps::unseen(connection, files, &steps, &order.allowed, environment).await?;
    }
    Ok((applied.heads, steps))
}

async fn run(
    job: Job<'_>,
    order: &Order,
    environment: &Environment,
    connection: &args::Connection,
    out: &Out,
) -> Outcome {
    let Job { files, current, steps } = job;
    if steps.is_empty() {
        return Outcome::NothingToDo { current };
    }
    match connect(files.service, connection).await {
        Ok(session) => {
            let outcome = run_on(&session, &files, order, environment, out).await;
            session.close().await;
            outcome
        }
        Err(failure) => Outcome::Failed { failure, applied: Vec::new(), interrupted: false },
    }
}

async fn run_on(
    connection: &Connection,
    files: &Files<'_>,
    order: &Order,
    environment: &Environment,
    out: &Out,
) -> Outcome {
    let table = files.version_table();
    let lock = match RunLock::acquire(connection, &table, WAIT).await {
        Ok(lock) => lock,
        Err(error) => {
            return Outcome::Failed { failure: error.into(), applied: Vec::new(), interrupted: false };
        }
    };
    // Another run may have been faster.
    let (_, steps) = match plan(files, connection, order, environment).await {
        Ok(plan) => plan,
        Err(failure) => return Outcome::Failed { failure, applied: Vec::new(), interrupted: false },
    };
    steps::warn_of_losses(files, &steps, out);
    let mut done = Vec::new();
    let result = run_steps(files, connection, &steps, &mut done, out).await;
    match result {
        Err(failure) => {
            let rows = Applied::rows(files, connection).await.map(|applied| applied.rows).unwrap_or_default();
            let interrupted = rows.iter().any(|row| row.state != State::Done);
            Outcome::Failed { failure, applied: done, interrupted }
        }
        Ok(()) => {
            let current = steps.last().map(|step| step.to.clone()).unwrap_or_default();
            match lock.release(connection).await {
                Ok(()) => Outcome::Done { applied: done, current },
                Err(error) => Outcome::Failed { failure: error.into(), applied: done, interrupted: false },
            }
        }
    }
}

async fn run_steps(
    files: &Files<'_>,
    connection: &Connection,
    steps: &[Step],
    done: &mut Vec<RevisionId>,
    out: &Out,
) -> Result<()> {
    let table = files.version_table();
    for step in steps {
        let Some(stored) = files.store.get(&step.id) else {
            return Err(Report::error("cli::internal", format!("no file for revision {}", step.id)).into());
        };
        out.say(format!(
            "{}: {} {} -> {}, {}",
            files.service.name,
            verb(step.direction),
            at(&step.from),
            at(&step.to),
            stored.file.message
        ));
        if !done.is_empty() {
            preflight::refuse_next(connection, step, stored).await?;
        }
        let runnable = [limbeck::runnable(step, stored)?];
        let watch = progress::Watch::new(connection, &files.service.name, out);
        let mut on = |event: limbeck_database::apply::Event<'_>| watch.tell(&event);
        watch
            .over(apply(connection, &table, &runnable, &ApplyOptions::default(), &mut on))
            .await
            .map_err(|error| Failure::from(error).place(stored.path.display()))?;
        done.push(step.id.clone());
    }
    Ok(())
}

impl Failure {
    /// A failure that ends with this status at least: the graver of two.
    fn at_least(self, exit: Exit) -> Self {
        Self { exit: self.exit.max(exit), ..self }
    }
}
