//! Everything that can be wrong with a graph, found at once.

use std::collections::VecDeque;

use super::{History, Set};
use crate::Error;

impl History {
    /// Fills `problems` and `broken`.
    pub(super) fn validate(&mut self) {
        let mut found: Vec<(Vec<usize>, Error)> = Vec::new();
        for at in 0..self.revisions.len() {
            self.duplicate(at, &mut found);
            self.missing(at, &mut found);
            self.name(at, &mut found);
            self.labels_of(at, &mut found);
        }
        self.cycles(&mut found);
        for (revisions, problem) in found {
            self.broken.extend(revisions);
            self.problems.push(problem);
        }
    }

    fn duplicate(&self, at: usize, found: &mut Vec<(Vec<usize>, Error)>) {
        let revision = &self.revisions[at];
        let Some(&first) = self.index.get(&revision.id).filter(|first| **first != at) else { return };
        let mut files = [self.revisions[first].file.clone(), revision.file.clone()];
        files.sort();
        let [one, two] = files;
        found
            .push((vec![first, at], Error::DuplicateId { id: revision.id.clone(), first: one, second: two }));
    }

    fn missing(&self, at: usize, found: &mut Vec<(Vec<usize>, Error)>) {
        let revision = &self.revisions[at];
        for parent in revision.parents.iter().filter(|parent| !self.index.contains_key(*parent)) {
            let suggested_by = self
                .revisions
                .iter()
                .filter(|other| other.suggested.as_deref() == Some(parent.as_str()))
                .map(|other| other.file.clone())
                .collect();
            let (id, file, parent) = (revision.id.clone(), revision.file.clone(), parent.clone());
            found.push((vec![at], Error::MissingParent { id, file, parent, suggested_by }));
        }
        for word in revision.depends.iter().filter(|word| self.declared(word).is_none()) {
            let (id, file, depends) = (revision.id.clone(), revision.file.clone(), word.clone());
            found.push((vec![at], Error::MissingDependency { id, file, depends }));
        }
    }

    fn name(&self, at: usize, found: &mut Vec<(Vec<usize>, Error)>) {
        let revision = &self.revisions[at];
        if let Some(named) = revision.suggested.clone() {
            let (id, file) = (revision.id.clone(), revision.file.clone());
            found.push((vec![at], Error::NameDisagrees { id, file, named }));
        }
    }

    fn labels_of(&self, at: usize, found: &mut Vec<(Vec<usize>, Error)>) {
        let revision = &self.revisions[at];
        if !self.is_first(at) {
            return;
        }
        for label in &revision.labels {
            let file = revision.file.clone();
            if self.index.keys().any(|id| id.as_str() == label) {
                found.push((vec![at], Error::LabelIsId { label: label.clone(), file: file.clone() }));
            }
            if let Some(&first) = self.labels.get(label).filter(|first| **first != at) {
                let (label, one) = (label.clone(), self.revisions[first].file.clone());
                found.push((vec![first, at], Error::DuplicateLabel { label, first: one, second: file }));
            }
        }
    }

    /// A shortest cycle through every revision that lies on one, each revision in one cycle at most.
    fn cycles(&self, found: &mut Vec<(Vec<usize>, Error)>) {
        let mut reported = Set::new();
        // In the order, only a cycle can need what comes later: without such an edge there is none.
        let backward = (0..self.revisions.len())
            .flat_map(|at| self.needs[at].iter().map(move |need| (at, *need)))
            .filter(|(at, need)| need >= at);
        for (at, _) in backward {
            if reported.contains(&at) {
                continue;
            }
            let Some(path) = self.way_back(at) else { continue };
            reported.extend(&path);
            let mut ids = path.iter().map(|at| self.revisions[*at].id.clone()).collect::<Vec<_>>();
            ids.extend(ids.first().cloned());
            let files = path.iter().map(|at| self.revisions[*at].file.clone()).collect();
            found.push((path, Error::Cycle { ids, files }));
        }
    }

    /// The shortest way from a revision along its needs to itself, the oldest in the order first.
    fn way_back(&self, start: usize) -> Option<Vec<usize>> {
        let mut came_from = vec![None; self.revisions.len()];
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for need in &self.needs[at] {
                if *need == start {
                    let mut path = vec![at];
                    let mut back = at;
                    while back != start {
                        back = came_from[back]?;
                        path.push(back);
                    }
                    return Some(path);
                }
                if came_from[*need].is_none() {
                    came_from[*need] = Some(at);
                    queue.push_back(*need);
                }
            }
        }
        None
    }
}
