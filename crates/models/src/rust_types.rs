//! Which type of PostgreSQL a Rust type stands for.

use limbeck_grammar::{Declaration, RustType, TypePath};

use crate::pg_types::{Canonical, canonical};
use crate::scan::ItemKind;
use crate::tree::{ItemId, Meaning, Tree};

/// What a Rust type stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapped {
    pub(crate) base: Base,
    pub(crate) array: bool,
    pub(crate) nullable: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Base {
    /// A type by name.
    Type(Canonical),
    /// An enum, domain or composite type of the models.
    Item(ItemId),
}

impl Mapped {
    pub(crate) fn built_in(name: &str) -> Self {
        Self { base: Base::Type(Canonical::BuiltIn(name.to_owned())), array: false, nullable: false }
    }

    fn extension(name: &str) -> Self {
        let user = Canonical::User { schema: None, name: name.to_owned(), suffix: String::new() };
        Self { base: Base::Type(user), array: false, nullable: false }
    }

    fn name(&self) -> Option<&str> {
        match &self.base {
            Base::Type(Canonical::BuiltIn(name)) => Some(name),
            Base::Type(Canonical::User { .. }) | Base::Item(_) => None,
        }
    }
}

/// Why a Rust type stands for none, and what to write.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unmapped {
    pub(crate) message: String,
    pub(crate) help: String,
}

fn unmapped(message: String, help: impl Into<String>) -> Unmapped {
    Unmapped { message, help: help.into() }
}

/// How far aliases and newtypes may lead to one another.
const DEPTH: u32 = 16;

/// Crates whose types the map knows by name.
pub(crate) fn is_known_crate(name: &str) -> bool {
    const CRATES: &[&str] = &[
        "alloc",
        "bigdecimal",
        "bit_vec",
        "bytes",
        "chrono",
        "cidr",
        "core",
        "diesel",
        "eui48",
        "geo_types",
        "ipnet",
        "ipnetwork",
        "jiff",
        "jiff_sqlx",
        "mac_address",
        "macaddr",
        "pgvector",
        "postgres_types",
        "rust_decimal",
        "sea_orm",
        "serde_json",
        "sqlx",
        "std",
        "time",
        "tokio_postgres",
        "uuid",
    ];
    CRATES.contains(&name)
}

/// Whether a bare name is one that the map knows, whatever brings it into scope.
pub(crate) fn is_builtin(name: &str) -> bool {
    is_container(name) || matches!(simple(name, &[]), Some(Ok(_))) || no_counterpart(name).is_some()
}

fn is_container(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "Option", "Vec", "Box", "Arc", "Rc", "Cow", "Json", "HashMap", "BTreeMap", "PgRange", "Range",
        "DateTime",
    ];
    NAMES.contains(&name)
}

/// Whether a type is an `Option`, through aliases.
pub(crate) fn is_option(tree: &Tree, module: &[String], ty: &RustType) -> bool {
    option(tree, module, ty, DEPTH)
}

fn option(tree: &Tree, module: &[String], ty: &RustType, depth: u32) -> bool {
    let RustType::Path { path, .. } = ty else { return false };
    if path.last() == "Option" {
        return true;
    }
    match tree.meaning(module, path) {
        Meaning::Item(id) if depth > 0 => {
            let entry = tree.entry(id);
            matches!(&entry.item.kind, ItemKind::Alias(inner) if option(tree, &entry.module, inner, depth - 1))
        }
        Meaning::Item(_) | Meaning::External(_) => false,
    }
}

/// What a type stands for in a module.
pub(crate) fn map(tree: &Tree, module: &[String], ty: &RustType) -> Result<Mapped, Unmapped> {
    Mapper { tree }.map(module, ty, DEPTH)
}

struct Mapper<'a> {
    tree: &'a Tree,
}

impl Mapper<'_> {
    fn map(&self, module: &[String], ty: &RustType, depth: u32) -> Result<Mapped, Unmapped> {
        if depth == 0 {
            return Err(unmapped(
                format!("type `{ty}` leads back to itself"),
                "name the type: `type = \"…\"`",
            ));
        }
        match ty {
            RustType::Reference(inner) => self.map(module, inner, depth - 1),
            RustType::Array { element, .. } => self.sequence(module, element, depth - 1),
            RustType::Path { path, arguments } => match self.tree.meaning(module, path) {
                Meaning::Item(id) => self.item(id, ty, depth - 1),
                Meaning::External(full) => self.external(module, path, &full, arguments, depth - 1),
            },
            RustType::Other(_) => Err(unmapped(
                "this type has no PostgreSQL counterpart".to_owned(),
                "store it as JSON with `#[column(json)]`, name a type with `#[column(type = \"…\")]`, or `skip` it",
            )),
        }
    }

    /// `Vec<T>`, `[T; N]`: bytes, or an array.
    fn sequence(&self, module: &[String], element: &RustType, depth: u32) -> Result<Mapped, Unmapped> {
        if matches!(element, RustType::Path { path, .. } if path.ident() == Some("u8")) {
            return Ok(Mapped::built_in("bytea"));
        }
        let inner = self.map(module, element, depth)?;
        // PostgreSQL has one array type for any number of dimensions.
        Ok(Mapped { base: inner.base, array: true, nullable: false })
    }

    fn external(
        &self,
        module: &[String],
        path: &TypePath,
        full: &[String],
        arguments: &[RustType],
        depth: u32,
    ) -> Result<Mapped, Unmapped> {
        let name = full.last().map_or("", String::as_str);
        let first = full.first().map_or("", String::as_str);
        if full.len() > 1 && !is_known_crate(first) {
            return Err(self.unknown(path, name));
        }
        if no_counterpart(name).is_some() {
            return Err(self.unknown(path, name));
        }
        let argument = |at: usize| arguments.get(at);
        let missing = || unmapped(format!("type `{path}` has no argument"), "name the type: `type = \"…\"`");
        match name {
            "Option" => {
                let inner = self.map(module, argument(0).ok_or_else(missing)?, depth)?;
                Ok(Mapped { nullable: true, ..inner })
            }
            "Vec" => self.sequence(module, argument(0).ok_or_else(missing)?, depth),
            "Box" | "Arc" | "Rc" | "Cow" => self.map(module, arguments.last().ok_or_else(missing)?, depth),
            "PgRange" | "Range" => {
                let inner = self.map(module, argument(0).ok_or_else(missing)?, depth)?;
                range(&inner).ok_or_else(|| {
                    unmapped(
                        format!("there is no range type for `{path}` of this type"),
                        "name the range type: `#[column(type = \"…\")]`",
                    )
                })
            }
            "HashMap" | "BTreeMap" => match arguments {
                [key, value] if is(key, "String") && is_optional_string(value) => {
                    Ok(Mapped::extension("hstore"))
                }
                _ => Err(unmapped(
                    format!("type `{path}` has no PostgreSQL counterpart"),
                    "store it as JSON with `#[column(json)]`; only `HashMap<String, Option<String>>` is an `hstore`",
                )),
            },
            _ => match simple(name, arguments) {
                Some(mapped) => mapped.map(Mapped::from_name),
                None => Err(self.unknown(path, name)),
            },
        }
    }

    fn unknown(&self, path: &TypePath, name: &str) -> Unmapped {
        if let Some((message, help)) = no_counterpart(name) {
            return unmapped(format!("type `{path}` has no PostgreSQL counterpart: {message}"), help);
        }
        let near = limbeck_grammar::suggestion(name, self.tree.names().chain(NAMES.iter().copied()));
        let help = match near.filter(|near| *near != name) {
            Some(near) => format!("did you mean `{near}`? Else name the type: `#[column(type = \"…\")]`, or `json`, or `skip`"),
            None => "name the type: `#[column(type = \"…\")]`; or store it as JSON with `#[column(json)]`, or `skip` it"
                .to_owned(),
        };
        unmapped(format!("type `{path}` can't be resolved"), help)
    }

    fn item(&self, id: ItemId, ty: &RustType, depth: u32) -> Result<Mapped, Unmapped> {
        let entry = self.tree.entry(id);
        let item = || Mapped { base: Base::Item(id), array: false, nullable: false };
        match &entry.item.kind {
            ItemKind::Alias(inner) | ItemKind::Newtype(inner) => self.map(&entry.module, inner, depth),
            ItemKind::Declared(Declaration::Enum(declared)) => match &declared.repr {
                Some(repr) if declared.name.is_none() => self.repr(&repr.value, ty),
                _ => Ok(item()),
            },
            ItemKind::Declared(Declaration::Domain(_) | Declaration::Composite(_)) => Ok(item()),
            ItemKind::Declared(Declaration::Table(_)) => Err(unmapped(
                format!("`{ty}` is a table, and no type of a column"),
                format!(
                    "reference it by its key: `#[column(references({ty}))]` on a field of the key's type; or `flatten`, `json` or `skip`"
                ),
            )),
            ItemKind::Sqlx(Declaration::Enum(declared)) => match (&declared.repr, &declared.sqlx.type_name) {
                (_, Some(_)) => Ok(item()),
                (Some(repr), None) => self.repr(&repr.value, ty),
                (None, None) => Err(unmapped(
                    format!("enum `{ty}` does not say which type it is"),
                    "derive `limbeck::Enum`, or say `#[sqlx(type_name = \"…\")]`",
                )),
            },
            ItemKind::Plain(Declaration::Enum(_)) => Err(unmapped(
                format!("enum `{ty}` is no type of the database"),
                format!("derive `limbeck::Enum` for `{ty}`, or store it with `#[column(type = \"text\")]`"),
            )),
            ItemKind::Plain(_) | ItemKind::Sqlx(_) => Err(unmapped(
                format!("struct `{ty}` is no type of the database"),
                format!(
                    "store it as JSON with `#[column(json)]`, derive `limbeck::Composite` for `{ty}`, or `flatten` it"
                ),
            )),
            ItemKind::Sql(_) | ItemKind::Other => Err(unmapped(
                format!("`{ty}` is no type of the database"),
                "name the type: `#[column(type = \"…\")]`, or `skip` the field",
            )),
        }
    }

    /// An enum that is stored as something else: `repr = "text"`, `#[repr(i16)]`.
    fn repr(&self, repr: &str, ty: &RustType) -> Result<Mapped, Unmapped> {
        if let Some(mapped) = simple(repr, &[]) {
            return mapped.map(Mapped::from_name);
        }
        match canonical(repr) {
            Ok(base) => Ok(Mapped { base: Base::Type(base), array: false, nullable: false }),
            Err(error) => Err(unmapped(
                format!("`{ty}` is stored as `{repr}`, which is no type: {}", error.message),
                "write `#[pg(repr = \"text\")]` or `#[pg(repr = \"integer\")]`",
            )),
        }
    }
}

impl Mapped {
    fn from_name(name: &str) -> Self {
        match crate::pg_types::extension_of(name) {
            Some(_) => Self::extension(name),
            None => Self::built_in(name),
        }
    }
}

fn is(ty: &RustType, name: &str) -> bool {
    matches!(ty, RustType::Path { path, arguments } if path.last() == name && arguments.is_empty())
}

fn is_optional_string(ty: &RustType) -> bool {
    matches!(ty, RustType::Path { path, arguments }
        if path.last() == "Option" && matches!(arguments.as_slice(), [inner] if is(inner, "String")))
}

fn range(inner: &Mapped) -> Option<Mapped> {
    Some(Mapped::built_in(match inner.name()? {
        "integer" => "int4range",
        "bigint" => "int8range",
        "numeric" => "numrange",
        "timestamp without time zone" => "tsrange",
        "timestamp with time zone" => "tstzrange",
        "date" => "daterange",
        _ => return None,
    }))
}

/// Types whose names are enough; `None` for names that the map does not know.
fn simple(name: &str, arguments: &[RustType]) -> Option<Result<&'static str, Unmapped>> {
    if let Some((message, help)) = no_counterpart(name) {
        return Some(Err(unmapped(format!("type `{name}` has no PostgreSQL counterpart: {message}"), help)));
    }
    Some(Ok(match name {
        "bool" => "boolean",
        "i8" | "u8" | "i16" => "smallint",
        "u16" | "i32" => "integer",
        "u32" | "i64" => "bigint",
        "f32" => "real",
        "f64" => "double precision",
        "String" | "str" => "text",
        "Bytes" | "BytesMut" => "bytea",
        "Uuid" => "uuid",
        // chrono's carries its time zone as an argument, jiff's civil one has none.
        "DateTime" if arguments.is_empty() => "timestamp without time zone",
        "DateTime"
        | "OffsetDateTime"
        | "UtcDateTime"
        | "Timestamp"
        | "SystemTime"
        | "DateTimeUtc"
        | "DateTimeWithTimeZone" => "timestamp with time zone",
        "NaiveDateTime" | "PrimitiveDateTime" => "timestamp without time zone",
        "NaiveDate" | "Date" => "date",
        "NaiveTime" | "Time" => "time without time zone",
        "PgTimeTz" => "time with time zone",
        "Duration" | "TimeDelta" | "SignedDuration" | "PgInterval" | "Span" => "interval",
        "Decimal" | "BigDecimal" => "numeric",
        "PgMoney" => "money",
        "Value" | "JsonValue" | "Json" | "RawValue" => "jsonb",
        "IpNetwork" | "Ipv4Network" | "Ipv6Network" | "IpNet" | "Ipv4Net" | "Ipv6Net" | "IpAddr"
        | "Ipv4Addr" | "Ipv6Addr" | "IpInet" => "inet",
        "IpCidr" => "cidr",
        "MacAddress" | "MacAddr" | "MacAddr6" => "macaddr",
        "MacAddr8" => "macaddr8",
        "BitVec" => "bit varying",
        "PgPoint" => "point",
        "PgLine" => "line",
        "PgLSeg" => "lseg",
        "PgBox" => "box",
        "PgPath" => "path",
        "PgPolygon" => "polygon",
        "PgCircle" => "circle",
        "Oid" => "oid",
        "PgLTree" => "ltree",
        "PgLQuery" => "lquery",
        "PgHstore" => "hstore",
        "PgCiText" => "citext",
        "PgCube" => "cube",
        _ => return None,
    }))
}

/// Names for suggestions.
const NAMES: &[&str] = &[
    "String",
    "Option",
    "Vec",
    "Uuid",
    "DateTime",
    "NaiveDateTime",
    "NaiveDate",
    "NaiveTime",
    "OffsetDateTime",
    "Duration",
    "Decimal",
    "BigDecimal",
    "Value",
    "IpNetwork",
    "MacAddress",
    "PgInterval",
    "PgRange",
    "i32",
    "i64",
];

/// Types that have none, why, and what to write.
fn no_counterpart(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "u64" => (
            "`bigint` is signed and ends at half of its values",
            "use `i64`, or name the type: `#[column(type = \"numeric(20)\")]`",
        ),
        "usize" | "isize" => {
            ("its size depends on the machine", "use `i64`, or name the type: `#[column(type = \"bigint\")]`")
        }
        "u128" | "i128" => (
            "no integer type has 128 bits",
            "name the type: `#[column(type = \"numeric(39)\")]`, or use `Uuid`",
        ),
        "char" => (
            "`char` of PostgreSQL is a padded string",
            "use `String`, or name the type: `#[column(type = \"char(1)\")]`",
        ),
        "Zoned" => (
            "`timestamptz` keeps no time zone",
            "use `jiff::Timestamp`, or name the type: `#[column(type = \"timestamptz\")]`",
        ),
        "Vector" | "HalfVector" | "SparseVector" => (
            "its number of dimensions is part of the type",
            "name the type: `#[column(type = \"vector(1536)\")]`",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use limbeck_grammar::Cfg;

    use super::*;
    use crate::source::Source;

    const OTHERS: &str = r#"
        use chrono::{DateTime, Utc, NaiveDate}; use std::collections::HashMap; use uuid::Uuid as Id;
        use jiff::civil; use sqlx::types::Json; use sqlx::postgres::types::PgRange; use prelude::*;
        type Maybe = Option<String>; struct UserId(Id); struct Wrapped(UserId); type Loop = Loop2; type Loop2 = Loop;
        #[derive(limbeck::Enum)] enum Mood { Fine } #[derive(limbeck::Enum)] #[pg(repr = "text")] enum Word { A }
        #[derive(sqlx::Type)] #[repr(i16)] enum Small { A } #[derive(sqlx::Type)] #[sqlx(type_name = "m")] enum Named { A }
        #[derive(sqlx::Type)] enum Unsaid { A } enum Plain { A } struct Settings { a: i32 }
        #[derive(limbeck::Domain)] struct Slug(String); #[derive(limbeck::Table)] struct User { id: i64 }
    "#;

    fn mapped(ty: &str) -> String {
        let mut tree = Tree::default();
        let text = format!("{OTHERS} type Asked = {ty};");
        let modules = crate::scan::scan(&text, &Cfg::default()).expect("the test's source is Rust");
        let module = vec!["app".to_owned()];
        tree.add(Source::new("a.rs".to_owned(), text), &module, modules, false);
        let asked = tree.entries.iter().find(|entry| entry.item.name == "Asked").expect("it was added");
        let ItemKind::Alias(ty) = &asked.item.kind else { panic!("it is an alias") };
        match map(&tree, &module, ty) {
            Ok(mapped) => {
                let base = match &mapped.base {
                    Base::Type(Canonical::BuiltIn(name)) => name.clone(),
                    Base::Type(Canonical::User { name, suffix, .. }) => format!("user {name}{suffix}"),
                    Base::Item(id) => format!("item {}", tree.entry(*id).item.name),
                };
                let array = if mapped.array { "[]" } else { "" };
                format!("{base}{array}{}", if mapped.nullable { " null" } else { "" })
            }
            Err(error) => format!("{} | {}", error.message, error.help),
        }
    }

    #[test]
    fn the_map_is_the_contracts() {
        for (rust, postgres) in [
            ("bool", "boolean"),
            ("i16", "smallint"),
            ("i32", "integer"),
            ("i64", "bigint"),
            ("f32", "real"),
            ("f64", "double precision"),
            ("i8", "smallint"),
            ("u8", "smallint"),
            ("u16", "integer"),
            ("u32", "bigint"),
            ("String", "text"),
            ("Box<str>", "text"),
            ("std::borrow::Cow<'static, str>", "text"),
            ("Vec<u8>", "bytea"),
            ("bytes::Bytes", "bytea"),
            ("[u8; 16]", "bytea"),
            ("Id", "uuid"),
            ("uuid::Uuid", "uuid"),
            ("DateTime<Utc>", "timestamp with time zone"),
            ("time::OffsetDateTime", "timestamp with time zone"),
            ("jiff::Timestamp", "timestamp with time zone"),
            ("std::time::SystemTime", "timestamp with time zone"),
            ("chrono::NaiveDateTime", "timestamp without time zone"),
            ("civil::DateTime", "timestamp without time zone"),
            ("NaiveDate", "date"),
            ("time::Date", "date"),
            ("time::Time", "time without time zone"),
            ("std::time::Duration", "interval"),
            ("jiff::Span", "interval"),
            ("rust_decimal::Decimal", "numeric"),
            ("bigdecimal::BigDecimal", "numeric"),
            ("serde_json::Value", "jsonb"),
            ("Json<Settings>", "jsonb"),
            ("ipnetwork::IpNetwork", "inet"),
            ("std::net::IpAddr", "inet"),
            ("mac_address::MacAddress", "macaddr"),
            ("PgRange<i32>", "int4range"),
            ("std::ops::Range<DateTime<Utc>>", "tstzrange"),
            ("PgRange<NaiveDate>", "daterange"),
            ("PgRange<rust_decimal::Decimal>", "numrange"),
            ("bit_vec::BitVec", "bit varying"),
            ("sqlx::postgres::types::PgLTree", "user ltree"),
            ("HashMap<String, Option<String>>", "user hstore"),
            ("Vec<String>", "text[]"),
            ("Vec<Option<i32>>", "integer[]"),
            ("[i32; 3]", "integer[]"),
            ("Vec<Vec<i64>>", "bigint[]"),
            ("Option<i32>", "integer null"),
            ("Option<Vec<String>>", "text[] null"),
            ("Maybe", "text null"),
            ("Wrapped", "uuid"),
            ("Option<Mood>", "item Mood null"),
            ("Word", "text"),
            ("Small", "smallint"),
            ("Named", "item Named"),
            ("Vec<Slug>", "item Slug[]"),
            ("NaiveTime", "time without time zone"),
        ] {
            assert_eq!(mapped(rust), postgres, "{rust}");
        }
    }

    #[test]
    fn what_has_no_counterpart_says_what_to_write() {
        for (rust, message) in [
            (
                "u64",
                "type `u64` has no PostgreSQL counterpart: `bigint` is signed and ends at half of its values | use `i64`, or name the type: `#[column(type = \"numeric(20)\")]`",
            ),
            (
                "char",
                "type `char` has no PostgreSQL counterpart: `char` of PostgreSQL is a padded string | use `String`, or name the type: `#[column(type = \"char(1)\")]`",
            ),
            (
                "pgvector::Vector",
                "type `pgvector::Vector` has no PostgreSQL counterpart: its number of dimensions is part of the type | name the type: `#[column(type = \"vector(1536)\")]`",
            ),
            (
                "money::Uuid",
                "type `money::Uuid` can't be resolved | name the type: `#[column(type = \"…\")]`; or store it as JSON with `#[column(json)]`, or `skip` it",
            ),
            (
                "Strng",
                "type `Strng` can't be resolved | did you mean `String`? Else name the type: `#[column(type = \"…\")]`, or `json`, or `skip`",
            ),
            (
                "Plain",
                "enum `Plain` is no type of the database | derive `limbeck::Enum` for `Plain`, or store it with `#[column(type = \"text\")]`",
            ),
            (
                "Unsaid",
                "enum `Unsaid` does not say which type it is | derive `limbeck::Enum`, or say `#[sqlx(type_name = \"…\")]`",
            ),
            (
                "Settings",
                "struct `Settings` is no type of the database | store it as JSON with `#[column(json)]`, derive `limbeck::Composite` for `Settings`, or `flatten` it",
            ),
            (
                "User",
                "`User` is a table, and no type of a column | reference it by its key: `#[column(references(User))]` on a field of the key's type; or `flatten`, `json` or `skip`",
            ),
            ("Loop", "type `Loop` leads back to itself | name the type: `type = \"…\"`"),
            (
                "(i32, i32)",
                "this type has no PostgreSQL counterpart | store it as JSON with `#[column(json)]`, name a type with `#[column(type = \"…\")]`, or `skip` it",
            ),
            (
                "HashMap<String, i32>",
                "type `HashMap` has no PostgreSQL counterpart | store it as JSON with `#[column(json)]`; only `HashMap<String, Option<String>>` is an `hstore`",
            ),
        ] {
            assert_eq!(mapped(rust), message, "{rust}");
        }
    }
}
