//! The witness: a second comparison, which knows no kinds.
//!
//! Whoever proves a plan with his own reader proves only what that reader models. So there is a fingerprint of
//! the whole catalog: the rows of the system catalogs themselves, every column of them, with each oid, column
//! number and expression tree turned into the name or the text that stands for it. Which catalogs and columns
//! there are, and what they refer to, is asked of the server ([`catalogs`]): a column that a new version brings
//! is seen without a line here. What we do know is the little that cannot be equal between two databases
//! ([`rules`]), and how to read what queries list in the order of a table's columns ([`lists`]). Nothing of
//! `limbeck_kinds` is used: two readers that share a fault would share their blindness.
//!
//! Three round trips, whatever the number of objects: what the catalogs look like, their rows, and the names
//! behind the oids.

mod catalogs;
mod compare;
mod lists;
mod names;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, pin_mut};
use limbeck_sql::Sql;
use tokio_postgres::{Client, SimpleQueryMessage};

pub use compare::{Sight, Touched, differences, plain};
pub use lists::without_order;

use self::catalogs::Catalog;
use self::names::Names;
use crate::{Connection, Error};

/// A catalog row's place: the catalog's oid and the row's.
type Node = (u32, u32);

/// The values of a row, `None` for NULL.
type Values = Vec<Option<String>>;

/// What of a database is looked at.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Only what lies in these schemas; everything where none is named.
    pub schemas: BTreeSet<String>,
    /// Whether it counts who owns an object.
    pub owners: bool,
}

/// What the catalogs hold, by names.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint {
    rows: BTreeMap<Place, Row>,
    /// What each object depends on, by name.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// Columns of catalogs that the role may not read.
    pub unread: BTreeSet<String>,
}

/// Which row: catalogs have no common key, so the key is the text that names the row's object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    catalog: Arc<str>,
    object: String,
    /// Tells rows apart that name the same: 0, 1, …
    number: usize,
}

#[derive(Clone, Debug)]
struct Row {
    columns: Arc<[String]>,
    values: Values,
    /// The object that the row is about, as messages name it.
    about: String,
}

/// Takes the fingerprint of a database, as one moment saw it.
///
/// # Errors
///
/// Where the server refuses a query or the connection breaks; then there is none, never a part.
pub async fn fingerprint(connection: &Connection, look: &Look) -> Result<Fingerprint, Error> {
    let client = &connection.client;
    client
        .batch_execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; \
             SET LOCAL quote_all_identifiers = off; SET LOCAL jit = off",
        )
        .await?;
    let result = take(client, connection.version, look).await;
    let end = client.batch_execute(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
    let fingerprint = result?;
    end?;
    Ok(fingerprint)
}

async fn take(client: &Client, version: i32, look: &Look) -> Result<Fingerprint, Error> {
    let layout = catalogs::read(client, version, look).await?;
    let mut queries: Vec<Sql> = layout.catalogs.iter().map(Catalog::query).collect();
    queries.push(rules::given_privileges());
    let mut tables = rows(client, &queries).await?;
    let given = tables.pop().unwrap_or_default();
    let mut read: Vec<(&Catalog, Vec<Values>)> = layout.catalogs.iter().zip(tables).collect();
    let sources = lists::Sources::of(&read);
    let graph = names::Graph::of(&read);
    for (catalog, rows) in &mut read {
        rows.retain(|row| graph.keeps(catalog, row, look));
    }
    let names = Names::read(client, &read).await?;
    let mut fingerprint = Fingerprint { unread: layout.unread, ..Fingerprint::default() };
    for (catalog, rows) in read {
        let columns: Arc<[String]> =
            catalog.shown().map(|(_, column)| column.name.clone()).collect::<Vec<_>>().into();
        let name: Arc<str> = catalog.name.as_str().into();
        let mut sorted: Vec<(String, Row)> = Vec::with_capacity(rows.len());
        for row in rows {
            let object = names::object(catalog, &row);
            let value = |(at, column): (usize, &catalogs::Column)| {
                let value = names.value(catalog, &row, at)?;
                let query = object.filter(|_| rules::is_query(&column.name));
                Some(query.map_or_else(|| value.clone(), |object| sources.by_name(object, &value)))
            };
            let values = catalog.shown().map(value).collect();
            let about = names.about(catalog, &row);
            // A column of an index is known by its place, and differs with the index.
            if catalog.name == "pg_attribute"
                && let Some((whole, place)) = about.rsplit_once('.')
                && place.trim_matches('"').bytes().all(|byte| byte.is_ascii_digit())
            {
                fingerprint.needs.entry(about.clone()).or_default().insert(whole.to_owned());
            }
            if catalog.name == rules::DEPENDENCIES {
                let need = names.needed(catalog, &row);
                fingerprint.needs.entry(about.clone()).or_default().insert(need);
            }
            sorted.push((names.key(catalog, &row), Row { columns: Arc::clone(&columns), values, about }));
        }
        sorted.sort_by(|left, right| (&left.0, &left.1.values).cmp(&(&right.0, &right.1.values)));
        if catalog.name == rules::DEPENDENCIES {
            // What is needed for two reasons is recorded once or twice, by the order of statements.
            sorted.dedup_by(|left, right| left.0 == right.0 && left.1.values == right.1.values);
        }
        let mut number = 0;
        let mut last: Option<String> = None;
        for (object, row) in sorted {
            number = if last.as_ref() == Some(&object) { number + 1 } else { 0 };
            last = Some(object.clone());
            fingerprint.rows.insert(Place { catalog: Arc::clone(&name), object, number }, row);
        }
    }
    // They lie in no schema that could be chosen.
    if look.schemas.is_empty() {
        fingerprint.add_given_privileges(given);
    }
    Ok(fingerprint)
}

/// The rows of several queries that go out as one.
async fn rows(client: &Client, queries: &[Sql]) -> Result<Vec<Vec<Values>>, Error> {
    let batch = queries.iter().map(Sql::as_str).collect::<Vec<_>>().join(";\n");
    let mut tables: Vec<Vec<Values>> = vec![Vec::new()];
    let stream = client.simple_query_raw(&batch).await?;
    pin_mut!(stream);
    while let Some(message) = stream.next().await {
        match message? {
            SimpleQueryMessage::Row(row) => {
                let mut values = Vec::with_capacity(row.len());
                for at in 0..row.len() {
                    values.push(row.try_get(at)?.map(str::to_owned));
                }
                if let Some(table) = tables.last_mut() {
                    table.push(values);
                }
            }
            SimpleQueryMessage::CommandComplete(_) => tables.push(Vec::new()),
            _ => {}
        }
    }
    tables.truncate(queries.len());
    Ok(tables)
}

impl Fingerprint {
    /// Privileges that were given or taken on objects of the system and of extensions, whose own rows are not read.
    fn add_given_privileges(&mut self, given: Vec<Values>) {
        let catalog: Arc<str> = rules::INITIAL_PRIVILEGES.into();
        let columns: Arc<[String]> = Arc::new(["privileges".to_owned()]);
        for mut row in given {
            let values = row.split_off(1);
            let about = row.pop().flatten().unwrap_or_default();
            let place = Place { catalog: Arc::clone(&catalog), object: about.clone(), number: 0 };
            self.rows.insert(place, Row { columns: Arc::clone(&columns), values, about });
        }
    }

    /// How many rows it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
