//! Rows for tables, which all their constraints accept.
//!
//! The server is the judge: a row is offered, and where it is refused, the columns of the constraint that refused
//! it get other values, with the constants of checks and partition bounds among the first. A table that accepts
//! none of some hundred rows stays empty, and a note says so.

use std::collections::BTreeMap;

use limbeck_sql::{Ident, Literal, Name, Sql, list, sql};
use tokio_postgres::error::{DbError, SqlState};

use super::tables;
use super::values::{Column, constants};
use crate::{Connection, Error};

/// How many rows are offered for one place before a table is given up.
const TRIES: usize = 240;

/// Which rows a table gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Several that differ, with NULLs where they may be.
    #[default]
    Varied,
    /// One, without a NULL: what is to come may refuse NULLs and duplicates.
    Full,
    /// None.
    Empty,
}

impl Level {
    /// The next one, which more constraints accept.
    pub fn milder(self) -> Self {
        match self {
            Self::Varied => Self::Full,
            Self::Full | Self::Empty => Self::Empty,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Seeded {
    /// The tables that have rows.
    pub names: Vec<Name>,
    /// How many rows there are now.
    pub rows: usize,
    /// The tables that have rows.
    pub tables: usize,
    /// The tables that accepted none, and why, a line each.
    pub notes: Vec<String>,
}

/// All tables at one level, for [`seed`].
///
/// # Errors
///
/// Those of reading the catalogs.
pub async fn tables_at(connection: &Connection, level: Level) -> Result<BTreeMap<Name, Level>, Error> {
    Ok(read(connection).await?.into_values().map(|table| (table.name, level)).collect())
}

struct Table {
    name: Name,
    columns: Vec<Column>,
    constraints: Vec<Constraint>,
}

struct Constraint {
    name: String,
    /// `pg_constraint.contype`, `i` for a unique index, `b` for a partition's bound.
    kind: char,
    columns: Vec<String>,
    /// For a foreign key.
    referenced: Option<(u32, Vec<String>)>,
}

/// Fills the tables of a database, in the order of their foreign keys; `levels` are by table's name.
///
/// # Errors
///
/// Those of reading the catalogs: a row that is refused is no error.
pub async fn seed(connection: &Connection, levels: &BTreeMap<Name, Level>) -> Result<Seeded, Error> {
    let tables = read(connection).await?;
    let mut seeded = Seeded::default();
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for oid in in_order(&tables) {
        let Some(table) = tables.get(&oid) else { continue };
        let level = levels.get(&table.name).copied().unwrap_or_default();
        let wanted = match level {
            Level::Varied => 3,
            Level::Full => 1,
            Level::Empty => 0,
        };
        let mut why = None;
        let mut count = 0;
        for number in 0..wanted {
            match offer(connection, &tables, (oid, table), number, level, &counts).await {
                None => count += 1,
                Some(reason) => {
                    why.get_or_insert(reason);
                }
            }
        }
        counts.insert(oid, count);
        seeded.rows += count;
        if count > 0 {
            seeded.tables += 1;
            seeded.names.push(table.name);
        }
        if count == 0
            && let Some(why) = why
        {
            seeded.notes.push(format!("no row for {}: {why}", table.name));
        }
    }
    Ok(seeded)
}

async fn read(connection: &Connection) -> Result<BTreeMap<u32, Table>, Error> {
    let batch = [include_str!("tables.sql"), include_str!("columns.sql"), include_str!("constraints.sql")]
        .join(";\n");
    let mut answers = tables(&connection.client, &batch).await?.into_iter();
    let mut found: BTreeMap<u32, Table> = BTreeMap::new();
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let number = |row: &[Option<String>], at: usize| text(row, at).parse::<u32>().unwrap_or_default();
    let words = |joined: &str| -> Vec<String> {
        joined.split('\u{1f}').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    for row in answers.next().unwrap_or_default() {
        let name = Name::new(text(&row, 1).as_str(), text(&row, 2).as_str());
        found.insert(number(&row, 0), Table { name, columns: Vec::new(), constraints: Vec::new() });
    }
    for row in answers.next().unwrap_or_default() {
        let Some(table) = found.get_mut(&number(&row, 0)) else { continue };
        let is = |at: usize| text(&row, at) == "t";
        let letter = |at: usize| text(&row, at).chars().next().unwrap_or('b');
        table.columns.push(Column {
            name: text(&row, 1),
            not_null: is(2),
            generated: is(3),
            numbered: is(4),
            has_default: is(5),
            base: text(&row, 6),
            kind: letter(7),
            category: letter(8),
            typmod: text(&row, 9).parse().unwrap_or(-1),
            element: row.get(10).cloned().flatten(),
            subtype: row.get(11).cloned().flatten(),
            labels: words(&text(&row, 12)),
            parts: text(&row, 14).parse().unwrap_or_default(),
            declared: text(&row, 15),
            hints: constants(&text(&row, 13)),
        });
    }
    for row in answers.next().unwrap_or_default() {
        let Some(table) = found.get_mut(&number(&row, 0)) else { continue };
        let columns = words(&text(&row, 3));
        let hints = constants(&text(&row, 6));
        for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
            column.hints.extend(hints.iter().cloned());
        }
        let kind = text(&row, 2).chars().next().unwrap_or('c');
        let referenced = (kind == 'f').then(|| (number(&row, 4), words(&text(&row, 5))));
        table.constraints.push(Constraint { name: text(&row, 1), kind, columns, referenced });
    }
    Ok(found)
}

/// Referenced tables before those that refer to them; where they do so in a circle, by oid.
fn in_order(tables: &BTreeMap<u32, Table>) -> Vec<u32> {
    let mut done: Vec<u32> = Vec::new();
    while done.len() < tables.len() {
        let ready = |oid: &u32, table: &Table| {
            let needs = table.constraints.iter().filter_map(|constraint| constraint.referenced.as_ref());
            needs
                .map(|(other, _)| *other)
                .all(|other| other == *oid || done.contains(&other) || !tables.contains_key(&other))
        };
        let open = || tables.iter().filter(|(oid, _)| !done.contains(oid));
        let next = open().find(|(oid, table)| ready(oid, table)).or_else(|| open().next());
        let Some((next, _)) = next else { break };
        done.push(*next);
    }
    done
}

/// Offers rows until one is taken; the reason where none is.
async fn offer(
    connection: &Connection,
    tables: &BTreeMap<u32, Table>,
    table: (u32, &Table),
    number: usize,
    level: Level,
    counts: &BTreeMap<u32, usize>,
) -> Option<String> {
    let mut offer = Offer::new(tables, table, number, level, counts);
    let mut replica = false;
    let mut reason = String::new();
    for _ in 0..TRIES {
        let insert = match offer.statement() {
            Ok(insert) => insert,
            Err(missing) => return Some(missing),
        };
        let Err(error) = connection.client.batch_execute(insert.as_str()).await else {
            if replica {
                let _ = connection.client.batch_execute("RESET session_replication_role").await;
            }
            return None;
        };
        let Some(error) = error.as_db_error() else { return Some(error.to_string()) };
        reason = error.message().to_owned();
        if !offer.learn(error) {
            // A trigger or a function has its own mind: without triggers, once.
            let off = "SET session_replication_role = replica";
            if replica || connection.client.batch_execute(off).await.is_err() {
                break;
            }
            replica = true;
        }
    }
    if replica {
        let _ = connection.client.batch_execute("RESET session_replication_role").await;
    }
    Some(reason)
}

/// A row in the making.
struct Offer<'a> {
    tables: &'a BTreeMap<u32, Table>,
    table: &'a Table,
    oid: u32,
    number: usize,
    counts: &'a BTreeMap<u32, usize>,
    candidates: Vec<Vec<String>>,
    /// By column: which of its candidates; the one after the last is NULL.
    turned: Vec<usize>,
    /// By column: whether NULL, or the default, stands in it.
    left: Vec<bool>,
    /// The columns that are varied, and how often that was done.
    varied: Vec<usize>,
    round: usize,
    /// How far the rows of referenced tables are turned.
    shifted: usize,
}

impl<'a> Offer<'a> {
    fn new(
        tables: &'a BTreeMap<u32, Table>,
        (oid, table): (u32, &'a Table),
        number: usize,
        level: Level,
        counts: &'a BTreeMap<u32, usize>,
    ) -> Self {
        let candidates: Vec<Vec<String>> = table.columns.iter().map(Column::candidates).collect();
        // The first row has every value, the second as few as may be, the third others.
        let left = |column: &Column| {
            column.numbered
                || (column.has_default && number != 2)
                || (!column.not_null && number == 1 && level == Level::Varied)
        };
        let left = table.columns.iter().map(left).collect();
        let turned = candidates.iter().map(|candidates| number % candidates.len()).collect();
        let (varied, round, shifted) = (Vec::new(), 0, 0);
        Self { tables, table, oid, number, counts, candidates, turned, left, varied, round, shifted }
    }

    fn statement(&self) -> Result<Sql, String> {
        let mut values: BTreeMap<usize, Sql> = BTreeMap::new();
        let place = |name: &String| self.table.columns.iter().position(|column| column.name == *name);
        for constraint in &self.table.constraints {
            let Some((target, referenced)) = &constraint.referenced else { continue };
            let places: Vec<usize> = constraint.columns.iter().filter_map(place).collect();
            let rows = self.counts.get(target).copied().unwrap_or_default();
            let may_be_null = places.iter().any(|at| !self.table.columns[*at].not_null);
            if rows == 0 || *target == self.oid {
                if may_be_null {
                    for at in places.iter().filter(|at| !self.table.columns[**at].not_null) {
                        values.insert(*at, sql!("NULL"));
                    }
                } else if *target != self.oid {
                    return Err(format!(
                        "constraint {} needs a row of another table",
                        Ident::new(&constraint.name)
                    ));
                }
                continue;
            }
            if may_be_null && places.iter().all(|at| self.left[*at]) {
                continue;
            }
            let Some(Table { name, .. }) = self.tables.get(target) else { continue };
            let order = list(referenced.iter().map(|column| Ident::new(column)));
            for (at, column) in places.iter().zip(referenced) {
                let offset = (self.number + self.shifted) % rows;
                let column = Ident::new(column);
                let value =
                    sql!("(SELECT {} FROM {} ORDER BY {} LIMIT 1 OFFSET {})", column, name, order, offset);
                values.entry(*at).or_insert(value);
            }
        }
        let mut names = Vec::new();
        let mut shown = Vec::new();
        for (at, column) in self.table.columns.iter().enumerate().filter(|(_, column)| !column.generated) {
            let value = values.remove(&at).unwrap_or_else(|| match () {
                () if self.left[at] && (column.has_default || column.numbered) => sql!("DEFAULT"),
                () if self.left[at] => sql!("NULL"),
                () => match self.candidates[at].get(self.turned[at]) {
                    Some(value) => sql!("{}", Literal::new(value)),
                    None => sql!("NULL"),
                },
            });
            names.push(Ident::new(&column.name));
            shown.push(value);
        }
        Ok(match names.is_empty() {
            true => sql!("INSERT INTO {} DEFAULT VALUES", self.table.name),
            false => sql!("INSERT INTO {} ({}) VALUES ({})", self.table.name, list(names), list(shown)),
        })
    }

    /// Changes the row after a refusal; false where nothing is left to change.
    fn learn(&mut self, error: &DbError) -> bool {
        let place = |name: &str| self.table.columns.iter().position(|column| column.name == name);
        if *error.code() == SqlState::NOT_NULL_VIOLATION
            && let Some(at) = error.column().and_then(place)
            && self.left[at]
            && !self.table.columns[at].numbered
        {
            self.left[at] = false;
            return true;
        }
        // Class 22: a value that the type, or a function in a check, does not take. Class 23: a constraint.
        let of_data = error.code().code().starts_with("22") || error.code().code().starts_with("23");
        if !of_data {
            return false;
        }
        if *error.code() == SqlState::FOREIGN_KEY_VIOLATION {
            self.shifted += 1;
        }
        let named =
            self.table.constraints.iter().find(|constraint| error.constraint() == Some(&constraint.name));
        let bounds = || {
            let of_bounds = self.table.constraints.iter().filter(|constraint| constraint.kind == 'b');
            of_bounds.flat_map(|constraint| constraint.columns.iter())
        };
        let names: Vec<&String> = match named {
            Some(constraint) => constraint.columns.iter().collect(),
            // "no partition of relation found for row" names no constraint.
            None if *error.code() == SqlState::CHECK_VIOLATION && bounds().next().is_some() => {
                bounds().collect()
            }
            None => {
                let of_domain = |column: &&Column| error.datatype() == Some(&column.declared);
                let columns = || self.table.columns.iter();
                let domain: Vec<&String> = columns().filter(of_domain).map(|column| &column.name).collect();
                if domain.is_empty() { columns().map(|column| &column.name).collect() } else { domain }
            }
        };
        let free = |at: &usize| !self.table.columns[*at].generated && !self.table.columns[*at].numbered;
        let mut columns: Vec<usize> = names.into_iter().filter_map(|name| place(name)).filter(free).collect();
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            return *error.code() == SqlState::FOREIGN_KEY_VIOLATION;
        }
        if self.varied != columns {
            self.varied = columns;
            self.round = 0;
        }
        self.round += 1;
        // Counting through all combinations, the last column fastest; too many columns are turned together.
        let together = self.varied.len() > 4;
        let mut rest = self.round;
        for at in self.varied.iter().copied().rev() {
            let size = self.candidates[at].len() + usize::from(!self.table.columns[at].not_null);
            self.left[at] = false;
            self.turned[at] = (self.number + rest % size) % size;
            if !together {
                rest /= size;
            }
        }
        true
    }
}
