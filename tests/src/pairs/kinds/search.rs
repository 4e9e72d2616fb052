//! Text search dictionaries and configurations, collations, statistics objects, extensions.

use super::Kind;
use super::types::shape;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Paper, Phase, full};
use crate::pairs::server::since;
use crate::pairs::world::Object;

pub(super) fn dictionary(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let template = draw.pick(
        "template",
        &[
            "TEMPLATE = simple",
            "TEMPLATE = simple, STOPWORDS = english",
            "TEMPLATE = simple, ACCEPT = false",
            "TEMPLATE = snowball, LANGUAGE = 'german'",
            "TEMPLATE = snowball, LANGUAGE = 'english', STOPWORDS = 'english'",
        ],
    );
    paper.write(Phase::Make, format!("CREATE TEXT SEARCH DICTIONARY {} ({template})", shape.name));
    paper.comment(draw, "comment", &format!("TEXT SEARCH DICTIONARY {}", shape.name));
    paper.shapes.push(shape);
}

pub(super) fn configuration(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let name = &shape.name;
    let start = draw.pick("start", &["COPY = simple", "PARSER = \"default\"", "COPY = english"]);
    paper.write(Phase::Make, format!("CREATE TEXT SEARCH CONFIGURATION {name} ({start})"));
    for slot in 0..2 {
        let key = format!("m{slot}");
        let dictionary = paper.refer(draw, &format!("{key}.with"), &[Kind::Dictionary]);
        let dictionary = dictionary.map_or("simple".to_owned(), |shape| shape.name.clone());
        if draw.chance(&key, 50) {
            let word = if start.starts_with("COPY") { "ALTER" } else { "ADD" };
            let tokens = [["asciiword", "asciiword, word"], ["email", "url, host"]];
            let tokens = draw.pick(&format!("{key}.for"), &tokens[slot]);
            let sql = format!(
                "ALTER TEXT SEARCH CONFIGURATION {name} {word} MAPPING FOR {tokens} WITH {dictionary}, simple"
            );
            paper.write(Phase::Make, sql);
        }
    }
    paper.comment(draw, "comment", &format!("TEXT SEARCH CONFIGURATION {name}"));
    paper.shapes.push(shape);
}

pub(super) fn collation(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let of = draw.pick(
        "of",
        &[
            "LOCALE = 'C'",
            "LC_COLLATE = 'C', LC_CTYPE = 'POSIX'",
            "PROVIDER = icu, LOCALE = 'de'",
            "PROVIDER = icu, LOCALE = 'en-u-kn-true'",
            "PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false",
        ],
    );
    paper.write(Phase::Make, format!("CREATE COLLATION {} ({of})", shape.name));
    paper.comment(draw, "comment", &format!("COLLATION {}", shape.name));
    paper.shapes.push(shape);
}

pub(super) fn statistics(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let Some(on) = paper.refer(draw, "on", &[Kind::Table, Kind::Child, Kind::MaterializedView]).cloned()
    else {
        return;
    };
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let ordered: Vec<_> = on.columns.iter().filter(|column| column.class.is_ordered()).collect();
    let mut elements: Vec<String> = ordered.iter().take(2).map(|column| column.name.clone()).collect();
    if let Some(column) = ordered.iter().find(|column| column.class == Class::Integer)
        && draw.chance("expression", 30)
        && since(14)
    {
        elements.push(format!("({} % 10)", column.name));
    }
    let kinds = draw.pick("kinds", &["", "", " (ndistinct)", " (mcv, dependencies)", " (dependencies)"]);
    let kinds = if elements.len() > 1 { kinds } else { "" };
    let name = &shape.name;
    let sql = format!("CREATE STATISTICS {name}{kinds} ON {} FROM {}", elements.join(", "), on.name);
    paper.write(Phase::Attach, sql);
    if draw.chance("target", 20) {
        paper.write(Phase::Attach, format!("ALTER STATISTICS {name} SET STATISTICS 100"));
    }
    paper.comment(draw, "comment", &format!("STATISTICS {name}"));
}

/// An extension that brings types, operators or functions.
pub(super) fn extension(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let name =
        draw.pick("which", &["citext", "hstore", "pg_trgm", "pgcrypto", "btree_gist", "\"uuid-ossp\""]);
    paper.write(Phase::Make, format!("CREATE EXTENSION {name} SCHEMA {schema}"));
    paper.comment(draw, "comment", &format!("EXTENSION {name}"));
    if !["citext", "hstore"].contains(&name) {
        return;
    }
    shape.name = full(&schema, name);
    shape.sample = format!("{}::{}", if name == "hstore" { "'a=>1'" } else { "'abc'" }, shape.name);
    debug_assert!(shape.name.contains(&quoted(name)));
    paper.shapes.push(shape);
}
