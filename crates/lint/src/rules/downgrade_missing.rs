//! A revision that can't be taken back.

use super::{Found, Rule};
use crate::file::{Direction, File};

pub(super) const RULE: Rule = Rule::file("lint::downgrade_missing", check);

fn check(file: &File) -> Vec<Found> {
    if !file.revision || file.scripts.is_empty() || file.script(Direction::Down).is_some() {
        return Vec::new();
    }
    let end = file.text.lines().next().unwrap_or("").len();
    vec![Found::at(
        0..end,
        "there is no `-- limbeck:downgrade`: this revision can't be taken back",
        "write one, or say why not in the header: `-- limbeck:allow lint::downgrade_missing: REASON`",
    )]
}

#[cfg(test)]
mod tests {
    use crate::tests::{HEADER, codes};

    #[test]
    fn a_reason_in_the_header_is_enough() {
        let body = "\n-- limbeck:upgrade\nCREATE VIEW app.v AS SELECT 1 AS a;\n";
        assert_eq!(codes(&format!("{HEADER}{body}")), ["lint::downgrade_missing"]);
        let reason = "-- limbeck:allow lint::downgrade_missing: the old one is gone\n";
        assert!(codes(&format!("{HEADER}{reason}{body}")).is_empty());
    }
}
