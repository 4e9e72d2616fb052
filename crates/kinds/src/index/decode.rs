//! Rows of `pg_index`.

use limbeck_schema::Incidental;
use limbeck_sql::{Name, Sql};

use super::{Index, IndexKey, KeyValue, id};
use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Printed, Relation, Row};
use crate::{Object, clause};

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, table_oid) = (row.oid()?, row.oid()?);
    let key_count: usize = row.int()?;
    let (unique, nulls_not_distinct) = (row.bool()?, row.bool()?);
    let (clustered, valid, replica_identity) = (row.bool()?, row.bool()?, row.bool()?);
    let columns: Vec<i16> = row.numbers()?;
    let (collations, classes): (Vec<u32>, Vec<u32>) = (row.numbers()?, row.numbers()?);
    let flags: Vec<i16> = row.numbers()?;
    let expressions = row.texts()?;
    let predicate = Printed::take(row)?;
    // The constraint's row has claimed the index of a constraint already.
    if catalog.id_of(PG_CLASS, oid).is_some() {
        return Ok(());
    }
    let (Some(index), Some(table)) = (catalog.relation(oid).cloned(), catalog.relation(table_oid).cloned())
    else {
        return Ok(());
    };
    let keys = (0..key_count)
        .map(|at| {
            let number = columns.get(at).copied().unwrap_or_default();
            let value = if number == 0 {
                KeyValue::Expression(Sql::from_trusted(expressions.get(at).cloned().unwrap_or_default()))
            } else {
                KeyValue::Column(table.column(number))
            };
            let ty = column_type(&table, number);
            let flags = flags.get(at).copied().unwrap_or_default();
            let collation = collations.get(at).copied().unwrap_or_default();
            IndexKey {
                collation: key_collation(catalog, &table, number, ty, collation),
                operator_class: operator_class(
                    catalog,
                    classes.get(at).copied().unwrap_or_default(),
                    index.access_method,
                    ty,
                ),
                descending: flags & 1 != 0,
                nulls_first: flags & 2 != 0,
                ..IndexKey::new(value)
            }
        })
        .collect();
    let include =
        columns.get(key_count..).unwrap_or(&[]).iter().map(|number| table.column(*number)).collect();
    let object = Index {
        id: id(table.name(), index.id.name),
        on: table.id,
        attached_to: catalog.index_parents.get(&oid).copied(),
        partitioned: index.kind == 'I',
        method: catalog.access_methods.get(&index.access_method).copied().unwrap_or_default(),
        unique,
        nulls_not_distinct,
        keys,
        include,
        predicate: predicate.of(&table, catalog, row)?,
        options: clause::options(&index.options),
        tablespace: Some(index.tablespace).filter(|space| !space.is_empty()),
        valid,
        clustered,
        replica_identity,
        number: Incidental(oid),
    };
    catalog.add(PG_CLASS, oid, object);
    Ok(())
}

fn column_type(table: &Relation, number: i16) -> u32 {
    usize::try_from(number)
        .ok()
        .and_then(|n| n.checked_sub(1))
        .and_then(|n| table.column_types.get(n))
        .copied()
        .unwrap_or(0)
}

/// The collation of a key where it is not the column's own (`pg_get_indexdef` prints it then).
fn key_collation(
    catalog: &Catalog,
    table: &Relation,
    number: i16,
    ty: u32,
    collation: u32,
) -> Option<(Name, limbeck_schema::Id)> {
    let found = catalog.collations.get(&collation).copied()?;
    let of_type = catalog.types.get(&ty).map_or(100, |entry| entry.collation);
    let column = crate::column::id(table.name(), table.column(number));
    let own = match catalog.find(&column) {
        Some(Object::Column(column)) if number > 0 => column.collation,
        _ => None,
    };
    let same = match own {
        Some(own) => own.0 == found.0,
        None => collation == of_type,
    };
    (!same).then_some(found)
}

/// The operator class of a key where it is not what the server takes by itself for the type.
fn operator_class(catalog: &Catalog, class: u32, method: u32, ty: u32) -> Option<Name> {
    let class = catalog.operator_classes.get(&class)?;
    let mut base = ty;
    while let Some(entry) = catalog.types.get(&base).filter(|entry| entry.kind == 'd') {
        base = entry.base;
    }
    // Another class is the default for this very type: `name_ops` of a column of type name.
    let shadowed =
        base != 0 && class.input != base && catalog.default_operator_classes.contains(&(method, base));
    let is_default = class.is_default && class.method == method && !shadowed;
    (!is_default).then_some(class.name)
}

pub(crate) fn decode_column(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let number: usize = row.int()?;
    let parameters = clause::options(&row.texts()?);
    let statistics = Some(row.int::<i16>()?).filter(|target| *target >= 0);
    let class: Option<u32> = row.optional_int()?;
    let class = class.and_then(|oid| catalog.operator_classes.get(&oid)).map(|class| class.name);
    let Some(id) = catalog.id_of(PG_CLASS, oid) else { return Ok(()) };
    if let Some(Object::Index(index)) = catalog.get_mut(&id)
        && let Some(key) = number.checked_sub(1).and_then(|at| index.keys.get_mut(at))
    {
        // Parameters stand behind the class's name, which then can't be left out.
        if !parameters.is_empty() {
            key.operator_class = key.operator_class.or(class);
        }
        key.parameters = parameters;
        key.statistics = statistics;
    }
    Ok(())
}
