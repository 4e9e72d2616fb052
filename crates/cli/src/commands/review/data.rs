//! A revision as a reviewer sees it.

use std::collections::BTreeSet;

use limbeck_lint::Verdict;
use limbeck_revisions::file::{Allow, Item, Mode, Script};
use limbeck_schema::Severity;
use limbeck_sql::LockMode;
use serde_json::{Value, json};

use super::Report;
use crate::commands::lint;
use crate::failure::Result;
use crate::project::Service;
use crate::state::Files;

/// A new revision.
pub(super) struct Reviewed {
    pub(super) service: String,
    /// Its file, as messages name it.
    pub(super) file: String,
    pub(super) id: String,
    pub(super) message: String,
    /// What changes, a line each.
    pub(super) changes: Vec<String>,
    /// What is locked, a line for each relation.
    pub(super) locks: Vec<String>,
    /// How it was proved.
    pub(super) proved: Vec<String>,
    /// What is acknowledged for the whole file.
    pub(super) allowed: Vec<String>,
    pub(super) upgrade: Vec<Statement>,
    /// Nothing where there is no way back.
    pub(super) downgrade: Option<Vec<Statement>>,
    pub(super) verdict: Verdict,
}

/// A statement, with what the file says above it.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) line: u32,
    pub(super) transaction: bool,
    /// What it locks: `habits.t ACCESS EXCLUSIVE, catalog only`.
    pub(super) locks: Vec<String>,
    /// What is lost.
    pub(super) loses: Vec<String>,
    /// Other hazards: `may-fail: fails if …`.
    pub(super) hazards: Vec<String>,
    /// What was acknowledged, and why.
    pub(super) allowed: Vec<String>,
    /// What must be decided before it can run.
    pub(super) todo: Vec<String>,
}

impl Statement {
    /// What is said of it, a line each: what it locks and loses, its hazards, what was acknowledged and what is left
    /// to decide.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> {
        let said = |word: &'static str, lines: &[String]| -> Vec<String> {
            lines.iter().map(|line| format!("{word}{line}")).collect()
        };
        let Self { sql: _, line: _, transaction: _, locks, loses, hazards, allowed, todo } = self;
        [
            said("locks: ", locks),
            said("loses: ", loses),
            said("", hazards),
            said("allowed ", allowed),
            said("to be decided: ", todo),
        ]
        .into_iter()
        .flatten()
    }
}

/// A revision that was there before and is not what it was.
pub(super) struct Changed {
    pub(super) file: String,
    pub(super) gone: bool,
}

impl Changed {
    /// What is wrong with that.
    pub(super) fn message(&self) -> &'static str {
        if self.gone {
            "a revision that the base has is gone: a database that has applied it can't go on"
        } else {
            "a revision that the base has is edited: a database that has applied it refuses the file"
        }
    }
}

impl Reviewed {
    /// Reads and judges a file of the service.
    ///
    /// # Errors
    ///
    /// It can't be read.
    pub(super) fn read(files: &Files<'_>, name: &str, service: &Service) -> Result<Self> {
        let path = files.store.folder.join(name);
        let judged = lint::judge(&path, &lint::options(service, false), Some(service.name.clone()))?;
        let mut reviewed = Self {
            service: service.name.clone(),
            file: judged.name,
            id: String::new(),
            message: String::new(),
            changes: Vec::new(),
            locks: Vec::new(),
            proved: Vec::new(),
            allowed: Vec::new(),
            upgrade: Vec::new(),
            downgrade: None,
            verdict: judged.verdict,
        };
        if let Some(stored) = files.store.files.iter().find(|stored| stored.name == name) {
            let file = &stored.file;
            reviewed.id = file.id.to_string();
            reviewed.message = file.message.clone();
            reviewed.changes = file.summary.iter().filter(|line| is_change(line)).cloned().collect();
            reviewed.locks = file.locks.clone();
            reviewed.proved = file.proved.clone();
            reviewed.allowed = file.allowed.iter().map(allowed).collect();
            reviewed.upgrade = statements(&file.upgrade);
            reviewed.downgrade = file.downgrade.as_ref().map(statements);
        }
        Ok(reviewed)
    }

    /// Whether a review should stop at it.
    pub(super) fn is_bad(&self) -> bool {
        let errors = self.verdict.findings.iter().any(|finding| finding.severity == Severity::Error);
        errors || !self.verdict.errors.is_empty()
    }

    /// What the upgrade loses.
    pub(super) fn losses(&self) -> impl Iterator<Item = &str> {
        self.upgrade.iter().flat_map(|statement| &statement.loses).map(String::as_str)
    }

    /// The way back in words.
    pub(super) fn way_back(&self) -> String {
        match &self.downgrade {
            None => "there is no way back".to_owned(),
            Some(statements) if statements.is_empty() => "the downgrade does nothing".to_owned(),
            Some(statements) => {
                let losses: Vec<&str> =
                    statements.iter().flat_map(|statement| &statement.loses).map(String::as_str).collect();
                let count = match statements.len() {
                    1 => "1 statement".to_owned(),
                    count => format!("{count} statements"),
                };
                match losses.as_slice() {
                    [] => format!("the downgrade has {count} and loses nothing"),
                    losses => format!("the downgrade has {count} and loses {}", losses.join("; ")),
                }
            }
        }
    }
}

/// A line of the header that tells of a change, and not to another tool.
fn is_change(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with("squawk-ignore")
}

fn allowed(allow: &Allow) -> String {
    format!("{}: {}", allow.what, allow.reason.text)
}

fn statements(script: &Script) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut made = BTreeSet::new();
    for segment in &script.segments {
        let (mut loses, mut hazards, mut allows, mut todo) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for item in &segment.items {
            match item {
                Item::Loses(text) => loses.push(text.clone()),
                Item::Allow(allow) => allows.push(allowed(allow)),
                Item::Todo(mark) => todo.push(mark.text.clone()),
                Item::Comment(text) => hazards.extend(hazard(text)),
                // The hazard above it says what it asks for.
                Item::Preflight(_) => {}
                Item::Statement(placed) => found.push(Statement {
                    locks: locks(placed.sql.as_str(), &mut made),
                    sql: placed.sql.as_str().to_owned(),
                    line: placed.line,
                    transaction: segment.mode == Mode::Transaction,
                    loses: std::mem::take(&mut loses),
                    hazards: std::mem::take(&mut hazards),
                    allowed: std::mem::take(&mut allows),
                    todo: std::mem::take(&mut todo),
                }),
            }
        }
    }
    found
}

/// What a statement locks, but for what every reader and writer does, and for what the script makes itself.
fn locks(sql: &str, made: &mut BTreeSet<String>) -> Vec<String> {
    made.extend(limbeck_lint::made(sql));
    let locks = limbeck_lint::locks(sql).into_iter();
    let strong = locks.filter(|lock| lock.mode > LockMode::RowExclusive && !made.contains(&lock.relation));
    strong.map(|lock| format!("{} {}, {}", lock.relation, lock.mode, lock.work)).collect()
}

/// The hazard that a comment names.
fn hazard(comment: &str) -> Option<String> {
    let text = comment.strip_prefix("--")?.trim();
    let (name, _) = text.split_once(':')?;
    let names = ["may-fail", "blocking", "compatibility", "access", "undecided", "data-loss"];
    names.contains(&name).then(|| text.to_owned())
}

/// The whole report for programs.
pub(super) fn json(report: &Report) -> Value {
    let statement = |it: &Statement| {
        json!({
            "sql": it.sql,
            "line": it.line,
            "transaction": it.transaction,
            "locks": it.locks,
            "loses": it.loses,
            "hazards": it.hazards,
            "allowed": it.allowed,
            "todo": it.todo,
        })
    };
    let revision = |it: &Reviewed| {
        let errors = it.verdict.errors.iter().map(lint::error);
        let findings = it.verdict.findings.iter().map(lint::finding);
        json!({
            "service": it.service,
            "file": it.file,
            "revision": it.id,
            "message": it.message,
            "changes": it.changes,
            "locks": it.locks,
            "proved": it.proved,
            "allowed": it.allowed,
            "upgrade": it.upgrade.iter().map(statement).collect::<Vec<_>>(),
            "downgrade": it.downgrade.as_ref().map(|down| down.iter().map(statement).collect::<Vec<_>>()),
            "findings": errors.chain(findings).collect::<Vec<_>>(),
        })
    };
    let changed = |it: &Changed| json!({ "file": it.file, "gone": it.gone, "message": it.message() });
    json!({
        "revisions": report.revisions.iter().map(revision).collect::<Vec<_>>(),
        "changed": report.changed.iter().map(changed).collect::<Vec<_>>(),
    })
}
