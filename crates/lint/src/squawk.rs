//! The rules of `squawk-linter` that are ours too, under their own names.
//!
//! squawk sees one script at a time, with what is no statement of it blanked out, so that its offsets are ours. What
//! it can't know is taken away again: statements about tables that the script makes itself, and the few alarms
//! that PostgreSQL's source does not bear out.

use std::ops::Range;

use limbeck_sql::HazardKind::{Blocking, Compatibility, MayFail};
use squawk_linter::{Linter, Rule as Squawk};
use squawk_syntax::{SourceFile, ast};

use crate::Options;
use crate::file::{File, Script, Statement};
use crate::names;
use crate::rules::{Check, Hit, Rule};

/// The rules, by name; those of taste come last.
pub(crate) const RULES: &[Rule] = &[
    Rule::squawk("lint::adding_foreign_key_constraint", Squawk::AddingForeignKeyConstraint).about(Blocking),
    Rule::squawk("lint::adding_not_nullable_field", Squawk::AddingNotNullableField).about(Blocking),
    Rule::squawk("lint::adding_required_field", Squawk::AddingRequiredField).about(MayFail),
    Rule::squawk("lint::adding_serial_primary_key_field", Squawk::AddingSerialPrimaryKeyField)
        .about(Blocking),
    Rule::squawk("lint::ban_alter_domain_with_add_constraint", Squawk::BanAlterDomainWithAddConstraint)
        .about(Blocking),
    Rule::squawk("lint::ban_disable_trigger", Squawk::BanDisableTrigger),
    Rule::squawk("lint::ban_drop_database", Squawk::BanDropDatabase),
    Rule::squawk("lint::ban_duplicate_column_assignments", Squawk::BanDuplicateColumnAssignments),
    Rule::squawk("lint::ban_set_schema", Squawk::BanSetSchema).about(Compatibility),
    Rule::squawk("lint::changing_column_type", Squawk::ChangingColumnType).about(Blocking),
    Rule::squawk("lint::constraint_missing_not_valid", Squawk::ConstraintMissingNotValid).about(Blocking),
    Rule::squawk("lint::disallowed_unique_constraint", Squawk::DisallowedUniqueConstraint).about(Blocking),
    Rule::squawk("lint::identifier_too_long", Squawk::IdentifierTooLong),
    Rule::squawk("lint::renaming_column", Squawk::RenamingColumn).about(Compatibility),
    Rule::squawk("lint::renaming_object", Squawk::RenamingObject).about(Compatibility),
    Rule::squawk("lint::renaming_table", Squawk::RenamingTable).about(Compatibility),
    Rule::squawk("lint::require_concurrent_index_creation", Squawk::RequireConcurrentIndexCreation)
        .about(Blocking),
    Rule::squawk("lint::require_concurrent_index_deletion", Squawk::RequireConcurrentIndexDeletion)
        .about(Blocking),
    Rule::squawk("lint::require_concurrent_partition_detach", Squawk::RequireConcurrentPartitionDetach)
        .about(Blocking),
    Rule::squawk("lint::require_concurrent_reindex", Squawk::RequireConcurrentReindex).about(Blocking),
    Rule::squawk("lint::ban_char_field", Squawk::BanCharField).style(),
    Rule::squawk("lint::prefer_bigint_over_int", Squawk::PreferBigintOverInt).style(),
    Rule::squawk("lint::prefer_bigint_over_smallint", Squawk::PreferBigintOverSmallint).style(),
    Rule::squawk("lint::prefer_identity", Squawk::PreferIdentity).style(),
    Rule::squawk("lint::prefer_text_field", Squawk::PreferTextField).style(),
    Rule::squawk("lint::prefer_timestamp_tz", Squawk::PreferTimestampTz).style(),
];

/// Everything that squawk finds and we agree with.
pub(crate) fn check(file: &File, options: &Options) -> Vec<Hit> {
    let mut hits = Vec::new();
    for script in &file.scripts {
        let rules = RULES.iter().filter(|rule| options.style || !rule.style);
        let rules: Vec<(&'static Rule, Squawk)> = rules
            .filter_map(|rule| match rule.check {
                Check::Squawk(squawk) => Some((rule, squawk)),
                Check::Statement(_) | Check::File(_) | Check::Allows => None,
            })
            .collect();
        let text = alone(&file.text, script);
        let parse = SourceFile::parse(&text);
        let mut linter = Linter::from(rules.iter().map(|(_, squawk)| *squawk));
        linter.settings.assume_in_transaction = true;
        for violation in linter.lint(&parse, &text) {
            let range = trimmed(&text, Range::<usize>::from(violation.text_range));
            let statement = script.statements.iter().find(|it| it.range().contains(&range.start));
            let rule = rules.iter().find(|(_, squawk)| *squawk == violation.code);
            let (Some(statement), Some((rule, squawk))) = (statement, rule) else { continue };
            if *squawk == Squawk::IdentifierTooLong || holds(*squawk, script, statement, &text[range.clone()])
            {
                let help = violation.help.unwrap_or_else(|| help(*squawk).to_owned());
                let hit = Hit::of(rule, statement, range, ours(&violation.message), ours(&help));
                hits.push(Hit { judged: rule.judges(script.direction), ..hit });
            }
        }
    }
    hits
}

/// The text with everything but the statements of a script replaced by spaces, byte for byte.
fn alone(text: &str, script: &Script) -> String {
    let mut bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
    for statement in script.statements.iter().filter(|it| it.errors.is_empty() && !it.inside) {
        let range = statement.range();
        // A line comment at the end must not swallow the semicolon.
        let end = range.end;
        if let (Some(to), Some(from)) = (bytes.get_mut(range.clone()), text.as_bytes().get(range)) {
            to.copy_from_slice(from);
        }
        let free = bytes.iter().skip(end).position(|byte| *byte == b' ' || *byte == b'\n');
        if let Some(byte) = free.and_then(|free| bytes.get_mut(end + free)) {
            *byte = b';';
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// A sentence as our messages have it: begun small, without a full stop.
fn ours(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            let rest = &sentence[first.len_utf8()..];
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = text.get(range.clone()).unwrap_or("");
    let start = range.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}

/// Whether what squawk says is so, with all that the file tells.
fn holds(rule: Squawk, script: &Script, statement: &Statement, at: &str) -> bool {
    if names::table(statement).is_some_and(|table| script.makes(table)) {
        return false;
    }
    let starts = |word: &str| at.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    match rule {
        // A new column of NULLs refers to nothing: PostgreSQL does not look (`transformFKConstraints`).
        Squawk::AddingForeignKeyConstraint => !adds_columns_of_nulls(statement),
        // Foreign keys, VALIDATE and keys have rules of their own, and EXCLUDE can't be NOT VALID.
        Squawk::ConstraintMissingNotValid => !starts("validate") && adds_a_check(statement),
        // Nothing but a message of an error names a constraint or an index.
        Squawk::RenamingObject => match statement.ast {
            Some(ast::Stmt::AlterIndex(_)) => false,
            Some(ast::Stmt::AlterSequence(_)) => !statement.mentions.iter().any(|name| script.makes(name)),
            _ => !starts("rename constraint"),
        },
        // On the parent alone nothing is built.
        Squawk::RequireConcurrentIndexCreation
        | Squawk::DisallowedUniqueConstraint
        | Squawk::AddingSerialPrimaryKeyField => !names::only(statement),
        Squawk::BanAlterDomainWithAddConstraint => !is_not_valid(statement),
        // Row security and rules of rewriting are no triggers; the first has a rule of its own.
        Squawk::BanDisableTrigger => starts("disable trigger"),
        _ => true,
    }
}

/// Whether a domain's constraint leaves the rows that are there alone.
fn is_not_valid(statement: &Statement) -> bool {
    let Some(ast::Stmt::AlterDomain(alter)) = &statement.ast else { return false };
    match alter.action() {
        Some(ast::AlterDomainAction::AddConstraint(add)) => {
            add.constraint().is_some_and(|constraint| constraint.is_not_valid())
        }
        _ => false,
    }
}

fn adds_columns_of_nulls(statement: &Statement) -> bool {
    let Some(ast::Stmt::AlterTable(alter)) = &statement.ast else { return false };
    alter.actions().all(|action| match action {
        ast::AlterTableAction::AddColumn(column) => {
            !column.constraints().any(|it| matches!(it, ast::Constraint::DefaultConstraint(_)))
        }
        _ => false,
    })
}

fn adds_a_check(statement: &Statement) -> bool {
    let Some(ast::Stmt::AlterTable(alter)) = &statement.ast else { return false };
    alter.actions().any(|action| match action {
        ast::AlterTableAction::AddConstraint(add) => {
            matches!(add.constraint(), Some(ast::Constraint::CheckConstraint(_)))
        }
        _ => false,
    })
}

/// What to do, where squawk does not say.
fn help(rule: Squawk) -> &'static str {
    match rule {
        Squawk::RenamingColumn => {
            "add the new column beside the old one, write both, and drop the old one later"
        }
        Squawk::RenamingTable => "leave a view under the old name until no running code uses it",
        Squawk::RenamingObject | Squawk::BanSetSchema => {
            "let both names work until no running code uses the old one"
        }
        Squawk::ChangingColumnType => "add a column of the new type, copy in batches, and swap them",
        Squawk::IdentifierTooLong => "choose a name of at most 63 bytes",
        Squawk::BanDisableTrigger => "enable it again in the same transaction, or leave it on",
        _ => "see the page of this rule: `limbeck explain`",
    }
}
