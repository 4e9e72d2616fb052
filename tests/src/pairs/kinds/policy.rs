//! Policies of row security.

use super::Kind;
use super::constraint::predicate;
use crate::pairs::draw::Draw;
use crate::pairs::names::quoted;
use crate::pairs::paper::{Paper, Phase, Shape};
use crate::pairs::world::Object;

pub(super) fn policy(object: &Object, draw: &mut Draw<'_>, paper: &mut Paper) {
    let Some(on) = paper.refer(draw, "on", &[Kind::Table, Kind::Child, Kind::Partition]).cloned() else {
        return;
    };
    let name = quoted(&object.name);
    if draw.chance("enable", 60) {
        paper.write(Phase::Attach, format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY", on.name));
    }
    let restrictive = if draw.chance("restrictive", 20) { " AS RESTRICTIVE" } else { "" };
    let command =
        draw.pick("for", &["", " FOR ALL", " FOR SELECT", " FOR INSERT", " FOR UPDATE", " FOR DELETE"]);
    let roles = draw.pick(
        "to",
        &[
            "",
            "",
            " TO PUBLIC",
            " TO limbeck_reader",
            " TO \"limbeck we\"\"ird\", limbeck_reader",
            " TO limbeck_reader, \"limbeck we\"\"ird\"",
        ],
    );
    let mut sql = format!("CREATE POLICY {name} ON {}{restrictive}{command}{roles}", on.name);
    if command != " FOR INSERT" {
        sql.push_str(&format!(" USING ({})", condition(draw, paper, &on, "using")));
    }
    let check = [" FOR SELECT", " FOR DELETE"].contains(&command);
    if !check && (command == " FOR INSERT" || draw.chance("check", 40)) {
        sql.push_str(&format!(" WITH CHECK ({})", condition(draw, paper, &on, "with")));
    }
    paper.write(Phase::Attach, sql);
    paper.comment(draw, "comment", &format!("POLICY {name} ON {}", on.name));
}

fn condition(draw: &mut Draw<'_>, paper: &Paper, on: &Shape, key: &str) -> String {
    let form = draw.number(&format!("{key}.form"), 6);
    if form == 4 {
        return draw
            .pick(
                &format!("{key}.plain"),
                &["true", "CURRENT_USER = 'nobody'", "current_setting('a.b', true) = 'x'"],
            )
            .to_owned();
    }
    if form == 5
        && let Some(other) =
            paper.refer(draw, &format!("{key}.other"), &[Kind::Table, Kind::View, Kind::MaterializedView])
        && let Some(column) = other.columns.first()
    {
        return format!("EXISTS (SELECT 1 FROM {} o WHERE o.{} IS NOT NULL)", other.name, column.name);
    }
    predicate(draw, key, &on.columns, Some(paper))
}
