//! Lines and JSON for people and programs, in Alembic's forms.
//!
//! The command line prints what is made here; nothing here prints.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{History, Revision, RevisionId};

/// A revision with all that the graph knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The id.
    pub id: RevisionId,
    /// What it comes after.
    pub parents: Vec<RevisionId>,
    /// What comes after it.
    pub children: Vec<RevisionId>,
    /// What else must be there before.
    pub depends: Vec<String>,
    /// The labels of its branch.
    pub labels: Vec<String>,
    /// What it does.
    pub message: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its file's name.
    pub file: String,
    /// No revision comes after it.
    pub head: bool,
    /// Several come after it.
    pub branch_point: bool,
    /// It comes after several.
    pub merge_point: bool,
    /// It is a row of the version table.
    pub current: bool,
    /// A problem names it.
    pub broken: bool,
}

impl Entry {
    /// The id with its marks: `id (label) (head)`.
    pub fn name(&self) -> String {
        let mut name = self.id.to_string();
        if !self.labels.is_empty() {
            name.push_str(&format!(" ({})", self.labels.join(", ")));
        }
        let marks = [
            (self.head, "head"),
            (self.branch_point, "branchpoint"),
            (self.merge_point, "mergepoint"),
            (self.current, "current"),
            (self.broken, "broken"),
        ];
        for (_, mark) in marks.iter().filter(|(there, _)| *there) {
            name.push_str(&format!(" ({mark})"));
        }
        name
    }

    /// The line of `current`, `heads` and `branches`: the name; with `current`'s own mark left out.
    pub fn short(&self) -> String {
        Self { current: false, ..self.clone() }.name()
    }

    /// The line of `history`: `a -> b (head), message`.
    pub fn line(&self) -> String {
        let parents = if self.parents.is_empty() { "<base>".to_owned() } else { words(&self.parents) };
        let line = format!("{parents} -> {}, {}", self.name(), self.message);
        line.trim_end().trim_end_matches(',').to_owned()
    }

    /// The long form: `history -v`, `show`.
    pub fn long(&self) -> String {
        let mut lines = vec![format!("Rev: {}", self.name())];
        let parents = if self.parents.is_empty() { "<base>".to_owned() } else { words(&self.parents) };
        let parents_key = if self.merge_point { "Merges" } else { "Parent" };
        lines.push(format!("{parents_key}: {parents}"));
        if self.branch_point {
            lines.push(format!("Branches into: {}", words(&self.children)));
        }
        if !self.depends.is_empty() {
            lines.push(format!("Depends on: {}", self.depends.join(", ")));
        }
        lines.push(format!("Path: {}", self.file));
        if let Some(created) = self.created {
            lines.push(format!("Created: {created}"));
        }
        lines.push(String::new());
        lines.push(format!("    {}", self.message).trim_end().to_owned());
        lines.join("\n")
    }

    /// The lines of `branches`: the branch point, and what comes after it.
    pub fn branch(&self) -> String {
        let mut lines = vec![self.short()];
        lines.extend(
            self.children
                .iter()
                .map(|child| format!("{:>width$} -> {child}", "", width = self.id.as_str().chars().count())),
        );
        lines.join("\n")
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

impl History {
    /// A revision with all that the graph knows of it; `current` are the rows of the version table, where a
    /// command has asked.
    pub fn entry(&self, revision: &Revision, current: &[RevisionId]) -> Entry {
        let at = self.revisions().iter().position(|other| std::ptr::eq(other, revision) || other == revision);
        let children = self.children(&revision.id);
        Entry {
            id: revision.id.clone(),
            parents: revision.parents.clone(),
            depends: revision.depends.clone(),
            labels: at
                .map(|at| self.branch_labels(at))
                .unwrap_or_default()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            message: revision.message.clone(),
            created: revision.created,
            file: revision.file.clone(),
            head: children.is_empty(),
            branch_point: children.len() > 1,
            merge_point: revision.parents.len() > 1,
            current: current.contains(&revision.id),
            broken: at.is_some_and(|at| self.is_broken(at)),
            children,
        }
    }

    /// The entries of some ids, in their order; ids that no file declares are left out.
    pub fn entries_of(&self, ids: &[RevisionId], current: &[RevisionId]) -> Vec<Entry> {
        ids.iter().filter_map(|id| self.get(id)).map(|revision| self.entry(revision, current)).collect()
    }

    /// The whole history, newest first, broken revisions included.
    pub fn entries(&self, current: &[RevisionId]) -> Vec<Entry> {
        self.revisions().iter().rev().map(|revision| self.entry(revision, current)).collect()
    }
}

fn words(ids: &[RevisionId]) -> String {
    crate::error::commas(ids)
}

#[cfg(test)]
mod tests;
