//! `--sql`: the script that would be run, with its bookkeeping, for `psql -v ON_ERROR_STOP=1`.

use limbeck_database::version_table::{Record, VersionTable};
use limbeck_revisions::file::{Mode, Script};
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;
use limbeck_revisions::{Direction, Range, RevisionId};
use limbeck_sql::{Literal, Sql, sql};

use crate::commands::run::undecided;
use crate::exit::Exit;
use crate::failure::Result;
use crate::out::Out;
use crate::project::{Project, Service};
use crate::state::{Files, verb};

const BEGIN: &str = "BEGIN;\n";
const COMMIT: &str = "COMMIT;\n";

/// Prints the scripts of the services one after the other, when all of them could be made.
pub(super) fn print(
    project: &Project,
    services: &[&Service],
    direction: Direction,
    target: &str,
    out: &Out,
) -> Result<Exit> {
    let mut text = String::new();
    for service in services {
        let files = Files::read(project, service)?;
        files.sound()?;
        if files.history().is_empty() {
            out.say(format!("{}: there is no revision yet", service.name));
            continue;
        }
        let range = if target.contains(':') || direction == Direction::Down {
            target.parse::<Range>()?
        } else {
            format!("base:{target}").parse::<Range>()?
        };
        let steps = files.history().script(direction, &range)?;
        undecided(&files, &steps)?;
        text.push_str(&format!("-- limbeck {} {}, service {}\n", verb(direction), target, service.name));
        for step in &steps {
            if let Some(stored) = files.store.get(&step.id) {
                text.push_str(&one(&files.version_table(), step, stored)?);
            }
        }
    }
    out.data(text);
    Ok(Exit::Done)
}

/// A revision as the runner runs it: the record in the transaction of the last segment, or in one of its own.
fn one(table: &VersionTable, step: &Step, stored: &Stored) -> Result<String> {
    let script = stored.file.script(step.direction, &stored.path.display().to_string())?;
    let mut text = format!("\n-- {} -> {}: {}\n", ids(&step.from), ids(&step.to), stored.file.message);
    let record = record(table, step, stored);
    let last = script.segments.len().checked_sub(1);
    let shared = last.filter(|last| script.segments[*last].mode == Mode::Transaction);
    for (at, segment) in script.segments.iter().enumerate() {
        let statements = statements(&Script { segments: vec![segment.clone()] });
        match segment.mode {
            Mode::NoTransaction => text.push_str(&statements),
            Mode::Transaction => {
                text.push_str(BEGIN);
                // As in the runner: downwards the record goes first, for the schema of the table may go too.
                match (shared == Some(at), step.direction) {
                    (true, Direction::Up) => text.push_str(&format!("{statements}{record}")),
                    (true, Direction::Down) => text.push_str(&format!("{record}{statements}")),
                    (false, _) => text.push_str(&statements),
                }
                text.push_str(COMMIT);
            }
        }
    }
    if shared.is_none() {
        text.push_str(&format!("{BEGIN}{record}{COMMIT}"));
    }
    Ok(text)
}

/// The statements that record a step in the version table.
fn record(table: &VersionTable, step: &Step, stored: &Stored) -> String {
    let mut statements = Vec::new();
    match step.direction {
        Direction::Up => {
            if step.from.is_empty() {
                statements.push(create_schema(table));
                statements.push(table.create_statement());
            }
            statements.push(table.insert_statement(&Record {
                id: step.id.as_str(),
                message: &stored.file.message,
                checksum: &stored.checksum,
            }));
        }
        Direction::Down => {
            statements.push(table.delete_statement(step.id.as_str()));
            if step.to.is_empty() {
                statements.push(table.drop_statement());
            }
        }
    }
    statements.iter().map(|statement| terminated(statement.as_str())).collect()
}

/// `CREATE SCHEMA IF NOT EXISTS` would ask for the right to create schemas even where it is there.
fn create_schema(table: &VersionTable) -> Sql {
    let schema = table.name().schema;
    sql!(
        "DO $limbeck$ BEGIN IF pg_catalog.to_regnamespace({}) IS NULL THEN CREATE SCHEMA {}; END IF; END $limbeck$",
        Literal::new(schema.to_string()),
        schema
    )
}

fn statements(script: &Script) -> String {
    script.statements().map(|statement| terminated(statement.sql.as_str())).collect()
}

/// The statement with its semicolon, which a comment at the end must not swallow.
fn terminated(statement: &str) -> String {
    let commented = statement.lines().last().is_some_and(|line| line.contains("--"));
    format!("{statement}{};\n", if commented { "\n" } else { "" })
}

fn ids(ids: &[RevisionId]) -> String {
    match ids {
        [] => "base".to_owned(),
        ids => ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", "),
    }
}
