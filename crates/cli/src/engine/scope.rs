//! What a service owns, and what of it is managed.

use std::collections::BTreeSet;

use limbeck_kinds::{Object, Schema, kind, owner};
use limbeck_schema::{Id, Kind, Rename};
use limbeck_sql::{Ident, Name};
use rustc_hash::FxHashSet;

/// Kinds that models can say: always managed inside the owned schemas.
const ALWAYS: &[Kind] = &[
    kind::SCHEMA,
    kind::TABLE,
    kind::COLUMN,
    kind::CONSTRAINT,
    kind::INDEX,
    kind::ENUM,
    kind::DOMAIN,
    kind::DOMAIN_CONSTRAINT,
    kind::COMPOSITE_TYPE,
    kind::SEQUENCE,
    kind::SEQUENCE_OWNER,
];

/// Version tables, ours and those of other runners: the history of the database, never part of the schema.
const BOOKKEEPING: &[&str] = &[
    "limbeck_revisions",
    "alembic_version",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
    "seaql_migrations",
];

/// Whether an object is, or belongs to, a version table.
pub(crate) fn bookkeeping(id: &Id) -> bool {
    let table = if id.relation.is_empty() { id.name } else { id.relation };
    BOOKKEEPING.iter().any(|name| table == *name)
}

/// What a service owns and manages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    schemas: BTreeSet<Ident>,
    kinds: FxHashSet<Kind>,
    exclude: Vec<String>,
    /// Objects managed by name, in schemas that are not owned.
    named: FxHashSet<Id>,
    /// Objects that a declaration says are known and not to be touched.
    hands_off: FxHashSet<Id>,
    /// Their names, for what belongs to them.
    hands_off_relations: FxHashSet<Name>,
}

impl Scope {
    /// The scope of a service that declares these objects.
    pub(crate) fn new(
        schemas: &[String],
        exclude: &[String],
        manage: &[String],
        declared: &Schema,
        hands_off: &[Id],
    ) -> Self {
        let schemas: BTreeSet<Ident> = schemas.iter().map(|name| Ident::new(name)).collect();
        let mut kinds: FxHashSet<Kind> = ALWAYS.iter().copied().collect();
        kinds.extend(declared.iter().map(|(id, _)| id.kind).filter(|kind| *kind != kind::OWNER));
        kinds
            .extend(limbeck_kinds::KINDS.iter().filter(|kind| manage.iter().any(|name| names(name, **kind))));
        let with_policies = kinds.contains(&kind::POLICY) || kinds.contains(&kind::ROW_SECURITY);
        if with_policies {
            kinds.extend([kind::POLICY, kind::ROW_SECURITY]);
        }
        // What is declared on an object that is not: a grant on the function of an extension. An owner that is
        // declared does not make every other owner the service's.
        let by_itself = |id: &Id| {
            id.kind == kind::OWNER
                || !schemas.contains(&lies_in(id))
                || id.target().is_some_and(|target| !declared.contains(&target))
        };
        let named = declared.iter().map(|(id, _)| *id).filter(by_itself).collect();
        let mut scope = Self { schemas, kinds, exclude: exclude.to_vec(), named, ..Self::default() };
        scope.keep_off(hands_off.to_vec());
        scope
    }

    /// Keeps off these objects too.
    pub(crate) fn keep_off(&mut self, ids: Vec<Id>) {
        self.hands_off_relations.extend(ids.iter().map(Id::qualified));
        self.hands_off.extend(ids);
    }

    /// Manages the owner of what gets another name by one of these, where its owner by the new name is managed.
    pub(crate) fn follow_owners(&mut self, renames: &[Rename]) {
        let owners = renames.iter().filter(|rename| self.manages(&owner::id(rename.to)));
        let owners: Vec<Id> = owners.map(|rename| owner::id(rename.from)).collect();
        self.named.extend(owners);
    }

    /// Keeps off the views that are not managed, so that nothing on them is: their columns are no objects.
    pub(crate) fn keep_off_views(&mut self, database: &Schema) {
        let views = [kind::VIEW, kind::MATERIALIZED_VIEW, kind::FOREIGN_TABLE];
        let unmanaged =
            database.iter().map(|(id, _)| *id).filter(|id| views.contains(&id.kind) && !self.manages(id));
        self.keep_off(unmanaged.collect());
    }

    /// Whether the object is the service's to create, alter and drop.
    pub(crate) fn manages(&self, id: &Id) -> bool {
        if self.named.contains(id) {
            return true;
        }
        // What is attached to an object is managed with it: nobody's view keeps its comment.
        self.owns(id)
            && self.kinds.contains(&id.kind)
            && id.target().is_none_or(|target| self.manages(&target))
    }

    /// Whether the object lies in a schema of the service, and nothing says to keep off.
    pub(crate) fn owns(&self, id: &Id) -> bool {
        self.schemas.contains(&lies_in(id))
            && !bookkeeping(id)
            && !self.is_excluded(id)
            && !self.is_hands_off(id)
    }

    /// The schemas of the service.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = Ident> {
        self.schemas.iter().copied()
    }

    fn is_hands_off(&self, id: &Id) -> bool {
        let id = id.target().unwrap_or(*id);
        self.hands_off.contains(&id)
            || (!id.relation.is_empty() && self.hands_off_relations.contains(&id.relation()))
    }

    fn is_excluded(&self, id: &Id) -> bool {
        if self.exclude.is_empty() {
            return false;
        }
        let whole = id.to_string();
        let outer =
            if id.relation.is_empty() { id.qualified().to_string() } else { id.relation().to_string() };
        self.exclude.iter().any(|pattern| matches(pattern, &whole) || matches(pattern, &outer))
    }

    /// What the service sees in its schemas and does not manage, in order; parts and attachments of such an
    /// object are not told again.
    pub(crate) fn unmanaged(&self, database: &Schema) -> Vec<Id> {
        database
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| self.schemas.contains(&lies_in(id)) && !self.manages(id))
            .filter(|id| {
                id.target().is_none_or(|target| id.kind == kind::ROW_SECURITY && self.manages(&target))
            })
            .filter(|id| !bookkeeping(id) || id.relation.is_empty())
            .filter(|id| id.name != "limbeck_revisions")
            .filter(|id| !self.kinds.contains(&id.kind) || id.relation.is_empty())
            .collect()
    }
}

/// The schema that an object lies in; a schema lies in itself.
fn lies_in(id: &Id) -> Ident {
    if id.kind == kind::SCHEMA || id.of == kind::SCHEMA { id.name } else { id.schema }
}

fn names(text: &str, kind: Kind) -> bool {
    let text = text.replace(['_', '-'], " ");
    let text = text.trim();
    let name = kind.name();
    text == name
        || text.strip_suffix('s').is_some_and(|singular| singular == name)
        || (name.ends_with('y') && text.strip_suffix("ies") == name.strip_suffix('y'))
        || (name == "index" && text == "indexes")
}

/// `*` stands for any run of characters but the dot, `**` for any run.
fn matches(pattern: &str, text: &str) -> bool {
    fn step(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| step(rest, &text[at..])),
            [b'*', rest @ ..] => {
                let end = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
                (0..=end).any(|at| step(rest, &text[at..]))
            }
            [first, rest @ ..] => text.first() == Some(first) && step(rest, &text[1..]),
        }
    }
    step(pattern.as_bytes(), text.as_bytes())
}

/// Keeps what `pg_dump` would write of the chosen schemas; all of them where none is chosen.
pub(crate) fn narrow(schema: &mut Schema, schemas: &[String], owners: bool) {
    let chosen: BTreeSet<Ident> = schemas.iter().map(|name| Ident::new(name)).collect();
    schema.retain(|id, _: &Object| {
        let wanted = chosen.is_empty() || chosen.contains(&lies_in(id));
        wanted && (owners || id.kind != kind::OWNER)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stops_at_a_dot() {
        assert!(matches("public.spatial_*", "public.spatial_ref_sys"));
        assert!(!matches("public.*", "public.t.c"));
        assert!(matches("public.**", "public.t.c"));
        assert!(!matches("public.t", "public.tt"));
    }

    #[test]
    fn kinds_are_named_in_the_plural_too() {
        assert!(names("policies", kind::POLICY));
        assert!(names("materialized_views", kind::MATERIALIZED_VIEW));
        assert!(names("function", kind::FUNCTION));
        assert!(!names("functional", kind::FUNCTION));
    }
}
