//! Trigger functions, triggers on tables and views, and event triggers.

use super::constraint::predicate;
use super::types::shape;
use super::{Kind, routine};
use crate::pairs::draw::Draw;
use crate::pairs::names::{literal, quoted};
use crate::pairs::paper::{Column, Paper, Phase, Shape};
use crate::pairs::world::Object;

/// A function that triggers run.
pub(super) fn function(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let attributes = routine::attributes(draw, false);
    let body = draw.pick(
        "body",
        &[
            "RETURN COALESCE(NEW, OLD);",
            "RETURN NEW;",
            "-- it's $1\n  RETURN NEW;",
            "RETURN COALESCE(NEW, OLD); ",
        ],
    );
    paper.write(
        Phase::Make,
        format!(
            "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql{attributes} AS $body$\nBEGIN\n  {body}\nEND\n$body$",
            shape.name
        ),
    );
    let on = format!("FUNCTION {}()", shape.name);
    paper.decorate(draw, &on, Some((&on, &["EXECUTE"])));
    paper.shapes.push(shape);
}

/// What fires a trigger: the events, and whether there is an old and a new row in each of them.
struct Events {
    text: String,
    one: bool,
    old: bool,
    new: bool,
}

fn events(draw: &mut Draw<'_>, on: &Shape, row: bool, view: bool) -> Events {
    let mut events = Vec::new();
    let (mut old, mut new) = (true, true);
    if draw.chance("delete", 30) {
        events.push("DELETE".to_owned());
        new = false;
    }
    if draw.chance("update", 50) {
        let ids = (0_u32..).zip(&on.columns).map(|(id, _)| id);
        let column =
            draw.refer("update.column", ids).and_then(|id| on.columns.get(usize::try_from(id).ok()?));
        match column {
            Some(column) if draw.chance("update.of", 30) && !view => {
                events.push(format!("UPDATE OF {}", column.name));
            }
            _ => events.push("UPDATE".to_owned()),
        }
    }
    if !row && draw.chance("truncate", 20) {
        events.push("TRUNCATE".to_owned());
        (old, new) = (false, false);
    }
    if events.is_empty() || draw.chance("insert", 40) {
        events.push("INSERT".to_owned());
        old = false;
    }
    Events { text: events.join(" OR "), one: events.len() == 1, old, new }
}

fn of_row(columns: &[Column], row: &str) -> Vec<Column> {
    columns.iter().map(|column| Column { name: format!("{row}.{}", column.name), ..column.clone() }).collect()
}

pub(super) fn trigger(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    const ON: &[Kind] = &[Kind::Table, Kind::Child, Kind::View, Kind::ForeignTable, Kind::Partition];
    let Some(on) = paper.refer(draw, "on", ON).cloned() else { return };
    let Some(function) = paper.refer(draw, "function", &[Kind::TriggerFunction]).cloned() else { return };
    let name = quoted(&object.name);
    let view = on.kind == Kind::View;
    let constraint = !view && draw.chance("constraint", 15);
    let row = constraint || draw.chance("row", 70);
    let timing = match (view && row, constraint) {
        (true, _) => "INSTEAD OF",
        (_, true) => "AFTER",
        _ => draw.pick("timing", &["AFTER", "BEFORE"]),
    };
    let events = events(draw, &on, row, view);
    let word = if constraint { "CONSTRAINT TRIGGER" } else { "TRIGGER" };
    let mut sql = format!("CREATE {word} {name} {timing} {} ON {}", events.text, on.name);
    if constraint {
        sql.push_str(
            draw.pick(
                "deferrable",
                &["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED", " NOT DEFERRABLE"],
            ),
        );
    } else if timing == "AFTER" && events.one && !events.text.contains(" OF ") && draw.chance("tables", 20) {
        let old = draw.pick("tables.old", &["\"old rows\"", "o"]);
        if events.old && events.new {
            sql.push_str(&format!(" REFERENCING OLD TABLE AS {old} NEW TABLE AS \"n\"\"\""));
        } else if events.old {
            sql.push_str(&format!(" REFERENCING OLD TABLE AS {old}"));
        } else if events.new {
            sql.push_str(" REFERENCING NEW TABLE AS \"n\"\"\"");
        }
    }
    sql.push_str(if row { " FOR EACH ROW" } else { " FOR EACH STATEMENT" });
    if timing != "INSTEAD OF" && draw.chance("when", 25) {
        let condition = match (row, events.old, events.new) {
            (true, true, true) if draw.chance("when.both", 60) => "OLD.* IS DISTINCT FROM NEW.*".to_owned(),
            (true, _, true) => predicate(draw, "w", &of_row(&on.columns, "NEW"), None),
            (true, true, _) => predicate(draw, "w", &of_row(&on.columns, "OLD"), None),
            _ => draw.pick("when.plain", &["pg_trigger_depth() = 0", "CURRENT_USER <> 'nobody'"]).to_owned(),
        };
        sql.push_str(&format!(" WHEN ({condition})"));
    }
    let arguments = draw.pick("arguments", &["", "", "", "'a'", "'it''s', '1'", r"E'back\\slash'"]);
    sql.push_str(&format!(" EXECUTE FUNCTION {}({arguments})", function.name));
    // Once the rows are there, whatever it does with them.
    paper.write(Phase::Last, sql);
    let state = draw.pick("state", &["", "", "", "", "", "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"]);
    if !view && !state.is_empty() {
        paper.write(Phase::Last, format!("ALTER TABLE {} {state} TRIGGER {name}", on.name));
    }
    paper.comment(draw, "comment", &format!("TRIGGER {name} ON {}", on.name));
}

/// An event trigger with a function of its own.
pub(super) fn event(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.schema(draw);
    let shape = shape(object, &schema);
    let name = quoted(&object.name);
    paper.write(
        Phase::Make,
        format!(
            "CREATE FUNCTION {}() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN NULL; END$$",
            shape.name
        ),
    );
    let event = draw.pick("event", &["ddl_command_end", "ddl_command_start", "sql_drop", "table_rewrite"]);
    let tags = match (event, draw.number("tags", 3)) {
        ("table_rewrite", 2) => "WHEN TAG IN ('ALTER TABLE') ",
        ("sql_drop", 2) => "WHEN TAG IN ('DROP TABLE', 'DROP VIEW') ",
        (_, 2) => "WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') ",
        _ => "",
    };
    paper.write(
        Phase::Last,
        format!("CREATE EVENT TRIGGER {name} ON {event} {tags}EXECUTE FUNCTION {}()", shape.name),
    );
    let state = draw.pick("state", &["", "", "", "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"]);
    if !state.is_empty() {
        paper.write(Phase::Last, format!("ALTER EVENT TRIGGER {name} {state}"));
    }
    if draw.chance("comment", 20) {
        paper.write(Phase::Last, format!("COMMENT ON EVENT TRIGGER {name} IS {}", literal("it's")));
    }
}
