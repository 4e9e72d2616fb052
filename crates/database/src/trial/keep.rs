//! What tables and sequences hold, before and after.
//!
//! A table and a column are the same ones as long as they keep their oid and number, whatever they are called. What
//! was made anew is looked for by its name.

use std::collections::BTreeMap;
use std::fmt;

use limbeck_sql::{Ident, Name, Sql, list, sql};

use super::tables;
use crate::{Connection, Error};

/// The contents of a small database.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    tables: BTreeMap<u32, Table>,
    /// The last value of each sequence that has given one.
    sequences: BTreeMap<Name, i64>,
}

#[derive(Clone, Debug)]
struct Table {
    name: Name,
    /// The tables that it is a partition or a child of, however far.
    parents: Vec<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Option<String>>>,
}

#[derive(Clone, Debug)]
struct Column {
    number: i16,
    name: Ident,
    ty: String,
    category: String,
}

/// Something that was there before and is not there, or is not the same, afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What is lost.
    pub what: Lost,
    /// The tables by whose name it may be told: its own, and those that it is a part of.
    tables: Vec<String>,
}

/// What can be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The rows of a table that is gone.
    Table(Name),
    /// The values of a column that is gone.
    Column(Name, Ident),
    /// Some rows of a table: how many there were, and are.
    Rows(Name, usize, usize),
    /// Values of a table that changed under the same type.
    Values(Name),
    /// A sequence that counts from an earlier value: which it had, and has.
    Sequence(Name, i64, i64),
}

impl Loss {
    /// Whether one of these texts names what is lost: "every value of habits.t.email", "every row of habits.t".
    pub fn is_told<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let told = |text: &str| {
            self.tables.iter().filter(|table| !table.is_empty()).any(|table| {
                text.match_indices(table.as_str()).any(|(at, _)| {
                    // `s.t` is not named where `s.table` or another column stands.
                    let rest = &text[at + table.len()..];
                    match (&self.what, rest.strip_prefix('.')) {
                        (Lost::Column(_, column), Some(rest)) => {
                            let rest = rest.strip_prefix(&column.to_string());
                            rest.is_some_and(|rest| {
                                !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                            })
                        }
                        (_, Some(_)) => matches!(self.what, Lost::Values(_) | Lost::Rows(..)),
                        (_, None) => !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'),
                    }
                })
            })
        };
        texts.into_iter().any(told)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Lost::Table(name) => write!(f, "the rows of {name} are lost"),
            Lost::Column(table, column) => write!(f, "the values of {table}.{column} are lost"),
            Lost::Rows(name, before, after) => write!(f, "{name} had {before} rows and has {after}"),
            Lost::Values(name) => write!(f, "values of {name} changed"),
            Lost::Sequence(name, before, after) => {
                write!(f, "sequence {name} was at {before} and is at {after}")
            }
        }
    }
}

/// Looks at every row. For databases that hold few.
///
/// # Errors
///
/// The server's.
pub async fn keep(connection: &Connection) -> Result<Kept, Error> {
    let batch = [include_str!("kept.sql"), include_str!("sequences.sql")].join(";\n");
    let mut answers = tables(&connection.client, &batch).await?.into_iter();
    let mut kept = Kept::default();
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    for row in answers.next().unwrap_or_default() {
        let name = Name::new(text(&row, 1).as_str(), text(&row, 2).as_str());
        let table = kept.tables.entry(text(&row, 0).parse().unwrap_or_default()).or_insert_with(|| Table {
            name,
            parents: text(&row, 7).split('\u{1f}').map(str::to_owned).collect(),
            columns: Vec::new(),
            rows: Vec::new(),
        });
        table.columns.push(Column {
            number: text(&row, 3).parse().unwrap_or_default(),
            name: Ident::new(&text(&row, 4)),
            ty: text(&row, 5),
            category: text(&row, 6),
        });
    }
    for row in answers.next().unwrap_or_default() {
        let name = Name::new(text(&row, 0).as_str(), text(&row, 1).as_str());
        if let Ok(value) = text(&row, 2).parse() {
            kept.sequences.insert(name, value);
        }
    }
    let queries: Vec<Sql> = kept
        .tables
        .values()
        .map(|table| {
            let columns = list(table.columns.iter().map(|column| sql!("{}::pg_catalog.text", column.name)));
            sql!("SELECT {} FROM ONLY {}", columns, table.name)
        })
        .collect();
    if !queries.is_empty() {
        let batch = queries.iter().map(Sql::as_str).collect::<Vec<_>>().join(";\n");
        let answers = tables(&connection.client, &batch).await?;
        for (table, rows) in kept.tables.values_mut().zip(answers) {
            table.rows = rows;
        }
    }
    Ok(kept)
}

/// What was lost on the way.
pub fn losses(before: &Kept, after: &Kept) -> Vec<Loss> {
    let mut losses = Vec::new();
    for (oid, table) in before.tables.iter().filter(|(_, table)| !table.rows.is_empty()) {
        let same = after.tables.get(oid);
        match same.or_else(|| after.tables.values().find(|other| other.name == table.name)) {
            Some(other) => compare(table, other, same.is_some(), &mut losses),
            None => losses.push(table.loss(Lost::Table(table.name))),
        }
    }
    for (name, value) in &before.sequences {
        // One that is gone was dropped with what it counted.
        if let Some(now) = after.sequences.get(name)
            && now < value
        {
            let what = Lost::Sequence(*name, *value, *now);
            losses.push(Loss { what, tables: vec![name.to_string()] });
        }
    }
    losses
}

impl Table {
    fn loss(&self, what: Lost) -> Loss {
        let mut tables = vec![self.name.to_string()];
        tables.extend(self.parents.iter().cloned());
        Loss { what, tables }
    }
}

fn compare(before: &Table, after: &Table, by_number: bool, losses: &mut Vec<Loss>) {
    let mut pairs = Vec::new();
    for (at, column) in before.columns.iter().enumerate() {
        let same = |other: &&Column| {
            if by_number { other.number == column.number } else { other.name == column.name }
        };
        let by_name = |other: &&Column| other.name == column.name;
        let columns = &after.columns;
        match columns.iter().find(same).or_else(|| columns.iter().find(by_name)) {
            Some(other) => {
                let place = columns.iter().position(|found| found.number == other.number).unwrap_or_default();
                pairs.push((at, place, comparable(column, other)));
            }
            // A column of nothing but NULL holds nothing.
            None if before.rows.iter().any(|row| row.get(at).is_some_and(Option::is_some)) => {
                losses.push(before.loss(Lost::Column(before.name, column.name)));
            }
            None => {}
        }
    }
    if before.rows.len() != after.rows.len() {
        losses.push(before.loss(Lost::Rows(before.name, before.rows.len(), after.rows.len())));
        return;
    }
    let seen = |value: Option<&Option<String>>, how: How| -> Option<String> {
        let value = value?.as_deref()?;
        Some(match how {
            How::Text => value.to_owned(),
            How::Number => {
                value.parse::<f64>().map_or_else(|_| value.to_owned(), |number| number.to_string())
            }
            How::Null => "set".to_owned(),
        })
    };
    let project = |rows: &[Vec<Option<String>>], left: bool| {
        let row = |row: &Vec<Option<String>>| {
            let cell =
                |(from, to, how): &(usize, usize, How)| seen(row.get(if left { *from } else { *to }), *how);
            pairs.iter().map(cell).collect::<Vec<_>>()
        };
        let mut rows: Vec<Vec<Option<String>>> = rows.iter().map(row).collect();
        rows.sort();
        rows
    };
    if project(&before.rows, true) != project(&after.rows, false) {
        losses.push(before.loss(Lost::Values(before.name)));
    }
}

/// How values of two types are compared.
#[derive(Clone, Copy)]
enum How {
    Text,
    Number,
    /// Only whether there is one: a cast stands between them.
    Null,
}

fn comparable(before: &Column, after: &Column) -> How {
    if before.ty == after.ty || before.category == "S" && after.category == "S" {
        How::Text
    } else if before.category == "N" && after.category == "N" {
        How::Number
    } else {
        How::Null
    }
}
