//! A review as workflow commands, which GitHub draws into the diff.

use limbeck_schema::Severity;

use super::Report;

/// A line for each thing to be seen.
pub(super) fn commands(report: &Report) -> String {
    let mut lines = Vec::new();
    for changed in &report.changed {
        lines.push(command("error", &changed.file, 1, 1, "revision", changed.message()));
    }
    for revision in &report.revisions {
        let file = &revision.file;
        for error in &revision.verdict.errors {
            let (line, column) = error.place().map_or((1, 1), |place| (place.line, place.column));
            lines.push(command("error", file, line, column, error.code(), &error.to_string()));
        }
        for finding in &revision.verdict.findings {
            let level = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let text = format!("{}\n{}", finding.message, finding.help);
            lines.push(command(level, file, finding.origin.line, finding.origin.column, finding.code, &text));
        }
        for statement in &revision.upgrade {
            for loss in &statement.loses {
                lines.push(command("notice", file, statement.line, 1, "loses", &format!("loses {loss}")));
            }
            for hazard in &statement.hazards {
                lines.push(command("notice", file, statement.line, 1, "hazard", hazard));
            }
        }
        let title = format!("{} {}", revision.service, revision.id);
        lines.push(command("notice", file, 1, 1, &title, &revision.way_back()));
    }
    lines.concat()
}

fn command(level: &str, file: &str, line: u32, column: u32, title: &str, message: &str) -> String {
    format!(
        "::{level} file={},line={line},col={column},title={}::{}\n",
        property(file),
        property(title),
        data(message)
    )
}

/// The escapes of a command's text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn what_would_end_a_property_is_escaped() {
        assert_eq!(
            command("error", "a,b.sql", 3, 1, "lint::truncate", "50%\nof it: all"),
            "::error file=a%2Cb.sql,line=3,col=1,title=lint%3A%3Atruncate::50%25%0Aof it: all\n"
        );
    }
}
