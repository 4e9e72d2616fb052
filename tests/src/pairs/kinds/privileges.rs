//! Default privileges.

use super::Kind;
use crate::pairs::draw::Draw;
use crate::pairs::paper::{Paper, Phase, ROLES};
use crate::pairs::world::Object;

pub(super) fn defaults(_: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let schema = paper.refer(draw, "schema", &[Kind::Schema]).map(|shape| shape.name.clone());
    let within = match schema {
        Some(schema) if draw.chance("within", 60) => format!(" IN SCHEMA {schema}"),
        _ => String::new(),
    };
    let owner = draw.pick("owner", &["", "", "", " FOR ROLE limbeck_reader"]);
    let (what, privileges): (&str, &[&str]) = match draw.number("what", 5) {
        0 => ("TABLES", &["SELECT", "ALL", "INSERT, UPDATE"]),
        1 => ("SEQUENCES", &["USAGE", "ALL"]),
        2 => ("FUNCTIONS", &["EXECUTE"]),
        3 => ("TYPES", &["USAGE"]),
        _ if within.is_empty() => ("SCHEMAS", &["USAGE", "CREATE"]),
        _ => ("TABLES", &["DELETE"]),
    };
    let privilege = draw.pick("privilege", privileges);
    let role = draw.pick("role", &ROLES);
    let option = if role != "PUBLIC" && draw.chance("option", 20) { " WITH GRANT OPTION" } else { "" };
    let action = if within.is_empty() && draw.chance("revoke", 25) {
        let role = if ["FUNCTIONS", "TYPES"].contains(&what) { "PUBLIC" } else { "CURRENT_USER" };
        format!("REVOKE {privilege} ON {what} FROM {role}")
    } else {
        format!("GRANT {privilege} ON {what} TO {role}{option}")
    };
    paper.write(Phase::Last, format!("ALTER DEFAULT PRIVILEGES{owner}{within} {action}"));
}
