//! Rows of `pg_class` and `pg_inherits`.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql};

use super::{KIND, PartitionOf, ReplicaIdentity, Table, id};
use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Relation, Row};
use crate::{Object, clause, composite, index, kind, sequence};

/// Kinds of relations that have no struct here; their names are still needed by others.
pub(crate) fn kind_of_relation(letter: char) -> Kind {
    match letter {
        'r' | 'p' => KIND,
        'i' | 'I' => index::KIND,
        'S' => sequence::KIND,
        'c' => composite::KIND,
        'v' => kind::VIEW,
        'm' => kind::MATERIALIZED_VIEW,
        _ => kind::FOREIGN_TABLE,
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let letter = row.letter()?;
    let unlogged = row.letter()? == 'u';
    let access_method = row.oid()?;
    let tablespace = row.optional()?.map(Ident::new);
    let options = row.texts()?;
    let of_type = row.sql()?;
    let replica_identity = ReplicaIdentity::of_letter(row.letter()?);
    let is_partition = row.bool()?;
    let bound = row.sql()?;
    let partition_key = row.sql()?;
    let Some(schema) = catalog.namespace(namespace) else { return Ok(()) };
    if catalog.is_member(PG_CLASS, oid) {
        return Ok(());
    }
    let kind = kind_of_relation(letter);
    let id = Id::inside(kind, schema, name);
    let relation = Relation {
        id,
        kind: letter,
        access_method,
        columns: Vec::new(),
        column_types: Vec::new(),
        options: if kind == KIND { Vec::new() } else { options.clone() },
        tablespace: tablespace.unwrap_or_default(),
        is_partition,
    };
    catalog.relations.insert(oid, relation);
    if kind != KIND {
        return Ok(());
    }
    let table = Table {
        id: self::id(schema, name),
        unlogged,
        // That a partitioned table has one at all is what its partitions get (manual, ALTER TABLE, from version 17 on).
        access_method: catalog
            .access_methods
            .get(&access_method)
            .copied()
            .filter(|method| letter == 'p' || *method != "heap"),
        tablespace,
        options: clause::options(&options),
        inherits: Vec::new(),
        partition_key,
        partition_of: bound.map(|bound| PartitionOf { parent: Id::inside(KIND, "", ""), bound }),
        of_type: of_type.map(|text| (text, Id::inside(composite::KIND, "", ""))),
        replica_identity,
    };
    catalog.add(PG_CLASS, oid, table);
    Ok(())
}

/// Parents come in rows of their own, after all relations are known.
pub(crate) fn decode_inherits(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (child, parent) = (row.oid()?, row.oid()?);
    let (Some(child_relation), Some(parent)) = (catalog.relation(child), catalog.relation(parent)) else {
        return Ok(());
    };
    let (child_id, parent) = (child_relation.id, parent.id);
    if child_id.kind == index::KIND {
        catalog.index_parents.insert(child, parent.qualified());
        return Ok(());
    }
    let (partition_of, inherits) = match catalog.get_mut(&child_id) {
        Some(Object::Table(table)) => (&mut table.partition_of, &mut table.inherits),
        Some(Object::ForeignTable(table)) => (&mut table.partition_of, &mut table.inherits),
        _ => return Ok(()),
    };
    match partition_of {
        Some(of) => of.parent = parent,
        None => inherits.push(parent),
    }
    Ok(())
}

/// The types of typed tables, once types are known.
pub(crate) fn complete_typed_tables(catalog: &mut Catalog) {
    let typed: Vec<(Id, Sql)> = catalog
        .iter()
        .filter_map(|object| match object {
            Object::Table(Table { id, of_type: Some((text, _)), .. }) => Some((*id, text.clone())),
            _ => None,
        })
        .collect();
    for (table, text) in typed {
        let found = catalog.types.values().find(|entry| entry.name.to_string() == text.as_str());
        let Some(id) = found.and_then(|entry| entry.brought_by) else { continue };
        if let Some(Object::Table(table)) = catalog.get_mut(&table) {
            table.of_type = Some((text, id));
        }
    }
}
