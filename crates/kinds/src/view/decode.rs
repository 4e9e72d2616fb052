//! Rows of `pg_rewrite` that make a relation a view.

use std::collections::BTreeMap;

use limbeck_sql::{Ident, Sql, sql};

use super::{KIND, View, ViewColumn};
use crate::catalog::class::{PG_CLASS, PG_REWRITE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::column::{Column, Value};
use crate::{clause, materialized_view};

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (oid, rule) = (row.oid()?, row.oid()?);
    let definition = query(row.text()?);
    let Some(relation) = catalog.relation(oid).cloned() else { return Ok(()) };
    let id = relation.id;
    // The columns came before; they are no objects of their own.
    let columns = catalog.view_columns.remove(&oid).unwrap_or_default();
    catalog.address(PG_REWRITE, rule, id);
    if id.kind == KIND {
        let options = clause::options(&relation.options);
        let (columns, defaults) = (self::columns(&columns), defaults(columns));
        catalog.add(PG_CLASS, oid, View { id, columns, definition, options, defaults });
    } else {
        let view = materialized_view::of_row(row, catalog, &relation, definition, columns)?;
        catalog.add(PG_CLASS, oid, view);
    }
    Ok(())
}

/// The query as `pg_get_viewdef` prints it, without its semicolon.
fn query(text: &str) -> Sql {
    Sql::from_trusted(text.strip_suffix(';').unwrap_or(text))
}

/// The names of a view's columns with their types.
pub(crate) fn columns(columns: &[Column]) -> Vec<ViewColumn> {
    let column = |column: &Column| {
        let ty = match column.collation {
            Some((collation, _)) => sql!("{} COLLATE {}", column.ty, collation),
            None => column.ty.sql(),
        };
        ViewColumn { name: column.id.name, ty }
    };
    columns.iter().map(column).collect()
}

fn defaults(columns: Vec<Column>) -> BTreeMap<Ident, Sql> {
    let default = |column: Column| match column.value {
        Value::Default(default) => Some((column.id.name, default)),
        Value::Plain | Value::Generated { .. } | Value::Identity(_) => None,
    };
    columns.into_iter().filter_map(default).collect()
}
