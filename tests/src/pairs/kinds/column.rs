//! Types and columns.

use super::types::sequence_options;
use super::{Kind, routine};
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Column, Paper, Phase, Shape};
use crate::pairs::server::since;

/// A type with a value of it.
pub(super) struct Type {
    pub(super) sql: String,
    pub(super) sample: String,
    pub(super) class: Class,
}

/// Built-in types, common ones several times.
const BUILT_IN: &[(&str, &str, Class)] = &[
    ("integer", "7", Class::Integer),
    ("text", "'a'", Class::Text),
    ("integer", "42", Class::Integer),
    ("text", "'it''s'", Class::Text),
    ("bigint", "7", Class::Integer),
    ("smallint", "7", Class::Integer),
    ("boolean", "true", Class::Truth),
    ("uuid", "'00000000-0000-0000-0000-000000000007'", Class::Ordered),
    ("varchar(20)", "'abc'", Class::Text),
    ("varchar(200)", "'abc'", Class::Text),
    ("varchar", "'abc'", Class::Text),
    ("char(3)", "'abc'", Class::Text),
    ("name", "'abc'", Class::Text),
    ("\"char\"", "'a'", Class::Other),
    ("numeric", "1.5", Class::Number),
    ("numeric(10,2)", "1.50", Class::Number),
    ("numeric(12,4)", "1.5", Class::Number),
    ("real", "1.5", Class::Number),
    ("double precision", "1.5", Class::Number),
    ("money", "'1.50'", Class::Ordered),
    ("date", "'2020-01-01'", Class::Time),
    ("time", "'10:00'", Class::Ordered),
    ("time(3) with time zone", "'10:00+00'", Class::Ordered),
    ("timestamp", "'2020-01-01 00:00:00'", Class::Time),
    ("timestamp(3)", "'2020-01-01 00:00:00'", Class::Time),
    ("timestamptz", "'2020-01-01 00:00:00+00'", Class::Ordered),
    ("timestamptz(0)", "'2020-01-01 00:00:00+00'", Class::Ordered),
    ("interval", "'1 day'", Class::Ordered),
    ("interval(3)", "'1 day'", Class::Ordered),
    ("interval day to second", "'1 day'", Class::Ordered),
    ("bytea", "'\\x00'", Class::Ordered),
    ("json", "'{}'", Class::Other),
    ("jsonb", "'{}'", Class::Json),
    ("xml", "'<a/>'", Class::Other),
    ("inet", "'10.0.0.1'", Class::Ordered),
    ("cidr", "'10.0.0.0/8'", Class::Ordered),
    ("macaddr", "'08:00:2b:01:02:03'", Class::Ordered),
    ("bit(4)", "'1010'", Class::Ordered),
    ("bit varying(8)", "'1010'", Class::Ordered),
    ("tsvector", "'a'", Class::Search),
    ("tsquery", "'a'", Class::Other),
    ("point", "'(1,2)'", Class::Geometry),
    ("box", "'(1,2),(3,4)'", Class::Geometry),
    ("int4range", "'[1,5)'", Class::Range),
    ("tstzrange", "'empty'", Class::Range),
    ("nummultirange", "'{}'", Class::Other),
    ("oid", "7", Class::Ordered),
    ("integer[]", "'{1,2}'", Class::Array),
    ("text[]", "'{a,b}'", Class::Array),
    ("numeric(10,2)[]", "'{1.5}'", Class::Array),
    ("text[][]", "'{{a}}'", Class::Array),
];

/// What a search looks through.
const SEARCH: &str = "to_tsvector('english'::regconfig, %::text)";

/// A built-in or user type.
pub(super) fn any_type(draw: &mut Draw<'_>, paper: &Paper, key: &str) -> Type {
    const USER: &[Kind] = &[Kind::Enum, Kind::Domain, Kind::Composite, Kind::Range, Kind::Extension];
    let user = draw.chance(&format!("{key}.user"), 25);
    let mut ty = match paper.refer(draw, &format!("{key}.type.user"), USER) {
        Some(shape) if user => {
            let class = match shape.kind {
                Kind::Enum => Class::Ordered,
                Kind::Range => Class::Range,
                _ => Class::Other,
            };
            Type { sql: shape.name.clone(), sample: shape.sample.clone(), class }
        }
        _ => built_in(draw, &format!("{key}.type")),
    };
    if ty.class != Class::Array && draw.chance(&format!("{key}.array"), 8) {
        ty = Type {
            sample: format!("ARRAY[{}]::{}[]", ty.sample, ty.sql),
            sql: ty.sql + "[]",
            class: Class::Array,
        };
    }
    ty
}

fn built_in(draw: &mut Draw<'_>, key: &str) -> Type {
    let at = draw.number(key, u64::try_from(BUILT_IN.len()).unwrap_or(1));
    let known = |(sql, ..): &&(&str, &str, Class)| since(14) || !sql.contains("multirange");
    let (sql, sample, class) =
        *BUILT_IN.get(usize::try_from(at).unwrap_or(0)).filter(known).unwrap_or(&BUILT_IN[0]);
    let sample = if sample.starts_with('\'') { format!("{sample}::{sql}") } else { sample.to_owned() };
    Type { sql: sql.to_owned(), sample, class }
}

/// A column's name, quoted; other columns of a table have others.
pub(super) fn name(draw: &mut Draw<'_>, key: &str, slot: usize) -> String {
    let forms = ["c", "d", "we\"ird ", "Mixed", "ü", "select", "a.b"];
    let form = draw.pick(&format!("{key}.name"), &forms);
    quoted(&match (form, slot) {
        ("select", 3) => "select".to_owned(),
        _ => format!("{form}{slot}"),
    })
}

/// A column in the making: what stands in CREATE TABLE, and the column.
pub(super) struct Written {
    pub(super) sql: String,
    pub(super) column: Column,
}

/// A column of a table; `others` are those before it, `key` the slot.
pub(super) fn column(draw: &mut Draw<'_>, paper: &Paper, slot: usize, others: &[Column]) -> Written {
    let key = format!("c{slot}");
    let k = |part: &str| format!("{key}.{part}");
    let name = name(draw, &key, slot);
    let mut ty = if slot == 0 {
        let at = draw.pick(&k("type"), &["integer", "bigint", "uuid", "text", "smallint", "varchar(20)"]);
        let (sql, sample, class) =
            BUILT_IN.iter().find(|(sql, _, _)| *sql == at).copied().unwrap_or(BUILT_IN[0]);
        let sample = if sample.starts_with('\'') { format!("{sample}::{sql}") } else { sample.to_owned() };
        Type { sql: sql.to_owned(), sample, class }
    } else {
        any_type(draw, paper, &key)
    };
    let mut not_null = draw.chance(&k("not_null"), 30);
    let mut value = String::new();
    let mut generated = false;
    match draw.number(&k("value"), 12) {
        0..=5 => {}
        6 | 7 => value = format!(" DEFAULT {}", default(draw, &k("default"), &ty)),
        8 if slot > 0 && !others.is_empty() => {
            let at = usize::try_from(draw.number(&k("base"), u64::try_from(others.len()).unwrap_or(1)))
                .unwrap_or(0);
            let base = &others[at];
            if !base.generated {
                let expression = match base.class {
                    Class::Integer => draw.pick(&k("expression"), &["% * 2", "% + 1", "abs(%)"]),
                    Class::Text => draw.pick(
                        &k("expression"),
                        &["lower(%::text)", "(%::text || 'x'::text)", "upper(%::text)", SEARCH],
                    ),
                    _ => draw.pick(&k("expression"), &["% IS NULL", "% IS NOT NULL"]),
                };
                ty = match base.class {
                    Class::Integer => {
                        Type { sql: base.ty.clone(), sample: base.sample.clone(), class: base.class }
                    }
                    Class::Text if expression == SEARCH => {
                        Type { sql: "tsvector".to_owned(), sample: "'a'".to_owned(), class: Class::Search }
                    }
                    Class::Text => {
                        Type { sql: "text".to_owned(), sample: "'a'".to_owned(), class: Class::Text }
                    }
                    _ => Type { sql: "boolean".to_owned(), sample: "true".to_owned(), class: Class::Truth },
                };
                let returns = match base.class {
                    Class::Integer if base.ty == "integer" => Some("integer"),
                    Class::Text if expression != SEARCH => Some("text"),
                    _ => None,
                };
                let mut expression = expression.replace('%', &base.name);
                if let Some(returns) = returns
                    && draw.chance(&k("helper"), 15)
                    && let Some(call) = routine::call(draw, &k("call"), Some(paper), base, returns)
                {
                    expression = call;
                }
                value = format!(" GENERATED ALWAYS AS ({expression}) STORED");
                generated = true;
            }
        }
        9 if ty.class == Class::Integer => {
            let when = draw.pick(&k("identity"), &["BY DEFAULT", "ALWAYS"]);
            let options = sequence_options(draw, &k("seq"), &[""]);
            let options = if options.is_empty() { options } else { format!(" ({})", options.trim()) };
            value = format!(" GENERATED {when} AS IDENTITY{options}");
            not_null = true;
        }
        10 if ty.class == Class::Integer => {
            ty.sql = match ty.sql.as_str() {
                "bigint" => "bigserial",
                "smallint" => "smallserial",
                _ => "serial",
            }
            .to_owned();
            not_null = true;
        }
        _ => {
            if let Some(sequence) =
                paper.refer(draw, &k("nextval"), &[Kind::Sequence]).filter(|_| ty.class == Class::Integer)
            {
                value =
                    format!(" DEFAULT nextval({}::regclass)", crate::pairs::names::literal(&sequence.name));
            } else if let Some(function) = paper.refer(draw, &k("call"), &[Kind::Function]) {
                value = match ty.class {
                    Class::Integer => format!(" DEFAULT {}", function.sample),
                    _ => String::new(),
                };
            }
        }
    }
    let mut sql = format!("{name} {}", ty.sql);
    if ty.class == Class::Text && ty.sql != "name" && !generated && draw.chance(&k("collate"), 10) {
        sql.push_str(&collation(draw, paper, &k("collation")));
    }
    if matches!(ty.sql.as_str(), "text" | "jsonb" | "bytea") && draw.chance(&k("compression"), 6) && since(14)
    {
        sql = sql.replacen(&ty.sql, &format!("{} COMPRESSION pglz", ty.sql), 1);
    }
    sql.push_str(&value);
    if not_null {
        sql.push_str(" NOT NULL");
    }
    ty.sql = match ty.sql.as_str() {
        "bigserial" => "bigint".to_owned(),
        "smallserial" => "smallint".to_owned(),
        "serial" => "integer".to_owned(),
        _ => ty.sql,
    };
    Written {
        sql,
        column: Column { name, ty: ty.sql, sample: ty.sample, class: ty.class, not_null, generated },
    }
}

/// ` COLLATE …`: one of the schema's own, or "C".
pub(super) fn collation(draw: &mut Draw<'_>, paper: &Paper, key: &str) -> String {
    let own = paper.refer(draw, key, &[Kind::Collation]);
    format!(" COLLATE {}", own.map_or("\"C\"", |shape| shape.name.as_str()))
}

fn default(draw: &mut Draw<'_>, key: &str, ty: &Type) -> String {
    let forms: &[&str] = match ty.class {
        Class::Integer => &["%", "0", "'-1'::integer", "(1 + 2)", "length('abc'::text)"],
        Class::Number => &["%", "0", "random()", "'1.25'"],
        Class::Text => {
            &["%", "''", "'now'", "lower('A')", "NULL", "\"left\"(CURRENT_USER::text, 1)", "concat('a', 'b')"]
        }
        Class::Time => &["%", "now()", "CURRENT_TIMESTAMP", "(now() - '1 day'::interval)"],
        Class::Truth => &["%", "false", "(1 > 2)", "(NOT true)"],
        Class::Array if !ty.sample.starts_with("ARRAY") => &["%", "'{}'", "NULL"],
        Class::Array => &["%", "%", "NULL"],
        _ if ty.sql == "uuid" => &["%", "gen_random_uuid()", "NULL"],
        _ if ty.sql.starts_with("timestamptz") => &["%", "now()", "CURRENT_TIMESTAMP"],
        _ => &["%", "%", "NULL"],
    };
    draw.pick(key, forms).replace('%', &ty.sample)
}

/// What a column gets after its table is there.
pub(super) fn details(draw: &mut Draw<'_>, paper: &mut Paper, shape: &Shape, slot: usize, at: usize) {
    let column = &shape.columns[at];
    let key = format!("c{slot}");
    let table = &shape.name;
    let name = &column.name;
    if draw.chance(&format!("{key}.statistics"), 4) {
        paper.write(Phase::Attach, format!("ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 50"));
    }
    if draw.chance(&format!("{key}.storage"), 5) {
        let storage = draw.pick(&format!("{key}.storage.how"), &["PLAIN", "MAIN", "EXTERNAL", "EXTENDED"]);
        paper.write(Phase::Attach, format!("ALTER TABLE {table} ALTER COLUMN {name} SET STORAGE {storage}"));
    }
    if draw.chance(&format!("{key}.distinct"), 3) {
        paper
            .write(Phase::Attach, format!("ALTER TABLE {table} ALTER COLUMN {name} SET (n_distinct = -0.5)"));
    }
    paper.comment(draw, &format!("{key}.comment"), &format!("COLUMN {table}.{name}"));
    if draw.chance(&format!("{key}.grant"), 3) {
        let what = draw.pick(&format!("{key}.grant.what"), &["SELECT", "UPDATE", "INSERT", "REFERENCES"]);
        paper.write(Phase::Last, format!("GRANT {what} ({name}) ON {table} TO limbeck_reader"));
    }
}
