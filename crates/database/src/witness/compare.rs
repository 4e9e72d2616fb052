//! Two fingerprints beside each other.

use std::collections::BTreeSet;
use std::fmt;

use super::{Fingerprint, Row};

/// Something that two fingerprints do not agree on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// The system catalog.
    pub catalog: String,
    /// The object, as the server names it.
    pub object: String,
    /// The catalog's column; `None` where the whole row is on one side only.
    pub column: Option<String>,
    /// What is on the `from` side; `None` for NULL and for a row that is not there.
    pub from: Option<String>,
    /// What is on the `to` side.
    pub to: Option<String>,
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object)?;
        let shown = |value: &Option<String>| value.as_deref().map_or("NULL".to_owned(), short);
        match &self.column {
            Some(column) => {
                write!(f, "  {}.{column} {} → {}", self.catalog, shown(&self.from), shown(&self.to))
            }
            None if self.from.is_some() => write!(f, "  a row of {} is gone", self.catalog),
            None => write!(f, "  a row of {} is new", self.catalog),
        }
    }
}

/// One line, not too long.
fn short(text: &str) -> String {
    const LONGEST: usize = 120;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => [&line[..end], "…"].concat(),
        None => line,
    }
}

/// What differs, in order of catalogs and objects; what only one of two server versions keeps is not compared.
pub fn differences(from: &Fingerprint, to: &Fingerprint) -> Vec<Sight> {
    let mut sights = Vec::new();
    for (place, row) in &from.rows {
        match to.rows.get(place) {
            Some(other) => columns(&place.catalog, row, other, &mut sights),
            None => sights.push(sight(&place.catalog, &row.about, None, Some(String::new()), None)),
        }
    }
    for (place, row) in to.rows.iter().filter(|(place, _)| !from.rows.contains_key(place)) {
        sights.push(sight(&place.catalog, &row.about, None, None, Some(String::new())));
    }
    sights.sort();
    sights.dedup();
    sights
}

fn columns(catalog: &str, from: &Row, to: &Row, sights: &mut Vec<Sight>) {
    for (name, value) in from.columns.iter().zip(&from.values) {
        let Some(at) = to.columns.iter().position(|other| other == name) else { continue };
        let other = to.values.get(at).cloned().flatten();
        if *value != other {
            sights.push(sight(catalog, &from.about, Some(name.clone()), value.clone(), other));
        }
    }
}

fn sight(
    catalog: &str,
    object: &str,
    column: Option<String>,
    from: Option<String>,
    to: Option<String>,
) -> Sight {
    Sight { catalog: catalog.to_owned(), object: object.to_owned(), column, from, to }
}

/// Objects that are known to differ, by [`plain`] names.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// Objects that are altered: what depends on them may differ too.
    pub objects: BTreeSet<String>,
    /// Objects that come, go or are renamed: all their parts may differ too.
    pub wholes: BTreeSet<String>,
    /// The kinds of all of these, for objects whose name says little.
    pub kinds: BTreeSet<String>,
}

impl Touched {
    fn holds(&self, object: &str) -> bool {
        let name = plain(object);
        self.objects.contains(&name)
            || self.wholes.contains(&name)
            || self.wholes.iter().any(|whole| {
                name.strip_prefix(whole.as_str()).is_some_and(|rest| rest.starts_with(['.', '[', '(']))
            })
    }

    /// Objects without a name that both sides write alike: known by their catalog.
    fn holds_catalog(&self, catalog: &str) -> bool {
        let kind = match catalog {
            "pg_default_acl" => "default privileges",
            "pg_publication_rel" => "published table",
            "pg_publication_namespace" => "published schema",
            "pg_cast" => "cast",
            "pg_transform" => "transform",
            "pg_user_mapping" => "user mapping",
            "pg_operator" => "operator",
            "pg_amop" | "pg_amproc" | "pg_opclass" => "operator class",
            "pg_opfamily" => "operator family",
            _ => return false,
        };
        self.kinds.contains(kind)
    }
}

impl Fingerprint {
    /// Whether what is seen follows from objects that are known to differ: its own, or one that it depends on.
    pub fn is_due_to(&self, sight: &Sight, touched: &Touched) -> bool {
        if touched.holds_catalog(&sight.catalog) {
            return true;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![sight.object.clone()];
        while let Some(object) = open.pop() {
            if touched.holds(&object) {
                return true;
            }
            if let Some(needs) = self.needs.get(&object)
                && seen.insert(object)
            {
                open.extend(needs.iter().cloned());
            }
        }
        false
    }
}

/// A name without what differs between the ways to write it.
pub fn plain(name: &str) -> String {
    name.replace("pg_catalog.", "").replace(' ', "")
}
