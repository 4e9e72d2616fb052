//! A review as a comment on a pull request.

use std::fmt::Write as _;

use limbeck_schema::Severity;

use super::Report;
use super::data::{Reviewed, Statement};

/// The whole report.
pub(super) fn page(report: &Report) -> String {
    let mut page = String::from("## Database changes\n");
    if report.revisions.is_empty() && report.changed.is_empty() {
        page.push_str("\nThere are none.\n");
    }
    for changed in &report.changed {
        // Writing to a String does not fail.
        let _ = writeln!(page, "\n> [!CAUTION]\n> `{}`: {}", changed.file, changed.message());
    }
    for revision in &report.revisions {
        one(&mut page, revision);
    }
    page
}

fn one(page: &mut String, revision: &Reviewed) {
    let Reviewed { service, file, id, message, changes, locks, proved, allowed, .. } = revision;
    let _ = writeln!(page, "\n### `{service}`: {}\n\n`{id}` in `{file}`", escape(message));
    list(page, "Changes", changes.iter().map(|line| code(line)));
    list(page, "Loses", revision.losses().map(escape));
    list(page, "Locks", locks.iter().map(|line| escape(line)));
    list(page, "Acknowledged", allowed.iter().map(|line| escape(line)));
    let findings = revision.verdict.findings.iter().map(|finding| {
        let mark = match finding.severity {
            Severity::Error => "**error**",
            Severity::Warning => "warning",
        };
        let line = finding.origin.line;
        format!(
            "{mark} line {line}, `{}`: {}. {}",
            finding.code,
            escape(&finding.message),
            capital(&escape(&finding.help))
        )
    });
    let errors = revision.verdict.errors.iter();
    let errors = errors.map(|error| format!("**error** `{}`: {}", error.code(), escape(&error.to_string())));
    list(page, "Findings", errors.chain(findings));
    let said =
        if proved.is_empty() { "not proved".to_owned() } else { format!("proved {}", proved.join("; ")) };
    let _ = writeln!(page, "\n{}; {}.", capital(&escape(&revision.way_back())), escape(&said));
    statements(page, "Upgrade", &revision.upgrade);
    if let Some(downgrade) = &revision.downgrade {
        statements(page, "Downgrade", downgrade);
    }
}

fn list(page: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = write!(page, "\n**{title}**\n\n");
    for line in lines {
        let _ = writeln!(page, "- {line}");
    }
}

fn statements(page: &mut String, title: &str, statements: &[Statement]) {
    if statements.is_empty() {
        return;
    }
    let text: String = statements.iter().map(statement).collect();
    // A fence longer than any run of backticks inside.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(
        page,
        "\n<details><summary>{title}: {}</summary>\n\n{fence}sql\n{text}{fence}\n\n</details>\n",
        match statements.len() {
            1 => "1 statement".to_owned(),
            count => format!("{count} statements"),
        }
    );
}

fn statement(statement: &Statement) -> String {
    let mut text = String::new();
    if !statement.transaction {
        text.push_str("-- outside of a transaction\n");
    }
    for line in statement.remarks() {
        let _ = writeln!(text, "-- {line}");
    }
    let _ = writeln!(text, "{};", statement.sql);
    text
}

/// Text that Markdown shows as it is; what stands between backticks is left alone.
fn escape(text: &str) -> String {
    let mut inside = false;
    let mut escaped = String::new();
    for c in text.chars() {
        inside ^= c == '`';
        if !inside && matches!(c, '*' | '_' | '<' | '>' | '|' | '[' | ']' | '\\' | '#') {
            escaped.push('\\');
        }
        escaped.push(if c == '\n' { ' ' } else { c });
    }
    escaped
}

/// A line of code.
fn code(line: &str) -> String {
    if line.contains('`') { escape(line) } else { format!("`{line}`") }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
