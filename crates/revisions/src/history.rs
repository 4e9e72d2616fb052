//! The graph of revisions; has never seen a file.
//!
//! Two orders live in it. *Parents* make branches, heads and what a user counts along. *Needs* are parents and
//! `depends:` together: nothing is applied before what it needs. Revisions are kept in an order in which
//! needs come first and, where needs leave it open, the older one by time, then id: the same set of revisions
//! gives the same order wherever they were read.
//!
//! A graph with problems can be listed; nothing can be planned over it.

mod plan;
mod resolve;
mod validate;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use jiff::Timestamp;

use crate::{Error, RevisionFile, RevisionId};

/// What the graph knows of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The id.
    pub id: RevisionId,
    /// What it comes after.
    pub parents: Vec<RevisionId>,
    /// Ids or labels of what must be there besides.
    pub depends: Vec<String>,
    /// The labels that it declares.
    pub labels: Vec<String>,
    /// What it does.
    pub message: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// What messages call the place it comes from: a file's name.
    pub file: String,
    /// The other id of which that name speaks, if it disagrees.
    pub suggested: Option<String>,
}

impl Revision {
    /// The revision of a file, whose name (without folders) is held against its header.
    pub fn of(file: &RevisionFile, name: &str) -> Self {
        Self {
            id: file.id.clone(),
            parents: file.parents.clone(),
            depends: file.depends.clone(),
            labels: file.labels.clone(),
            message: file.message.clone(),
            created: file.created,
            file: name.to_owned(),
            suggested: crate::id::suggested(name, &file.id),
        }
    }
}

/// Revisions by their place in the order.
pub(crate) type Set = BTreeSet<usize>;

/// All revisions of one service.
#[derive(Clone, Debug, Default)]
pub struct History {
    revisions: Vec<Revision>,
    /// Where an id was declared twice, its first declaration.
    index: BTreeMap<RevisionId, usize>,
    labels: BTreeMap<String, usize>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    needs: Vec<Vec<usize>>,
    needed_by: Vec<Vec<usize>>,
    broken: Set,
    problems: Vec<Error>,
}

impl History {
    /// The graph of these revisions, in any order. Never fails: what is wrong is in [`History::problems`].
    pub fn new(mut revisions: Vec<Revision>) -> Self {
        revisions.sort_by(|a, b| (a.created, &a.id, &a.file).cmp(&(b.created, &b.id, &b.file)));
        let order = order(&Self::linked(revisions.clone()).needs);
        let mut slots: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
        let sorted = order.into_iter().filter_map(|at| slots[at].take()).collect();
        let mut history = Self::linked(sorted);
        history.validate();
        history
    }

    /// The same graph, which moreover can't be planned over because of these problems (of files that could not
    /// be read, say).
    pub fn with_problems(mut self, problems: Vec<Error>) -> Self {
        self.problems.splice(0..0, problems);
        self
    }

    /// Everything that is wrong.
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }

    /// True where there is no revision.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// All revisions, what is needed first.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// The revision with exactly this id.
    pub fn get(&self, id: &RevisionId) -> Option<&Revision> {
        self.index.get(id).map(|at| &self.revisions[*at])
    }

    /// The revisions that are no other's parent.
    pub fn heads(&self) -> Vec<RevisionId> {
        self.ids(&self.head_set())
    }

    /// The revisions without parents.
    pub fn bases(&self) -> Vec<RevisionId> {
        self.ids(&self.root_set())
    }

    /// The revisions that are the parent of several.
    pub fn branch_points(&self) -> Vec<RevisionId> {
        self.ids(&self.index.values().copied().filter(|at| self.children[*at].len() > 1).collect())
    }

    /// The revisions whose parent this is.
    pub fn children(&self, id: &RevisionId) -> Vec<RevisionId> {
        let Some(at) = self.index.get(id) else { return Vec::new() };
        self.children[*at].iter().map(|child| self.revisions[*child].id.clone()).collect()
    }

    /// True for a revision that a problem names.
    pub(crate) fn is_broken(&self, at: usize) -> bool {
        self.broken.contains(&at)
    }

    /// True where the id is declared here and not by an earlier file as well.
    fn is_first(&self, at: usize) -> bool {
        self.index.get(&self.revisions[at].id) == Some(&at)
    }

    fn head_set(&self) -> Set {
        self.index.values().copied().filter(|at| self.children[*at].is_empty()).collect()
    }

    fn root_set(&self) -> Set {
        self.index.values().copied().filter(|at| self.revisions[*at].parents.is_empty()).collect()
    }

    fn ids(&self, set: &Set) -> Vec<RevisionId> {
        set.iter().map(|at| self.revisions[*at].id.clone()).collect()
    }

    /// Everything reachable from `start` along `edges`, `start` included.
    fn closure(edges: &[Vec<usize>], start: impl IntoIterator<Item = usize>) -> Set {
        let mut stack: Vec<usize> = start.into_iter().collect();
        let mut seen = Set::new();
        while let Some(at) = stack.pop() {
            if seen.insert(at) {
                stack.extend(&edges[at]);
            }
        }
        seen
    }

    /// The labels of a revision's branch: a label holds for all that comes after the revision that declares it,
    /// and before it down to where the branch leaves another (Alembic's rule).
    pub(crate) fn branch_labels(&self, at: usize) -> Vec<&str> {
        let holds = |declared: usize| {
            let mut down = declared;
            loop {
                if down == at {
                    return true;
                }
                match self.parents[down].as_slice() {
                    [parent] if self.children[*parent].len() == 1 && down != *parent && *parent < down => {
                        down = *parent;
                    }
                    _ => break,
                }
            }
            Self::closure(&self.children, [declared]).contains(&at)
        };
        self.labels
            .iter()
            .filter(|(_, declared)| holds(**declared))
            .map(|(label, _)| label.as_str())
            .collect()
    }

    /// The graph over revisions in the order given.
    fn linked(revisions: Vec<Revision>) -> Self {
        let mut history = Self::default();
        for (at, revision) in revisions.iter().enumerate() {
            history.index.entry(revision.id.clone()).or_insert(at);
        }
        for (at, revision) in revisions.iter().enumerate() {
            if history.index.get(&revision.id) == Some(&at) {
                for label in &revision.labels {
                    history.labels.entry(label.clone()).or_insert(at);
                }
            }
        }
        let none = vec![Vec::new(); revisions.len()];
        (history.parents, history.children) = (none.clone(), none.clone());
        (history.needs, history.needed_by) = (none.clone(), none);
        history.revisions = revisions;
        for at in 0..history.revisions.len() {
            if !history.is_first(at) {
                continue;
            }
            for parent in &history.revisions[at].parents {
                if let Some(parent) = history.index.get(parent) {
                    join(&mut history.parents, &mut history.children, at, *parent);
                    join(&mut history.needs, &mut history.needed_by, at, *parent);
                }
            }
            for word in &history.revisions[at].depends {
                if let Some(needed) = history.declared(word) {
                    join(&mut history.needs, &mut history.needed_by, at, needed);
                }
            }
        }
        history
    }

    /// The revision with exactly this id or label.
    fn declared(&self, word: &str) -> Option<usize> {
        let by_id = word.parse::<RevisionId>().ok().and_then(|id| self.index.get(&id).copied());
        by_id.or_else(|| self.labels.get(word).copied())
    }
}

fn join(down: &mut [Vec<usize>], up: &mut [Vec<usize>], from: usize, to: usize) {
    if !down[from].contains(&to) {
        down[from].push(to);
        up[to].push(from);
    }
}

/// An order in which needs come first, and the smaller number otherwise. A cycle is entered at its smallest
/// number: the order is then wrong for it, but still one.
fn order(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by[*need].push(at);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..needs.len()).filter(|at| waiting[*at] == 0).map(Reverse).collect();
    let mut left: Set = (0..needs.len()).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(at) = ready.pop().map(|Reverse(at)| at).or_else(|| left.first().copied()) {
        if !left.remove(&at) {
            continue;
        }
        order.push(at);
        for next in &needed_by[at] {
            waiting[*next] = waiting[*next].saturating_sub(1);
            if waiting[*next] == 0 {
                ready.push(Reverse(*next));
            }
        }
    }
    order
}

#[cfg(test)]
pub(crate) mod tests;
