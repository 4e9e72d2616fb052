//! What squawk's own command line says of a file that Limbeck writes, answered in the file.
//!
//! squawk knows neither the segments of a revision, nor that its runner sets the timeouts, nor what the models have
//! decided. Rules of that sort, and those about tables that the file makes itself or about taking back what the file
//! did, are answered once, in the header. What remains is what the plan means to do to a table that is in use: it is
//! answered above the statement, beside what the file says of its hazards, so that whoever reads the file sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use limbeck_revisions::file::{Item, Script};
use limbeck_revisions::{Error, RevisionFile};
use squawk_linter::{Linter, Rule};
use squawk_syntax::SourceFile;

use crate::Options;
use crate::file::{Direction, File, Statement};
use crate::names;

/// Writes the answers into the file: `-- squawk-ignore-file RULES` into its header, `-- squawk-ignore RULES` above
/// statements.
///
/// # Errors
///
/// The file can't be written as it is.
pub fn acknowledge(file: &mut RevisionFile) -> Result<(), Error> {
    let text = file.text()?;
    let (parsed, _) = File::read(&text, "the new file", &Options { revision: true, ..Options::default() });
    let source = SourceFile::parse(&text);
    let violations: Vec<(Rule, Option<Place<'_>>)> = Linter::with_default_rules()
        .lint(&source, &text)
        .into_iter()
        .map(|violation| {
            let range = Range::<usize>::from(violation.text_range);
            let start = range.start + leading_space(&text[range]);
            (violation.code, place(&parsed, start))
        })
        .collect();
    // A rule that means something once is answered each time.
    let special: Vec<Rule> = violations
        .iter()
        .filter(|(rule, place)| {
            place.as_ref().is_some_and(|place| place.first_line && !is_general(*rule, place))
        })
        .map(|(rule, _)| *rule)
        .collect();
    let mut everywhere = BTreeSet::new();
    let mut here: BTreeMap<(Direction, usize), BTreeSet<String>> = BTreeMap::new();
    for (rule, place) in &violations {
        match place.as_ref().filter(|place| place.first_line && special.contains(rule)) {
            Some(place) => {
                here.entry((place.direction, place.number)).or_default().insert(rule.to_string());
            }
            None => {
                everywhere.insert(rule.to_string());
            }
        }
    }
    if !everywhere.is_empty() {
        file.summary.push(format!("squawk-ignore-file {}", list(&everywhere)));
    }
    for ((direction, number), rules) in here.into_iter().rev() {
        let rules: BTreeSet<String> = rules.difference(&everywhere).cloned().collect();
        let script = match direction {
            Direction::Up => Some(&mut file.upgrade),
            Direction::Down => file.downgrade.as_mut(),
        };
        if let Some(script) = script.filter(|_| !rules.is_empty()) {
            insert(script, number, format!("-- squawk-ignore {}", list(&rules)));
        }
    }
    Ok(())
}

/// The statement that a violation is about.
struct Place<'a> {
    direction: Direction,
    /// How many statements of the script come before it; those in a block do not count.
    number: usize,
    statement: &'a Statement,
    /// squawk looks for its comments on the line of a violation and the one above.
    first_line: bool,
    script: &'a crate::file::Script,
}

fn place(file: &File, at: usize) -> Option<Place<'_>> {
    file.scripts.iter().find_map(|script| {
        let mut written = script.statements.iter().filter(|statement| !statement.inside).enumerate();
        let (number, statement) = written.find(|(_, statement)| statement.range().contains(&at))?;
        let first_line = !file.text[statement.at..at].contains('\n');
        Some(Place { direction: script.direction, number, statement, first_line, script })
    })
}

/// Whether the header answers: where squawk can't know better, and where nobody is hurt.
fn is_general(rule: Rule, place: &Place<'_>) -> bool {
    let general = matches!(
        rule,
        // A revision runs once, and fails where it does not fit; what runs without a transaction is resumed.
        Rule::PreferRobustStmts
            // The runner sets them for every segment.
            | Rule::RequireLockTimeout
            | Rule::RequireStatementTimeout
            // The models have decided.
            | Rule::BanDropNotNull
            | Rule::BanDropDefault
            | Rule::BanDropConstraint
            | Rule::BanAlterIdentity
            | Rule::BanDropGeneratedExpression
            | Rule::PreferBigintOverInt
            | Rule::PreferBigintOverSmallint
            | Rule::PreferIdentity
            | Rule::PreferTextField
            | Rule::PreferTimestampTz
            | Rule::BanCharField
            | Rule::BanCreateDomainWithConstraint
            | Rule::RequireEnumValueOrdering
    );
    general
        || place.direction == Direction::Down
        || names::table(place.statement).is_some_and(|table| place.script.makes(table))
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn list(rules: &BTreeSet<String>) -> String {
    rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Puts a comment right above a statement.
fn insert(script: &mut Script, number: usize, comment: String) {
    let mut left = number;
    for segment in &mut script.segments {
        let statements = segment.items.iter().filter(|item| matches!(item, Item::Statement(_))).count();
        if left >= statements {
            left -= statements;
            continue;
        }
        let places = segment.items.iter().enumerate().filter(|(_, item)| matches!(item, Item::Statement(_)));
        if let Some((at, _)) = { places }.nth(left) {
            segment.items.insert(at, Item::Comment(comment));
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use limbeck_revisions::file::read;

    use super::acknowledge;

    fn answered(upgrade: &str, downgrade: &str) -> String {
        let text = format!(
            "-- limbeck revision abc\n-- parents: base\n-- message: m\n\n-- limbeck:upgrade\n{upgrade}\n\n-- limbeck:downgrade\n{downgrade}\n"
        );
        let mut file = read("f.sql", &text).into_result().expect("it is a revision");
        acknowledge(&mut file).expect("it can be written");
        file.text().expect("it can be written")
    }

    #[test]
    fn what_hurts_nobody_is_answered_once_and_the_rest_where_it_stands() {
        let text = answered(
            "CREATE TABLE s.u (id integer);\nCREATE INDEX i ON s.u (id);\n-- compatibility: code that says s.t fails\n\
             ALTER TABLE s.t RENAME TO v;\n-- loses: every value of s.w.a\nALTER TABLE s.w DROP COLUMN a;",
            "DROP TABLE s.u;\nALTER TABLE s.v RENAME TO t;",
        );
        assert_eq!(
            text.lines().filter(|line| line.contains("squawk")).collect::<Vec<_>>(),
            [
                "-- squawk-ignore-file ban-drop-table, prefer-bigint-over-int, prefer-robust-stmts, \
                 require-concurrent-index-creation, require-lock-timeout, require-statement-timeout",
                "-- squawk-ignore renaming-table",
                "-- squawk-ignore ban-drop-column",
                "-- squawk-ignore renaming-table",
            ]
        );
        assert!(text.contains("-- squawk-ignore ban-drop-column\nALTER TABLE s.w DROP COLUMN a;"));
    }

    #[test]
    fn nothing_is_said_where_squawk_says_nothing() {
        assert!(!answered("SELECT 1;", "SELECT 1;").contains("squawk"));
    }
}
