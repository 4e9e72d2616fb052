//! The steps that lead to a target.

use super::{History, Set};
use crate::target::{Anchor, Direction, Range, Step, Target};
use crate::{Error, RevisionId};

impl History {
    /// The steps that upgrade a database with these rows to the target, in order; none if it is there.
    ///
    /// # Errors
    /// [`Error::Broken`] over a graph with problems; [`Error::UnknownCurrent`]; [`Error::OlderTarget`] for a target
    /// below the database; all that a target can be: unknown, ambiguous, past the end.
    pub fn upgrade(&self, target: &Target, current: &[RevisionId]) -> Result<Vec<Step>, Error> {
        self.sound()?;
        let rows = self.current_set(current)?;
        let here = target.anchor == Anchor::Here && self.declared(&target.whole).is_none();
        if here && target.offset.is_some_and(|offset| offset < 0) {
            return Err(Error::WrongWay { target: target.to_string(), direction: "downgrade" });
        }
        let points = self.point_set(target, &self.newest_rows(&rows))?;
        let applied = Self::closure(&self.needs, rows.iter().copied());
        let mut wanted = Self::closure(&self.needs, points.iter().copied());
        let below = |point: &usize| {
            applied.contains(point) && self.children[*point].iter().any(|child| applied.contains(child))
        };
        let any = matches!(target.anchor, Anchor::Head | Anchor::Heads | Anchor::Current)
            && target.offset.is_none();
        if !any && (points.iter().any(below) || (points.is_empty() && !applied.is_empty())) {
            return Err(Error::OlderTarget { target: target.to_string(), current: current.to_vec() });
        }
        wanted.retain(|at| !applied.contains(at));
        Ok(self.up(&rows, &wanted))
    }

    /// The steps that take a database with these rows down to the target, in order; none if it is there.
    ///
    /// What is undone is everything applied that comes after the target or needs what does; with a label, only
    /// along its branch.
    ///
    /// # Errors
    /// As [`History::upgrade`]; [`Error::NewerTarget`] for a target that is not applied.
    pub fn downgrade(&self, target: &Target, current: &[RevisionId]) -> Result<Vec<Step>, Error> {
        self.sound()?;
        let rows = self.current_set(current)?;
        let here = target.anchor == Anchor::Here && self.declared(&target.whole).is_none();
        if here && target.offset.is_some_and(|offset| offset >= 0) {
            return Err(Error::WrongWay { target: target.to_string(), direction: "upgrade" });
        }
        let points = self.point_set(target, &self.newest_rows(&rows))?;
        let applied = Self::closure(&self.needs, rows.iter().copied());
        let newer = || Error::NewerTarget { target: target.to_string(), current: current.to_vec() };
        if points.iter().any(|point| !applied.contains(point)) {
            return Err(newer());
        }
        let mut first = match points.first() {
            // Several points are `heads` or `current`: nothing comes after them.
            Some(point) if points.len() == 1 => self.children[*point].iter().copied().collect(),
            Some(_) => Set::new(),
            None => self.root_set(),
        };
        first.retain(|at| applied.contains(at));
        // Down to base by counting is down to the base of what was counted from.
        let counted = if target.offset.is_some() { self.counted_from(target, &rows)? } else { None };
        let within = match (self.lineage(target)?, counted) {
            (Some(lineage), _) => Some(lineage),
            (None, Some(from)) if points.is_empty() => Some(Self::closure(&self.parents, [from])),
            (None, _) => None,
        };
        if let Some(within) = within
            && first.len() > 1
        {
            first.retain(|at| within.contains(at));
            if first.is_empty() {
                return Err(newer());
            }
        }
        let mut undone = Self::closure(&self.needed_by, first);
        undone.retain(|at| applied.contains(at));
        Ok(self.down(&rows, &applied, &undone))
    }

    /// The steps of a script for a range, with no database to ask: `FROM:TO`. Without `FROM`, an upgrade starts
    /// at base; without `TO`, it goes to all heads.
    ///
    /// # Errors
    /// As [`History::upgrade`] and [`History::downgrade`]; a downgrade must name both ends.
    pub fn script(&self, direction: Direction, range: &Range) -> Result<Vec<Step>, Error> {
        let bad = |reason| Error::BadTarget { target: range.to_string(), reason };
        if range.lower.iter().chain(&range.upper).any(|end| end.anchor == Anchor::Current)
            || range.lower.as_ref().is_some_and(|lower| lower.anchor == Anchor::Here)
        {
            return Err(bad("a script is written without a database: name the revisions"));
        }
        let lower = match &range.lower {
            Some(lower) => self.points(lower, &[])?,
            None if direction == Direction::Down => {
                return Err(bad("a downgrade names both ends: `FROM:TO`"));
            }
            None => Vec::new(),
        };
        match (direction, &range.upper) {
            (Direction::Up, Some(upper)) => self.upgrade(upper, &lower),
            (Direction::Up, None) => self.upgrade(&Target::heads(), &lower),
            (Direction::Down, Some(upper)) => self.downgrade(upper, &lower),
            (Direction::Down, None) => Err(bad("a downgrade names both ends: `FROM:TO`")),
        }
    }

    /// The rows of the version table after `stamp`: each target takes the place of the rows that it comes from
    /// or that come from it; `base` takes the place of all, `label@base` of those of its branch.
    ///
    /// # Errors
    /// As [`History::points`]; [`Error::UnknownCurrent`] for a row that no file declares (`--purge` passes no
    /// rows).
    pub fn stamp(&self, targets: &[Target], current: &[RevisionId]) -> Result<Vec<RevisionId>, Error> {
        self.sound()?;
        let mut rows = self.current_set(current)?;
        for target in targets {
            let points = self.point_set(target, &rows)?;
            if points.is_empty() {
                match self.lineage(target)? {
                    Some(lineage) => rows.retain(|row| !lineage.contains(row)),
                    None => rows.clear(),
                }
            }
            for point in points {
                let mut related = Self::closure(&self.needs, [point]);
                related.extend(Self::closure(&self.needed_by, [point]));
                rows.retain(|row| !related.contains(row));
                rows.insert(point);
            }
        }
        Ok(self.ids(&rows))
    }

    /// The parents of a revision that merges these.
    ///
    /// # Errors
    /// As [`History::points`]; [`Error::NothingToMerge`] for fewer than two, or where one comes from another.
    pub fn merge(&self, targets: &[Target], current: &[RevisionId]) -> Result<Vec<RevisionId>, Error> {
        self.sound()?;
        let mut points = Set::new();
        for target in targets {
            let current = if target.needs_current() { self.current_set(current)? } else { Set::new() };
            points.extend(self.point_set(target, &current)?);
        }
        let related = points.iter().any(|at| {
            let below = Self::closure(&self.parents, self.parents[*at].iter().copied());
            points.iter().any(|other| below.contains(other))
        });
        if points.len() < 2 || related {
            return Err(Error::NothingToMerge { ids: self.ids(&points) });
        }
        Ok(self.ids(&points))
    }

    /// The parents of a new revision that follows this target: none for `base`, or for `head` of no revisions.
    ///
    /// # Errors
    /// As [`History::points`]; [`Error::NotAHead`] for a revision that has children, unless `splice`.
    pub fn parents_of_new(&self, target: &Target, splice: bool) -> Result<Vec<RevisionId>, Error> {
        self.sound()?;
        let points = self.point_set(target, &Set::new())?;
        if let Some(inner) = points.iter().find(|at| !self.children[**at].is_empty())
            && !splice
        {
            return Err(Error::NotAHead { id: self.revisions[*inner].id.clone() });
        }
        Ok(self.ids(&points))
    }

    /// # Errors
    /// [`Error::Broken`] if anything is wrong with the graph or with a file of it.
    pub fn sound(&self) -> Result<(), Error> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::Broken { problems: self.problems.clone() }) }
    }

    /// The rows without those that others come from.
    fn newest_rows(&self, rows: &Set) -> Set {
        self.newest(&Self::closure(&self.needs, rows.iter().copied()), &self.needed_by)
    }

    /// The revision that a target with a number counts from.
    fn counted_from(&self, target: &Target, rows: &Set) -> Result<Option<usize>, Error> {
        let start = target.without_offset();
        if self.declared(&target.whole).is_some() {
            return Ok(None);
        }
        Ok(self.point_set(&start, &self.newest_rows(rows))?.first().copied())
    }

    fn up(&self, rows: &Set, wanted: &Set) -> Vec<Step> {
        let mut from = rows.clone();
        let mut state = self.newest_rows(rows);
        let mut steps = Vec::new();
        for &at in wanted {
            // What a revision needs is applied, so a row that it replaces is one that it needs directly.
            state.retain(|row| !self.needs[at].contains(row));
            state.insert(at);
            steps.push(self.step(at, Direction::Up, &from, &state));
            from.clone_from(&state);
        }
        steps
    }

    fn down(&self, rows: &Set, applied: &Set, undone: &Set) -> Vec<Step> {
        let mut from = rows.clone();
        let mut applied = applied.clone();
        let mut state = self.newest_rows(rows);
        let mut steps = Vec::new();
        for &at in undone.iter().rev() {
            applied.remove(&at);
            state.remove(&at);
            let bare = |need: &&usize| !self.needed_by[**need].iter().any(|other| applied.contains(other));
            state.extend(self.needs[at].iter().filter(bare));
            steps.push(self.step(at, Direction::Down, &from, &state));
            from.clone_from(&state);
        }
        steps
    }

    fn step(&self, at: usize, direction: Direction, from: &Set, to: &Set) -> Step {
        Step { id: self.revisions[at].id.clone(), direction, from: self.ids(from), to: self.ids(to) }
    }
}
