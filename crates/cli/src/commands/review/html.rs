//! A review as a page of its own, which needs nothing else.

use std::fmt::Write as _;

use limbeck_schema::Severity;

use super::Report;
use super::data::{Reviewed, Statement};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
pre{background:#8881;padding:.7rem;overflow-x:auto}.error{color:#b00}.warning{color:#a60}\
h2{border-top:1px solid #8884;padding-top:1rem}li{margin:.2rem 0}";

/// The whole report.
pub(super) fn page(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Database changes</title>\n<style>{STYLE}</style>\n\
         <h1>Database changes</h1>\n"
    );
    if report.revisions.is_empty() && report.changed.is_empty() {
        page.push_str("<p>There are none.</p>\n");
    }
    for changed in &report.changed {
        // Writing to a String does not fail.
        let (file, message) = (text(&changed.file), text(changed.message()));
        let _ = writeln!(page, "<p class=\"error\"><code>{file}</code>: {message}</p>");
    }
    for revision in &report.revisions {
        one(&mut page, revision);
    }
    page.push_str("</html>\n");
    page
}

fn one(page: &mut String, revision: &Reviewed) {
    let Reviewed { service, file, id, message, changes, locks, proved, allowed, .. } = revision;
    let _ = writeln!(page, "<h2>{}: {}</h2>", text(service), text(message));
    let _ = writeln!(page, "<p><code>{}</code> in <code>{}</code></p>", text(id), text(file));
    list(page, "Changes", changes.iter().map(|line| format!("<code>{}</code>", text(line))));
    list(page, "Loses", revision.losses().map(text));
    list(page, "Locks", locks.iter().map(|line| text(line)));
    list(page, "Acknowledged", allowed.iter().map(|line| text(line)));
    let findings = revision.verdict.findings.iter().map(|finding| {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!(
            "<span class=\"{level}\">{level}</span> line {}, <code>{}</code>: {}. {}",
            finding.origin.line,
            finding.code,
            text(&finding.message),
            text(&finding.help)
        )
    });
    let errors = revision.verdict.errors.iter();
    let errors = errors.map(|error| {
        format!(
            "<span class=\"error\">error</span> <code>{}</code>: {}",
            error.code(),
            text(&error.to_string())
        )
    });
    list(page, "Findings", errors.chain(findings));
    list(page, "Proved", proved.iter().map(|line| text(line)));
    let _ = writeln!(page, "<p>{}.</p>", text(&revision.way_back()));
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
    let _ = writeln!(page, "<h3>{title}</h3>\n<ul>");
    for line in lines {
        let _ = writeln!(page, "<li>{line}</li>");
    }
    page.push_str("</ul>\n");
}

fn statements(page: &mut String, title: &str, statements: &[Statement]) {
    if statements.is_empty() {
        return;
    }
    let _ = write!(page, "<h3>{title}</h3>\n<pre>");
    for statement in statements {
        if !statement.transaction {
            page.push_str("-- outside of a transaction\n");
        }
        for line in statement.remarks() {
            let _ = writeln!(page, "-- {}", text(&line));
        }
        let _ = writeln!(page, "{};", text(&statement.sql));
    }
    page.push_str("</pre>\n");
}

/// Text that HTML shows as it is.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
