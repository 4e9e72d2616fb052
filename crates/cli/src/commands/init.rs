//! `limbeck init`: the configuration and the folders of revisions; what is there already stays as it is.

mod from_database;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use crate::args::{Choice, Init};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::out::{Out, table};
use crate::project::{Project, Service};

/// Where models usually lie, the best guess first.
const MODELS: &[&str] = &["src/models", "src/models.rs", "src/schema", "src/model", "src/entities", "src"];

/// Writes what is missing and shows what is configured.
pub(crate) fn run(args: &Init, out: &Out) -> Result<Exit> {
    if let Some(url) = &args.from_database {
        return from_database::run(args, url, out);
    }
    let file = args.config.as_path();
    let mut done = write_file(args, file)?;
    let choice = Choice { config: Some(file.to_owned()), ..Choice::default() };
    let project = Project::load(&choice, out)?;
    for service in &project.services {
        if !service.revisions.is_dir() {
            fs::create_dir_all(&service.revisions).map_err(|error| unwritable(&service.revisions, &error))?;
            done.push(format!("made {}/", project.shown(&service.revisions).display()));
        }
    }
    for line in &done {
        out.say(line);
    }
    if done.is_empty() {
        out.say(format!("nothing to do: {} and its folders are there", file.display()));
    }
    out.data(configured(&project));
    Ok(Exit::Done)
}

/// Writes the file, or adds the services that it lacks. Returns what was done.
fn write_file(args: &Init, file: &Path) -> Result<Vec<String>> {
    let shown = file.display();
    let Ok(text) = fs::read_to_string(file) else {
        fs::write(file, new_file(args)).map_err(|error| unwritable(file, &error))?;
        return Ok(vec![format!("wrote {shown}")]);
    };
    if !args.schemas.is_empty() || args.models.is_some() || args.revisions.is_some() {
        return Err(Report::error(
            "cli::exists",
            format!("`{shown}` exists, and `init` changes nothing in it"),
        )
        .place(shown)
        .help("edit the file; `init` without options makes the folders that it names")
        .exit(Exit::Refused));
    }
    let choice = Choice { config: Some(file.to_owned()), ..Choice::default() };
    let known = Project::load(&choice, &Out::default())?;
    let mut new = unique(&args.services);
    new.retain(|name| !known.services.iter().any(|service| service.name == *name));
    if new.is_empty() {
        return Ok(Vec::new());
    }
    if !text.contains("[service.") {
        return Err(Report::error("cli::exists", format!("`{shown}` describes a single service"))
            .place(shown)
            .help("move its keys below a `[service.NAME]` table first")
            .exit(Exit::Refused));
    }
    let text =
        format!("{}\n{}", text.trim_end(), new.iter().map(|name| service_table(name)).collect::<String>());
    fs::write(file, text).map_err(|error| unwritable(file, &error))?;
    Ok(vec![format!("added {} to {shown}", crate::suggest::listed(new.iter().map(String::as_str)))])
}

fn new_file(args: &Init) -> String {
    let mut text =
        String::from("# Limbeck's configuration; `limbeck explain cli::unknown_key` lists the keys.\n");
    if args.services.is_empty() {
        let guess = MODELS.iter().find(|path| Path::new(path).exists()).unwrap_or(&MODELS[0]);
        let models = args.models.as_deref().unwrap_or(guess);
        let revisions = args.revisions.as_deref().unwrap_or("migrations");
        let schemas = if args.schemas.is_empty() { vec!["public".to_owned()] } else { args.schemas.clone() };
        text.push_str(&keys(models, revisions, &schemas));
    }
    text.extend(unique(&args.services).iter().map(|name| service_table(name)));
    text
}

/// The names in their order, each once.
fn unique(names: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        if !unique.contains(name) {
            unique.push(name.clone());
        }
    }
    unique
}

fn service_table(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let header = if bare && !name.is_empty() { name.to_owned() } else { quoted(name) };
    let keys = keys(&format!("{name}/src/models"), &format!("{name}/migrations"), &[name.to_owned()]);
    format!("\n[service.{header}]\n{keys}")
}

fn keys(models: &str, revisions: &str, schemas: &[String]) -> String {
    let schemas = schemas.iter().map(|schema| quoted(schema)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for (key, value) in [
        ("models", quoted(models)),
        ("revisions", quoted(revisions)),
        ("schemas", format!("[{schemas}]")),
        ("url", quoted("env:DATABASE_URL")),
    ] {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{key:<9} = {value}");
    }
    text
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// What is configured, a row a service.
fn configured(project: &Project) -> String {
    let exists = |path: &Path| {
        let shown = project.shown(path).display().to_string();
        if path.exists() { shown } else { format!("{shown} (missing)") }
    };
    let row = |service: &Service| {
        let sources = service.models.iter().chain(&service.sql);
        vec![
            service.name.clone(),
            service.schemas.join(", "),
            sources.map(|path| exists(path)).collect::<Vec<_>>().join(", "),
            exists(&service.revisions),
            service.after.join(", "),
        ]
    };
    let rows = project.services.iter().map(row).collect::<Vec<_>>();
    table(&["SERVICE", "SCHEMAS", "MODELS", "REVISIONS", "AFTER"], &rows)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Report {
    let here = env::current_dir().map(|here| format!(" in {}", here.display())).unwrap_or_default();
    let place = if path.is_relative() { here } else { String::new() };
    Report::error("cli::unwritable", format!("cannot write `{}`{place}: {error}", path.display()))
}
