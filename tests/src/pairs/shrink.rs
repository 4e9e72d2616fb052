//! From a pair that fails to the smallest one that fails in the same way.

use super::judge::{Failure, judge};
use super::server::Workshop;
use super::world::{Pair, World};

/// Makes a failing pair smaller, with so many trials at most.
pub fn shrink(workshop: &Workshop, pair: Pair, failure: Box<Failure>, trials: usize) -> (Pair, Box<Failure>) {
    let mut shrinker =
        Shrinker { workshop, signature: failure.signature(), best: (pair, failure), left: trials };
    // Edits first: fewer differences make the rest quicker to judge.
    shrinker.edits();
    shrinker.objects();
    shrinker.choices();
    shrinker.objects();
    shrinker.best
}

struct Shrinker<'a> {
    workshop: &'a Workshop,
    signature: String,
    best: (Pair, Box<Failure>),
    left: usize,
}

impl Shrinker<'_> {
    fn accept(&mut self, pair: Pair) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        match judge(self.workshop, &pair) {
            Err(failure) if failure.signature() == self.signature => {
                self.best = (pair, failure);
                true
            }
            _ => false,
        }
    }

    fn ids(&self) -> Vec<u32> {
        let Pair { from, to } = &self.best.0;
        let mut ids: Vec<u32> = from.objects.keys().chain(to.objects.keys()).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Takes edits back.
    fn edits(&mut self) {
        for id in self.ids() {
            let mut pair = self.best.0.clone();
            match pair.from.objects.get(&id) {
                Some(object) => pair.to.objects.insert(id, object.clone()),
                None => pair.to.objects.remove(&id),
            };
            if pair.to != self.best.0.to {
                self.accept(pair);
            }
        }
    }

    /// Leaves objects out, half of them at once while that works.
    fn objects(&mut self) {
        let mut size = self.ids().len() / 2;
        while size > 0 {
            for ids in self.ids().chunks(size) {
                let mut pair = self.best.0.clone();
                for side in [&mut pair.from, &mut pair.to] {
                    side.objects.retain(|id, _| !ids.contains(id));
                }
                self.accept(pair);
            }
            size /= 2;
        }
    }

    /// Sets choices to the plainest, many at once while that works.
    fn choices(&mut self) {
        for id in self.ids() {
            let keys = self.open(id);
            let mut size = keys.len();
            while size > 0 {
                let keys = self.open(id);
                for keys in keys.chunks(size) {
                    let mut pair = self.best.0.clone();
                    for side in [&mut pair.from, &mut pair.to] {
                        if let Some(object) = side.objects.get_mut(&id) {
                            object.choices.set.extend(keys.iter().map(|key| (key.clone(), 0)));
                        }
                    }
                    self.accept(pair);
                }
                size /= 2;
            }
        }
    }

    /// Choices of an object that are the same on both sides and not yet the plainest.
    fn open(&self, id: u32) -> Vec<String> {
        let taken = |world: &World| world.write().taken.remove(&id).unwrap_or_default();
        let (from, to) = (taken(&self.best.0.from), taken(&self.best.0.to));
        let other = |key: &str| to.iter().find(|taken| taken.key == key).map(|taken| taken.value);
        from.iter()
            .filter(|choice| {
                choice.value != 0 && other(&choice.key).is_none_or(|value| value == choice.value)
            })
            .map(|choice| choice.key.clone())
            .collect()
    }
}
