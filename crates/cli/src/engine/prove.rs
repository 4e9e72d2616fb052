//! Proof: a revision run up, down and up again on scratch, and read back each time.
//!
//! The scratch database gets the touched objects as they are, with all that they need and all that needs them,
//! so that the cost follows the size of the change. After each walk the server is read back and compared with
//! what should be there; what is left over is the residual, and a file with a residual is not written.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_database::{Connection, Error};
use limbeck_kinds::{Object, Schema, kind, needs};
use limbeck_plan::{Difference, Options, Plan, plan};
use limbeck_revisions::file::{Item, Mode, Script};
use limbeck_schema::{Canonical, Id, Rename};
use limbeck_sql::Name;

use super::Engine;
use super::compare::creation;
use super::scratch::message;
use crate::failure::{Report, Result};

/// What came of it.
pub(crate) enum Proof {
    /// Each walk led where it should.
    Proved {
        /// The server's version: `15.18`.
        version: String,
    },
    /// It could not be tried, for this reason: the change waits for a human, or scratch lacks what it needs.
    NotTried(String),
    /// A walk led elsewhere.
    Residual {
        /// Which walk: "upgrade".
        walk: &'static str,
        /// The statement that the server refused, or what is left to do.
        left: String,
    },
}

/// One revision, ready to be tried.
pub(crate) struct Claim<'a> {
    pub(crate) from: &'a Canonical<Schema>,
    pub(crate) to: &'a Canonical<Schema>,
    pub(crate) differences: &'a [Difference],
    pub(crate) renames: &'a [Rename],
    pub(crate) up: &'a Script,
    pub(crate) down: &'a Script,
}

impl Engine<'_> {
    /// Tries a revision on scratch.
    ///
    /// # Errors
    ///
    /// No scratch server, or a broken connection.
    pub(crate) fn prove(&mut self, claim: &Claim<'_>) -> Result<Proof> {
        if let Some(todo) = claim.up.todos().next() {
            return Ok(Proof::NotTried(format!("it waits for a decision: {}", todo.text)));
        }
        // What is renamed has its new name in the differences and its old one in `from`.
        let renamed = claim.renames.iter().flat_map(|rename| [rename.from, rename.to]);
        let touched: BTreeSet<Id> =
            claim.differences.iter().map(|difference| difference.id).chain(renamed).collect();
        let from = surroundings(claim.from, claim.from, claim.to, &touched);
        let to = surroundings(claim.to, claim.from, claim.to, &touched);
        let start = creation(&from, claim.from, self.major())?;
        let database = self.scratch_database()?;
        let proof = self.runtime.block_on(async {
            let connection = database.connect().await?;
            connection.client.batch_execute("SET check_function_bodies = off").await?;
            for statement in &start {
                if let Err(error) = connection.client.batch_execute(statement).await {
                    return Ok(Proof::NotTried(format!("scratch lacks what it needs: {}", message(&error))));
                }
            }
            for (walk, script, wanted) in [
                ("upgrade", claim.up, &to),
                ("downgrade", claim.down, &from),
                ("second upgrade", claim.up, &to),
            ] {
                if let Err(left) = run(&connection, script).await {
                    return Ok(Proof::Residual { walk, left });
                }
                let read = limbeck_database::read(&connection).await?;
                if let Some(left) = residual(&read, wanted, connection.version) {
                    return Ok(Proof::Residual { walk, left });
                }
            }
            Ok::<_, Error>(Proof::Proved { version: connection.version_text() })
        });
        let closed = self.runtime.block_on(database.close());
        let proof = proof?;
        closed?;
        Ok(proof)
    }
}

/// The residual as an error: the file is not written.
pub(crate) fn refuted(walk: &str, left: &str) -> Report {
    Report::error(
        "cli::not_proved",
        format!("the {walk} does not lead where it should, so no file was written"),
    )
    .help(format!("left over on scratch: {left}"))
    .help("this is a fault of Limbeck: please report it; `--no-proof` writes the file all the same")
}

async fn run(connection: &Connection, script: &Script) -> std::result::Result<(), String> {
    for segment in &script.segments {
        let in_transaction = segment.mode == Mode::Transaction;
        if in_transaction {
            connection.client.batch_execute("BEGIN").await.map_err(|error| message(&error))?;
        }
        for item in &segment.items {
            let Item::Statement(statement) = item else { continue };
            let result = connection.client.batch_execute(statement.sql.as_str()).await;
            result.map_err(|error| format!("{}: {}", statement.sql, message(&error)))?;
        }
        if in_transaction {
            connection.client.batch_execute("COMMIT").await.map_err(|error| message(&error))?;
        }
    }
    Ok(())
}

/// What differs between the server and what should be there, among the objects that should or should not be.
fn residual(read: &Canonical<Schema>, wanted: &Schema, version: i32) -> Option<String> {
    let mut found = Schema::clone(read);
    found.retain(|id, _| wanted.contains(id) || concerns(id, wanted));
    let mut wanted = wanted.clone();
    // Scratch has other owners, and what is attached to roles is not what is proved.
    let proved = |id: &Id| ![kind::OWNER, kind::GRANT, kind::DEFAULT_PRIVILEGES].contains(&id.kind);
    found.retain(|id, _| proved(id));
    wanted.retain(|id, _| proved(id));
    let options = Options { renames: Vec::new(), version, online: false };
    let plan: Plan = match plan(&Canonical::from_server(found), &Canonical::from_server(wanted), &options) {
        Ok(plan) => plan,
        Err(error) => return Some(error.to_string()),
    };
    let lines: Vec<String> = plan.differences.iter().map(crate::render::line).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// A part of a relation that should be there: one too many is a residual.
fn concerns(id: &Id, wanted: &Schema) -> bool {
    !id.relation.is_empty() && wanted.contains(&Id::inside(kind::TABLE, id.schema, id.relation))
}

/// The objects of one side that the change touches: the relations in question with all their parts, what these
/// need, and what needs them.
fn surroundings(side: &Schema, from: &Schema, to: &Schema, touched: &BTreeSet<Id>) -> Schema {
    let mut chosen: BTreeSet<Id> = BTreeSet::new();
    let mut open: Vec<Id> = touched.iter().flat_map(|id| [*id, outer(id)]).collect();
    let mut dependents: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut parts: BTreeMap<Name, Vec<Id>> = BTreeMap::new();
    for schema in [from, to] {
        for (id, object) in schema.iter() {
            for need in needs(schema, object) {
                dependents.entry(need).or_default().push(*id);
            }
            if !id.relation.is_empty() {
                parts.entry(id.relation()).or_default().push(*id);
            }
        }
    }
    let hubs = [kind::SCHEMA, kind::EXTENSION];
    let mut seen = BTreeSet::new();
    // What is touched, with what needs it.
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        chosen.insert(id);
        if !hubs.contains(&id.kind) {
            open.extend(dependents.get(&id).into_iter().flatten().copied());
        }
        open.push(outer(&id));
        if is_relation(&id) {
            open.extend(parts.get(&id.qualified()).into_iter().flatten().copied());
        }
    }
    // What all of these need, with the columns and keys of the tables among them.
    let mut open: Vec<Id> = chosen.iter().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        chosen.insert(id);
        for schema in [from, to] {
            open.extend(schema.get(&id).map(|object| needs(schema, object)).unwrap_or_default());
        }
        if is_relation(&id) {
            let kept = [kind::COLUMN, kind::CONSTRAINT];
            let all = parts.get(&id.qualified()).into_iter().flatten().copied();
            open.extend(all.filter(|part| kept.contains(&part.kind)));
        }
    }
    let mut schema: Schema = side.clone();
    schema.retain(|id, _: &Object| {
        chosen.contains(id) || id.target().is_some_and(|target| chosen.contains(&target))
    });
    schema.retain(|id, _| id.kind != kind::OWNER);
    schema
}

fn is_relation(id: &Id) -> bool {
    [kind::TABLE, kind::VIEW, kind::MATERIALIZED_VIEW, kind::FOREIGN_TABLE].contains(&id.kind)
}

/// The relation of a part, the target of an attachment, or the object itself.
fn outer(id: &Id) -> Id {
    if let Some(target) = id.target() {
        return target;
    }
    if id.relation.is_empty() { *id } else { Id::inside(kind::TABLE, id.schema, id.relation) }
}
