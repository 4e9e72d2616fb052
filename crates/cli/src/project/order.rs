//! The order of services: after those that they name, else as the file has them.

use crate::failure::Report;
use crate::suggest::nearest;

use super::Service;

/// The services in order; all names in `after` that don't exist, or the cycle.
pub(super) fn order(services: Vec<Service>) -> Result<Vec<Service>, Vec<Report>> {
    let unknown = unknown_names(&services);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut waiting = services;
    let mut done: Vec<Service> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = |service: &Service| {
            service.after.iter().all(|name| done.iter().any(|before| before.name == *name))
        };
        match waiting.iter().position(ready) {
            Some(at) => done.push(waiting.remove(at)),
            None => return Err(vec![cycle(&waiting)]),
        }
    }
    Ok(done)
}

fn unknown_names(services: &[Service]) -> Vec<Report> {
    let mut reports = Vec::new();
    for service in services {
        for name in &service.after {
            if services.iter().any(|other| other.name == *name) {
                continue;
            }
            let report = Report::error(
                "cli::unknown_service",
                format!("service `{}` comes after `{name}`, which does not exist", service.name),
            )
            .at(service.origin.clone());
            reports.push(match nearest(name, services.iter().map(|other| other.name.as_str())) {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help("name a service of this file"),
            });
        }
    }
    reports
}

/// Every service that waits has one before it that waits too: follow them until one comes again.
fn cycle(waiting: &[Service]) -> Report {
    let mut path: Vec<&Service> = Vec::new();
    let mut next = waiting.first();
    while let Some(service) = next {
        if let Some(at) = path.iter().position(|seen| seen.name == service.name) {
            path.drain(..at);
            break;
        }
        path.push(service);
        next = waiting.iter().find(|other| service.after.contains(&other.name));
    }
    let names = path.iter().chain(path.first()).map(|service| service.name.as_str()).collect::<Vec<_>>();
    let report = Report::error(
        "cli::service_cycle",
        format!("services come after one another in a circle: {}", names.join(" after ")),
    )
    .help("take one of the names out of an `after`");
    match path.first() {
        Some(service) => report.at(service.origin.clone()),
        None => report,
    }
}
