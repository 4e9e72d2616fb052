//! Statements of a plan to the parts of a file.

use std::collections::BTreeMap;

use limbeck_sql::{Hazard, HazardKind, LockMode, Preflight, Size, Statement, Work, segments};

use super::{Allow, Allowed, Item, Mark, Mode, Placed, Script, Segment};

impl Script {
    /// The script that runs these statements in this order, in as few segments as they allow, each statement
    /// below what is to be said of it: losses, what is left to decide, other hazards as comments.
    pub fn from_statements(statements: &[Statement]) -> Self {
        let segment = |segment: &limbeck_sql::Segment<'_>| Segment {
            mode: if segment.transactional { Mode::Transaction } else { Mode::NoTransaction },
            items: segment.statements.iter().flat_map(items).collect(),
        };
        Self { segments: segments(statements).iter().map(segment).collect() }
    }

    /// Puts comments above all else, a line each.
    pub fn say_first(&mut self, lines: &[String]) {
        let Some(first) = self.segments.first_mut() else { return };
        let comments = lines
            .iter()
            .map(|line| Item::Comment(format!("-- {}", line.trim_end().replace(['\n', '\r'], " "))));
        first.items.splice(0..0, comments);
    }
}

/// A statement below what is to be said of it.
fn items(statement: &Statement) -> Vec<Item> {
    let mut items = Vec::new();
    for hazard in &statement.hazards {
        let message = one_line(&hazard.message);
        items.push(match hazard.kind {
            HazardKind::DataLoss => Item::Loses(message),
            HazardKind::Undecided => Item::Todo(Mark::new(message)),
            HazardKind::MayFail | HazardKind::Blocking | HazardKind::Compatibility | HazardKind::Access => {
                Item::Comment(format!("-- {}: {message}", hazard.kind.name()))
            }
        });
    }
    items.extend(statement.answers.iter().map(|Hazard { kind, message }| {
        Item::Allow(Allow { what: Allowed::Hazard(*kind), reason: Mark::new(one_line(message)) })
    }));
    // A question that does not fit into a line is asked by the statement itself.
    let fits = |preflight: &&Preflight| {
        let texts = [preflight.count.as_str(), &preflight.rows];
        !texts.iter().any(|text| text.contains('\n')) && !preflight.rows.contains(" -- ")
    };
    items.extend(statement.preflights.iter().filter(fits).cloned().map(Item::Preflight));
    if statement.runs() {
        items.push(Item::Statement(Placed::new(statement.sql.clone())));
    }
    items
}

/// The `locks:` lines of some statements: each relation once, with its strongest lock and the most work.
pub fn lock_lines(statements: &[Statement]) -> Vec<String> {
    let mut relations: BTreeMap<&str, (LockMode, Work, Option<Size>)> = BTreeMap::new();
    for lock in statements.iter().flat_map(|statement| &statement.locks) {
        let entry = relations.entry(&lock.relation).or_insert((lock.mode, lock.work, lock.size));
        *entry = (entry.0.max(lock.mode), entry.1.max(lock.work), entry.2.max(lock.size));
    }
    let line = |(relation, (mode, work, size)): (&str, (LockMode, Work, Option<Size>))| {
        let size = size.filter(|_| work != Work::Catalog).map(|size| format!(" ({size})"));
        format!("{relation} {mode}, {work}{}", size.unwrap_or_default())
    };
    relations.into_iter().map(line).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
