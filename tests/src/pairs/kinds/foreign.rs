//! Foreign data wrappers, servers, user mappings and foreign tables.

use super::Kind;
use super::column;
use super::constraint::predicate;
use super::types::shape;
use crate::pairs::draw::Draw;
use crate::pairs::names::{literal, quoted};
use crate::pairs::paper::{Paper, Phase, Shape};
use crate::pairs::world::Object;

fn options(draw: &mut Draw<'_>, key: &str) -> String {
    let mut options = Vec::new();
    for (name, values) in [("a", ["1", "2"]), ("\"b \"", ["it's", "back\\slash"]), ("\"C\"", ["", "ü"])] {
        if draw.chance(&format!("{key}.{name}"), 25) {
            let value = draw.pick(&format!("{key}.{name}.value"), &values);
            options.push(format!("{name} {}", literal(value)));
        }
    }
    if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) }
}

fn global(object: &Object) -> Shape {
    let mut shape = shape(object, "");
    shape.name = quoted(&object.name);
    shape
}

pub(super) fn wrapper(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let shape = global(object);
    let validator = draw.pick("validator", &["", "", "", " VALIDATOR postgresql_fdw_validator"]);
    let options = if validator.is_empty() { options(draw, "options") } else { String::new() };
    paper.write(Phase::Make, format!("CREATE FOREIGN DATA WRAPPER {}{validator}{options}", shape.name));
    let on = format!("FOREIGN DATA WRAPPER {}", shape.name);
    paper.decorate(draw, &on, Some((&on, &["USAGE"])));
    paper.shapes.push(shape);
}

pub(super) fn server(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let shape = global(object);
    let Some(wrapper) = paper.refer(draw, "wrapper", &[Kind::Wrapper]).map(|shape| shape.name.clone()) else {
        return;
    };
    let ty = draw.pick("type", &["", "", " TYPE 'it''s'"]);
    let version = draw.pick("version", &["", "", " VERSION '1'", " VERSION '2'"]);
    let options = options(draw, "options");
    let sql = format!("CREATE SERVER {}{ty}{version} FOREIGN DATA WRAPPER {wrapper}{options}", shape.name);
    paper.write(Phase::Make, sql);
    for role in ["PUBLIC", "limbeck_reader", "\"limbeck we\"\"ird\""] {
        if draw.chance(&format!("mapping.{role}"), 25) {
            let options = self::options(draw, &format!("mapping.{role}"));
            let sql = format!("CREATE USER MAPPING FOR {role} SERVER {}{options}", shape.name);
            paper.write(Phase::Make, sql);
        }
    }
    let on = format!("FOREIGN SERVER {}", shape.name);
    paper.decorate(draw, &format!("SERVER {}", shape.name), Some((&on, &["USAGE"])));
    paper.shapes.push(shape);
}

pub(super) fn table(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let Some(server) = paper.refer(draw, "server", &[Kind::Server]).map(|shape| shape.name.clone()) else {
        return;
    };
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let mut items = Vec::new();
    for slot in 0..4 {
        let key = format!("c{slot}");
        if slot != 0 && !draw.chance(&key, 60) {
            continue;
        }
        let written = column::column(draw, paper, slot, &shape.columns);
        let options = options(draw, &format!("{key}.options"));
        let bare = format!("{} {}", written.column.name, written.column.ty);
        items.push(match (options.is_empty(), written.sql.strip_prefix(&bare)) {
            (false, Some(rest)) => format!("{bare}{options}{rest}"),
            _ => written.sql,
        });
        shape.columns.push(written.column);
    }
    if draw.chance("k0", 25) {
        items.push(format!(
            "CONSTRAINT \"k 0\" CHECK ({})",
            predicate(draw, "k0", &shape.columns, Some(paper))
        ));
    }
    let options = options(draw, "options");
    let name = &shape.name;
    let sql = format!("CREATE FOREIGN TABLE {name} ({}) SERVER {server}{options}", items.join(", "));
    paper.write(Phase::Make, sql);
    paper.comment(draw, "c0.comment", &format!("COLUMN {name}.{}", shape.columns[0].name));
    paper.decorate(
        draw,
        &format!("FOREIGN TABLE {name}"),
        Some((&format!("TABLE {name}"), &["SELECT", "INSERT, UPDATE", "ALL"])),
    );
    paper.shapes.push(shape);
}
