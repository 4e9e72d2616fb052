//! Views and materialized views.

use super::constraint::predicate;
use super::types::shape;
use super::{Kind, index, routine};
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Column, Paper, Phase, Shape};
use crate::pairs::server::since;
use crate::pairs::world::Object;

const SOURCES: &[Kind] = &[
    Kind::Table,
    Kind::Child,
    Kind::View,
    Kind::MaterializedView,
    Kind::Partition,
    Kind::ForeignTable,
    Kind::RowFunction,
];

/// What stands behind FROM.
fn read(source: &Shape) -> String {
    if source.kind == Kind::RowFunction { format!("{}()", source.name) } else { source.name.clone() }
}

/// A query over a relation, and what comes out of it.
fn query(draw: &mut Draw<'_>, paper: &Paper) -> Option<(String, Vec<Column>, bool)> {
    let source = paper.refer(draw, "source", SOURCES)?.clone();
    let mut columns: Vec<Column> = Vec::new();
    let mut outputs: Vec<String> = Vec::new();
    for (at, column) in source.columns.iter().enumerate() {
        let key = format!("o{at}");
        if at > 0 && !draw.chance(&key, 60) {
            continue;
        }
        let mut out = Column { generated: false, not_null: false, ..column.clone() };
        let mut expression = format!("s.{}", column.name);
        if draw.chance(&format!("{key}.expression"), 12) {
            let (form, ty, class) = match column.class {
                Class::Integer => (
                    draw.pick(
                        &format!("{key}.form"),
                        &["# + 1", "# * 2", "CASE WHEN # > 0 THEN # ELSE 0 END"],
                    ),
                    column.ty.clone(),
                    column.class,
                ),
                Class::Text => (
                    draw.pick(
                        &format!("{key}.form"),
                        &["upper(#::text)", "#::text || 'x'::text", "COALESCE(#::text, '-'::text)"],
                    ),
                    "text".to_owned(),
                    Class::Text,
                ),
                _ => ("# IS NULL", "boolean".to_owned(), Class::Truth),
            };
            expression = form.replace('#', &expression);
            out.ty = ty;
            out.class = class;
            let of = Column { name: format!("s.{}", column.name), ..column.clone() };
            let returns = if column.class == Class::Text { "text" } else { "integer" };
            if draw.chance(&format!("{key}.helper"), 30)
                && let Some(call) = routine::call(draw, &format!("{key}.call"), Some(paper), &of, returns)
            {
                expression = call;
                out.ty = returns.to_owned();
                out.class = if returns == "text" { Class::Text } else { Class::Integer };
            }
            out.name = quoted(&format!("e{at}"));
        }
        if draw.chance(&format!("{key}.alias"), 15) {
            out.name = quoted(&format!("alias {at}"));
        }
        outputs.push(format!("{expression} AS {}", out.name));
        columns.push(out);
    }
    let mut filter = String::new();
    if draw.chance("where", 35) {
        filter = format!(" WHERE {}", predicate(draw, "w", &source.columns, Some(paper)));
    }
    let list = outputs.join(", ");
    let from = &read(&source);
    let first = columns[0].name.clone();
    let ordered = source.columns[0].class.is_ordered();
    let other = paper.refer(draw, "other", SOURCES).cloned();
    let (sql, simple) = match draw.number("form", 14) {
        5 => (format!("SELECT DISTINCT {list} FROM {from} s{filter}"), false),
        6 => (format!("SELECT {list} FROM {from} s{filter} ORDER BY 1 DESC LIMIT 10"), false),
        7 => (format!("WITH x AS (SELECT * FROM {from}) SELECT {list} FROM x s{filter}"), false),
        8 if ordered => {
            columns = vec![
                Column {
                    name: "\"n\"".to_owned(),
                    ty: "bigint".to_owned(),
                    class: Class::Integer,
                    sample: "1".to_owned(),
                    not_null: false,
                    generated: false,
                },
                Column {
                    name: "\"k\"".to_owned(),
                    generated: false,
                    not_null: false,
                    ..source.columns[0].clone()
                },
            ];
            let key = &source.columns[0].name;
            (
                format!(
                    "SELECT count(*) AS n, s.{key} AS k FROM {from} s{filter} GROUP BY s.{key} HAVING count(*) > 0"
                ),
                false,
            )
        }
        9 => {
            let joined = other.unwrap_or(source.clone());
            (
                format!(
                    "SELECT {list} FROM {from} s LEFT JOIN {} o ON s.{} IS NOT NULL AND o.{} IS NOT NULL{filter}",
                    read(&joined),
                    source.columns[0].name,
                    joined.columns.first()?.name
                ),
                false,
            )
        }
        10 if ordered => {
            columns.push(Column {
                name: "\"rn\"".to_owned(),
                ty: "bigint".to_owned(),
                class: Class::Integer,
                sample: "1".to_owned(),
                not_null: false,
                generated: false,
            });
            (
                format!(
                    "SELECT {list}, row_number() OVER (ORDER BY s.{}) AS rn FROM {from} s{filter}",
                    source.columns[0].name
                ),
                false,
            )
        }
        11 => {
            let joined = other.unwrap_or(source.clone());
            (
                format!(
                    "SELECT {list} FROM {from} s WHERE EXISTS (SELECT 1 FROM {} o WHERE o.{} IS NOT NULL)",
                    read(&joined),
                    joined.columns.first()?.name
                ),
                false,
            )
        }
        12 => {
            (format!("SELECT {list} FROM {from} s UNION ALL SELECT {list} FROM {from} s WHERE false"), false)
        }
        13 => {
            columns = vec![Column {
                name: "\"n\"".to_owned(),
                ty: "integer".to_owned(),
                class: Class::Integer,
                sample: "1".to_owned(),
                not_null: false,
                generated: false,
            }];
            (
                format!(
                    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT t.n + 1 FROM t WHERE t.n < 5) SELECT t.n FROM t, {from} s{filter}"
                ),
                false,
            )
        }
        _ => (format!("SELECT {list} FROM {from} s{filter}"), true),
    };
    let _ = first;
    Some((sql, columns, simple))
}

pub(super) fn view(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let Some((query, columns, simple)) = query(draw, paper) else { return };
    shape.columns = columns;
    let mut options = Vec::new();
    if draw.chance("invoker", 12) && since(15) {
        options.push("security_invoker = true");
    }
    if draw.chance("barrier", 10) {
        options.push("security_barrier = true");
    }
    let with = if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
    let check = if simple {
        draw.pick("check", &["", "", "", "", " WITH CASCADED CHECK OPTION", " WITH LOCAL CHECK OPTION"])
    } else {
        ""
    };
    let name = &shape.name;
    paper.write(Phase::Link, format!("CREATE VIEW {name}{with} AS {query}{check}"));
    if simple && draw.chance("default", 6) {
        let column = &shape.columns[0];
        if column.class == Class::Integer {
            let sql = format!("ALTER VIEW {name} ALTER COLUMN {} SET DEFAULT 5", column.name);
            paper.write(Phase::Link, sql);
        }
    }
    finish(draw, paper, &shape, "VIEW");
    paper.shapes.push(shape);
}

fn finish(draw: &mut Draw<'_>, paper: &mut Paper, shape: &Shape, word: &str) {
    let name = &shape.name;
    paper.comment(draw, "o0.comment", &format!("COLUMN {name}.{}", shape.columns[0].name));
    paper.decorate(
        draw,
        &format!("{word} {name}"),
        Some((&format!("TABLE {name}"), &["SELECT", "INSERT, UPDATE", "ALL"])),
    );
}

pub(super) fn materialized(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let Some((query, columns, _)) = query(draw, paper) else { return };
    shape.columns = columns;
    let with = draw.pick("options", &["", "", "", "", " WITH (fillfactor = 70)"]);
    let data = draw.pick("data", &["", "", "", "", " WITH NO DATA"]);
    paper.write(Phase::Link, format!("CREATE MATERIALIZED VIEW {}{with} AS {query}{data}", shape.name));
    index::indexes(draw, paper, &shape, "i", 2);
    finish(draw, paper, &shape, "MATERIALIZED VIEW");
    paper.shapes.push(shape);
}
