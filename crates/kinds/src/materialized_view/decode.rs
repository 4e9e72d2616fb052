//! Rows of `pg_class` and `pg_rewrite` that are materialized views, and what is said of their columns.

use std::collections::BTreeMap;

use limbeck_sql::Ident;

use super::{ColumnSettings, KIND, MaterializedView};
use crate::catalog::class::{PG_CLASS, PG_REWRITE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::table::ReplicaIdentity;
use crate::{Object, clause, column, view};

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, rule) = (row.oid()?, row.oid()?);
    let definition = view::query(row.text()?);
    let access_method = row.oid()?;
    let populated = row.bool()?;
    let replica_identity = ReplicaIdentity::of_letter(row.letter()?);
    let types = row.texts()?;
    let Some(relation) = catalog.relation_of(oid, &[KIND]) else { return Ok(()) };
    let id = relation.id;
    let view = MaterializedView {
        id,
        columns: view::columns(relation, types),
        definition,
        access_method: catalog.access_methods.get(&access_method).copied().filter(|method| *method != "heap"),
        tablespace: Some(relation.tablespace).filter(|space| !space.is_empty()),
        options: clause::options(&relation.options),
        populated,
        replica_identity,
        settings: BTreeMap::new(),
    };
    catalog.add(PG_CLASS, oid, view);
    catalog.address(PG_REWRITE, rule, id);
    Ok(())
}

pub(crate) fn decode_column(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let number: i16 = row.int()?;
    let storage = Some(row.letter()?).filter(|storage| *storage != ' ').map(column::storage_word);
    let compression = match row.letter()? {
        'p' => Some(Ident::new("pglz")),
        'l' => Some(Ident::new("lz4")),
        _ => None,
    };
    let statistics = Some(row.int::<i16>()?).filter(|target| *target >= 0);
    let settings =
        ColumnSettings { storage, compression, statistics, options: clause::options(&row.texts()?) };
    let Some(relation) = catalog.relation_of(oid, &[KIND]) else { return Ok(()) };
    let (id, name) = (relation.id, relation.column(number));
    if settings != ColumnSettings::default()
        && let Some(Object::MaterializedView(view)) = catalog.get_mut(&id)
    {
        view.settings.insert(name, settings);
    }
    Ok(())
}
