//! Functions, procedures and aggregates.

use super::Kind;
use super::column::{self, Type};
use super::types::shape;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Class, Column, Paper, Phase, full};
use crate::pairs::server::since;
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
        4 if since(14) => format!("LANGUAGE sql{attributes} RETURN {value}"),
        5 if since(14) => format!("LANGUAGE sql{attributes} BEGIN ATOMIC SELECT {value}; END"),
        n => format!("LANGUAGE sql{attributes} AS 'SELECT {} -- {n}'", value.replace('\'', "''")),
    };
    let signature = format!("{}({})", shape.name, types.join(", "));
    paper.write(
        Phase::Make,
        format!("CREATE FUNCTION {}({}) RETURNS {returns} {body}", shape.name, arguments.join(", ")),
    );
    let on = format!("FUNCTION {signature}");
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
    if draw.chance("overload", 15) {
        types.push("boolean".to_owned());
        let name = &shape.name;
        let sql = format!(
            "CREATE FUNCTION {name}({}) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
            types.join(", ")
        );
        paper.write(Phase::Make, sql);
        paper.comment(draw, "overload.comment", &format!("FUNCTION {name}({})", types.join(", ")));
    }
    shape.sample = if returns == "text" { "1".to_owned() } else { format!("{}()", shape.name) };
    paper.shapes.push(shape);
}

/// A call of a helper on a column, if there is one that takes it and returns that.
pub(super) fn call(
    draw: &mut Draw<'_>,
    key: &str,
    paper: Option<&Paper>,
    column: &Column,
    returns: &str,
) -> Option<String> {
    let paper = paper?;
    let takes = |ty: &str| match ty {
        "integer" => column.ty == "integer",
        "text" => column.class == Class::Text,
        _ => ty == "anyelement",
    };
    let of: Vec<u32> = paper
        .of(&[Kind::Helper])
        .filter(|shape| shape.sample == returns && takes(&shape.columns[0].ty))
        .map(|shape| shape.id)
        .collect();
    let helper = paper.shape(draw.refer(key, of.into_iter())?)?;
    let cast = if helper.columns[0].ty == "text" { "::text" } else { "" };
    Some(format!("{}({}{cast})", helper.name, column.name))
}

/// `f(v)`: an immutable function for checks, indexes, policies and generated columns.
pub(super) fn helper(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let (ty, class, forms): (_, _, &[(&str, &str)]) = match draw.number("takes", 3) {
        0 => (
            "integer",
            Class::Integer,
            &[("boolean", "v IS NOT NULL"), ("integer", "v + 1"), ("boolean", "v > -100")],
        ),
        1 => ("text", Class::Text, &[("boolean", "v <> 'zz'"), ("text", "lower(v)"), ("text", "v || 'x'")]),
        _ => ("anyelement", Class::Other, &[("boolean", "v IS NOT NULL")]),
    };
    let (returns, expression) =
        forms[usize::try_from(draw.number("form", u64::try_from(forms.len()).unwrap_or(1))).unwrap_or(0)];
    let attributes = draw.pick("attributes", &["", " STRICT", " PARALLEL SAFE", " COST 7"]);
    let name = draw.pick("argument", &["v", "v", "\"v\"\"\""]);
    let expression = expression.replace('v', name);
    let body = match draw.number("body", 3) {
        1 => format!("LANGUAGE plpgsql IMMUTABLE{attributes} AS $$\nBEGIN\n  RETURN {expression};\nEND\n$$"),
        2 if ty != "anyelement" && since(14) => {
            format!("LANGUAGE sql IMMUTABLE{attributes} RETURN {expression}")
        }
        _ => format!("LANGUAGE sql IMMUTABLE{attributes} AS $$SELECT {expression}$$"),
    };
    let sql = format!("CREATE FUNCTION {}({name} {ty}) RETURNS {returns} {body}", shape.name);
    paper.write(Phase::Make, sql);
    let on = format!("FUNCTION {}({ty})", shape.name);
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
    let column = Column {
        name: name.to_owned(),
        ty: ty.to_owned(),
        sample: String::new(),
        class,
        not_null: false,
        generated: false,
    };
    shape.columns.push(column);
    shape.sample = returns.to_owned();
    paper.shapes.push(shape);
}

pub(super) fn procedure(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let mut arguments = Vec::new();
    let mut types = Vec::new();
    for slot in 0..2 {
        let key = format!("a{slot}");
        if draw.chance(&key, 50) {
            let Type { sql, sample, .. } = column::any_type(draw, paper, &key);
            let mode = draw.pick(&format!("{key}.mode"), &["", "IN ", "INOUT "]);
            let default = if draw.chance(&format!("{key}.default"), 40) || !arguments.is_empty() {
                format!(" DEFAULT {sample}")
            } else {
                String::new()
            };
            arguments.push(format!("{mode}{} {sql}{default}", quoted(&format!("a {slot}"))));
            types.push(sql);
        }
    }
    let attributes = attributes(draw, false);
    let body = match draw.number("body", 3) {
        0 => format!("LANGUAGE plpgsql{attributes} AS $$BEGIN NULL; END$$"),
        1 => format!("LANGUAGE plpgsql{attributes} AS $$\nBEGIN\n  COMMIT; -- it's\nEND\n$$"),
        _ => format!("LANGUAGE plpgsql{attributes} AS $body$BEGIN EXECUTE $$SELECT 1$$; END$body$"),
    };
    let sql = format!("CREATE PROCEDURE {}({}) {body}", shape.name, arguments.join(", "));
    paper.write(Phase::Make, sql);
    let on = format!("PROCEDURE {}({})", shape.name, types.join(", "));
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
}

pub(super) fn aggregate(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let (takes, definition) = match draw.number("of", 5) {
        0 => ("integer", "SFUNC = int4pl, STYPE = integer".to_owned()),
        1 => ("text", "SFUNC = textcat, STYPE = text".to_owned()),
        2 => ("numeric", "SFUNC = numeric_add, STYPE = numeric, SORTOP = OPERATOR(pg_catalog.<)".to_owned()),
        3 => (
            "double precision",
            "SFUNC = float8_accum, STYPE = double precision[], FINALFUNC = float8_avg, INITCOND = '{0,0,0}'"
                .to_owned(),
        ),
        _ => {
            let own = full(&schema, &format!("{} step", object.name));
            let sql = format!(
                "CREATE FUNCTION {own}(bigint, integer) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'"
            );
            paper.write(Phase::Make, sql);
            ("integer", format!("SFUNC = {own}, STYPE = bigint, INITCOND = '0'"))
        }
    };
    let parallel = draw.pick("parallel", &["", "", ", PARALLEL = SAFE"]);
    let name = draw.pick("argument", &["", "", "\"a\"\"\" "]);
    let sql = format!("CREATE AGGREGATE {}({name}{takes}) ({definition}{parallel})", shape.name);
    paper.write(Phase::Make, sql);
    paper.decorate(
        draw,
        &format!("AGGREGATE {}({takes})", shape.name),
        Some((&format!("FUNCTION {}({takes})", shape.name), &["EXECUTE"])),
    );
}

/// Functions that take or return rows of a relation, or read it.
pub(super) fn rows(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    const OF: &[Kind] = &[Kind::Table, Kind::Child, Kind::ForeignTable];
    let Some(of) = paper.refer(draw, "of", OF).cloned() else { return };
    let schema = paper.schema(draw);
    let mut shape = shape(object, &schema);
    let (name, table, column) = (&shape.name, &of.name, &of.columns[0]);
    let volatility = draw.pick("volatility", &["", " STABLE", " IMMUTABLE"]);
    let form = draw.number("form", 8);
    let (arguments, types, rest) = match form {
        0 => (
            format!("r {table}"),
            table.clone(),
            format!("RETURNS text LANGUAGE sql{volatility} AS $$SELECT r.{}::text$$", column.name),
        ),
        1 => (
            String::new(),
            String::new(),
            format!("RETURNS SETOF {table} LANGUAGE sql{volatility} AS $$SELECT * FROM {table}$$"),
        ),
        2 => (
            "n integer".to_owned(),
            "integer".to_owned(),
            format!(
                "RETURNS TABLE (a {}, \"b \" text) LANGUAGE sql{volatility} ROWS 10 AS $$SELECT {}, 'x' FROM {table} LIMIT n$$",
                column.ty, column.name
            ),
        ),
        3 => (
            String::new(),
            String::new(),
            format!(
                "RETURNS bigint LANGUAGE sql{volatility} BEGIN ATOMIC SELECT count({}) FROM {table}; END",
                column.name
            ),
        ),
        4 => (
            format!("v {table}.{}%TYPE", column.name),
            column.ty.clone(),
            format!(
                "RETURNS void LANGUAGE plpgsql{volatility} AS $$DECLARE r {table}%ROWTYPE; BEGIN NULL; END$$"
            ),
        ),
        5 => (
            format!("OUT o {}, VARIADIC v integer[]", column.ty),
            "VARIADIC integer[]".to_owned(),
            format!(
                "LANGUAGE plpgsql{volatility} AS $$BEGIN SELECT {} INTO o FROM {table} LIMIT 1; END$$",
                column.name
            ),
        ),
        6 => (
            format!("rows {table}[]"),
            format!("{table}[]"),
            format!("RETURNS {table} LANGUAGE sql{volatility} AS $$SELECT rows[1]$$"),
        ),
        _ => (
            "a integer, b integer DEFAULT 2".to_owned(),
            "integer, integer".to_owned(),
            format!(
                "RETURNS SETOF {} LANGUAGE plpgsql{volatility} AS $$BEGIN RETURN QUERY SELECT {} FROM {table}; END$$",
                column.ty, column.name
            ),
        ),
    };
    paper.write(Phase::Link, format!("CREATE FUNCTION {name}({arguments}) {rest}"));
    let on = format!("FUNCTION {name}({types})");
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
    if form == 1 {
        // Views may read what it returns.
        shape.columns = of.columns;
        paper.shapes.push(shape);
    }
}
