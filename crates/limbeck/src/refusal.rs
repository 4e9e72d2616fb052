//! What is known to stand in the way of revisions before anything runs: rows that a statement would refuse, and what
//! production wants a word for.

use limbeck_database::{Connection, questions};
use limbeck_lint::Unseen;
use limbeck_revisions::file::{Item, Script};
use limbeck_revisions::store::Stored;
use limbeck_revisions::target::Step;
use limbeck_revisions::{Direction, RevisionId, Store};
use limbeck_schema::Origin;
use limbeck_sql::script::words;
use limbeck_sql::{HazardKind, Preflight};

/// Words with which statements begin that may mend what is in the way of those below them.
const WRITING: &[&str] =
    &["call", "copy", "delete", "do", "execute", "insert", "merge", "select", "truncate", "update", "with"];

/// Below this size the work on all rows of a table takes less than people notice.
const LARGE: u64 = 10_000_000;

/// Rows that a statement would refuse.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The revision.
    pub revision: RevisionId,
    /// The question.
    pub origin: Origin,
    /// The answer: "2 rows or values: rows with NULL in app.t.a".
    pub message: String,
}

/// What nobody has said was seen.
#[derive(Clone, Debug)]
pub struct Unacknowledged {
    /// What it is called where it is refused: "blocking app.t (812 MB)".
    pub what: String,
    /// The finding.
    pub unseen: Unseen,
}

/// The rows in the way of steps. Questions that an earlier statement may settle are asked when its revision has run:
/// [`rows_in_the_way_of`].
pub async fn rows_in_the_way(connection: &Connection, store: &Store, steps: &[Step]) -> Vec<Rows> {
    let mut rows = Vec::new();
    for (step, stored) in steps.iter().filter_map(|step| Some((step, store.get(&step.id)?))) {
        let (open, writes) = open_questions(step, stored);
        rows.extend(asked(connection, stored, &open).await);
        if writes {
            break;
        }
    }
    rows
}

/// The same for one step, when all before it have run.
pub async fn rows_in_the_way_of(connection: &Connection, step: &Step, stored: &Stored) -> Vec<Rows> {
    asked(connection, stored, &open_questions(step, stored).0).await
}

/// The questions of a step that no statement above them may settle, and whether it has such a statement.
fn open_questions<'a>(step: &Step, stored: &'a Stored) -> (Vec<&'a Preflight>, bool) {
    let script: Option<&Script> = match step.direction {
        Direction::Up => Some(&stored.file.upgrade),
        Direction::Down => stored.file.downgrade.as_ref(),
    };
    let acknowledged = step.direction == Direction::Up && stored.file.allows(HazardKind::MayFail);
    let mut open = Vec::new();
    for item in script.into_iter().flat_map(Script::items) {
        match item {
            Item::Preflight(preflight) if !acknowledged => open.push(preflight),
            Item::Statement(statement) => {
                let first = words(statement.sql.as_str()).next().unwrap_or_default();
                if WRITING.contains(&first.as_str()) {
                    return (open, true);
                }
            }
            Item::Preflight(_) | Item::Todo(_) | Item::Allow(_) | Item::Loses(_) | Item::Comment(_) => {}
        }
    }
    (open, false)
}

async fn asked(connection: &Connection, stored: &Stored, open: &[&Preflight]) -> Vec<Rows> {
    let mut rows = Vec::new();
    for preflight in open {
        let count = questions::count(connection, preflight, 60).await;
        let Some(count) = count.filter(|count| *count > 0) else { continue };
        let line = stored.text.lines().position(|line| line.contains(preflight.count.as_str())).unwrap_or(0);
        let origin = Origin {
            file: stored.path.display().to_string().into(),
            line: u32::try_from(line + 1).unwrap_or(1),
            column: 1,
            length: 0,
        };
        let message = questions::found(count, preflight);
        rows.push(Rows { revision: stored.file.id.clone(), origin, message });
    }
    rows
}

/// What a revision loses without a label, and the large tables whose readers or writers it has wait, where neither the
/// file nor `allowed` says that it was seen.
///
/// # Errors
///
/// A broken connection.
pub async fn unacknowledged(
    connection: &Connection,
    stored: &Stored,
    allowed: &[HazardKind],
) -> Result<Vec<Unacknowledged>, limbeck_database::Error> {
    let mut found = Vec::new();
    for unseen in limbeck_lint::unseen(&stored.path.display().to_string(), &stored.text) {
        if allowed.contains(&unseen.hazard) {
            continue;
        }
        let what = match unseen.hazard {
            HazardKind::Blocking => {
                let relation = unseen.relation.as_ref().filter(|it| !is_measured_free(stored, it));
                let Some(relation) = relation else { continue };
                let size = questions::size(connection, relation).await?;
                let Some(size) = size.filter(|size| *size > LARGE) else { continue };
                format!("blocking {relation} ({} MB)", size / 1_000_000)
            }
            _ => "losing data".to_owned(),
        };
        found.push(Unacknowledged { what, unseen });
    }
    Ok(found)
}

/// Whether the header says of a relation that only catalogs change: that was measured, and what the statement alone
/// tells was not.
fn is_measured_free(stored: &Stored, relation: &str) -> bool {
    let proved = !stored.file.proved.is_empty();
    proved
        && stored.file.locks.iter().any(|line| {
            let line = line.replace('"', "");
            line.strip_prefix(relation)
                .is_some_and(|rest| rest.starts_with(' ') && rest.ends_with(", catalog only"))
        })
}
