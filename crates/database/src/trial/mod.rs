//! What a trial of statements needs beside a comparison of schemas: rows to lose, an eye on them, and a meter.
//!
//! A plan that is right on empty tables may be wrong on full ones. So tables get rows that their constraints
//! accept ([`seed`]), which are looked at before and after ([`keep`]), and while a statement runs, it is written
//! down what it locks, reads and writes anew ([`measure`]). The server is asked for everything: nothing here knows
//! what Limbeck models.

mod keep;
mod measure;
mod seed;
mod values;

pub use keep::{Kept, Loss, Lost, keep, losses};
pub use measure::Meter;
pub use seed::{Level, Seeded, seed, tables_at};

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::Error;

/// The rows of the queries of a batch, in one round trip.
pub(crate) async fn tables(client: &Client, batch: &str) -> Result<Vec<Vec<Vec<Option<String>>>>, Error> {
    let mut tables = vec![Vec::new()];
    for message in client.simple_query(batch).await? {
        match message {
            SimpleQueryMessage::Row(row) => {
                let values = (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect();
                if let Some(table) = tables.last_mut() {
                    table.push(values);
                }
            }
            SimpleQueryMessage::CommandComplete(_) => tables.push(Vec::new()),
            _ => {}
        }
    }
    Ok(tables)
}
