//! A review for the terminal.

use std::fmt::Write as _;

use limbeck_schema::Diagnostic;

use super::Report;
use super::data::Reviewed;
use crate::failure;
use crate::out::Out;

/// The whole report; findings are drawn over their source.
pub(super) fn page(report: &Report, out: &Out) -> String {
    let mut page = String::new();
    if report.revisions.is_empty() && report.changed.is_empty() {
        return "nothing to review\n".to_owned();
    }
    for changed in &report.changed {
        // Writing to a String does not fail.
        let _ = writeln!(page, "! {}: {}", changed.file, changed.message());
    }
    for revision in &report.revisions {
        if !page.is_empty() {
            page.push('\n');
        }
        one(&mut page, revision, out);
    }
    page
}

fn one(page: &mut String, revision: &Reviewed, out: &Out) {
    let _ = writeln!(page, "{} {}, {}", revision.service, revision.id, revision.message);
    let _ = writeln!(page, "  {}", revision.file);
    for line in &revision.changes {
        let _ = writeln!(page, "  {line}");
    }
    for line in &revision.locks {
        let _ = writeln!(page, "  locks {line}");
    }
    for line in &revision.proved {
        let _ = writeln!(page, "  proved {line}");
    }
    for line in &revision.allowed {
        let _ = writeln!(page, "  allowed {line}");
    }
    for statement in &revision.upgrade {
        for remark in statement.remarks() {
            let _ = writeln!(page, "  line {}: {remark}", statement.line);
        }
    }
    let _ = writeln!(page, "  {}", revision.way_back());
    let errors = revision.verdict.errors.iter().map(failure::Report::from);
    let findings = revision.verdict.findings.iter().cloned().map(Diagnostic::from).map(failure::Report::from);
    for report in errors.chain(findings) {
        let _ = writeln!(page, "\n{}", out.drawn(&report));
    }
}
