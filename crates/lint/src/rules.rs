//! The rules: a file each, and one list.

mod add_column_check;
mod adding_exclusion_constraint;
mod backfill_with_ddl;
mod cached_plan;
mod delete_without_where;
mod disable_row_security;
mod downgrade_empty;
mod downgrade_missing;
mod drop_cascade;
mod enum_value_in_same_transaction;
mod grant_to_public;
mod if_exists;
mod lock_table;
mod needs_no_transaction;
mod outside_owned_schemas;
mod password;
mod refresh_blocks_readers;
mod security_definer_search_path;
mod select_star;
mod session_setting;
mod several_in_one_step;
mod syntax;
mod table_rewrite;
mod truncate;
mod unlabelled_loss;
mod unqualified_name;
mod update_without_where;
mod validate_in_same_transaction;
mod volatile_default;

use std::ops::Range;

use limbeck_schema::Severity;
use limbeck_sql::HazardKind;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

pub(crate) use volatile_default::rewrites;

use crate::file::{Direction, File, Script, Statement};
use crate::places::Places;
use crate::{Finding, Options, names, squawk};

/// One rule.
pub(crate) struct Rule {
    /// `lint::name`.
    pub(crate) code: &'static str,
    /// How bad what it finds is.
    pub(crate) severity: Severity,
    /// The hazard that it is about.
    pub(crate) hazard: Option<HazardKind>,
    /// Whether a label above the statement that names the hazard is enough.
    takes_label: bool,
    /// Whether it is a matter of taste.
    pub(crate) style: bool,
    /// Who looks.
    pub(crate) check: Check,
}

/// Who looks for what a rule finds.
pub(crate) enum Check {
    /// A function, statement by statement.
    Statement(fn(&Context<'_>) -> Vec<Found>),
    /// A function, once a file.
    File(fn(&File) -> Vec<Found>),
    /// squawk.
    Squawk(squawk_linter::Rule),
    /// The reader of acknowledgements.
    Allows,
}

impl Rule {
    const fn new(code: &'static str, check: Check) -> Self {
        Self { code, severity: Severity::Error, hazard: None, takes_label: true, style: false, check }
    }

    /// A rule about single statements.
    const fn statement(code: &'static str, check: fn(&Context<'_>) -> Vec<Found>) -> Self {
        Self::new(code, Check::Statement(check))
    }

    /// A rule about the whole file.
    const fn file(code: &'static str, check: fn(&File) -> Vec<Found>) -> Self {
        Self::new(code, Check::File(check))
    }

    /// A rule of squawk's.
    pub(crate) const fn squawk(code: &'static str, rule: squawk_linter::Rule) -> Self {
        Self::new(code, Check::Squawk(rule))
    }

    /// The same, about this hazard.
    pub(crate) const fn about(self, hazard: HazardKind) -> Self {
        Self { hazard: Some(hazard), ..self }
    }

    /// The same; only `limbeck:allow` acknowledges what it finds.
    const fn unlabelled(self) -> Self {
        Self { takes_label: false, ..self }
    }

    /// The same, as a warning.
    pub(crate) const fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same, as a matter of taste.
    pub(crate) const fn style(self) -> Self {
        Self { style: true, ..self.warning() }
    }

    /// Whether a script of this direction is judged by it. Going down, only what loses or can't run matters: to be
    /// compatible and to block nobody is what an upgrade must be.
    pub(crate) fn judges(&self, direction: Direction) -> bool {
        direction == Direction::Up
            || !matches!(
                self.hazard,
                Some(HazardKind::Blocking | HazardKind::Compatibility | HazardKind::MayFail)
            )
    }
}

/// An `allow` that allows nothing.
pub(crate) const UNUSED_ALLOW: Rule = Rule::new("lint::unused_allow", Check::Allows).warning();

/// Our own rules, by name.
pub(crate) const RULES: &[Rule] = &[
    add_column_check::RULE,
    adding_exclusion_constraint::RULE,
    backfill_with_ddl::RULE,
    cached_plan::RULE,
    delete_without_where::RULE,
    disable_row_security::RULE,
    downgrade_empty::RULE,
    downgrade_missing::RULE,
    drop_cascade::RULE,
    enum_value_in_same_transaction::RULE,
    grant_to_public::RULE,
    if_exists::RULE,
    lock_table::RULE,
    needs_no_transaction::RULE,
    outside_owned_schemas::RULE,
    password::RULE,
    refresh_blocks_readers::RULE,
    security_definer_search_path::RULE,
    select_star::RULE,
    session_setting::RULE,
    several_in_one_step::RULE,
    syntax::RULE,
    table_rewrite::RULE,
    truncate::RULE,
    unlabelled_loss::RULE,
    unqualified_name::RULE,
    update_without_where::RULE,
    validate_in_same_transaction::RULE,
    volatile_default::RULE,
    UNUSED_ALLOW,
];

/// Every code that a finding may have.
pub fn codes() -> impl Iterator<Item = &'static str> {
    RULES.iter().chain(squawk::RULES).map(|rule| rule.code)
}

/// What a rule looks at.
pub(crate) struct Context<'a> {
    pub(crate) file: &'a File,
    pub(crate) script: &'a Script,
    pub(crate) statement: &'a Statement,
    pub(crate) options: &'a Options,
}

/// What a rule found.
pub(crate) struct Found {
    /// The bytes of the file.
    range: Range<usize>,
    message: String,
    help: String,
}

impl Found {
    /// Something in the file.
    fn at(range: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: help.into() }
    }
}

impl Context<'_> {
    /// The nodes of this kind in the statement.
    fn nodes(&self, kind: SyntaxKind) -> impl Iterator<Item = SyntaxNode> + use<> {
        let root = self.statement.ast.as_ref().map(|ast| ast.syntax().clone());
        root.into_iter().flat_map(|root| root.descendants()).filter(move |node| node.kind() == kind)
    }

    /// Something at a node of the statement.
    fn found(&self, node: &SyntaxNode, message: impl Into<String>, help: impl Into<String>) -> Found {
        Found::at(self.statement.of(node), message, help)
    }

    /// Something about the statement as a whole, shown at its first line.
    fn whole(&self, message: impl Into<String>, help: impl Into<String>) -> Found {
        Found::at(self.statement.range(), message, help)
    }

    /// The nodes of this kind that run now: those of a routine's or a rule's body do not.
    fn running(&self, kind: SyntaxKind) -> impl Iterator<Item = SyntaxNode> + use<> {
        let kept = matches!(
            self.statement.ast,
            Some(ast::Stmt::CreateFunction(_) | ast::Stmt::CreateProcedure(_) | ast::Stmt::CreateRule(_))
        );
        self.nodes(kind).filter(move |_| !kept)
    }

    /// What a node names, unless the script makes it itself.
    fn existing(&self, node: &SyntaxNode) -> Option<&names::Mention> {
        let mention = self.statement.mentions.iter().find(|mention| mention.node == *node)?;
        (!self.script.makes(mention)).then_some(mention)
    }

    /// Whether the table that the statement works on was there before the file.
    fn table_exists(&self) -> bool {
        names::table(self.statement).is_none_or(|table| !self.script.makes(table))
    }

    /// The name of the table that the statement works on.
    fn table(&self) -> String {
        names::table(self.statement)
            .map_or_else(|| "the table".to_owned(), |table| format!("`{}`", table.full()))
    }
}

/// Whether a condition leaves no row out, for those who write one to please a tool.
fn always(condition: ast::WhereClauseOrCurrentOf) -> bool {
    let text = condition.syntax().text().to_string().to_ascii_lowercase();
    let words: String = text.split_whitespace().collect();
    ["wheretrue", "where1=1"].contains(&words.as_str())
}

/// Something that a rule found, on its way to a finding.
pub(crate) struct Hit {
    pub(crate) rule: &'static Rule,
    /// The bytes of the file.
    pub(crate) range: Range<usize>,
    /// A label above the statement names the hazard.
    pub(crate) labelled: bool,
    /// It counts here; where it does not, it may still be acknowledged.
    pub(crate) judged: bool,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Hit {
    pub(crate) fn new(rule: &'static Rule, statement: Option<&Statement>, found: Found) -> Self {
        let Found { range, message, help } = found;
        let says = |hazard| statement.is_some_and(|statement| statement.labels.contains(&hazard));
        let labelled = rule.takes_label && rule.hazard.is_some_and(says);
        Self { rule, range, labelled, judged: true, message, help }
    }

    /// Something in a statement that squawk found.
    pub(crate) fn of(
        rule: &'static Rule,
        statement: &Statement,
        range: Range<usize>,
        message: String,
        help: String,
    ) -> Self {
        Self::new(rule, Some(statement), Found { range, message, help })
    }

    pub(crate) fn finding(self, places: &Places<'_>) -> Finding {
        let Self { rule, range, labelled: _, judged: _, message, help } = self;
        let Rule { code, severity, hazard, .. } = rule;
        Finding { code, severity: *severity, hazard: *hazard, message, origin: places.origin(&range), help }
    }
}

/// Everything that our own rules find.
pub(crate) fn check(file: &File, options: &Options) -> Vec<Hit> {
    let mut hits = Vec::new();
    for rule in RULES.iter().filter(|rule| options.style || !rule.style) {
        match rule.check {
            Check::File(check) => {
                hits.extend(check(file).into_iter().map(|found| Hit::new(rule, None, found)));
            }
            Check::Statement(check) => {
                for script in &file.scripts {
                    for statement in &script.statements {
                        // Of a statement that can't be parsed nothing else is certain.
                        if !statement.errors.is_empty() && rule.code != syntax::RULE.code {
                            continue;
                        }
                        let found = check(&Context { file, script, statement, options });
                        let judged = rule.judges(script.direction);
                        let hit = |found| Hit { judged, ..Hit::new(rule, Some(statement), found) };
                        hits.extend(found.into_iter().map(hit));
                    }
                }
            }
            Check::Squawk(_) | Check::Allows => {}
        }
    }
    hits
}
