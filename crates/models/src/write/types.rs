//! The Rust type of a column.

use limbeck_kinds::{TypeBase, TypeName};
use limbeck_sql::Ident;

use super::{Writer, quoted};

/// A Rust type, and what it does not say.
pub(super) struct RustColumn {
    pub(super) rust: String,
    /// `type = "…"`, where the Rust type stands for another one.
    pub(super) sql: Option<String>,
    pub(super) json: bool,
}

impl RustColumn {
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.sql.iter().map(|sql| format!("type = {}", quoted(sql))).collect();
        keys.extend(self.json.then(|| "json = \"json\"".to_owned()));
        keys
    }
}

impl Writer<'_> {
    /// The type's counterpart in Rust, by full paths.
    pub(super) fn rust_type(&self, ty: &TypeName, from: Ident) -> RustColumn {
        let text = ty.to_string();
        let (element, array) = match text.strip_suffix("[]") {
            Some(element) => (element, true),
            None => (text.as_str(), false),
        };
        let wrap = |rust: &str| if array { format!("Vec<{rust}>") } else { rust.to_owned() };
        if let TypeBase::User { brought_by, .. } = &ty.base
            && let Some(path) = self.path(*brought_by, from)
            && brought_by.kind != limbeck_kinds::table::KIND
            && !ty.suffix.as_str().starts_with('(')
        {
            return RustColumn { rust: wrap(&path), sql: None, json: false };
        }
        if element == "json" && !array {
            return RustColumn { rust: "serde_json::Value".to_owned(), sql: None, json: true };
        }
        let exact = exact(element).filter(|_| !(array && element == "\"char\""));
        match exact {
            Some(rust) => RustColumn { rust: wrap(rust), sql: None, json: false },
            None => RustColumn { rust: wrap(near(element)), sql: Some(short(&text)), json: false },
        }
    }
}

/// Types that a Rust type stands for alone.
fn exact(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "boolean" => "bool",
        "smallint" => "i16",
        "integer" => "i32",
        "bigint" => "i64",
        "real" => "f32",
        "double precision" => "f64",
        "text" => "String",
        "bytea" => "Vec<u8>",
        "uuid" => "uuid::Uuid",
        "timestamp with time zone" => "chrono::DateTime<chrono::Utc>",
        "timestamp without time zone" => "chrono::NaiveDateTime",
        "date" => "chrono::NaiveDate",
        "time without time zone" => "chrono::NaiveTime",
        "interval" => "sqlx::postgres::types::PgInterval",
        "numeric" => "rust_decimal::Decimal",
        "jsonb" => "serde_json::Value",
        "inet" => "ipnetwork::IpNetwork",
        "macaddr" => "mac_address::MacAddress",
        "int4range" => "sqlx::postgres::types::PgRange<i32>",
        "int8range" => "sqlx::postgres::types::PgRange<i64>",
        "numrange" => "sqlx::postgres::types::PgRange<rust_decimal::Decimal>",
        "tsrange" => "sqlx::postgres::types::PgRange<chrono::NaiveDateTime>",
        "tstzrange" => "sqlx::postgres::types::PgRange<chrono::DateTime<chrono::Utc>>",
        "daterange" => "sqlx::postgres::types::PgRange<chrono::NaiveDate>",
        "bit varying" => "bit_vec::BitVec",
        _ => return None,
    })
}

/// A Rust type that holds the values of one with modifiers; a string for the rest.
fn near(ty: &str) -> &'static str {
    let base = ty.split('(').next().unwrap_or(ty).trim();
    match base {
        "numeric" => "rust_decimal::Decimal",
        "bit" | "bit varying" => "bit_vec::BitVec",
        "timestamp" if ty.ends_with("with time zone") => "chrono::DateTime<chrono::Utc>",
        "timestamp" => "chrono::NaiveDateTime",
        "time" if ty.ends_with("without time zone") => "chrono::NaiveTime",
        _ if base.starts_with("interval") => "sqlx::postgres::types::PgInterval",
        _ => "String",
    }
}

/// The name that people write.
fn short(ty: &str) -> String {
    for (long, short) in
        [("character varying", "varchar"), ("character(", "char("), ("bit varying", "varbit")]
    {
        if let Some(rest) = ty.strip_prefix(long) {
            return format!("{short}{rest}");
        }
    }
    ty.to_owned()
}
