//! Rules on tables and views.

use super::Kind;
use super::constraint::predicate;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Column, Paper, Phase};
use crate::pairs::world::Object;

pub(super) fn rule(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let Some(on) = paper.refer(draw, "on", &[Kind::Table, Kind::Child, Kind::View]).cloned() else { return };
    let name = quoted(&object.name);
    let event = draw.pick("event", &["INSERT", "UPDATE", "DELETE"]);
    let row = if event == "DELETE" { "old" } else { "new" };
    let mut sql = format!("CREATE RULE {name} AS ON {event} TO {}", on.name);
    if draw.chance("where", 25) {
        let columns: Vec<Column> = on
            .columns
            .iter()
            .map(|column| Column { name: format!("{row}.{}", column.name), ..column.clone() })
            .collect();
        sql.push_str(&format!(" WHERE {}", predicate(draw, "w", &columns, None)));
    }
    let other = paper.refer(draw, "other", &[Kind::Table]).cloned();
    let action = match (draw.number("action", 6), &other) {
        (0, _) => "DO INSTEAD NOTHING".to_owned(),
        (1, _) => "DO ALSO NOTIFY \"a \"\"channel\"\"\"".to_owned(),
        (2, Some(other)) => {
            format!("DO ALSO DELETE FROM {} WHERE {} IS NULL", other.name, other.columns[0].name)
        }
        (3, Some(other)) => {
            format!(
                "DO INSTEAD INSERT INTO {} ({}) VALUES ({row}.{})",
                other.name, other.columns[0].name, on.columns[0].name
            )
        }
        (4, Some(other)) => format!(
            "DO ALSO (UPDATE {0} SET {1} = {1} WHERE {1} IS NULL; NOTIFY x)",
            other.name, other.columns[0].name
        ),
        _ => format!("DO INSTEAD SELECT {row}.{} AS x", on.columns[0].name),
    };
    sql.push_str(&format!(" {action}"));
    paper.write(Phase::Last, sql);
    let state = draw.pick("state", &["", "", "", "", "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"]);
    if on.kind != Kind::View && !state.is_empty() {
        paper.write(Phase::Last, format!("ALTER TABLE {} {state} RULE {name}", on.name));
    }
    paper.comment(draw, "comment", &format!("RULE {name} ON {}", on.name));
}
