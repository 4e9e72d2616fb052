//! `limbeck lint`: what is unwise in revision files, hand-written statements included. Opens no connection.

use std::fs;
use std::path::{Path, PathBuf};

use limbeck_lint::{Finding, Options, Verdict, lint};
use limbeck_schema::Severity;
use serde_json::{Value, json};

use crate::args::Lint;
use crate::exit::Exit;
use crate::failure::{Failure, Report, Result};
use crate::out::{Format, Out};
use crate::project::{Layout, Project, Service};

/// A file to judge.
struct Task {
    path: PathBuf,
    options: Options,
    service: Option<String>,
}

/// A file that was judged.
pub(crate) struct Judged {
    /// The file as messages name it.
    pub(crate) name: String,
    /// The service that it belongs to.
    pub(crate) service: Option<String>,
    /// What came of it.
    pub(crate) verdict: Verdict,
}

/// Judges files.
pub(crate) fn run(args: &Lint, out: &Out) -> Result<Exit> {
    let tasks = if args.files.is_empty() { of_project(args, out)? } else { of_files(args, out)? };
    let mut judged = Vec::new();
    for Task { path, options, service } in tasks {
        judged.push(judge(&path, &options, service)?);
    }
    let counts = Counts::of(&judged);
    match out.format {
        Format::Json => out.json(as_json(&judged)),
        Format::Text => {
            for file in &judged {
                out.data(text(file, out));
            }
            out.say(counts.line(judged.len()));
        }
    }
    Ok(counts.exit(args.deny_warnings))
}

/// Reads and judges a file.
///
/// # Errors
///
/// It can't be read.
pub(crate) fn judge(path: &Path, options: &Options, service: Option<String>) -> Result<Judged> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| {
        Report::error("cli::unreadable", format!("`{name}` can't be read: {error}")).exit(Exit::Failed)
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Report::error("cli::unreadable", format!("`{name}` is not UTF-8")).exit(Exit::Failed))?;
    let verdict = lint(&name, &text, options);
    Ok(Judged { name, service, verdict })
}

/// What a service's revisions are judged by.
pub(crate) fn options(service: &Service, style: bool) -> Options {
    Options { owned: service.schemas.clone(), revision: service.layout == Layout::Limbeck, style }
}

/// Every revision of the chosen services.
fn of_project(args: &Lint, out: &Out) -> Result<Vec<Task>> {
    let project = Project::load(&args.choice, out)?;
    let mut tasks = Vec::new();
    for service in project.choose(&args.choice)? {
        let folder = project.shown(&service.revisions);
        for path in sql_files(&folder)? {
            let options = options(service, args.style);
            tasks.push(Task { path, options, service: Some(service.name.clone()) });
        }
    }
    Ok(tasks)
}

/// The files that were named; those of a service are judged by what it owns.
fn of_files(args: &Lint, out: &Out) -> Result<Vec<Task>> {
    let project = Project::load(&args.choice, out).ok();
    let mut tasks = Vec::new();
    for path in &args.files {
        let full = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let service = project.as_ref().and_then(|project| {
            let mut services = project.services.iter();
            services.find(|service| {
                let folder =
                    fs::canonicalize(&service.revisions).unwrap_or_else(|_| service.revisions.clone());
                full.starts_with(folder)
            })
        });
        let options = match service {
            Some(service) => options(service, args.style),
            None => Options { style: args.style, ..Options::default() },
        };
        let paths = if path.is_dir() { sql_files(path)? } else { vec![path.clone()] };
        let service = service.map(|service| service.name.clone());
        tasks.extend(paths.into_iter().map(|path| Task {
            path,
            options: options.clone(),
            service: service.clone(),
        }));
    }
    Ok(tasks)
}

/// The SQL files of a folder, sorted, dot files left out.
fn sql_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| -> Failure {
        Report::error("cli::unreadable", format!("`{}` can't be read: {error}", folder.display()))
            .exit(Exit::Failed)
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".sql") && !name.starts_with('.') && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The messages of a file, drawn over its source.
fn text(file: &Judged, out: &Out) -> String {
    let errors = file.verdict.errors.iter().map(Report::from);
    let findings =
        file.verdict.findings.iter().cloned().map(limbeck_schema::Diagnostic::from).map(Report::from);
    errors.chain(findings).map(|report| out.drawn(&report) + "\n\n").collect()
}

/// How many were found.
#[derive(Default)]
struct Counts {
    errors: usize,
    warnings: usize,
}

impl Counts {
    fn of(judged: &[Judged]) -> Self {
        let mut counts = Self::default();
        for Judged { verdict, .. } in judged {
            counts.errors += verdict.errors.len();
            for Finding { severity, .. } in &verdict.findings {
                match severity {
                    Severity::Error => counts.errors += 1,
                    Severity::Warning => counts.warnings += 1,
                }
            }
        }
        counts
    }

    fn exit(&self, deny_warnings: bool) -> Exit {
        if self.errors > 0 || deny_warnings && self.warnings > 0 { Exit::Refused } else { Exit::Done }
    }

    fn line(&self, files: usize) -> String {
        let many = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let Self { errors, warnings } = self;
        format!("{}, {} in {}", many(*errors, "error"), many(*warnings, "warning"), many(files, "file"))
    }
}

/// A finding for programs.
pub(crate) fn finding(finding: &Finding) -> Value {
    let Finding { code, severity, hazard, message, origin, help } = finding;
    json!({
        "code": code,
        "severity": match severity { Severity::Error => "error", Severity::Warning => "warning" },
        "hazard": hazard.map(limbeck_sql::HazardKind::name),
        "message": message,
        "help": help,
        "source": origin.to_string(),
        "file": &*origin.file,
        "line": origin.line,
        "column": origin.column,
        "length": origin.length,
    })
}

/// What is wrong with a file as a revision, for programs.
pub(crate) fn error(error: &limbeck_revisions::Error) -> Value {
    let (line, column) = error.place().map_or((1, 1), |place| (place.line, place.column));
    json!({
        "code": error.code(),
        "severity": "error",
        "hazard": null,
        "message": error.to_string(),
        "help": error.help(),
        "source": error.place().map(ToString::to_string),
        "file": error.place().map(|place| place.file.clone()),
        "line": line,
        "column": column,
        "length": 0,
    })
}

fn as_json(judged: &[Judged]) -> Value {
    let files = judged.iter().map(|Judged { name, service, verdict }| {
        let errors = verdict.errors.iter().map(error);
        let findings = verdict.findings.iter().map(finding);
        json!({ "file": name, "service": service, "findings": errors.chain(findings).collect::<Vec<_>>() })
    });
    json!({ "files": files.collect::<Vec<_>>() })
}
