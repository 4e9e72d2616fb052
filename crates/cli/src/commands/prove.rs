//! `limbeck prove`: revisions run up, down and up again on scratch.

use limbeck_revisions::{Range, RevisionId, Target};
use limbeck_sql::Lock;
use serde_json::{Value, json};

use crate::args::Prove;
use crate::bench::Bench;
use crate::engine::prove::{Evidence, Proof};
use crate::exit::Exit;
use crate::failure::{Report, Result};
use crate::listing::Listing;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::render;
use crate::state::Files;

/// Proves them; exit 1 where one does not hold. No database but scratch is asked.
pub(crate) fn run(args: &Prove, out: &Out) -> Result<Exit> {
    let project = Project::load(&args.choice, out)?;
    let services = project.choose(&args.choice)?;
    let mut bench = Bench::new(&project, &services, &args.scratch, out)?;
    let mut listing = Listing::new(out, services.len());
    for service in services {
        match prove(args, &project, service, &mut bench) {
            Ok(tried) => {
                let lines: Vec<String> = tried.iter().flat_map(Tried::lines).collect();
                let keys = json!({ "revisions": tried.iter().map(Tried::json).collect::<Vec<_>>() });
                listing.add(service, lines, keys);
                if tried.iter().any(|tried| !matches!(tried.proof, Proof::Proved(_))) {
                    listing.at_least(Exit::Refused);
                }
            }
            Err(failure) => listing.failed(service, failure),
        }
    }
    listing.finish()
}

/// A revision and what came of it.
struct Tried {
    id: RevisionId,
    message: String,
    statements: Vec<String>,
    proof: Proof,
}

fn prove(args: &Prove, project: &Project, service: &Service, bench: &mut Bench<'_>) -> Result<Vec<Tried>> {
    let files = Files::read(project, service)?;
    files.sound()?;
    let mut tried = Vec::new();
    for id in chosen(&args.revisions, &files)? {
        let Some(stored) = files.store.get(&id) else { continue };
        let target = id.as_str().parse::<Target>()?;
        let own = (service.name.clone(), id.clone());
        let history = bench.history_of(service, &target)?;
        let before = history.iter().filter(|statement| statement.of != own);
        let before = before.map(|statement| statement.text.as_str()).collect();
        let (up, down) = (&stored.file.upgrade, stored.file.downgrade.as_ref());
        let proof = bench.engine.prove_revision(before, up, down)?;
        let statements = up.statements().map(|statement| statement.sql.to_string()).collect();
        tried.push(Tried { id, message: stored.file.message.clone(), statements, proof });
    }
    Ok(tried)
}

/// The revisions that are meant, each once, what is needed first.
fn chosen(words: &[String], files: &Files<'_>) -> Result<Vec<RevisionId>> {
    let history = files.history();
    let mut ids = Vec::new();
    if words.is_empty() {
        ids.extend(history.heads());
    }
    for word in words {
        let asks = || {
            Report::error("cli::usage", format!("`{word}` depends on a database, and `prove` asks none"))
                .help("name the revisions, or a range: `base:heads`")
                .exit(Exit::Usage)
        };
        if word.contains(':') {
            let range = word.parse::<Range>()?;
            if range.needs_current() {
                return Err(asks());
            }
            ids.extend(history.range(&range, &[])?.into_iter().map(|revision| revision.id.clone()));
        } else {
            let target = word.parse::<Target>()?;
            if target.needs_current() {
                return Err(asks());
            }
            ids.extend(history.points(&target, &[])?);
        }
    }
    let in_order = history.revisions().iter().map(|revision| revision.id.clone());
    Ok(in_order.filter(|id| ids.contains(id)).collect())
}

impl Tried {
    fn lines(&self) -> Vec<String> {
        let Self { id, message, proof, .. } = self;
        match proof {
            Proof::Proved(evidence) => {
                let mut lines = vec![format!("{id} {message}: {}", evidence.line())];
                lines.extend(evidence.notes.iter().map(|note| format!("  note: {note}")));
                lines
            }
            Proof::NotTried(why) => vec![format!("{id} {message}: not proved: {why}")],
            Proof::Residual { walk, left } => {
                let mut lines = vec![format!("{id} {message}: the {walk} does not lead where it should")];
                lines.extend(left.iter().map(|line| format!("  {line}")));
                lines
            }
        }
    }

    fn json(&self) -> Value {
        let Self { id, message, statements, proof } = self;
        let mut document = json!({
            "revision": id, "message": message, "proved": matches!(proof, Proof::Proved(_)), "residual": [], "notes": [],
        });
        let Some(keys) = document.as_object_mut() else { return document };
        match proof {
            Proof::Proved(Evidence { version, walks, rows, tables, locks, notes }) => {
                keys.insert("version".to_owned(), json!(version));
                keys.insert("walks".to_owned(), json!(walks.split(", ").collect::<Vec<_>>()));
                keys.insert("rows".to_owned(), json!(rows));
                keys.insert("tables".to_owned(), json!(tables));
                keys.insert("notes".to_owned(), json!(notes));
                let measured = |locks: &Vec<Lock>| locks.iter().map(render::lock).collect::<Vec<_>>();
                let statement = |(sql, locks): (&String, &Option<Vec<Lock>>)| json!({ "sql": sql, "locks": locks.as_ref().map(measured) });
                let statements: Vec<Value> = statements.iter().zip(locks).map(statement).collect();
                keys.insert("statements".to_owned(), json!(statements));
            }
            Proof::NotTried(why) => {
                keys.insert("notes".to_owned(), json!([why]));
            }
            Proof::Residual { walk, left } => {
                keys.insert("walk".to_owned(), json!(walk));
                keys.insert("residual".to_owned(), json!(left));
            }
        }
        document
    }
}
