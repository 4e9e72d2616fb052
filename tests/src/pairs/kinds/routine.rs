//! Functions that need no table.

use super::column::{self, Type};
use super::types::shape;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Paper, Phase};
use crate::pairs::world::Object;

/// Attributes of functions and procedures.
pub(super) fn attributes(draw: &mut Draw<'_>, is_function: bool) -> String {
    let mut text = String::new();
    if is_function {
        text.push_str(draw.pick("volatility", &["", " IMMUTABLE", " STABLE"]));
        text.push_str(draw.pick("strict", &["", "", " STRICT"]));
        text.push_str(draw.pick("parallel", &["", "", " PARALLEL SAFE", " PARALLEL RESTRICTED"]));
        text.push_str(draw.pick("cost", &["", "", "", " COST 10"]));
        text.push_str(draw.pick("leakproof", &["", "", "", "", " LEAKPROOF"]));
    }
    text.push_str(draw.pick("definer", &["", "", "", " SECURITY DEFINER"]));
    text.push_str(
        draw.pick(
            "set",
            &["", "", "", " SET search_path TO 'pg_catalog', 'pg_temp'", " SET work_mem TO '4MB'"],
        ),
    );
    text
}

/// `f(a integer, b text DEFAULT …) RETURNS integer`: the sample of its shape is a call without arguments.
pub(super) fn function(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let mut arguments = Vec::new();
    let mut types = Vec::new();
    for slot in 0..3 {
        let key = format!("a{slot}");
        if !draw.chance(&key, 45) {
            continue;
        }
        let Type { sql, sample, .. } = column::any_type(draw, paper, &key);
        let name = draw.pick(&format!("{key}.name"), &["a", "b\"", "C ", ""]);
        let name =
            if name.is_empty() { String::new() } else { format!("{} ", quoted(&format!("{name}{slot}"))) };
        arguments.push(format!("{name}{sql} DEFAULT {sample}"));
        types.push(sql);
    }
    let returns = draw.pick("returns", &["integer", "integer", "integer", "bigint", "text"]);
    let value = if returns == "text" { "'a'::text" } else { "1" };
    let attributes = attributes(draw, true);
    let body = match draw.number("body", 6) {
        3 => format!(
            "LANGUAGE plpgsql{attributes} AS $body$\nBEGIN\n  -- a comment\n  RETURN {value};\nEND\n$body$"
        ),
        4 => format!("LANGUAGE sql{attributes} RETURN {value}"),
        5 => format!("LANGUAGE sql{attributes} BEGIN ATOMIC SELECT {value}; END"),
        n => format!("LANGUAGE sql{attributes} AS 'SELECT {} -- {n}'", value.replace('\'', "''")),
    };
    let signature = format!("{}({})", shape.name, types.join(", "));
    paper.write(
        Phase::Make,
        format!("CREATE FUNCTION {}({}) RETURNS {returns} {body}", shape.name, arguments.join(", ")),
    );
    let on = format!("FUNCTION {signature}");
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
    shape.sample = if returns == "text" { "1".to_owned() } else { format!("{}()", shape.name) };
    paper.shapes.push(shape);
}
