//! Rows of `pg_attribute` and `pg_attrdef`.

use limbeck_schema::Incidental;
use limbeck_sql::{Ident, Name, Sql};

use super::{Column, Identity, NotNull, Value, id};
use crate::catalog::class::PG_ATTRDEF;
use crate::catalog::{Catalog, Malformed, Row};
use crate::sequence::SequenceOptions;
use crate::{Object, clause, kind, table};

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let relation_oid = row.oid()?;
    let position: i16 = row.int()?;
    let name = row.ident()?;
    let type_oid = row.oid()?;
    let formatted = row.text()?;
    let Some(relation) = catalog.relations.get_mut(&relation_oid) else { return Ok(()) };
    while relation.columns.len() + 1 < usize::try_from(position).unwrap_or(0) {
        relation.columns.push(Ident::default());
        relation.column_types.push(0);
    }
    relation.columns.push(name);
    relation.column_types.push(type_oid);
    let (relation, is_partition) = (relation.id, relation.is_partition);
    let is_view = [kind::VIEW, kind::MATERIALIZED_VIEW].contains(&relation.kind);
    if name.is_empty() || (!is_view && ![table::KIND, kind::FOREIGN_TABLE].contains(&relation.kind)) {
        return Ok(());
    }
    let not_null = row.bool()?;
    let (storage_default, collation_default) =
        catalog.types.get(&type_oid).map_or((' ', 0), |entry| (entry.storage, entry.collation));
    let collation = catalog.collation_unless(row.oid()?, collation_default);
    let value = match row.letter()? {
        // A partition has its parent's identity, and only as long as it is one (PostgreSQL 17).
        'a' | 'd' if is_partition && catalog.version >= 170_000 => Value::Plain,
        'a' => identity(true),
        'd' => identity(false),
        _ => Value::Plain,
    };
    let value = match row.letter()? {
        's' => Value::Generated { expression: Sql::default(), stored: true },
        'v' => Value::Generated { expression: Sql::default(), stored: false },
        _ => value,
    };
    let inherited = !row.bool()?;
    let storage = Some(row.letter()?).filter(|storage| *storage != storage_default).map(storage_word);
    let compression = match row.letter()? {
        'p' => Some(Ident::new("pglz")),
        'l' => Some(Ident::new("lz4")),
        _ => None,
    };
    let statistics = Some(row.int::<i16>()?).filter(|target| *target >= 0);
    let options = clause::options(&row.texts()?);
    let column = Column {
        id: id(relation.qualified(), name),
        position: Incidental(position),
        ty: catalog.type_name(type_oid, formatted),
        collation,
        not_null: not_null.then(NotNull::default),
        value,
        storage,
        compression,
        statistics,
        options,
        inherited,
        backfill: Incidental(None),
        using: Incidental(None),
    };
    if is_view {
        catalog.view_columns.entry(relation_oid).or_default().push(column);
    } else {
        catalog.add_leaf(column);
    }
    Ok(())
}

/// What is known of the sequence comes with its own row.
fn identity(always: bool) -> Value {
    let options = SequenceOptions::of_type("bigint");
    Value::Identity(Box::new(Identity { always, sequence: Name::default(), unlogged: false, options }))
}

fn storage_word(letter: char) -> Sql {
    Sql::from_trusted(match letter {
        'p' => "PLAIN",
        'e' => "EXTERNAL",
        'm' => "MAIN",
        _ => "EXTENDED",
    })
}

/// The sequence of an identity column.
pub(crate) fn complete_identity(
    catalog: &mut Catalog,
    table: Name,
    column: Ident,
    sequence: Name,
    unlogged: bool,
    options: SequenceOptions,
) {
    if let Some(Object::Column(Column { value: Value::Identity(identity), .. })) =
        catalog.get_mut(&id(table, column))
    {
        identity.sequence = sequence;
        identity.unlogged = unlogged;
        identity.options = options;
    }
}

pub(crate) fn decode_default(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let relation_oid = row.oid()?;
    let number: i16 = row.int()?;
    let Some(expression) = row.sql()? else { return Ok(()) };
    let Some(relation) = catalog.relation(relation_oid) else { return Ok(()) };
    let (owner, id) = (relation.id, id(relation.name(), relation.column(number)));
    if let Some(columns) = catalog.view_columns.get_mut(&relation_oid) {
        if let Some(column) = columns.iter_mut().find(|column| column.id == id) {
            column.value = Value::Default(expression);
        }
        catalog.address(PG_ATTRDEF, oid, owner);
        return Ok(());
    }
    if let Some(Object::Column(column)) = catalog.get_mut(&id) {
        match &mut column.value {
            Value::Generated { expression: empty, .. } => *empty = expression,
            value => *value = Value::Default(expression),
        }
        catalog.address(PG_ATTRDEF, oid, id);
    }
    Ok(())
}
