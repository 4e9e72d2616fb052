//! Materialized views, from the row that they have in common with views.

use std::collections::BTreeMap;

use limbeck_sql::{Ident, Sql};

use super::{ColumnSettings, MaterializedView};
use crate::catalog::{Catalog, Malformed, Relation, Row};
use crate::column::Column;
use crate::table::ReplicaIdentity;
use crate::{clause, view};

pub(crate) fn of_row(
    row: &mut Row<'_>,
    catalog: &Catalog,
    relation: &Relation,
    definition: Sql,
    columns: Vec<Column>,
) -> Result<MaterializedView, Malformed> {
    let access_method = row.oid()?;
    let populated = row.bool()?;
    let replica_identity = ReplicaIdentity::of_letter(row.letter()?);
    Ok(MaterializedView {
        id: relation.id,
        columns: view::columns(&columns),
        definition,
        access_method: catalog.access_methods.get(&access_method).copied().filter(|method| *method != "heap"),
        tablespace: Some(relation.tablespace).filter(|space| !space.is_empty()),
        options: clause::options(&relation.options),
        populated,
        replica_identity,
        settings: settings(columns),
    })
}

fn settings(columns: Vec<Column>) -> BTreeMap<Ident, ColumnSettings> {
    columns
        .into_iter()
        .map(|Column { id, storage, compression, statistics, options, .. }| {
            (id.name, ColumnSettings { storage, compression, statistics, options })
        })
        .filter(|(_, settings)| *settings != ColumnSettings::default())
        .collect()
}
