//! A schema as a list of objects, and edits of it.

use std::collections::BTreeMap;

use super::draw::{Choices, Draw, Other, Random, Taken};
use super::kinds;
pub(super) use super::kinds::Kind;
use super::names::{NAMES, name};
use super::paper::{Chunk, Paper};

/// One object: what it is called, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its number, by which both sides know it.
    pub id: u32,
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// Everything else.
    pub choices: Choices,
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Its objects by number.
    pub objects: BTreeMap<u32, Object>,
}

/// A schema, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What there is.
    pub from: World,
    /// What there should be.
    pub to: World,
}

/// A world on paper.
pub(super) struct Written {
    pub(super) chunks: Vec<Chunk>,
    pub(super) taken: BTreeMap<u32, Vec<Taken>>,
}

impl World {
    /// A random one.
    pub fn new(random: &mut Random) -> Self {
        let mut world = Self { objects: BTreeMap::new() };
        let schemas = 1 + random.below(2);
        let tables = 2 + random.below(2);
        let others = 3 + random.below(9);
        let fixed =
            std::iter::repeat_n(Kind::Schema, schemas).chain(std::iter::repeat_n(Kind::Table, tables));
        for kind in fixed {
            world.add(kind, random);
        }
        for _ in 0..others {
            world.add(kinds::random(random), random);
        }
        world
    }

    fn add(&mut self, kind: Kind, random: &mut Random) {
        let id = self.objects.last_key_value().map_or(1, |(id, _)| id + 1);
        let choices = Choices { seed: random.next(), set: BTreeMap::new() };
        let name = name(random.next() % NAMES, id);
        self.objects.insert(id, Object { id, kind, name, choices });
    }

    /// Writes all objects down, those that others may refer to first.
    pub(super) fn write(&self) -> Written {
        let mut paper = Paper::default();
        let mut taken = BTreeMap::new();
        let mut objects: Vec<&Object> = self.objects.values().collect();
        objects.sort_by_key(|object| (object.kind, object.id));
        for object in objects {
            let mut draw = Draw::new(&object.choices);
            kinds::write(object, &mut draw, &mut paper);
            taken.insert(object.id, draw.taken);
        }
        let mut chunks = paper.chunks;
        chunks.sort_by_key(|chunk| chunk.phase);
        Written { chunks, taken }
    }

    /// One to ten random edits; sometimes as many on one table alone.
    pub fn edited(&self, random: &mut Random) -> Self {
        let mut world = self.clone();
        let edits = [1, 2, 3, 4, 6, 10][random.below(6)];
        if random.below(4) == 0 {
            world.edit_table(5 + random.below(6), random);
            return world;
        }
        for _ in 0..edits {
            world.edit(random);
        }
        world
    }

    fn edit(&mut self, random: &mut Random) {
        let ids: Vec<u32> = self.objects.keys().copied().collect();
        let Some(id) = random.one(&ids).copied() else { return };
        match random.below(20) {
            0 => {
                let kind = kinds::random(random);
                // Beyond the numbers of the other side, so that both sides mean the same by one.
                let next = self.objects.last_key_value().map_or(1, |(id, _)| id + 100);
                self.add(kind, random);
                if let Some((_, mut object)) = self.objects.pop_last() {
                    object.id = next;
                    self.objects.insert(next, object);
                }
            }
            1 => drop(self.objects.remove(&id)),
            2 => self.rename(id, random),
            3 => self.swap(id, random),
            4 => self.swap_parts(id),
            _ => self.alter(id, random),
        }
    }

    /// Edits of one table: any of its properties, or the types and names of its columns, on which others stand.
    fn edit_table(&mut self, edits: usize, random: &mut Random) {
        const TABLES: [Kind; 2] = [Kind::Table, Kind::Child];
        let tables: Vec<u32> = self
            .objects
            .values()
            .filter(|object| TABLES.contains(&object.kind))
            .map(|object| object.id)
            .collect();
        let Some(id) = random.one(&tables).copied() else { return };
        for _ in 0..edits {
            match random.below(10) {
                0 => self.rename(id, random),
                1..=5 => self.alter_one(id, random, |key| {
                    key.starts_with('c')
                        && [".type", ".user", ".array", ".name"].iter().any(|end| key.contains(end))
                }),
                _ => self.alter_one(id, random, |_| true),
            }
        }
    }

    fn rename(&mut self, id: u32, random: &mut Random) {
        if let Some(object) = self.objects.get_mut(&id) {
            object.name = name(random.next() % NAMES, id);
        }
    }

    /// Two objects of a kind exchange their names, or two relations of whatever kinds.
    fn swap(&mut self, id: u32, random: &mut Random) {
        const RELATIONS: [Kind; 4] = [Kind::Table, Kind::View, Kind::MaterializedView, Kind::Sequence];
        let kind = self.objects[&id].kind;
        let among: &[Kind] =
            if RELATIONS.contains(&kind) && random.below(3) == 0 { &RELATIONS } else { &[kind] };
        let others: Vec<u32> =
            self.objects.values().filter(|o| among.contains(&o.kind) && o.id != id).map(|o| o.id).collect();
        let Some(other) = random.one(&others).copied() else { return self.rename(id, random) };
        let (one, two) = (self.objects[&id].name.clone(), self.objects[&other].name.clone());
        self.objects.entry(id).and_modify(|object| object.name = two);
        self.objects.entry(other).and_modify(|object| object.name = one);
    }

    /// Two columns exchange everything but their names.
    fn swap_parts(&mut self, id: u32) {
        let taken = self.write().taken.remove(&id).unwrap_or_default();
        let Some(object) = self.objects.get_mut(&id) else { return };
        for choice in &taken {
            let other = match (choice.key.strip_prefix("c1."), choice.key.strip_prefix("c2.")) {
                (Some(rest), _) if rest != "name" => format!("c2.{rest}"),
                (_, Some(rest)) if rest != "name" => format!("c1.{rest}"),
                _ => continue,
            };
            object.choices.set.insert(other, choice.value);
        }
    }

    /// One choice becomes another; of all choices, or of those of one object.
    fn alter(&mut self, id: u32, random: &mut Random) {
        if random.below(2) == 0 {
            return self.alter_one(id, random, |_| true);
        }
        let taken = self.write().taken.into_iter();
        let choices: Vec<(u32, Taken)> =
            taken.flat_map(|(id, of)| of.into_iter().map(move |taken| (id, taken))).collect();
        if let Some((id, taken)) = random.one(&choices).cloned() {
            self.choose(id, taken, random);
        }
    }

    /// One of an object's choices becomes another, of those whose key passes.
    fn alter_one(&mut self, id: u32, random: &mut Random, passes: fn(&str) -> bool) {
        let mut choices = self.write().taken.remove(&id).unwrap_or_default();
        choices.retain(|taken| passes(&taken.key));
        if let Some(taken) = random.one(&choices).cloned() {
            self.choose(id, taken, random);
        }
    }

    fn choose(&mut self, id: u32, Taken { key, value, other }: Taken, random: &mut Random) {
        let value = match other {
            Other::Toggle => {
                if value < 50 {
                    99
                } else {
                    0
                }
            }
            Other::Below(n) => (value + 1 + random.next() % n.saturating_sub(1).max(1)) % n.max(1),
        };
        if let Some(object) = self.objects.get_mut(&id) {
            object.choices.set.insert(key, value);
        }
    }
}

impl Pair {
    /// The pair of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let from = World::new(&mut random);
        let to = from.edited(&mut random);
        Self { from, to }
    }
}
