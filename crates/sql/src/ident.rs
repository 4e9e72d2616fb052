//! Identifiers and qualified names, quoted as PostgreSQL's `quote_identifier` does.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use ustr::Ustr;

use crate::Sql;

/// One identifier, without quotes: what the catalog holds in a `name` column.
///
/// Interned, so that it is `Copy` and equality is a comparison of pointers: a schema of ten thousand tables
/// repeats its names some hundred thousand times. `Display` quotes where PostgreSQL would; [`Ident::as_str`]
/// is the bare text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ident(Ustr);

impl Ident {
    /// The identifier with exactly this text; nothing is folded to lower case.
    pub fn new(text: &str) -> Self {
        Self(Ustr::from(text))
    }

    /// With quotes in any case: PL/pgSQL has key words of its own, and takes `new.begin` for none of its fields.
    pub fn quoted(self) -> Sql {
        Sql::from_trusted(quoted(self.as_str()))
    }

    /// As a server of that `server_version_num` prints it: what is a key word only since then needs no quotes.
    pub fn printed_by(self, version: i32) -> String {
        let is_plain =
            NEWER_KEYWORDS.iter().any(|(since, words)| version < *since && words.contains(&self.as_str()));
        if is_plain { self.as_str().to_owned() } else { self.to_string() }
    }

    /// The bare text, without quotes.
    pub fn as_str(&self) -> &'static str {
        self.0.as_str()
    }

    /// True for the empty identifier, which PostgreSQL does not have: it stands for "none".
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Ident {
    fn default() -> Self {
        // Most ids hold some: looked up once.
        static EMPTY: LazyLock<Ident> = LazyLock::new(|| Ident::new(""));
        *EMPTY
    }
}

impl From<&str> for Ident {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl PartialEq<str> for Ident {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Ident {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Ident {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ident {
    fn cmp(&self, other: &Self) -> Ordering {
        // Interned: the same name is the same pointer, which settles most comparisons of a sort.
        if self.0 == other.0 { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        if is_plain(text) { f.write_str(text) } else { f.write_str(&quoted(text)) }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A name that may be qualified with a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Name {
    /// The schema; empty where the object has none (an extension) or the name is to be found by `search_path`.
    pub schema: Ident,
    /// The object's own name.
    pub name: Ident,
}

impl Name {
    /// `schema.name`; an empty schema leaves the name bare.
    pub fn new(schema: impl Into<Ident>, name: impl Into<Ident>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.schema.is_empty() {
            write!(f, "{}.", self.schema)?;
        }
        write!(f, "{}", self.name)
    }
}

/// Whether an identifier may stand without quotes: PostgreSQL's rule (`quote_identifier` in ruleutils.c).
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.binary_search(&text).is_err()
}

/// Keywords that `quote_identifier` quotes: all but the unreserved ones, of PostgreSQL 13 to 18 together
/// (`pg_get_keywords()` with `catcode <> 'U'`), sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character",
    "check", "coalesce", "collate", "collation", "column", "concurrently", "constraint", "create",
    "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float",
    "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having",
    "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into",
    "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists", "json_object",
    "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
    "merge_action", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
    "overlay", "placing", "position", "precision", "primary", "real", "references", "returning",
    "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring",
    "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp", "to",
    "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar",
    "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat",
    "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
];

/// Those of [`KEYWORDS`] that PostgreSQL 13 did not know, by the `server_version_num` since which they are there.
const NEWER_KEYWORDS: [(i32, &[&str]); 2] = [
    (160_000, &["json_array", "json_arrayagg", "json_object", "json_objectagg", "system_user"]),
    (
        170_000,
        &[
            "json",
            "json_exists",
            "json_query",
            "json_scalar",
            "json_serialize",
            "json_table",
            "json_value",
            "merge_action",
        ],
    ),
];

#[cfg(test)]
pub(crate) fn keywords() -> &'static [&'static str] {
    KEYWORDS
}
