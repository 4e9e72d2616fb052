//! A pair before its witnesses: Limbeck's own second run, `pg_dump`, the system catalogs, and the rows.

use std::collections::BTreeMap;

use limbeck_database::witness::{Fingerprint, differences};

use super::paper::Chunk;
use super::server::{Database, Dump, Result, Rows, Workshop};
use super::world::Pair;

/// Where a pair failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The generator or the server did not do their part.
    Set,
    /// `limbeck diff` ended with an error.
    Plan,
    /// `psql` refused the plan.
    Apply,
    /// `limbeck diff` finds something left.
    Again,
    /// `pg_dump` prints something else than of the other side.
    Dump,
    /// A system catalog holds something else than on the other side.
    Catalogs,
    /// Rows are gone, and nothing said so.
    Rows,
}

/// A pair on which somebody disagrees.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where.
    pub stage: Stage,
    /// Up, or the way back.
    pub back: bool,
    /// What was said.
    pub message: String,
    /// The plan.
    pub plan: String,
    /// The SQL of the one side.
    pub from: String,
    /// The SQL of the other side.
    pub to: String,
}

impl Failure {
    /// What failures of one cause have in common: the words without names and numbers.
    pub fn signature(&self) -> String {
        let line = self.message.lines().next().unwrap_or_default();
        let mut words = String::new();
        let mut quoted = false;
        for character in line.chars() {
            quoted ^= character == '"';
            if !quoted && !character.is_ascii_digit() {
                words.push(character);
            }
        }
        match self.stage {
            // The head of a dump's entry begins with a name.
            Stage::Dump => {
                let kind = line.split("Type: ").nth(1).unwrap_or_default();
                format!("{:?} {}", self.stage, kind.split(';').next().unwrap_or_default())
            }
            // So does what is seen in a catalog.
            Stage::Catalogs => {
                let catalog =
                    line.split_whitespace().find(|word| word.starts_with("pg_")).unwrap_or_default();
                format!("{:?} {catalog}", self.stage)
            }
            Stage::Again => {
                format!("{:?} {}", self.stage, words.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
            }
            _ => format!("{:?} {words}", self.stage),
        }
    }
}

/// A pair on which all agree.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How many chunks the server took.
    pub taken: usize,
    /// What it refused.
    pub refused: Vec<String>,
    /// Whether the two sides differ at all.
    pub differs: bool,
    /// Whether rows stood in the way, so that the way was gone without them.
    pub without_rows: bool,
}

/// Asks all witnesses about a pair, up and down.
///
/// # Errors
///
/// The first disagreement.
pub fn judge(workshop: &Workshop, pair: &Pair) -> std::result::Result<Verdict, Box<Failure>> {
    let mut databases = Vec::new();
    let mut trial = Trial { workshop, from: String::new(), to: String::new(), verdict: Verdict::default() };
    let result = trial.run(pair, &mut databases);
    for database in &databases {
        let _ = workshop.drop(database);
    }
    match result {
        Ok(()) => Ok(trial.verdict),
        Err(Stop { stage, back, message, plan }) => {
            Err(Box::new(Failure { stage, back, message, plan, from: trial.from, to: trial.to }))
        }
    }
}

struct Stop {
    stage: Stage,
    back: bool,
    message: String,
    plan: String,
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self { stage: Stage::Set, back: false, message, plan: String::new() }
    }
}

struct Trial<'a> {
    workshop: &'a Workshop,
    from: String,
    to: String,
    verdict: Verdict,
}

/// A database as it should be.
struct Side {
    url: String,
    dump: Dump,
    print: Fingerprint,
}

impl Trial<'_> {
    fn run(&mut self, pair: &Pair, made: &mut Vec<Database>) -> std::result::Result<(), Stop> {
        let workshop = self.workshop;
        let from = self.load(&pair.from.write().chunks, true, made)?;
        let without: Vec<Chunk> = pair.to.write().chunks.into_iter().filter(|chunk| !chunk.rows).collect();
        let to = self.load(&without, false, made)?;
        let (from_side, to_side) = (Side::of(workshop, &made[from])?, Side::of(workshop, &made[to])?);
        self.verdict.differs = from_side.dump != to_side.dump;
        let walked = self.walk(from, &from_side, &to_side, made);
        match walked {
            // Rows that a change cannot hold are in its way by right.
            Err(stop) if stop.stage == Stage::Apply && is_about_rows(&stop.message) => {
                self.verdict.without_rows = true;
                workshop.truncate(&made[from])?;
                self.walk(from, &from_side, &to_side, made)
            }
            other => other,
        }
    }

    fn load(&mut self, chunks: &[Chunk], first: bool, made: &mut Vec<Database>) -> Result<usize> {
        let database = self.workshop.database(None)?;
        made.push(database);
        let at = made.len() - 1;
        let (taken, refused) = self.workshop.load(&made[at], chunks)?;
        let sql: String = taken.iter().map(|chunk| format!("{};\n", chunk.sql)).collect();
        self.verdict.taken += taken.len();
        self.verdict.refused.extend(refused);
        if first {
            self.from = sql;
        } else {
            self.to = sql;
        }
        Ok(at)
    }

    fn walk(
        &self,
        from: usize,
        from_side: &Side,
        to_side: &Side,
        made: &mut Vec<Database>,
    ) -> std::result::Result<(), Stop> {
        let copy = self.workshop.database(Some(&made[from]))?;
        made.push(copy);
        let at = made.len() - 1;
        let before = self.workshop.rows(&made[at])?;
        let plan = self.step(&made[at], to_side, false)?;
        let after = self.workshop.rows(&made[at])?;
        for (table, rows) in &before {
            let bare = |text: &str| text.replace('"', "");
            let announced = || bare(&plan).contains(&format!("-- loses: every row of {}\n", bare(table)));
            let is_less = after.get(table).is_some_and(|left| left.count < rows.count);
            if is_less && !announced() && are_fewer(rows.whole, &before, &after) {
                let message = format!("of {} rows of {table} {} are left", rows.count, after[table].count);
                return Err(Stop { stage: Stage::Rows, back: false, message, plan });
            }
        }
        self.step(&made[at], from_side, true)?;
        Ok(())
    }

    fn step(&self, database: &Database, target: &Side, back: bool) -> std::result::Result<String, Stop> {
        let here = database.target.secret_url();
        let stop = |stage, message: String, plan: &str| Stop { stage, back, message, plan: plan.to_owned() };
        let ran = self.workshop.limbeck(&["diff", "--from", &here, "--to", &target.url])?;
        if ran.status != 0 {
            return Err(stop(Stage::Plan, ran.stderr, ""));
        }
        let plan = ran.stdout;
        let applied = self.workshop.psql(database, &plan)?;
        if applied.status != 0 {
            return Err(stop(Stage::Apply, applied.stderr, &plan));
        }
        let again = self.workshop.limbeck(&["diff", "--from", &here, "--to", &target.url])?;
        if again.status != 0 {
            return Err(stop(Stage::Plan, again.stderr, &plan));
        }
        if !again.stdout.is_empty() {
            return Err(stop(Stage::Again, again.stdout, &plan));
        }
        if let Some(difference) = self.workshop.dump(database)?.difference(&target.dump) {
            return Err(stop(Stage::Dump, difference, &plan));
        }
        let seen = differences(&self.workshop.fingerprint(database)?, &target.print);
        if !seen.is_empty() {
            let seen: String = seen.iter().map(|sight| format!("{sight}\n")).collect();
            return Err(stop(Stage::Catalogs, seen, &plan));
        }
        Ok(plan)
    }
}

/// Whether the tables that were parts of a partitioned one hold fewer rows than before: a row may go from one to another.
fn are_fewer(whole: u32, before: &BTreeMap<String, Rows>, after: &BTreeMap<String, Rows>) -> bool {
    let parts = || before.iter().filter(|(_, rows)| rows.whole == whole);
    let left = parts().filter_map(|(table, _)| after.get(table)).map(|rows| rows.count);
    left.sum::<i64>() < parts().map(|(_, rows)| rows.count).sum::<i64>()
}

impl Side {
    fn of(workshop: &Workshop, database: &Database) -> Result<Self> {
        let (dump, print) = (workshop.dump(database)?, workshop.fingerprint(database)?);
        Ok(Self { url: database.target.secret_url(), dump, print })
    }
}

/// Whether the server refused because of what a table holds: classes 22 and 23 of its codes, a value's syntax, and values of
/// a type that nothing compares, which an empty index need not do.
fn is_about_rows(message: &str) -> bool {
    message.lines().any(|line| {
        line.split("ERROR:  ").nth(1).is_some_and(|rest| {
            [
                "22",
                "23",
                "42883: could not identify",
                "XX000: Syntax error near",
                "XX000: Unexpected end of string",
            ]
            .iter()
            .any(|code| rest.starts_with(code))
                || rest.contains("syntax error in tsquery")
        })
    })
}
