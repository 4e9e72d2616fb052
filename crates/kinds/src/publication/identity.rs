//! Whether the rows of a table can be updated while it is published: subscribers must be told which row it was.

use std::collections::BTreeSet;

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name};

use super::{Publication, PublishedTable};
use crate::constraint::{self, ConstraintDefinition};
use crate::table::{self, ReplicaIdentity, Table};
use crate::{Object, Schema, column, expression, index, kind};

/// A publication under which the server refuses every UPDATE of the table or a part of it (`CheckCmdReplicaIdentity` in
/// PostgreSQL's execReplication.c): it publishes them, and the table has no replica identity, or one that its list of
/// columns or its filter does not agree with.
pub fn forbids_updates(schema: &Schema, table: Name) -> Option<Ident> {
    let parts = table::descendants(schema, table);
    parts.into_iter().chain([table]).find_map(|part| {
        let Some(Object::Table(part)) = schema.get(&table::id(part.schema, part.name)) else { return None };
        // A partitioned table holds no rows itself.
        let written = part.partition_key.is_none() && !part.unlogged;
        written.then(|| forbids_updates_of(schema, part)).flatten()
    })
}

fn forbids_updates_of(schema: &Schema, table: &Table) -> Option<Ident> {
    let identity = Identity::of(schema, table);
    schema.iter().find_map(|(_, object)| {
        let Object::Publication(publication) = object else { return None };
        let updates = publication.operations.contains(&"update");
        let told = memberships(schema, publication, table).all(|member| match (&identity, member) {
            (Identity::None, _) => false,
            (Identity::Row, Membership::Table(member)) => member.columns.is_empty(),
            (Identity::Columns(key), Membership::Table(member)) => is_told(key, member, schema),
            (Identity::Row | Identity::Columns(_), Membership::Whole) => true,
        });
        (updates && !told).then_some(publication.id.name)
    })
}

/// How a publication holds a table.
enum Membership<'a> {
    /// With all others, or with those of its schema.
    Whole,
    /// By name.
    Table(&'a PublishedTable),
}

fn memberships<'a>(
    schema: &'a Schema,
    publication: &'a Publication,
    table: &'a Table,
) -> impl Iterator<Item = Membership<'a>> {
    let name = publication.id.name;
    let with_above = std::iter::successors(Some(table.id), |id| {
        Some(table::parents_of(schema.get(id)?).partition_of?.parent)
    });
    let by_name = with_above.clone().filter_map(move |id| {
        let member = schema.get(&Id::attached(kind::PUBLICATION_TABLE, id, name))?;
        if let Object::PublishedTable(member) = member { Some(Membership::Table(member)) } else { None }
    });
    let mut schemas = with_above.map(|id| crate::namespace::id(id.schema));
    let in_schema = schemas.any(|id| schema.contains(&Id::attached(kind::PUBLICATION_SCHEMA, id, name)));
    let whole = publication.all_tables || in_schema;
    by_name.chain(whole.then_some(Membership::Whole))
}

/// What tells the rows of a table apart for a subscriber.
enum Identity {
    None,
    /// The whole row.
    Row,
    Columns(BTreeSet<Ident>),
}

impl Identity {
    fn of(schema: &Schema, table: &Table) -> Self {
        let name = table.name();
        let keys = |marked: bool| {
            constraint::of_table(schema, name).find_map(move |constraint| match &constraint.definition {
                ConstraintDefinition::PrimaryKey(key) if !marked || key.replica_identity => {
                    Some(&key.columns)
                }
                ConstraintDefinition::Unique(key) if marked && key.replica_identity => Some(&key.columns),
                _ => None,
            })
        };
        let columns = match table.replica_identity {
            ReplicaIdentity::Full => return Self::Row,
            ReplicaIdentity::Nothing => None,
            ReplicaIdentity::Default => keys(false).cloned(),
            ReplicaIdentity::Index => keys(true)
                .cloned()
                .or_else(|| index::of_table(schema, name).find(|index| index.replica_identity)?.columns()),
        };
        columns.map_or(Self::None, |columns| Self::Columns(columns.into_iter().collect()))
    }
}

/// Whether the list of columns holds the key, and the filter asks for nothing beyond it.
fn is_told(key: &BTreeSet<Ident>, member: &PublishedTable, schema: &Schema) -> bool {
    let is_column = |name: &Ident| schema.contains(&column::id(member.id.qualified(), *name));
    let listed = member.columns.is_empty() || key.iter().all(|column| member.columns.contains(column));
    let asked = member.filter.as_ref().map(expression::columns).unwrap_or_default();
    listed && asked.iter().filter(|name| is_column(name)).all(|column| key.contains(column))
}
