//! Schemas, types and sequences.

use super::column::{self, Type};
use super::routine;
use crate::pairs::draw::Draw;
use crate::pairs::names::{literal, quoted};
use crate::pairs::paper::{Class, Column, Paper, Phase, Shape, full};
use crate::pairs::server::since;
use crate::pairs::world::Object;

pub(super) fn shape(object: &Object, schema: &str) -> Shape {
    Shape {
        id: object.id,
        kind: object.kind,
        schema: schema.to_owned(),
        name: full(schema, &object.name),
        columns: Vec::new(),
        key: Vec::new(),
        sample: String::new(),
    }
}

pub(super) fn schema(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let name = quoted(&object.name);
    paper.write(Phase::Make, format!("CREATE SCHEMA {name}"));
    paper.decorate(
        draw,
        &format!("SCHEMA {name}"),
        Some((&format!("SCHEMA {name}"), &["USAGE", "CREATE", "ALL"])),
    );
    let mut shape = shape(object, &name);
    shape.name = name;
    paper.shapes.push(shape);
}

pub(super) fn enumeration(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let mut labels: Vec<String> = Vec::new();
    for slot in 0..6 {
        if slot == 0 || draw.chance(&format!("l{slot}"), 60) {
            let forms = ["l", "it's ", "L \"x\" ", "ü"];
            labels.push(format!("{}{slot}", draw.pick(&format!("l{slot}.text"), &forms)));
        }
    }
    let turn = usize::try_from(draw.number("order", 4)).unwrap_or(0);
    if turn < labels.len() {
        labels.rotate_left(turn);
    }
    let list: Vec<String> = labels.iter().map(|label| literal(label)).collect();
    paper.write(Phase::Make, format!("CREATE TYPE {} AS ENUM ({})", shape.name, list.join(", ")));
    let sample = labels.iter().find(|label| label.ends_with('0')).map_or("l0", String::as_str);
    shape.sample = format!("{}::{}", literal(sample), shape.name);
    decorate_type(draw, paper, &shape.name, "TYPE");
    paper.shapes.push(shape);
}

fn decorate_type(draw: &mut Draw<'_>, paper: &mut Paper, name: &str, word: &str) {
    paper.decorate(draw, &format!("{word} {name}"), Some((&format!("{word} {name}"), &["USAGE"])));
}

pub(super) fn domain(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let Type { sql, sample, class } = column::any_type(draw, paper, "base");
    let mut text = format!("CREATE DOMAIN {} AS {sql}", shape.name);
    if class == Class::Text && draw.chance("collate", 10) {
        text.push_str(&column::collation(draw, paper, "collation"));
    }
    if draw.chance("default", 30) {
        text.push_str(&format!(" DEFAULT {sample}"));
    }
    if draw.chance("not_null", 10) {
        text.push_str(" NOT NULL");
    }
    for slot in 0..2 {
        if draw.chance(&format!("k{slot}"), 40) {
            if draw.chance(&format!("k{slot}.named"), 60) {
                text.push_str(&format!(" CONSTRAINT {}", quoted(&format!("k {slot}"))));
            }
            let value = Column {
                name: "VALUE".to_owned(),
                ty: sql.clone(),
                sample: sample.clone(),
                class,
                not_null: false,
                generated: false,
            };
            if draw.chance(&format!("k{slot}.helper"), 10)
                && let Some(call) =
                    routine::call(draw, &format!("k{slot}.call"), Some(paper), &value, "boolean")
            {
                text.push_str(&format!(" CHECK ({call})"));
                continue;
            }
            let check = if class.is_ordered() {
                draw.pick(
                    &format!("k{slot}.form"),
                    &[
                        "VALUE IS NOT NULL",
                        "VALUE <> %",
                        "VALUE >= %",
                        "VALUE IN (%)",
                        "VALUE = VALUE OR VALUE < %",
                    ],
                )
            } else {
                "VALUE IS NOT NULL"
            };
            text.push_str(&format!(" CHECK ({})", check.replace('%', &sample)));
        }
    }
    paper.write(Phase::Make, text);
    shape.sample = format!("{sample}::{}", shape.name);
    decorate_type(draw, paper, &shape.name, "DOMAIN");
    paper.shapes.push(shape);
}

pub(super) fn composite(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    for slot in 0..4 {
        let key = format!("a{slot}");
        if slot != 0 && !draw.chance(&key, 60) {
            continue;
        }
        let ty = column::any_type(draw, paper, &key);
        let name = column::name(draw, &key, slot);
        let not_null = false;
        shape.columns.push(Column {
            name,
            ty: ty.sql,
            sample: ty.sample,
            class: ty.class,
            not_null,
            generated: false,
        });
    }
    let attributes: Vec<String> = shape.columns.iter().map(|c| format!("{} {}", c.name, c.ty)).collect();
    paper.write(Phase::Make, format!("CREATE TYPE {} AS ({})", shape.name, attributes.join(", ")));
    let samples: Vec<&str> = shape.columns.iter().map(|c| c.sample.as_str()).collect();
    shape.sample = format!("ROW({})::{}", samples.join(", "), shape.name);
    decorate_type(draw, paper, &shape.name, "TYPE");
    let first = format!("COLUMN {}.{}", shape.name, shape.columns[0].name);
    paper.comment(draw, "a0.comment", &first);
    paper.shapes.push(shape);
}

pub(super) fn range(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let of =
        draw.pick("subtype", &["integer", "text", "numeric", "timestamp with time zone", "double precision"]);
    let mut text = format!("CREATE TYPE {} AS RANGE (SUBTYPE = {of}", shape.name);
    if of == "text" && draw.chance("collation", 30) {
        text.push_str(", COLLATION = \"C\"");
    }
    if of == "double precision" && draw.chance("diff", 50) {
        text.push_str(", SUBTYPE_DIFF = float8mi");
    }
    if draw.chance("multirange", 30) && since(14) {
        text.push_str(&format!(", MULTIRANGE_TYPE_NAME = {}", full(&schema, &format!("{} m", object.id))));
    }
    paper.write(Phase::Make, text + ")");
    shape.sample = format!("'empty'::{}", shape.name);
    decorate_type(draw, paper, &shape.name, "TYPE");
    paper.shapes.push(shape);
}

pub(super) fn sequence(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let unlogged = draw.pick("unlogged", &["", "", "", "", "", " UNLOGGED"]);
    let options = sequence_options(draw, "seq", &["", " AS integer", " AS smallint", " AS bigint"]);
    paper.write(Phase::Make, format!("CREATE{unlogged} SEQUENCE {}{options}", shape.name));
    let on = format!("SEQUENCE {}", shape.name);
    paper.decorate(draw, &on, Some((&on, &["USAGE", "SELECT", "UPDATE", "SELECT, USAGE", "ALL"])));
    paper.shapes.push(shape);
}

/// The options of a sequence; the type, where one may be told, is one of those given.
pub(super) fn sequence_options(draw: &mut Draw<'_>, key: &str, types: &[&str]) -> String {
    let mut text = draw.pick(&format!("{key}.type"), types).to_owned();
    if draw.chance(&format!("{key}.down"), 10) {
        text.push_str(" INCREMENT BY -2");
        if draw.chance(&format!("{key}.low"), 50) {
            text.push_str(" MINVALUE -1000");
        }
    } else {
        text.push_str(draw.pick(&format!("{key}.increment"), &["", "", "", " INCREMENT BY 5"]));
        text.push_str(
            draw.pick(&format!("{key}.min"), &["", "", "", " MINVALUE 0", " MINVALUE 2", " MINVALUE -10"]),
        );
        text.push_str(draw.pick(&format!("{key}.max"), &["", "", "", " MAXVALUE 1000"]));
        text.push_str(draw.pick(&format!("{key}.start"), &["", "", "", " START WITH 10", " START WITH 100"]));
    }
    text.push_str(draw.pick(&format!("{key}.cache"), &["", "", "", " CACHE 20"]));
    if draw.chance(&format!("{key}.cycle"), 10) {
        text.push_str(" CYCLE");
    }
    text
}
