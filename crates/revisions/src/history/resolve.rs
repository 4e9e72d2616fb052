//! What a target points at.

use super::{History, Set};
use crate::error::Error;
use crate::file::nearest;
use crate::target::{Anchor, Target};
use crate::{Range, Revision, RevisionId};

impl History {
    /// The revisions that a target names, for commands that neither upgrade nor downgrade (`show`, `merge`,
    /// `stamp`): none for `base`. Works over a broken graph as well.
    ///
    /// # Errors
    /// No such revision, an ambiguous one, or a way past the end.
    pub fn points(&self, target: &Target, current: &[RevisionId]) -> Result<Vec<RevisionId>, Error> {
        let current = if target.needs_current() { self.current_set(current)? } else { Set::new() };
        Ok(self.ids(&self.point_set(target, &current)?))
    }

    /// The revisions of a range, newest first, both ends included. A number at one end counts from the other.
    ///
    /// # Errors
    /// As [`History::points`]; [`Error::EmptyRange`] where the ends are the wrong way round.
    pub fn range(&self, range: &Range, current: &[RevisionId]) -> Result<Vec<&Revision>, Error> {
        let current = if range.needs_current() { self.current_set(current)? } else { Set::new() };
        let heads = Target::heads();
        let base = Target::base();
        let upper = range.upper.as_ref().unwrap_or(&heads);
        let lower = range.lower.as_ref().unwrap_or(&base);
        let (from, to) = match (&lower.anchor, &upper.anchor) {
            (Anchor::Here, Anchor::Here) => {
                (self.some_steps(lower, &current)?, self.point_set(upper, &current)?)
            }
            (Anchor::Here, _) => {
                let to = self.point_set(upper, &current)?;
                (self.some_steps(lower, &to)?, to)
            }
            (_, Anchor::Here) => {
                let from = self.point_set(lower, &current)?;
                let to = self.point_set(upper, &from)?;
                (from, to)
            }
            _ => (self.point_set(lower, &current)?, self.point_set(upper, &current)?),
        };
        let mut set = Self::closure(&self.parents, to.iter().copied());
        if !from.is_empty() {
            let above = Self::closure(&self.children, from.iter().copied());
            set.retain(|at| above.contains(at));
            if set.is_empty() {
                let range = range.to_string();
                return Err(Error::EmptyRange { range, lower: lower.to_string(), upper: upper.to_string() });
            }
        } else if range.upper.is_none() {
            // The whole history: what is broken is listed too.
            set = (0..self.revisions.len()).collect();
        }
        Ok(set.into_iter().rev().map(|at| &self.revisions[at]).collect())
    }

    /// As many steps down as there are: `-3:` of two revisions begins at the first.
    fn some_steps(&self, target: &Target, from: &Set) -> Result<Set, Error> {
        match self.point_set(target, from) {
            Err(Error::PastTheEnd { .. }) => Ok(Set::new()),
            other => other,
        }
    }

    /// The rows of the version table as a set.
    pub(super) fn current_set(&self, current: &[RevisionId]) -> Result<Set, Error> {
        let unknown: Vec<RevisionId> =
            current.iter().filter(|id| !self.index.contains_key(*id)).cloned().collect();
        if !unknown.is_empty() {
            return Err(Error::UnknownCurrent { ids: unknown });
        }
        Ok(current.iter().filter_map(|id| self.index.get(id).copied()).collect())
    }

    /// The revision of a full id, a label or a unique prefix.
    pub(super) fn find(&self, word: &str) -> Result<usize, Error> {
        if let Some(at) = self.declared(word) {
            return Ok(at);
        }
        let candidates: Vec<usize> =
            self.index.iter().filter(|(id, _)| id.as_str().starts_with(word)).map(|(_, at)| *at).collect();
        match candidates.as_slice() {
            [] => {
                let words =
                    self.index.keys().map(RevisionId::as_str).chain(self.labels.keys().map(String::as_str));
                let nearest = nearest(word, words).map(str::to_owned);
                Err(Error::UnknownRevision { given: word.to_owned(), nearest })
            }
            [at] => Ok(*at),
            several => {
                let candidates = several.iter().map(|at| self.revisions[*at].id.clone()).collect();
                Err(Error::AmbiguousPrefix { given: word.to_owned(), candidates })
            }
        }
    }

    /// What comes before and after the revision that a label (or an id in its place) names.
    pub(super) fn lineage(&self, target: &Target) -> Result<Option<Set>, Error> {
        let Some(label) = &target.label else { return Ok(None) };
        let at = self.find(label)?;
        let mut lineage = Self::closure(&self.parents, [at]);
        lineage.extend(Self::closure(&self.children, [at]));
        Ok(Some(lineage))
    }

    /// What a target points at; empty is base.
    pub(super) fn point_set(&self, target: &Target, current: &Set) -> Result<Set, Error> {
        let lineage = self.lineage(target)?;
        // An id may look like an id and a number.
        if let Some(at) = self.declared(&target.whole) {
            return self.within(target, at, lineage.as_ref());
        }
        let start = match &target.anchor {
            Anchor::Here | Anchor::Current => self.here(target, current, lineage.as_ref())?,
            Anchor::Head => self.only_head(target, lineage.as_ref())?,
            Anchor::Heads => self.head_set(),
            Anchor::Base => Set::new(),
            Anchor::Word(word) => self.within(target, self.find(word)?, lineage.as_ref())?,
        };
        match target.offset {
            None => Ok(start),
            Some(offset) => {
                if start.len() > 1 {
                    return Err(Error::AmbiguousCurrent {
                        target: target.to_string(),
                        current: self.ids(&start),
                    });
                }
                let start = start.first().copied();
                let end = if offset >= 0 {
                    self.walk_up(target, start, offset.unsigned_abs(), lineage.as_ref())?
                } else {
                    self.walk_down(target, start, offset.unsigned_abs(), lineage.as_ref())?
                };
                Ok(end.into_iter().collect())
            }
        }
    }

    fn within(&self, target: &Target, at: usize, lineage: Option<&Set>) -> Result<Set, Error> {
        match lineage {
            Some(lineage) if !lineage.contains(&at) => {
                Err(Error::UnknownRevision { given: target.to_string(), nearest: None })
            }
            Some(_) | None => Ok(Set::from([at])),
        }
    }

    /// Where the database is; with a label, the newest of that branch that are applied.
    fn here(&self, target: &Target, current: &Set, lineage: Option<&Set>) -> Result<Set, Error> {
        let Some(lineage) = lineage else { return Ok(current.clone()) };
        let mut applied = Self::closure(&self.needs, current.iter().copied());
        applied.retain(|at| lineage.contains(at));
        let newest = self.newest(&applied, &self.children);
        if newest.len() > 1 && target.offset.is_some() {
            return Err(Error::AmbiguousCurrent { target: target.to_string(), current: self.ids(&newest) });
        }
        Ok(newest)
    }

    /// The members from which `edges` lead to no other member.
    pub(super) fn newest(&self, set: &Set, edges: &[Vec<usize>]) -> Set {
        set.iter().copied().filter(|at| !edges[*at].iter().any(|next| set.contains(next))).collect()
    }

    fn only_head(&self, target: &Target, lineage: Option<&Set>) -> Result<Set, Error> {
        let mut heads = self.head_set();
        if let Some(lineage) = lineage {
            heads.retain(|at| lineage.contains(at));
        }
        if heads.len() > 1 {
            return Err(Error::SeveralHeads { heads: self.ids(&heads), label: target.label.clone() });
        }
        Ok(heads)
    }

    fn walk_up(
        &self,
        target: &Target,
        start: Option<usize>,
        steps: u32,
        lineage: Option<&Set>,
    ) -> Result<Option<usize>, Error> {
        let mut at = start;
        for step in 0..steps {
            let mut ways = match at {
                Some(at) => self.children[at].iter().copied().collect(),
                None => self.root_set(),
            };
            if let Some(lineage) = lineage {
                ways.retain(|way| lineage.contains(way));
            }
            at = Some(self.only_way(target, at, &ways)?.ok_or_else(|| Error::PastTheEnd {
                target: target.to_string(),
                asked: steps,
                available: step,
            })?);
        }
        Ok(at)
    }

    fn walk_down(
        &self,
        target: &Target,
        start: Option<usize>,
        steps: u32,
        lineage: Option<&Set>,
    ) -> Result<Option<usize>, Error> {
        let mut at = start;
        for step in 0..steps {
            let Some(here) = at else {
                return Err(Error::PastTheEnd { target: target.to_string(), asked: steps, available: step });
            };
            let mut ways: Set = self.parents[here].iter().copied().collect();
            if let Some(lineage) = lineage {
                ways.retain(|way| lineage.contains(way));
            }
            at = self.only_way(target, at, &ways)?;
        }
        Ok(at)
    }

    fn only_way(&self, target: &Target, from: Option<usize>, ways: &Set) -> Result<Option<usize>, Error> {
        if ways.len() > 1 {
            let from = from.map(|at| self.revisions[at].id.clone()).into_iter().collect();
            return Err(Error::AmbiguousWalk { target: target.to_string(), from, ways: self.ids(ways) });
        }
        Ok(ways.first().copied())
    }
}
