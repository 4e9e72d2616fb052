//! Questions to a database before statements run on it: rows in the way, the size of a relation. Nothing is written.

use limbeck_sql::{Ident, Literal, Preflight, Sql, sql};
use tokio_postgres::SimpleQueryMessage;

use crate::{Connection, Error};

/// How many rows are in the way; nothing where the database as it is cannot answer (about a column that a statement
/// before makes), or not in this time.
pub async fn count(connection: &Connection, preflight: &Preflight, seconds: u32) -> Option<u64> {
    let client = &connection.client;
    let limit: Sql = sql!("SET LOCAL statement_timeout = {}", seconds * 1000);
    let question = sql!("BEGIN READ ONLY; {}; {}; COMMIT", limit, preflight.count);
    let Ok(messages) = client.simple_query(question.as_str()).await else {
        // The batch stopped inside its transaction.
        let _ = client.batch_execute("ROLLBACK").await;
        return None;
    };
    number(&messages)
}

/// What was counted, in words.
pub fn found(count: u64, preflight: &Preflight) -> String {
    let rows = if count == 1 { "row or value" } else { "rows or values" };
    format!("{count} {rows}: {}", preflight.rows)
}

/// The bytes that the rows of a table lie in, its partitions and children included; none where there is none yet.
///
/// # Errors
///
/// A broken connection.
pub async fn size(connection: &Connection, relation: &str) -> Result<Option<u64>, Error> {
    let name: Vec<Sql> = relation.split('.').map(|part| sql!("{}", Ident::new(part))).collect();
    let name = name.iter().map(Sql::as_str).collect::<Vec<_>>().join(".");
    let question = sql!(
        "WITH RECURSIVE tree AS (
             SELECT pg_catalog.to_regclass({})::pg_catalog.oid AS id
             UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN tree ON i.inhparent = tree.id
         ) SELECT pg_catalog.sum(pg_catalog.pg_relation_size(id)) FROM tree",
        Literal::new(name)
    );
    Ok(number(&connection.client.simple_query(question.as_str()).await?))
}

/// The number in the first row of an answer.
fn number(messages: &[SimpleQueryMessage]) -> Option<u64> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    })
}
