//! From oids to names.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use limbeck_sql::{Ident, Literal, sql};
use tokio_postgres::Client;

use super::catalogs::{Catalog, Reads};
use super::{Look, Node, Values, rows, rules};
use crate::Error;

const PG_CLASS: u32 = 1259;
const PG_NAMESPACE: u32 = 2615;

/// Which object belongs to which, by `pg_depend`.
#[derive(Default)]
pub(super) struct Graph {
    /// What an object is a part of: it goes away with it.
    wholes: HashMap<Node, Vec<Node>>,
    /// Objects of extensions.
    members: HashSet<Node>,
    /// The schema that an object lies in.
    schemas: HashMap<Node, u32>,
    names: HashMap<u32, String>,
}

impl Graph {
    pub(super) fn of(read: &[(&Catalog, Vec<Values>)]) -> Self {
        let mut graph = Self::default();
        for (catalog, rows) in read {
            let own = catalog.own();
            let schema =
                catalog.columns.iter().position(|column| column.reads == Reads::Refers(PG_NAMESPACE));
            for row in rows {
                // Default privileges of all schemas lie in none.
                if let (Some(own), Some(schema)) = (own, schema.filter(|schema| number(row, *schema) != 0)) {
                    graph.schemas.insert((catalog.oid, number(row, own)), number(row, schema));
                }
                if catalog.oid == PG_NAMESPACE
                    && let (Some(own), Some(name)) = (own, catalog.at("nspname"))
                {
                    graph.schemas.insert((PG_NAMESPACE, number(row, own)), number(row, own));
                    graph.names.insert(number(row, own), text(row, name).to_owned());
                }
                if catalog.name == rules::DEPENDENCIES {
                    graph.depend(catalog, row);
                }
            }
        }
        graph
    }

    fn depend(&mut self, catalog: &Catalog, row: &Values) {
        let node = |class: &str, object: &str| {
            let at = |name| catalog.at(name).map_or(0, |at| number(row, at));
            (at(class), at(object))
        };
        let (one, other) = (node("classid", "objid"), node("refclassid", "refobjid"));
        match catalog.at("deptype").map_or("", |at| text(row, at)) {
            "e" => {
                self.members.insert(one);
            }
            "a" | "i" | "I" | "P" | "S" if one != other => self.wholes.entry(one).or_default().push(other),
            _ => {}
        }
    }

    /// Whether the row belongs to the fingerprint: not an extension's, not a TOAST table's, in a chosen schema.
    pub(super) fn keeps(&self, catalog: &Catalog, row: &Values, look: &Look) -> bool {
        let Some(node) = object(catalog, row) else { return true };
        let mut seen = HashSet::new();
        let mut open = vec![node];
        let mut inside = look.schemas.is_empty();
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            if self.members.contains(&node) {
                return false;
            }
            match self.schemas.get(&node).map(|schema| self.names.get(schema)) {
                // `pg_toast`, `pg_temp_3` and other schemas of the system, which are not read.
                Some(None) => return false,
                Some(Some(schema)) if schema.starts_with("pg_") => return false,
                Some(Some(schema)) => inside |= look.schemas.contains(schema),
                None => {}
            }
            open.extend(self.wholes.get(&node).into_iter().flatten());
        }
        inside
    }
}

/// The object that a row is (a part of).
pub(super) fn object(catalog: &Catalog, row: &Values) -> Option<Node> {
    if let Some(own) = catalog.own().filter(|_| catalog.key.is_empty()) {
        return Some((catalog.oid, number(row, own)));
    }
    catalog.key.iter().find_map(|at| match catalog.columns[*at].reads {
        Reads::Refers(class) => {
            Some((class, number(row, *at))).filter(|_| !catalog.columns[*at].name.starts_with("class"))
        }
        Reads::Object { class, .. } => Some((number(row, class), number(row, *at))),
        Reads::Text | Reads::Own | Reads::RefersToMany(_) | Reads::Columns(_) => None,
    })
}

/// The names behind the oids of some rows.
pub(super) struct Names {
    objects: HashMap<Node, String>,
    columns: HashMap<(u32, i32), String>,
}

impl Names {
    /// Asks the server for the name of each object, once.
    pub(super) async fn read(client: &Client, read: &[(&Catalog, Vec<Values>)]) -> Result<Self, Error> {
        let mut wanted: BTreeSet<Node> = BTreeSet::new();
        let mut columns = HashMap::new();
        for (catalog, rows) in read {
            for row in rows {
                wanted.extend(catalog.columns.iter().enumerate().flat_map(
                    |(at, column)| match column.reads {
                        Reads::Own if catalog.key.is_empty() => vec![(catalog.oid, number(row, at))],
                        Reads::Refers(class) => vec![(class, number(row, at))],
                        Reads::RefersToMany(class) => {
                            numbers(row, at).map(|oid| (class, oid)).collect::<Vec<_>>()
                        }
                        Reads::Columns(relation) => vec![(PG_CLASS, number(row, relation))],
                        Reads::Object { class, .. } => vec![(number(row, class), number(row, at))],
                        Reads::Own | Reads::Text => Vec::new(),
                    },
                ));
                if let ("pg_attribute", Some(relation), Some(place), Some(name)) = (
                    catalog.name.as_str(),
                    catalog.at("attrelid"),
                    catalog.at("attnum"),
                    catalog.at("attname"),
                ) {
                    let place = text(row, place).parse().unwrap_or_default();
                    columns.insert((number(row, relation), place), text(row, name).to_owned());
                }
            }
        }
        wanted.retain(|(class, oid)| *oid != 0 && *class != 0);
        let mut names = Self { objects: identities(client, &wanted).await?, columns };
        names.parts_of_foreign_keys(read);
        names.internal_triggers(read);
        Ok(names)
    }

    /// What a foreign key keeps for each part of a partitioned table that it refers to is numbered in the order in which
    /// the parts came: it is called after the key and the part instead.
    fn parts_of_foreign_keys(&mut self, read: &[(&Catalog, Vec<Values>)]) {
        for (catalog, rows) in read.iter().filter(|(catalog, _)| catalog.name == "pg_constraint") {
            let places = ["oid", "conparentid", "conrelid", "confrelid"].map(|name| catalog.at(name));
            let [Some(own), Some(whole), Some(relation), Some(referenced)] = places else { continue };
            let by_oid: HashMap<u32, &Values> = rows.iter().map(|row| (number(row, own), row)).collect();
            let whole_of = |row: &Values| {
                let found = by_oid.get(&number(row, whole)).copied();
                found.filter(|found| number(found, relation) == number(row, relation))
            };
            for row in rows {
                let Some(mut key) = whole_of(row) else { continue };
                while let Some(above) = whole_of(key) {
                    key = above;
                }
                let key = self.object((catalog.oid, number(key, own)));
                let named = [key, self.object((PG_CLASS, number(row, referenced)))].join(" to ");
                self.objects.insert((catalog.oid, number(row, own)), named);
            }
        }
    }

    /// The triggers behind foreign keys and deferrable keys are named after their own oid: they are called after
    /// what they do instead.
    fn internal_triggers(&mut self, read: &[(&Catalog, Vec<Values>)]) {
        let mut renamed: BTreeMap<Node, String> = BTreeMap::new();
        for (catalog, rows) in read.iter().filter(|(catalog, _)| catalog.name == "pg_trigger") {
            let places =
                ["oid", "tgisinternal", "tgrelid", "tgfoid", "tgconstraint"].map(|name| catalog.at(name));
            let [Some(own), Some(internal), Some(relation), Some(function), Some(constraint)] = places else {
                continue;
            };
            for row in rows.iter().filter(|row| text(row, internal) == "t") {
                let name = |at: usize| match catalog.columns[at].reads {
                    Reads::Refers(class) => self.object((class, number(row, at))),
                    Reads::Text
                    | Reads::Own
                    | Reads::RefersToMany(_)
                    | Reads::Columns(_)
                    | Reads::Object { .. } => String::new(),
                };
                let named = [name(relation), name(function), name(constraint)];
                renamed.insert((catalog.oid, number(row, own)), named.join(" "));
            }
        }
        self.objects.extend(renamed);
    }

    fn object(&self, node: Node) -> String {
        if node.1 == 0 {
            return "-".to_owned();
        }
        self.objects.get(&node).cloned().unwrap_or_else(|| "(something of the system)".to_owned())
    }

    fn part(&self, node: Node, part: i32) -> String {
        let whole = self.object(node);
        if part == 0 || node.0 != PG_CLASS {
            return whole;
        }
        [whole, self.column(node.1, part)].join(".")
    }

    fn column(&self, relation: u32, place: i32) -> String {
        match self.columns.get(&(relation, place)) {
            Some(name) => Ident::new(name).to_string(),
            None if place == 0 => "(expression)".to_owned(),
            None => format!("(column {place})"),
        }
    }

    /// A value by name.
    pub(super) fn value(&self, catalog: &Catalog, row: &Values, at: usize) -> Option<String> {
        let value = row.get(at)?.as_ref()?;
        Some(match catalog.columns[at].reads {
            Reads::Text | Reads::Own => value.clone(),
            Reads::Refers(class) => self.object((class, number(row, at))),
            Reads::RefersToMany(class) => {
                let mut names: Vec<String> = numbers(row, at).map(|oid| self.object((class, oid))).collect();
                if rules::is_set(&catalog.name, &catalog.columns[at].name) {
                    names.sort_unstable();
                }
                names.join(", ")
            }
            Reads::Columns(relation) => {
                let relation = number(row, relation);
                let place = |place: &str| self.column(relation, place.parse().unwrap_or_default());
                let mut names: Vec<String> = value.split_whitespace().map(place).collect();
                if rules::is_set(&catalog.name, &catalog.columns[at].name) {
                    names.sort_unstable();
                }
                names.join(", ")
            }
            Reads::Object { class, part } => {
                let part = text(row, part).parse().unwrap_or_default();
                self.part((number(row, class), number(row, at)), part)
            }
        })
    }

    /// What tells the row from others.
    pub(super) fn key(&self, catalog: &Catalog, row: &Values) -> String {
        if catalog.key.is_empty() {
            return self.about(catalog, row);
        }
        let parts: Vec<String> = catalog
            .key
            .iter()
            // An address says its class by its name.
            .filter(|at| !is_class(catalog, **at))
            .map(|at| self.value(catalog, row, *at).unwrap_or_default())
            .collect();
        if catalog.name == "pg_attribute" { self.about(catalog, row) } else { parts.join(" ") }
    }

    /// The object that the row is about.
    pub(super) fn about(&self, catalog: &Catalog, row: &Values) -> String {
        if let ("pg_attribute", Some(relation), Some(name)) =
            (catalog.name.as_str(), catalog.at("attrelid"), catalog.at("attname"))
        {
            let whole = self.object((PG_CLASS, number(row, relation)));
            return [whole, Ident::new(text(row, name)).to_string()].join(".");
        }
        for at in &catalog.key {
            if let Reads::Object { .. } = catalog.columns[*at].reads {
                return self.value(catalog, row, *at).unwrap_or_default();
            }
        }
        object(catalog, row).map_or_else(String::new, |node| self.object(node))
    }

    /// What a row of `pg_depend` says is needed.
    pub(super) fn needed(&self, catalog: &Catalog, row: &Values) -> String {
        catalog.at("refobjid").and_then(|at| self.value(catalog, row, at)).unwrap_or_default()
    }
}

fn is_class(catalog: &Catalog, at: usize) -> bool {
    catalog.columns.iter().any(|column| matches!(column.reads, Reads::Object { class, .. } if class == at))
}

/// What the server calls these objects: parts joined with dots, arguments in parentheses.
async fn identities(client: &Client, wanted: &BTreeSet<Node>) -> Result<HashMap<Node, String>, Error> {
    let array = |numbers: &mut dyn Iterator<Item = u32>| {
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        Literal::new(["{", &numbers.join(","), "}"].concat())
    };
    let classes = array(&mut wanted.iter().map(|(class, _)| *class));
    let oids = array(&mut wanted.iter().map(|(_, oid)| *oid));
    let query = sql!(
        "SELECT w.class, w.oid, CASE WHEN i.type = 'type' THEN (pg_catalog.pg_identify_object(w.class, w.oid, 0)).identity \
         ELSE pg_catalog.array_to_string(ARRAY(SELECT pg_catalog.quote_ident(n) FROM pg_catalog.unnest(i.object_names) AS n), '.') \
         || CASE WHEN pg_catalog.cardinality(i.object_args) > 0 OR i.type IN ('function', 'procedure', 'aggregate') \
         THEN '(' || pg_catalog.array_to_string(i.object_args, ', ') || ')' ELSE '' END END \
         FROM unnest({}::pg_catalog.oid[], {}::pg_catalog.oid[]) AS w (class, oid), \
         LATERAL pg_catalog.pg_identify_object_as_address(w.class, w.oid, 0) AS i",
        classes,
        oids
    );
    let answered = rows(client, &[query]).await?.into_iter().next().unwrap_or_default();
    Ok(answered.iter().map(|row| ((number(row, 0), number(row, 1)), text(row, 2).to_owned())).collect())
}

pub(super) fn text(row: &Values, at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

pub(super) fn number(row: &Values, at: usize) -> u32 {
    text(row, at).parse().unwrap_or_default()
}

fn numbers(row: &Values, at: usize) -> impl Iterator<Item = u32> {
    text(row, at).split_whitespace().filter_map(|number| number.parse().ok())
}
