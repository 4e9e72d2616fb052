//! Rows of `pg_class` and `pg_rewrite` that are views, and the defaults of their columns.

use std::collections::BTreeMap;

use limbeck_sql::Sql;

use super::{KIND, View, ViewColumn};
use crate::catalog::class::{PG_ATTRDEF, PG_CLASS, PG_REWRITE};
use crate::catalog::{Catalog, Malformed, Relation, Row};
use crate::{Object, clause};

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, rule) = (row.oid()?, row.oid()?);
    let definition = query(row.text()?);
    let types = row.texts()?;
    let Some(relation) = catalog.relation_of(oid, &[KIND]) else { return Ok(()) };
    let id = relation.id;
    let view = View {
        id,
        columns: columns(relation, types),
        definition,
        options: clause::options(&relation.options),
        defaults: BTreeMap::new(),
    };
    catalog.add(PG_CLASS, oid, view);
    catalog.address(PG_REWRITE, rule, id);
    Ok(())
}

/// The query as `pg_get_viewdef` prints it, without its semicolon.
pub(crate) fn query(text: &str) -> Sql {
    Sql::from_trusted(text.strip_suffix(';').unwrap_or(text))
}

/// The names of a view's columns with their types.
pub(crate) fn columns(relation: &Relation, types: Vec<String>) -> Vec<ViewColumn> {
    let types = types.into_iter().map(Sql::from_trusted);
    relation.columns.iter().zip(types).map(|(name, ty)| ViewColumn { name: *name, ty }).collect()
}

pub(crate) fn decode_default(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let relation = row.oid()?;
    let number: i16 = row.int()?;
    let Some(default) = row.sql()? else { return Ok(()) };
    let Some(relation) = catalog.relation_of(relation, &[KIND]) else { return Ok(()) };
    let (id, column) = (relation.id, relation.column(number));
    if let Some(Object::View(view)) = catalog.get_mut(&id) {
        view.defaults.insert(column, default);
        catalog.address(PG_ATTRDEF, oid, id);
    }
    Ok(())
}
