//! A downgrade that does nothing.

use super::{Found, Rule};
use crate::file::{Direction, File};

pub(super) const RULE: Rule = Rule::file("lint::downgrade_empty", check);

fn check(file: &File) -> Vec<Found> {
    let empty = |direction| file.script(direction).is_none_or(|script| script.statements.is_empty());
    if !file.revision
        || empty(Direction::Up)
        || file.script(Direction::Down).is_none()
        || !empty(Direction::Down)
    {
        return Vec::new();
    }
    let marker = "-- limbeck:downgrade";
    let at = file.text.rfind(marker).unwrap_or(0);
    vec![Found::at(
        at..at + marker.len(),
        "the downgrade does nothing: going down and up again runs the upgrade twice",
        "write the way back, or leave the section out and say why: `-- limbeck:allow lint::downgrade_missing: REASON`",
    )]
}

#[cfg(test)]
mod tests {
    use crate::tests::{HEADER, codes};

    #[test]
    fn an_empty_revision_needs_no_way_back() {
        let view = "CREATE VIEW app.v AS SELECT 1 AS a;";
        let file = |up: &str, down: &str| {
            format!("{HEADER}\n-- limbeck:upgrade\n{up}\n-- limbeck:downgrade\n{down}\n")
        };
        assert_eq!(codes(&file(view, "-- nothing")), ["lint::downgrade_empty"]);
        assert!(codes(&file(view, "DROP VIEW app.v;")).is_empty());
        assert!(codes(&file("", "")).is_empty());
    }
}
