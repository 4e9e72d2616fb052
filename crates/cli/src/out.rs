//! Everything that is printed is printed here: data to stdout, talk to stderr.
//!
//! Every text passes the filter of [`crate::secrets`]. A closed pipe ends the printing, not the work: half an
//! upgrade because of `| head` would be absurd. Colour is for terminals only (`anstream` decides).

mod draw;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use limbeck_schema::Severity;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::{Failure, Report, Source};
use crate::secrets::{self, Filter};

pub(crate) use table::table;

/// The form of data and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    // For people, and for programs (stable and versioned); as doc comments clap would print these.
    #[default]
    Text,
    Json,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Verbosity {
    /// Warnings and errors only.
    Quiet,
    /// What was done.
    #[default]
    Normal,
    /// What is being done.
    Verbose,
}

/// The two streams of one run.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// The form of errors; data follow it where a command has no forms of its own.
    pub(crate) format: Format,
    /// How much is said.
    pub(crate) verbosity: Verbosity,
    base: OnceLock<Vec<PathBuf>>,
    warnings: Mutex<Vec<Report>>,
    closed: AtomicBool,
}

impl Out {
    /// Output in this form.
    pub(crate) fn new(format: Format, verbosity: Verbosity) -> Self {
        Self { format, verbosity, ..Self::default() }
    }

    /// The folders that places in messages are relative to: where the user is, and the project's.
    pub(crate) fn places_from(&self, base: &[&Path]) {
        // Once a run: there is one project.
        let _ = self.base.set(base.iter().map(|base| base.to_path_buf()).collect());
    }

    fn base(&self) -> &[PathBuf] {
        self.base.get().map_or(&[], Vec::as_slice)
    }

    fn warnings(&self) -> std::sync::MutexGuard<'_, Vec<Report>> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `--verbose` was given.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Data for people or programs, as it stands; a newline is added where none ends it.
    pub(crate) fn data(&self, text: impl AsRef<str>) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let text = secrets::filter(text.as_ref(), Filter::Data);
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let mut stdout = anstream::stdout().lock();
        let written = write!(stdout, "{text}{end}").and_then(|()| stdout.flush());
        self.closed.store(written.is_err(), Ordering::Relaxed);
    }

    /// One JSON document, with the version key first in meaning if not in order.
    pub(crate) fn json(&self, mut document: Value) {
        if let Some(object) = document.as_object_mut() {
            object.insert("limbeck".to_owned(), json!(1));
        }
        self.data(format!("{document:#}"));
    }

    /// Asks something; the answer is the caller's to read.
    pub(crate) fn prompt(&self, question: &str) {
        let mut stderr = anstream::stderr().lock();
        let _ = write!(stderr, "{}", secrets::filter(question, Filter::Talk)).and_then(|()| stderr.flush());
    }

    /// Says what was done. Under `--format json` nobody reads it.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if self.verbosity >= Verbosity::Normal && self.format == Format::Text {
            say(text.as_ref());
        }
    }

    /// Says what is being done, for those who asked with `--verbose`.
    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        if self.verbosity >= Verbosity::Verbose && self.format == Format::Text {
            say(text.as_ref());
        }
    }

    /// Warns. Under `--format json` warnings are kept for the one document on stderr.
    pub(crate) fn warn(&self, report: impl Into<Report>) {
        let report = report.into();
        match self.format {
            Format::Text => say(draw::report(&report, self.base())),
            Format::Json => self.warnings().push(report),
        }
    }

    /// A report as people read it, for those who print reports as data.
    pub(crate) fn drawn(&self, report: &Report) -> String {
        draw::report(report, self.base())
    }

    /// Prints the reports of a failure at once, in a loop that goes on.
    pub(crate) fn report(&self, failure: &Failure) {
        for report in &failure.reports {
            say(draw::report(report, self.base()));
        }
    }

    /// Prints what is left to print and gives the status to exit with.
    pub(crate) fn finish(&self, result: crate::failure::Result<Exit>) -> Exit {
        let (exit, reports) = match result {
            Ok(exit) => (exit, Vec::new()),
            Err(failure) => (failure.exit, failure.reports),
        };
        match self.format {
            Format::Text => self.report(&Failure { exit, reports }),
            Format::Json => self.finish_json(reports),
        }
        exit
    }

    fn finish_json(&self, mut reports: Vec<Report>) {
        reports.splice(0..0, std::mem::take(&mut *self.warnings()));
        let (warnings, errors): (Vec<_>, Vec<_>) =
            reports.iter().partition(|report| report.severity == Severity::Warning);
        let mut document = serde_json::Map::new();
        document.insert("limbeck".to_owned(), json!(1));
        if let Some(first) = errors.first() {
            document.insert("error".to_owned(), report_json(first));
        }
        for (key, list) in [("errors", errors), ("warnings", warnings)] {
            if list.len() > usize::from(key == "errors") {
                document.insert(key.to_owned(), list.into_iter().map(report_json).collect());
            }
        }
        if document.len() > 1 {
            say(format!("{:#}", Value::Object(document)));
        }
    }
}

/// A message as the JSON contract has it.
pub(crate) fn report_json(report: &Report) -> Value {
    let Report { severity: _, code, message, source, help } = report;
    json!({
        "code": code,
        "message": message,
        "help": if help.is_empty() { Value::Null } else { json!(help.join("\n")) },
        "source": source.as_ref().map(Source::to_string),
    })
}

/// A failure in one line: for the row of a table.
pub(crate) fn failure_line(failure: &Failure) -> String {
    let line = |report: &Report| format!("error[{}]: {}", report.code, report.message);
    let text = failure.reports.first().map(line).unwrap_or_else(|| "failed".to_owned());
    secrets::filter(&text, Filter::Talk)
}

/// Prints what clap made of the command line: help and version to stdout, its errors to stderr.
pub(crate) fn usage(error: &clap::Error, format: Format) -> Exit {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    if exit == Exit::Usage && format == Format::Json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let report =
            Report::error("cli::usage", message).help("run `limbeck help` for the commands and options");
        return Out::new(format, Verbosity::Normal).finish(Err(report.exit(exit)));
    }
    if exit == Exit::Usage {
        say(format!("{}", error.render().ansi()).trim_end());
    } else {
        // A closed pipe: nobody is there to be told.
        let _ = error.print();
    }
    exit
}

/// Replaces Rust's own panic message, with its thread and backtrace, by one that a user can act on.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let cause = cause(panic.payload());
        let report = Report::error("cli::internal", format!("Limbeck made a mistake: {cause}"))
            .place(place)
            .help("please report it with the command and, if you may, the input that led to it");
        say(draw::report(&report, &[]));
    }));
}

/// What a panic was given: a text, or something that has none.
fn cause(payload: &dyn std::any::Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn say(text: impl AsRef<str>) {
    let text = secrets::filter(text.as_ref(), Filter::Talk);
    // Nobody reads stderr: the exit status still says how it ended.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
