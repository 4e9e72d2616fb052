//! Proof: a revision run up, down and up again on scratch, with rows in its tables, and compared each time.
//!
//! Two compare: our own reader, and the witness, which knows none of our kinds. Where it is known what the
//! upgrade should lead to, that is built beside it in another scratch database; else the first upgrade says what
//! the second must lead to, and the downgrade must lead back to the start. What is left over is the residual, and a
//! file with a residual is not written.
//!
//! A revision that is being written gets the touched objects as they are, with all that they need and all that
//! needs them, so that the cost follows the size of the change ([`surroundings`]). What the statements lock, scan
//! and rewrite is measured on the way ([`walk`]).

mod surroundings;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use limbeck_database::scratch::{Scratch, ScratchDatabase};
use limbeck_database::trial::{Kept, Level, Lost, Seeded, keep, losses, seed};
use limbeck_database::witness::{self, Fingerprint, Look};
use limbeck_database::{Connection, Error};
use limbeck_kinds::{Schema, keep_secrets, kind};
use limbeck_plan::{Difference, Options, Plan, plan};
use limbeck_revisions::file::Script;
use limbeck_schema::{Canonical, Id, Rename};
use limbeck_sql::script::words;
use limbeck_sql::{Lock, Name};

use self::surroundings::surroundings;
use self::walk::{Refusal, walk};
use super::compare::creation;
use super::scratch::{Refused, leave, message, run};
use super::{Engine, age};
use crate::failure::{Report, Result};

/// What came of it.
pub(crate) enum Proof {
    /// Each walk led where it should.
    Proved(Evidence),
    /// It could not be tried, for this reason: the change waits for a human, or scratch lacks what it needs.
    NotTried(String),
    /// A walk led elsewhere.
    Residual {
        /// Which walk: "upgrade".
        walk: &'static str,
        /// The statement that the server refused, or what is left to do, or lost.
        left: Vec<String>,
    },
}

/// What was done to prove a revision.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// The server's version: `15.18`.
    pub(crate) version: String,
    /// "up, down, up", or "up" where there is no way back.
    pub(crate) walks: &'static str,
    /// The rows that went along.
    pub(crate) rows: usize,
    /// The tables that held them.
    pub(crate) tables: usize,
    /// What was measured of each statement of the upgrade; nothing where it could not be.
    pub(crate) locks: Vec<Option<Vec<Lock>>>,
    /// What the proof does not say.
    pub(crate) notes: Vec<String>,
}

impl Evidence {
    /// The header's line.
    pub(crate) fn line(&self) -> String {
        let Self { version, walks, rows, tables, .. } = self;
        let line = format!("{walks} on PostgreSQL {version}");
        match (rows, tables) {
            (0, _) => line,
            (1, _) => format!("{line}, with a row in a table"),
            (rows, 1) => format!("{line}, with {rows} rows in a table"),
            (rows, tables) => format!("{line}, with {rows} rows in {tables} tables"),
        }
    }
}

/// One revision that is about to be written.
pub(crate) struct Claim<'a> {
    pub(crate) from: &'a Canonical<Schema>,
    pub(crate) to: &'a Canonical<Schema>,
    pub(crate) differences: &'a [Difference],
    pub(crate) renames: &'a [Rename],
    pub(crate) up: &'a Script,
    pub(crate) down: &'a Script,
}

/// What is tried.
struct Trial<'a> {
    /// The statements that build the start.
    start: Vec<&'a str>,
    up: &'a Script,
    down: Option<&'a Script>,
    /// Where it should lead, where that is known.
    known: Option<Known<'a>>,
    /// The major version of the database that it is for, where that is known.
    major: Option<u32>,
}

/// Both ends of a walk.
struct Known<'a> {
    from: &'a Schema,
    to: &'a Schema,
    /// The end of the upgrade, built beside it.
    print: Fingerprint,
}

/// How one attempt ended.
enum Attempt {
    Over(Proof),
    /// A statement refuses rows that were seeded: of these tables, or of any.
    RowsInTheWay {
        tables: Vec<Name>,
        seeded: Vec<Name>,
        message: String,
    },
}

impl Engine<'_> {
    /// Tries a revision that is about to be written.
    ///
    /// # Errors
    ///
    /// No scratch server, or a broken connection.
    pub(crate) fn prove(&mut self, claim: &Claim<'_>) -> Result<Proof> {
        if let Some(todo) = claim.up.todos().next() {
            return Ok(waits(&todo.text));
        }
        // What is renamed has its new name in the differences and its old one in `from`.
        let renamed = claim.renames.iter().flat_map(|rename| [rename.from, rename.to]);
        let touched: BTreeSet<Id> =
            claim.differences.iter().map(|difference| difference.id).chain(renamed).collect();
        let from = surroundings(claim.from, claim.from, claim.to, &touched);
        let to = surroundings(claim.to, claim.from, claim.to, &touched);
        let start = creation(&from, claim.from, self.major())?;
        let goal = creation(&to, claim.to, self.major())?;
        let print = match self.print_of(&texts(&goal), &Look::default())? {
            Ok(print) => print,
            Err(refused) => {
                let scratch = self.scratch.as_ref().map(Scratch::version);
                return Ok(Proof::NotTried(lacks(&refused, scratch.unwrap_or_default(), self.major())));
            }
        };
        let known = Known { from: &from, to: &to, print };
        let start = texts(&start);
        let major = self.major();
        self.attempts(&Trial { start, up: claim.up, down: Some(claim.down), known: Some(known), major })
    }

    /// Tries a revision after the statements of those that come before it.
    ///
    /// # Errors
    ///
    /// No scratch server, or a broken connection.
    pub(crate) fn prove_revision(
        &mut self,
        before: Vec<&str>,
        up: &Script,
        down: Option<&Script>,
    ) -> Result<Proof> {
        if let Some(todo) = up.todos().next() {
            return Ok(waits(&todo.text));
        }
        let major = self.major();
        self.attempts(&Trial { start: before, up, down, known: None, major })
    }

    /// The fingerprint of what these statements make of an empty database; or the one that the server refuses.
    ///
    /// # Errors
    ///
    /// No scratch server, or a broken connection.
    pub(crate) fn print_of(
        &mut self,
        statements: &[&str],
        look: &Look,
    ) -> Result<std::result::Result<Fingerprint, Refused>> {
        self.on_scratch(async |connection| {
            if let Err(refused) = run(connection, statements).await {
                return Ok(Err(refused));
            }
            leave(connection).await;
            Ok(Ok(witness::fingerprint(connection, look).await?))
        })
    }

    fn attempts(&mut self, trial: &Trial<'_>) -> Result<Proof> {
        const MOST: usize = 8;
        let mut levels: BTreeMap<Name, Level> = BTreeMap::new();
        let mut refused: Vec<String> = Vec::new();
        for number in 0.. {
            let attempt = self.on_scratch(async |connection| attempt(connection, trial, &levels).await)?;
            match attempt {
                Attempt::Over(Proof::Proved(mut evidence)) => {
                    evidence.notes.extend(refused);
                    return Ok(Proof::Proved(evidence));
                }
                Attempt::Over(proof) => return Ok(proof),
                Attempt::RowsInTheWay { tables, seeded, message } => {
                    let known = tables.iter().filter(|table| seeded.contains(table)).copied();
                    let mut milder: Vec<Name> = known.collect();
                    if milder.is_empty() {
                        milder = seeded;
                    }
                    for name in milder {
                        let level = levels.entry(name).or_default();
                        *level = if number < MOST { level.milder() } else { Level::Empty };
                    }
                    let note = format!("rows that may be there are refused: {message}");
                    if !refused.contains(&note) {
                        refused.push(note);
                    }
                }
            }
        }
        unreachable!("each attempt makes a table emptier, and without rows none is in the way")
    }

    /// Does something in an empty scratch database, which is gone afterwards.
    fn on_scratch<T>(
        &mut self,
        work: impl AsyncFnOnce(&Connection) -> std::result::Result<T, Error>,
    ) -> Result<T> {
        let database: ScratchDatabase = self.scratch_database()?;
        let done = self.runtime.block_on(async { work(&database.connect().await?).await });
        let closed = self.runtime.block_on(database.close());
        let done = done?;
        closed?;
        Ok(done)
    }
}

fn texts(statements: &[String]) -> Vec<&str> {
    statements.iter().map(String::as_str).collect()
}

/// Why a start could not be built.
fn lacks(refused: &Refused, scratch: i32, major: Option<u32>) -> String {
    let said = refused.message();
    match age::too_old(scratch, major, &refused.error) {
        Some(why) => format!("{why}. It said: {said}"),
        None => format!("scratch lacks what it needs: {said}"),
    }
}

fn waits(todo: &str) -> Proof {
    Proof::NotTried(format!("it waits for a decision: {todo}"))
}

/// The residual as an error: the file is not written.
pub(crate) fn refuted(walk: &str, left: &[String]) -> Report {
    let report = Report::error(
        "cli::not_proved",
        format!("the {walk} does not lead where it should, so no file was written"),
    );
    let report =
        left.iter().fold(report, |report, line| report.help(format!("left over on scratch: {line}")));
    report.help("this is a fault of Limbeck: please report it; `--no-proof` writes the file all the same")
}

/// What stands in the database at one point of the way.
struct Stand {
    schema: Canonical<Schema>,
    print: Fingerprint,
    kept: Kept,
}

impl Stand {
    async fn of(connection: &Connection) -> std::result::Result<Self, Error> {
        let schema = limbeck_database::read(connection).await?;
        let print = witness::fingerprint(connection, &Look::default()).await?;
        Ok(Self { schema, print, kept: keep(connection).await? })
    }
}

async fn attempt(
    connection: &Connection,
    trial: &Trial<'_>,
    levels: &BTreeMap<Name, Level>,
) -> std::result::Result<Attempt, Error> {
    let Trial { start, up, down, known, major } = trial;
    let extent = if known.is_some() { Extent::Wanted } else { Extent::Everything };
    if let Err(refused) = run(connection, start).await {
        return Ok(Attempt::Over(Proof::NotTried(lacks(&refused, connection.version, *major))));
    }
    // What the statements left of themselves in the session must not colour what follows.
    for leave in ["ROLLBACK", "RESET SESSION AUTHORIZATION", "RESET ALL", "SET check_function_bodies = off"] {
        let _ = connection.client.batch_execute(leave).await;
    }
    let seeded = seed(connection, levels).await?;
    let begin = Stand::of(connection).await?;
    let version = connection.version;
    let mut way = Way { connection, seeded: &seeded, version, major: *major, notes: Vec::new() };
    let locks = match way.walk("upgrade", up, true).await? {
        Ok(locks) => locks,
        Err(ended) => return Ok(ended),
    };
    let top = Stand::of(connection).await?;
    let mut left = way.lost(&begin, &top, &[up]);
    if let Some(known) = known {
        left.extend(residual(&top.schema, known.to, extent, way.version));
        left.extend(sights(&top.print, &known.print));
    }
    if !left.is_empty() {
        return Ok(Attempt::Over(Proof::Residual { walk: "upgrade", left }));
    }
    let Some(down) = down else { return Ok(Attempt::Over(way.proved("up", locks))) };
    if let Err(ended) = way.walk("downgrade", down, false).await? {
        return Ok(ended);
    }
    let back = Stand::of(connection).await?;
    let mut left = way.lost(&top, &back, &[down]);
    for lost in way.lost(&begin, &back, &[up, down]) {
        if !left.contains(&lost) {
            left.push(lost);
        }
    }
    let start = known.as_ref().map_or::<&Schema, _>(&begin.schema, |known| known.from);
    left.extend(residual(&back.schema, start, extent, way.version));
    left.extend(sights(&back.print, &begin.print));
    if !left.is_empty() {
        return Ok(Attempt::Over(Proof::Residual { walk: "downgrade", left }));
    }
    if let Err(ended) = way.walk("second upgrade", up, false).await? {
        return Ok(ended);
    }
    let again = Stand::of(connection).await?;
    let goal = known.as_ref().map_or::<&Schema, _>(&top.schema, |known| known.to);
    let mut left = residual(&again.schema, goal, extent, way.version);
    left.extend(sights(&again.print, &top.print));
    if !left.is_empty() {
        return Ok(Attempt::Over(Proof::Residual { walk: "second upgrade", left }));
    }
    Ok(Attempt::Over(way.proved("up, down, up", locks)))
}

/// One attempt on its way.
struct Way<'a> {
    connection: &'a Connection,
    seeded: &'a Seeded,
    version: i32,
    major: Option<u32>,
    notes: Vec<String>,
}

impl Way<'_> {
    /// Runs a script; what it locks is measured where that is asked for. A refusal ends the attempt.
    async fn walk(
        &mut self,
        name: &'static str,
        script: &Script,
        measured: bool,
    ) -> std::result::Result<std::result::Result<Vec<Option<Vec<Lock>>>, Attempt>, Error> {
        let refusal = match walk(self.connection, script, measured).await {
            Ok(locks) => return Ok(Ok(locks)),
            Err(refusal) => refusal,
        };
        let Refusal { statement, error } = refusal;
        let Some(said) = error.as_db_error() else { return Err(error.into()) };
        let class = said.code().code().get(..2).unwrap_or_default();
        let seeded = self.seeded.names.clone();
        // Class 22: a value that a cast does not take. Class 23: a constraint. Both are about rows.
        if ["22", "23"].contains(&class) && !seeded.is_empty() {
            let table = said.schema().zip(said.table()).map(|(schema, table)| Name::new(schema, table));
            let tables = table.into_iter().collect();
            return Ok(Err(Attempt::RowsInTheWay { tables, seeded, message: message(&error) }));
        }
        let said = format!("{statement}: {}", message(&error));
        if let Some(why) = age::too_old(self.version, self.major, &error) {
            return Ok(Err(Attempt::Over(Proof::NotTried(format!("{why}. It said: {said}")))));
        }
        let left = vec![said];
        Ok(Err(Attempt::Over(Proof::Residual { walk: name, left })))
    }

    /// The rows and values that are gone without a word in the files.
    fn lost(&mut self, before: &Stand, after: &Stand, scripts: &[&Script]) -> Vec<String> {
        let told: Vec<&str> = scripts.iter().flat_map(|script| script.losses()).collect();
        let writes =
            scripts.iter().any(|script| script.statements().any(|one| writes_rows(one.sql.as_str())));
        let mut left = Vec::new();
        for loss in losses(&before.kept, &after.kept) {
            match loss.what {
                _ if loss.is_told(told.iter().copied()) => {}
                // The file says itself that it changes values: whether rightly, its author knows.
                Lost::Values(_) if writes => {
                    let note = format!("{loss}, by the file's own statements");
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
                Lost::Table(_) | Lost::Column(..) | Lost::Rows(..) | Lost::Values(_) | Lost::Sequence(..) => {
                    left.push(format!("{loss}, and no `-- loses:` line says so"));
                }
            }
        }
        left
    }

    fn proved(self, walks: &'static str, locks: Vec<Option<Vec<Lock>>>) -> Proof {
        let mut notes = self.seeded.notes.clone();
        notes.extend(self.notes);
        let version = self.connection.version_text();
        let Seeded { rows, tables, .. } = *self.seeded;
        Proof::Proved(Evidence { version, walks, rows, tables, locks, notes })
    }
}

/// Whether a statement may change values of rows by design.
fn writes_rows(statement: &str) -> bool {
    let first = words(statement).next().unwrap_or_default();
    ["update", "insert", "merge", "with", "do", "select", "call"].contains(&first.as_str())
}

/// What the witness sees between two states that should be one.
fn sights(found: &Fingerprint, wanted: &Fingerprint) -> Vec<String> {
    witness::differences(found, wanted).iter().map(|sight| format!("seen in the catalogs: {sight}")).collect()
}

/// What is compared of a scratch database.
#[derive(Clone, Copy)]
enum Extent {
    /// What is wanted, and what concerns it: the rest is borrowed.
    Wanted,
    Everything,
}

/// What differs between the server and what should be there, among the objects that should or should not be.
fn residual(read: &Canonical<Schema>, wanted: &Schema, extent: Extent, version: i32) -> Vec<String> {
    let mut found = Schema::clone(read);
    match extent {
        Extent::Wanted => found.retain(|id, _| wanted.contains(id) || concerns(id, wanted)),
        Extent::Everything => {}
    }
    let mut wanted = wanted.clone();
    // Scratch has other owners, and what is attached to roles is not what is proved.
    let proved = |id: &Id| ![kind::OWNER, kind::GRANT, kind::DEFAULT_PRIVILEGES].contains(&id.kind);
    found.retain(|id, _| proved(id));
    wanted.retain(|id, _| proved(id));
    // A secret stands in no file, so scratch has none.
    keep_secrets(&mut found, &wanted);
    let options = Options { renames: Vec::new(), version, online: false };
    let plan: Plan = match plan(&Canonical::from_server(found), &Canonical::from_server(wanted), &options) {
        Ok(plan) => plan,
        Err(error) => return vec![error.to_string()],
    };
    plan.differences.iter().map(crate::render::line).collect()
}

/// A part or an attachment of something that should be there: one too many is a residual.
fn concerns(id: &Id, wanted: &Schema) -> bool {
    if let Some(target) = id.target() {
        return wanted.contains(&target) || concerns(&target, wanted);
    }
    !id.relation.is_empty() && wanted.contains(&Id::inside(kind::TABLE, id.schema, id.relation))
}
