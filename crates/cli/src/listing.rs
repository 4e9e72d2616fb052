//! Lists that come service by service: a heading each where there are several, one JSON document for all, and
//! every failure said without keeping the others from their turn.

use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::out::{Format, Out, report_json};
use crate::project::Service;

/// A list under way.
pub(crate) struct Listing<'a> {
    out: &'a Out,
    several: bool,
    exit: Exit,
    services: Vec<Value>,
    failures: Vec<Failure>,
    silent: bool,
}

impl<'a> Listing<'a> {
    /// A list for this many services.
    pub(crate) fn new(out: &'a Out, services: usize) -> Self {
        Self {
            out,
            several: services > 1,
            exit: Exit::Done,
            services: Vec::new(),
            failures: Vec::new(),
            silent: false,
        }
    }

    /// The same; a service of which there is nothing to say gets no heading.
    pub(crate) fn silent_on_nothing(self) -> Self {
        Self { silent: true, ..self }
    }

    /// Adds what there is to say of a service: lines for people, keys for programs.
    pub(crate) fn add(
        &mut self,
        service: &Service,
        lines: impl IntoIterator<Item = String>,
        mut keys: Value,
    ) {
        match self.out.format {
            Format::Json => {
                if let Some(object) = keys.as_object_mut() {
                    object.insert("service".to_owned(), json!(service.name));
                    object.insert("error".to_owned(), Value::Null);
                }
                self.services.push(keys);
            }
            Format::Text => {
                let lines = lines.into_iter().collect::<Vec<_>>();
                if lines.is_empty() && self.silent {
                    return;
                }
                let indent = if self.several { "  " } else { "" };
                let mut text = if self.several { format!("{}:\n", service.name) } else { String::new() };
                for line in
                    lines.into_iter().flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
                {
                    text.push_str(format!("{indent}{line}").trim_end());
                    text.push('\n');
                }
                self.out.data(text);
            }
        }
    }

    /// A service of which nothing can be said but why.
    pub(crate) fn failed(&mut self, service: &Service, failure: Failure) {
        if self.out.format == Format::Json {
            self.services.push(json!({ "service": service.name }));
        }
        self.also(service, Err(failure));
    }

    /// What is wrong with the service that was added last.
    pub(crate) fn also(&mut self, service: &Service, result: Result<()>) {
        let Err(failure) = result else { return };
        self.exit = self.exit.max(failure.exit);
        let first = failure.reports.first().map(report_json);
        if let Some(last) = self.services.last_mut().and_then(Value::as_object_mut) {
            last.insert("error".to_owned(), first.unwrap_or(Value::Null));
        }
        let failure = if self.several { failure.of_service(&service.name) } else { failure };
        match self.out.format {
            // At once, so that it stands below the service's own lines.
            Format::Text => self.out.report(&failure),
            Format::Json => self.failures.push(failure),
        }
    }

    /// The list ends with at least this status.
    pub(crate) fn at_least(&mut self, exit: Exit) {
        self.exit = self.exit.max(exit);
    }

    /// Prints what is left, and gives the status of the whole.
    pub(crate) fn finish(self) -> Result<Exit> {
        if self.out.format == Format::Json {
            self.out.json(json!({ "services": self.services }));
        }
        let reports = self.failures.into_iter().flat_map(|failure| failure.reports).collect::<Vec<_>>();
        if self.exit == Exit::Done { Ok(Exit::Done) } else { Err(Failure { exit: self.exit, reports }) }
    }
}
