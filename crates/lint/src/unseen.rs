//! What a revision does to data or to those who use it, and nobody has said that it was seen.
//!
//! A review is content with a label (`-- blocking: …`): it tells what happens. A database in production asks for more,
//! a `limbeck:allow` above the statement or in the header.

use limbeck_revisions::file::Allowed;
use limbeck_schema::Origin;
use limbeck_sql::{HazardKind, Work};

use crate::file::{Direction, File, Statement};
use crate::names::{self, Role};
use crate::places::Places;
use crate::rules::{self, Hit};
use crate::{Options, allow, locks, squawk};

/// Something that was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// [`HazardKind::DataLoss`] or [`HazardKind::Blocking`].
    pub hazard: HazardKind,
    /// The relation that it is about, if it names one, as `schema.name` without quotes.
    pub relation: Option<String>,
    /// What happens.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to write in its place.
    pub help: String,
}

/// What the way up loses without a label, and where it has others wait while it works on rows, unless the file
/// acknowledges it. Nobody waits for a table that the file makes itself; how large others are, the caller knows.
pub fn unseen(name: &str, text: &str) -> Vec<Unseen> {
    let options = Options { revision: true, ..Options::default() };
    let (file, _) = File::read(text, name, &options);
    let places = Places::new(name, &file.text);
    let mut hits = rules::check(&file, &options);
    hits.extend(squawk::check(&file, &options));
    let Some(script) = file.script(Direction::Up) else { return Vec::new() };
    let mut found: Vec<(usize, Unseen)> = Vec::new();
    for statement in &script.statements {
        let range = statement.range();
        let holds = |it: &&Statement, hit: &Hit| it.range().contains(&hit.range.start);
        // What stands in a block belongs to the statement there, which comes after the block.
        let innermost = |hit: &Hit| script.statements.iter().rfind(|it| holds(it, hit)).map(|it| it.at);
        let mut own: Vec<&Hit> = hits.iter().filter(|hit| innermost(hit) == Some(statement.at)).collect();
        own.sort_by_key(|hit| (hit.range.start, hit.rule.code));
        for hazard in [HazardKind::DataLoss, HazardKind::Blocking] {
            if is_allowed(&file, statement, hazard) {
                continue;
            }
            let mut hits = own.iter().filter(|hit| hit.rule.hazard == Some(hazard));
            let hit = hits.find(|hit| {
                // What is lost and says so is asked for by its label.
                let said = hazard == HazardKind::DataLoss && hit.labelled;
                !said && !allow::is_allowed(&file, hit)
            });
            let (message, help) = match hit {
                Some(hit) => (hit.message.clone(), hit.help.clone()),
                None if hazard == HazardKind::Blocking && said_so(statement) => (
                    "readers and writers wait while rows are looked at or written anew".to_owned(),
                    String::new(),
                ),
                None => continue,
            };
            if hazard == HazardKind::Blocking && !works(statement) {
                continue;
            }
            let origin = places.origin(&range);
            found
                .push((range.start, Unseen { hazard, relation: relation(statement), message, origin, help }));
        }
    }
    found.sort_by_key(|(at, unseen)| (*at, unseen.hazard));
    found.into_iter().map(|(_, unseen)| unseen).collect()
}

/// Whether the file says of the statement, or of all of them, that the hazard was seen.
fn is_allowed(file: &File, statement: &Statement, hazard: HazardKind) -> bool {
    let start = statement.range().start;
    file.allows.iter().any(|allow| {
        allow.allow.what == Allowed::Hazard(hazard)
            && allow.covers.as_ref().is_none_or(|covers| covers.contains(&start))
    })
}

/// A lock that is held for a moment only keeps nobody waiting: the runner does not queue for it for long.
fn works(statement: &Statement) -> bool {
    locks(&statement.sql).iter().any(|lock| lock.work != Work::Catalog) || said_so(statement)
}

/// A label says that others wait; that of a block stands for all that it does.
fn said_so(statement: &Statement) -> bool {
    statement.labels.contains(&HazardKind::Blocking) && !statement.inside
}

fn relation(statement: &Statement) -> Option<String> {
    let target = || statement.mentions.iter().find(|mention| mention.role == Role::Target);
    names::table(statement).or_else(target).map(names::Mention::full)
}
