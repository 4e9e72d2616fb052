//! Offsets to lines and columns, and back.

use std::ops::Range;

use limbeck_schema::Origin;

/// A text with the offsets of its lines.
pub(crate) struct Places<'a> {
    name: &'a str,
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// The places of a text; `name` is what they call it.
    pub(crate) fn new(name: &'a str, text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { name, text, lines: std::iter::once(0).chain(after).collect() }
    }

    /// The place of some bytes.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Origin {
        let line = self.lines.partition_point(|start| *start <= range.start).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let characters = |range: Range<usize>| self.text.get(range).unwrap_or("").chars().count();
        let spanned = self.text.get(range.clone()).unwrap_or("");
        Origin {
            file: self.name.into(),
            line: small(line + 1),
            column: small(characters(start..range.start) + 1),
            length: small(spanned.lines().next().unwrap_or("").chars().count()),
        }
    }

    /// The line from an offset to its end.
    pub(crate) fn line(&self, at: usize) -> Range<usize> {
        let rest = self.text.get(at..).unwrap_or("");
        at..at + rest.lines().next().unwrap_or("").trim_end().len()
    }

    /// The offset of a line and column, both from 1.
    pub(crate) fn offset(&self, line: u32, column: u32) -> usize {
        let index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(0);
        let start = self.lines.get(index(line)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or("");
        start + rest.char_indices().nth(index(column)).map_or(rest.len(), |(at, _)| at)
    }
}
