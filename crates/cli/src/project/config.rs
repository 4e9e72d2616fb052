//! `limbeck.toml` → [`Project`], with every mistake in it at once, each at its line and column.
//!
//! Read by hand over the parsed document instead of by a derive: an unknown key is an error with the nearest known
//! one, and serde stops at the first.

mod values;

use std::path::Path;

use limbeck_schema::Origin;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::exit::Exit;
use crate::failure::{Failure, Report, Result, Source};
use crate::guard::Environment;
use crate::secrets;
use crate::suggest::{listed, nearest};

use super::order::order;
use super::{Layout, Project, Scratch, Service, UrlForm};
use values::{bool_of, string_of, strings_of, table_of};

/// The keys of a service.
const SERVICE: &[&str] = &[
    "models",
    "sql",
    "revisions",
    "schemas",
    "url",
    "after",
    "layout",
    "exclude",
    "manage",
    "online",
    "scratch",
    "features",
];

/// The keys that may stand at the top beside `[service.…]`: what services inherit.
const SHARED: &[&str] = &["url", "layout", "exclude", "manage", "online", "scratch", "features"];

/// The keys of `[environment]`.
const ENVIRONMENT: &[&str] = &["variable", "development"];

type Key<'a> = Spanned<DeString<'a>>;
type Value<'a> = Spanned<DeValue<'a>>;

/// Reads a configuration. `shown` is the file as messages name it, `root` the folder that its paths start from.
pub(super) fn read(text: &str, shown: &Path, root: &Path, file: &Path) -> Result<Project> {
    let mut reader = Reader { text, shown: shown.display().to_string(), root, reports: Vec::new() };
    // A line that is drawn must not show a password that stands in it, whatever is wrong with the line.
    for word in
        text.split(['"', '\'', ' ', '\n']).filter(|word| word.contains("://") || word.contains("password="))
    {
        secrets::keep_password_of(word);
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        reader.reports.push(
            Report::error("cli::config_syntax", error.message().trim().replace('\n', ", "))
                .at(reader.origin(&span)),
        );
    }
    if reader.reports.is_empty() {
        let (services, environment) = reader.project(document.get_ref());
        reader.check_overlaps(&services);
        if reader.reports.is_empty() {
            return match order(services) {
                Ok(services) => {
                    Ok(Project { root: root.to_owned(), file: file.to_owned(), services, environment })
                }
                Err(reports) => Err(Failure { exit: Exit::Failed, reports }),
            };
        }
    }
    reader.reports.sort_by_key(|report| report.source.as_ref().map(Source::line));
    Err(Failure { exit: Exit::Failed, reports: reader.reports })
}

/// A service as far as it has been read.
#[derive(Clone, Default)]
struct Draft {
    models: Vec<String>,
    sql: Vec<String>,
    revisions: Option<String>,
    schemas: Vec<String>,
    url: Option<UrlForm>,
    after: Vec<String>,
    layout: Layout,
    exclude: Vec<String>,
    manage: Vec<String>,
    online: Option<bool>,
    scratch: Option<Scratch>,
    features: Vec<String>,
}

struct Reader<'a> {
    text: &'a str,
    shown: String,
    root: &'a Path,
    reports: Vec<Report>,
}

impl Reader<'_> {
    fn project(&mut self, document: &DeTable<'_>) -> (Vec<Service>, Environment) {
        let mut shared = Draft::default();
        let mut environment = Environment::default();
        let mut services = Vec::new();
        let several = document.get("service").is_some();
        let mut name = None;
        for (key, value) in document {
            match key.get_ref().as_ref() {
                "service" => services = self.tables(value),
                "environment" => environment = self.environment(value),
                "name" if !several => name = self.take(string_of(value), value),
                known if SHARED.contains(&known) || !several && SERVICE.contains(&known) => {
                    self.service_key(&mut shared, known, value);
                }
                known if SERVICE.contains(&known) => self.reports.push(
                    Report::error("cli::misplaced_key", format!("`{known}` belongs to one service"))
                        .at(self.origin(&key.span()))
                        .help(format!(
                            "move it below a `[service.NAME]`; for all services go {}",
                            listed(SHARED.iter().copied())
                        )),
                ),
                _ => {
                    let known = SERVICE.iter().chain(&["service", "environment", "name"]).copied();
                    self.unknown_key(key, "the file", known);
                }
            }
        }
        if several {
            let drafts = services.into_iter().map(|(key, table)| self.service(&key, table, shared.clone()));
            return (drafts.collect::<Vec<_>>().into_iter().flatten().collect(), environment);
        }
        let origin = Origin { file: self.shown.clone().into(), line: 1, column: 1, length: 0 };
        let fallback =
            || self.root.file_name().map_or("service".to_owned(), |n| n.to_string_lossy().into_owned());
        let name = name.or_else(|| shared.schemas.first().cloned()).unwrap_or_else(fallback);
        (self.finish(name, origin, shared).into_iter().collect(), environment)
    }

    /// The tables below `[service]`, in the order of the file.
    fn tables<'v, 'i>(&mut self, value: &'v Value<'i>) -> Vec<(Key<'i>, &'v Value<'i>)> {
        let Some(table) = self.take(table_of(value), value) else { return Vec::new() };
        let mut tables = table.iter().map(|(key, value)| (key.clone(), value)).collect::<Vec<_>>();
        tables.sort_by_key(|(key, value)| key.span().start.max(value.span().start));
        if tables.is_empty() {
            self.reports.push(
                Report::error("cli::no_service", "the file has no service")
                    .at(self.origin(&value.span()))
                    .help("write a `[service.NAME]` table for each"),
            );
        }
        tables
    }

    fn service(&mut self, name: &Key<'_>, value: &Value<'_>, mut draft: Draft) -> Option<Service> {
        let table = self.take(table_of(value), value)?;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                known if SERVICE.contains(&known) => self.service_key(&mut draft, known, value),
                _ => self.unknown_key(key, "a service", SERVICE.iter().copied()),
            }
        }
        self.finish(name.get_ref().to_string(), self.origin(&name.span()), draft)
    }

    fn service_key(&mut self, draft: &mut Draft, key: &str, value: &Value<'_>) {
        match key {
            "models" => draft.models = self.take(strings_of(value), value).unwrap_or_default(),
            "sql" => draft.sql = self.take(strings_of(value), value).unwrap_or_default(),
            "revisions" => draft.revisions = self.take(string_of(value), value),
            "schemas" => draft.schemas = self.take(strings_of(value), value).unwrap_or_default(),
            "url" => draft.url = self.url(value),
            "after" => draft.after = self.take(strings_of(value), value).unwrap_or_default(),
            "layout" => draft.layout = self.layout(value).unwrap_or_default(),
            "exclude" => draft.exclude.extend(self.take(strings_of(value), value).unwrap_or_default()),
            "manage" => draft.manage.extend(self.take(strings_of(value), value).unwrap_or_default()),
            "online" => draft.online = self.take(bool_of(value), value),
            "scratch" => draft.scratch = self.scratch(value),
            "features" => draft.features.extend(self.take(strings_of(value), value).unwrap_or_default()),
            _ => unreachable!("the callers look the key up in SERVICE"),
        }
    }

    fn finish(&mut self, name: String, origin: Origin, draft: Draft) -> Option<Service> {
        let Draft {
            models,
            sql,
            revisions,
            schemas,
            url,
            after,
            layout,
            exclude,
            manage,
            online,
            scratch,
            features,
        } = draft;
        let mut missing = Vec::new();
        if models.is_empty() && sql.is_empty() {
            missing.push("models");
        }
        if revisions.is_none() {
            missing.push("revisions");
        }
        if schemas.is_empty() {
            missing.push("schemas");
        }
        if !missing.is_empty() {
            self.reports.push(
                Report::error("cli::missing_key", format!("service `{name}` lacks {}", listed(missing)))
                    .at(origin.clone())
                    .help("`models` and `revisions` are folders, `schemas` is what the service owns"),
            );
            return None;
        }
        let paths = |paths: Vec<String>| paths.into_iter().map(|path| self.root.join(path)).collect();
        Some(Service {
            name,
            models: paths(models),
            sql: paths(sql),
            revisions: self.root.join(revisions.unwrap_or_default()),
            schemas,
            url,
            after,
            layout,
            exclude,
            manage,
            online: online.unwrap_or(true),
            scratch,
            features,
            origin,
        })
    }

    fn url(&mut self, value: &Value<'_>) -> Option<UrlForm> {
        let text = self.take(string_of(value), value)?;
        match UrlForm::parse(&text, self.root) {
            Ok(form) => Some(form),
            Err(failure) => {
                let origin = self.origin(&value.span());
                self.reports.extend(failure.reports.into_iter().map(|report| report.at(origin.clone())));
                None
            }
        }
    }

    fn scratch(&mut self, value: &Value<'_>) -> Option<Scratch> {
        match value.get_ref().as_str() {
            Some("target") => Some(Scratch::Target),
            _ => self.url(value).map(Scratch::Server),
        }
    }

    fn layout(&mut self, value: &Value<'_>) -> Option<Layout> {
        let text = self.take(string_of(value), value)?;
        let names = || Layout::ALL.iter().map(|(name, _)| *name);
        if let Some((_, layout)) = Layout::ALL.iter().find(|(name, _)| *name == text) {
            return Some(*layout);
        }
        let report = Report::error("cli::bad_value", format!("there is no layout `{text}`"))
            .at(self.origin(&value.span()));
        self.reports.push(match nearest(&text, names()) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("the layouts are {}", listed(names()))),
        });
        None
    }

    fn environment(&mut self, value: &Value<'_>) -> Environment {
        let mut environment = Environment::default();
        let Some(table) = self.take(table_of(value), value) else { return environment };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "variable" => environment.variable = self.take(string_of(value), value).unwrap_or_default(),
                "development" => {
                    environment.development = self.take(strings_of(value), value).unwrap_or_default()
                }
                _ => self.unknown_key(key, "`[environment]`", ENVIRONMENT.iter().copied()),
            }
        }
        // An empty value is what an unset variable looks like to many shells: it never means development.
        environment.development.retain(|value| !value.is_empty());
        environment
    }

    /// Two services must not write the same revisions, nor own the same schema of one database.
    fn check_overlaps(&mut self, services: &[Service]) {
        for (at, service) in services.iter().enumerate() {
            for other in &services[..at] {
                let shared = service.schemas.iter().find(|schema| other.schemas.contains(schema));
                let (what, help) = match shared {
                    _ if service.revisions == other.revisions => {
                        ("the same `revisions` folder".to_owned(), "give each service a folder of its own")
                    }
                    Some(schema) if service.url == other.url => (
                        format!("the schema `{schema}`"),
                        "each would drop what the other declares: let one service own it",
                    ),
                    _ => continue,
                };
                self.reports.push(
                    Report::error(
                        "cli::services_overlap",
                        format!("services `{}` and `{}` have {what}", other.name, service.name),
                    )
                    .at(service.origin.clone())
                    .help(help),
                );
            }
        }
    }

    fn unknown_key<'k>(&mut self, key: &Key<'_>, owner: &str, known: impl Iterator<Item = &'k str> + Clone) {
        let name = key.get_ref();
        let report = Report::error("cli::unknown_key", format!("{owner} has no key `{name}`"))
            .at(self.origin(&key.span()));
        self.reports.push(match nearest(name, known.clone()) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("the keys are {}", listed(known))),
        });
    }

    /// The value, or a report of what was expected instead.
    fn take<T>(&mut self, value: std::result::Result<T, String>, place: &Value<'_>) -> Option<T> {
        value
            .map_err(|message| {
                self.reports.push(Report::error("cli::bad_value", message).at(self.origin(&place.span())));
            })
            .ok()
    }

    fn origin(&self, span: &std::ops::Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let spanned = self.text.get(span.clone()).unwrap_or_default();
        let length = spanned.lines().next().unwrap_or_default().chars().count();
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Origin {
            file: self.shown.clone().into(),
            line: small(line),
            column: small(column),
            length: small(length),
        }
    }
}
