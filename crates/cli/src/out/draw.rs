//! A message as people read it: what, where (drawn over the source where it can be read), and what now.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use limbeck_schema::{Origin, Severity};

use crate::failure::{Report, Source};

/// The message with its place and its help; places are relative to the first of `bases` that
/// has them.
pub(super) fn report(report: &Report, bases: &[PathBuf]) -> String {
    let Report { severity, code, message, source, help } = report;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(message.as_str()).id(code.as_ref());
    let renderer = Renderer::styled();
    let mut text = match source {
        Some(Source::Text { origin, label }) => match bases
            .iter()
            .find_map(|base| Excerpt::read(origin, base))
        {
            Some(excerpt) => {
                let span = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
                let label = (!label.is_empty()).then_some(label.as_str());
                let snippet = Snippet::source(excerpt.line.as_str())
                    .line_start(excerpt.number)
                    .path(&*origin.file)
                    .annotation(span.label(label));
                renderer.render(&[title.element(snippet)])
            }
            None => {
                format!("{}\n  --> {origin}", renderer.render(&[annotate_snippets::Group::with_title(title)]))
            }
        },
        Some(Source::Named(place)) => {
            format!("{}\n  --> {place}", renderer.render(&[annotate_snippets::Group::with_title(title)]))
        }
        None => renderer.render(&[annotate_snippets::Group::with_title(title)]),
    };
    for line in help {
        // Writing to a String does not fail.
        let _ = write!(text, "\n  help: {}", line.replace('\n', "\n        "));
    }
    text
}

/// One line of a source file.
struct Excerpt {
    line: String,
    number: usize,
    /// Byte offsets in the line.
    start: usize,
    end: usize,
}

impl Excerpt {
    /// The line of a place, or nothing where it can't be read or has changed since.
    fn read(origin: &Origin, base: &Path) -> Option<Self> {
        let text = fs::read_to_string(base.join(&*origin.file)).ok()?;
        let number = usize::try_from(origin.line).ok()?;
        let line = text.lines().nth(number.checked_sub(1)?)?.to_owned();
        let offset = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let column = usize::try_from(origin.column).ok()?.saturating_sub(1);
        let length = usize::try_from(origin.length).ok()?.max(1);
        let (start, end) = (offset(column), offset(column + length));
        Some(Self { line, number, start, end })
    }
}
