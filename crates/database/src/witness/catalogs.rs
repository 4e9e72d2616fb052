//! What the catalogs of a server look like, by their own description.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_sql::{Ident, Sql, list, sql};
use tokio_postgres::Client;

use super::{Look, Values, rows, rules};
use crate::Error;

/// The first oid that the server gives to an object of a user.
const FIRST_OF_USERS: u32 = 16_384;

/// All catalogs that are read, and the columns that this role may not read.
pub(super) struct Layout {
    pub(super) catalogs: Vec<Catalog>,
    pub(super) unread: BTreeSet<String>,
}

/// One catalog.
pub(super) struct Catalog {
    pub(super) name: String,
    pub(super) oid: u32,
    pub(super) columns: Vec<Column>,
    /// The columns whose names tell a row from others; empty where its own oid does.
    pub(super) key: Vec<usize>,
    filter: Sql,
}

/// One column of a catalog.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) reads: Reads,
    /// Whether the value belongs to the fingerprint, or only helps to name others.
    shown: bool,
    expression: Sql,
}

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// What it says.
    Text,
    /// The row's own oid.
    Own,
    /// The oid of a row of that catalog, 0 for none.
    Refers(u32),
    /// Several of these.
    RefersToMany(u32),
    /// Numbers of columns of the relation whose oid stands in that column.
    Columns(usize),
    /// The oid of an object of the catalog that stands in column `class`; `part` holds its column's number.
    Object { class: usize, part: usize },
}

impl Catalog {
    /// The query for its rows.
    pub(super) fn query(&self) -> Sql {
        let columns = list(self.columns.iter().map(|column| &column.expression));
        let name = Ident::new(&self.name);
        sql!("SELECT {} FROM pg_catalog.{} AS r WHERE {}", columns, name, self.filter)
    }

    /// The columns that belong to the fingerprint, with their places.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.shown)
    }

    /// The place of a column.
    pub(super) fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The place of the row's own oid.
    pub(super) fn own(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.reads == Reads::Own)
    }
}

/// Asks the server for its catalogs.
pub(super) async fn read(client: &Client, version: i32, look: &Look) -> Result<Layout, Error> {
    let has_foreign_keys = version >= 140_000;
    let mut queries =
        vec![Sql::from_trusted(include_str!("columns.sql")), Sql::from_trusted(include_str!("keys.sql"))];
    if has_foreign_keys {
        queries.push(Sql::from_trusted(include_str!("foreign_keys.sql")));
    }
    let mut tables = rows(client, &queries).await?.into_iter();
    let columns = tables.next().unwrap_or_default();
    let keys = tables.next().unwrap_or_default();
    let foreign_keys = match tables.next() {
        Some(table) => table,
        None => recorded_foreign_keys(),
    };
    Ok(Described::new(&columns, &keys, &foreign_keys).layout(look))
}

/// What 14 says of itself, for 13, which does not: its catalogs have no reference that 14 lacks.
fn recorded_foreign_keys() -> Vec<Values> {
    let line = |line: &str| line.split('\t').map(|field| Some(field.to_owned())).collect();
    include_str!("foreign_keys_13.tsv").lines().map(line).collect()
}

/// The server's answers, by catalog.
#[derive(Default)]
struct Described<'a> {
    oids: BTreeMap<&'a str, u32>,
    /// Name, type, and whether it may be read.
    columns: BTreeMap<&'a str, Vec<(&'a str, &'a str, bool)>>,
    keys: BTreeMap<&'a str, Vec<Vec<&'a str>>>,
    foreign_keys: BTreeMap<&'a str, Vec<ForeignKey<'a>>>,
}

/// What a catalog's columns refer to.
struct ForeignKey<'a> {
    columns: Vec<&'a str>,
    refers_to: &'a str,
    /// The last column holds several references.
    is_array: bool,
}

impl<'a> Described<'a> {
    fn new(columns: &'a [Values], keys: &'a [Values], foreign_keys: &'a [Values]) -> Self {
        let mut described = Self::default();
        for row in columns {
            let [Some(oid), Some(catalog), Some(column), Some(of), readable] = row.as_slice() else {
                continue;
            };
            if rules::is_left_out(catalog) {
                continue;
            }
            described.oids.insert(catalog, oid.parse().unwrap_or_default());
            if rules::is_incidental(catalog, column, of) && !rules::helps(column) {
                continue;
            }
            let readable = readable.as_deref() == Some("t");
            described.columns.entry(catalog).or_default().push((column, of, readable));
        }
        for row in keys {
            let [Some(catalog), Some(columns)] = row.as_slice() else { continue };
            described.keys.entry(catalog).or_default().push(columns.split(' ').collect());
        }
        for row in foreign_keys {
            let [Some(catalog), Some(columns), Some(refers_to), is_array] = row.as_slice() else { continue };
            let is_array = is_array.as_deref() == Some("t");
            let columns = columns.split(' ').collect();
            let key = ForeignKey { columns, refers_to, is_array };
            described.foreign_keys.entry(catalog).or_default().push(key);
        }
        described
    }

    fn layout(&self, look: &Look) -> Layout {
        let mut layout = Layout { catalogs: Vec::new(), unread: BTreeSet::new() };
        for (catalog, columns) in &self.columns {
            let unread = columns.iter().filter(|(.., readable)| !readable);
            layout.unread.extend(unread.map(|(column, ..)| [*catalog, column].join(".")));
            let key = self.key(catalog);
            let may = |name: &str| columns.iter().any(|(column, _, readable)| column == &name && *readable);
            // Without its key no row can be told from another.
            if key.iter().all(|column| may(column)) {
                layout.catalogs.push(self.catalog(catalog, &key, look));
            }
        }
        layout
    }

    /// The columns that tell a row from others: its oid, where objects have one that the server can name.
    fn key(&self, catalog: &str) -> Vec<&'a str> {
        let named = rules::key(catalog).map(<[&str]>::to_vec);
        let all = || self.keys.get(catalog).cloned().unwrap_or_default();
        let own = || all().into_iter().find(|key| key == &["oid"]);
        named.or_else(own).or_else(|| all().into_iter().next()).unwrap_or_default()
    }

    fn catalog(&self, name: &str, key: &[&str], look: &Look) -> Catalog {
        let described = self.columns.get(name).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&str> =
            described.iter().filter(|(.., readable)| *readable).map(|(column, ..)| *column).collect();
        let place = |column: &str| names.iter().position(|name| *name == column);
        let mut columns: Vec<Column> = Vec::new();
        for (column, of, _) in described.iter().filter(|(.., readable)| *readable) {
            let reads = self.reads(name, column, of, &place);
            let is_own = reads == Reads::Own && !key.contains(&"oid");
            let hidden = rules::is_incidental(name, column, of)
                || key.contains(column)
                || is_own
                || (!look.owners
                    && self.refers_to(name, column) == Some("pg_authid")
                    && column.ends_with("owner"));
            let tree_of = self.relation_of_trees(name);
            let expression = rules::expression(name, column, of, reads, tree_of);
            columns.push(Column { name: (*column).to_owned(), reads, shown: !hidden, expression });
        }
        for (extra, expression) in rules::extra_columns(name) {
            let expression = Sql::from_trusted(*expression);
            columns.push(Column { name: (*extra).to_owned(), reads: Reads::Text, shown: true, expression });
        }
        let filter = rules::filter(name).unwrap_or_else(|| {
            let first = key.iter().find(|column| place(column).is_some()).copied().unwrap_or("oid");
            sql!("r.{}::pg_catalog.oid >= {}", Ident::new(first), FIRST_OF_USERS)
        });
        let key = match key {
            ["oid"] => Vec::new(),
            columns => columns.iter().filter_map(|column| place(column)).collect(),
        };
        let oid = self.oids.get(name).copied().unwrap_or_default();
        Catalog { name: name.to_owned(), oid, columns, key, filter }
    }

    fn refers_to(&self, catalog: &str, column: &str) -> Option<&'a str> {
        let keys = self.foreign_keys.get(catalog)?;
        keys.iter().find(|key| key.columns == [column]).map(|key| key.refers_to)
    }

    fn reads(&self, catalog: &str, column: &str, of: &str, place: &impl Fn(&str) -> Option<usize>) -> Reads {
        if column == "oid" {
            return Reads::Own;
        }
        // `classid, objid, objsubid` and the like: the server describes only the class as a reference.
        for (class, object, part) in rules::ADDRESSES {
            if column == *object
                && let (Some(class), Some(part)) = (place(class), place(part))
            {
                return Reads::Object { class, part };
            }
        }
        for ForeignKey { columns, refers_to, is_array } in
            self.foreign_keys.get(catalog).into_iter().flatten()
        {
            match columns.as_slice() {
                [relation, numbers] if *numbers == column && *refers_to == "pg_attribute" => {
                    return place(relation).map_or(Reads::Text, Reads::Columns);
                }
                [single] if *single == column => {
                    let class = self.oids.get(refers_to).copied().or_else(|| rules::shared(refers_to));
                    return match class {
                        Some(class) if *is_array => Reads::RefersToMany(class),
                        Some(class) => Reads::Refers(class),
                        None => Reads::Text,
                    };
                }
                _ => {}
            }
        }
        match rules::columns_of(catalog, column).and_then(place) {
            Some(relation) if of.contains("int2") => Reads::Columns(relation),
            _ => Reads::Text,
        }
    }

    /// The column that holds the relation whose columns the catalog's expression trees name.
    fn relation_of_trees(&self, catalog: &str) -> Option<&'a str> {
        let keys = self.foreign_keys.get(catalog)?;
        let two = keys.iter().find(|key| key.columns.len() == 2 && key.refers_to == "pg_attribute");
        let in_order = self.columns.get(catalog)?.iter().map(|(column, ..)| *column);
        let mut one = in_order.filter(|column| self.refers_to(catalog, column) == Some("pg_class"));
        // `conrelid` stands before `confrelid`.
        match two {
            Some(key) if catalog != "pg_constraint" => key.columns.first().copied(),
            _ => one.next(),
        }
    }
}
