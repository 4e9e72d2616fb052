//! Publications.

use super::Kind;
use super::constraint::predicate;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Paper, Phase};
use crate::pairs::server::since;
use crate::pairs::world::Object;

pub(super) fn publication(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let name = quoted(&object.name);
    let mut parts = Vec::new();
    for slot in 0..3 {
        let key = format!("t{slot}");
        let Some(table) = paper.refer(draw, &key, &[Kind::Table, Kind::Child, Kind::Partition]).cloned()
        else {
            continue;
        };
        if !draw.chance(&format!("{key}.in"), 50) {
            continue;
        }
        let mut part = format!("TABLE {}", table.name);
        if draw.chance(&format!("{key}.columns"), 25) && since(15) {
            let columns: Vec<&str> = table
                .columns
                .iter()
                .enumerate()
                .filter(|(at, column)| !column.generated && (*at == 0 || at % 2 == 1))
                .map(|(_, column)| column.name.as_str())
                .collect();
            part.push_str(&format!(" ({})", columns.join(", ")));
        }
        if draw.chance(&format!("{key}.where"), 25) && since(15) {
            part.push_str(&format!(" WHERE ({})", predicate(draw, &key, &table.columns, None)));
        }
        parts.push(part);
    }
    if parts.iter().all(|part| !part.contains('(')) && draw.chance("schemas", 20) && since(15) {
        parts.push(format!("TABLES IN SCHEMA {}", paper.schema(draw)));
    }
    let what = match draw.number("what", 6) {
        5 => " FOR ALL TABLES".to_owned(),
        _ if parts.is_empty() => String::new(),
        _ => format!(" FOR {}", parts.join(", ")),
    };
    let with = draw.pick(
        "with",
        &[
            "",
            "",
            "",
            " WITH (publish = 'insert')",
            " WITH (publish = 'insert, update')",
            " WITH (publish_via_partition_root)",
        ],
    );
    paper.write(Phase::Last, format!("CREATE PUBLICATION {name}{what}{with}"));
    paper.comment(draw, "comment", &format!("PUBLICATION {name}"));
}
