//! What of a large schema a proof needs.
//!
//! Foreign keys tie most tables of a schema to most others, so that not every need is followed: a table that is
//! only referred to comes without its own foreign keys, and a table that gets another column comes without those that
//! refer to its other columns.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_kinds::{Object, Schema, kind, needs, table};
use limbeck_schema::Id;
use limbeck_sql::Name;

/// The objects of one side that the change touches: the relations in question with all their parts, what needs
/// them, and what all of these need.
pub(super) fn surroundings(side: &Schema, from: &Schema, to: &Schema, touched: &BTreeSet<Id>) -> Schema {
    let chosen = Surroundings::of(from, to).chosen(touched);
    let mut schema: Schema = side.clone();
    schema.retain(|id, _: &Object| {
        chosen.contains(id) || id.target().is_some_and(|target| chosen.contains(&target))
    });
    // Scratch has owners of its own, except where they are what changes: then the roles have to be there.
    schema.retain(|id, _| id.kind != kind::OWNER || touched.contains(id));
    schema
}

/// Why an object is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// It changes, or needs what changes.
    Touched,
    /// A part of it is touched: its other parts come, and what needs it as a whole. Or it is such a part.
    Around,
}

struct Surroundings<'a> {
    sides: [&'a Schema; 2],
    dependents: BTreeMap<Id, Vec<Id>>,
    parts: BTreeMap<Name, Vec<Id>>,
}

impl<'a> Surroundings<'a> {
    fn of(from: &'a Schema, to: &'a Schema) -> Self {
        let mut dependents: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        let mut parts: BTreeMap<Name, Vec<Id>> = BTreeMap::new();
        for schema in [from, to] {
            for (id, object) in schema.iter() {
                for need in needs(schema, object) {
                    dependents.entry(need).or_default().push(*id);
                }
                if !id.relation.is_empty() {
                    parts.entry(id.relation()).or_default().push(*id);
                }
            }
        }
        Self { sides: [from, to], dependents, parts }
    }

    fn chosen(&self, touched: &BTreeSet<Id>) -> BTreeSet<Id> {
        let around = self.dependent_on(&self.with_rest(touched));
        let mut chosen = around.clone();
        let whole: BTreeSet<Id> = around.iter().filter(|id| is_relation(id)).copied().collect();
        // What all of these need, with the columns and keys of the tables among them.
        let mut open: Vec<Id> = around.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            chosen.insert(id);
            open.push(outer(&id));
            for schema in self.sides {
                open.extend(schema.get(&id).map(|object| needs(schema, object)).unwrap_or_default());
            }
            if is_relation(&id) {
                let kept = |part: &Id| {
                    part.kind == kind::COLUMN
                        || part.kind == kind::CONSTRAINT
                            && (whole.contains(&id) || !self.is_foreign_key(part))
                };
                open.extend(self.parts_of(&id).filter(kept));
            }
        }
        chosen
    }

    /// What is touched; where a partition comes, goes or moves, the one beside it that takes all others' rows is, too.
    fn with_rest(&self, touched: &BTreeSet<Id>) -> BTreeSet<Id> {
        let parents = touched.iter().flat_map(|id| {
            let of = |schema: &&Schema| table::parents_of(schema.get(id)?).partition_of;
            self.sides.iter().filter_map(of).map(|of| of.parent).collect::<Vec<_>>()
        });
        let parents: BTreeSet<Id> = parents.collect();
        let rest = parents.iter().flat_map(|parent| {
            self.sides.iter().filter_map(|schema| table::default_partition(schema, parent))
        });
        rest.chain(touched.iter().copied()).collect()
    }

    /// What is touched, and what needs it.
    fn dependent_on(&self, touched: &BTreeSet<Id>) -> BTreeSet<Id> {
        let hubs = [kind::SCHEMA, kind::EXTENSION];
        let mut seen: BTreeSet<(Id, Why)> = BTreeSet::new();
        let mut open: Vec<(Id, Why)> = touched.iter().map(|id| (*id, Why::Touched)).collect();
        // Whatever part of a table changes, the table is seen as a whole.
        open.extend(touched.iter().map(|id| (outer(id), Why::Around)));
        while let Some((id, why)) = open.pop() {
            if !seen.insert((id, why)) {
                continue;
            }
            let dependents = self.dependents.get(&id).into_iter().flatten().copied();
            match why {
                _ if hubs.contains(&id.kind) => {}
                Why::Touched => open.extend(dependents.map(|id| (id, Why::Touched))),
                // Views of it, tables that inherit from it, columns that hold its rows.
                Why::Around if is_relation(&id) => {
                    let whole =
                        dependents.filter(|other| !is_part(other, &id) && !self.is_foreign_key(other));
                    open.extend(whole.map(|id| (id, Why::Touched)));
                }
                Why::Around => {}
            }
            if is_relation(&id) {
                open.extend(self.parts_of(&id).map(|part| (part, Why::Around)));
            }
            if id.kind == kind::COLUMN && why == Why::Touched {
                open.push((outer(&id), Why::Around));
            }
        }
        seen.into_iter().map(|(id, _)| id).collect()
    }

    fn parts_of(&self, relation: &Id) -> impl Iterator<Item = Id> {
        self.parts.get(&relation.qualified()).into_iter().flatten().copied()
    }

    fn is_foreign_key(&self, id: &Id) -> bool {
        self.sides.iter().any(|schema| {
            matches!(schema.get(id), Some(Object::Constraint(constraint)) if constraint.is_foreign_key())
        })
    }
}

fn is_part(part: &Id, relation: &Id) -> bool {
    part.target().unwrap_or(*part).relation() == relation.qualified()
}

fn is_relation(id: &Id) -> bool {
    [kind::TABLE, kind::VIEW, kind::MATERIALIZED_VIEW, kind::FOREIGN_TABLE].contains(&id.kind)
}

/// The relation of a part, the target of an attachment, or the object itself.
fn outer(id: &Id) -> Id {
    if let Some(target) = id.target() {
        return target;
    }
    if id.relation.is_empty() { *id } else { Id::inside(kind::TABLE, id.schema, id.relation) }
}
