//! Rows of `pg_constraint`.

use limbeck_sql::{Ident, Sql};

use super::{
    Action, Check, Constraint, ConstraintDefinition, Deferral, Exclusion, ForeignKey, Key, Validity, id,
};
use crate::catalog::class::{PG_CLASS, PG_CONSTRAINT};
use crate::catalog::{Catalog, Malformed, Printed, Relation, Row};
use crate::{clause, domain, kind, table};

struct Raw {
    key: Vec<i16>,
    referenced_table: u32,
    referenced: Vec<i16>,
    on_update: char,
    on_delete: char,
    match_type: char,
    set_columns: Vec<i16>,
    deferral: Deferral,
    validated: bool,
    no_inherit: bool,
    is_local: bool,
    inherited: i32,
    index: u32,
    enforced: bool,
    period: bool,
    expression: Option<Sql>,
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let name = row.ident()?;
    let letter = row.letter()?;
    let (relation_oid, domain_oid) = (row.oid()?, row.oid()?);
    let key = row.numbers()?;
    let (referenced_table, referenced) = (row.oid()?, row.numbers()?);
    let (on_update, on_delete, match_type) = (row.letter()?, row.letter()?, row.letter()?);
    let set_columns = row.numbers()?;
    let deferral = match (row.bool()?, row.bool()?) {
        (false, _) => Deferral::NotDeferrable,
        (true, false) => Deferral::Deferrable,
        (true, true) => Deferral::InitiallyDeferred,
    };
    let (validated, no_inherit, is_local) = (row.bool()?, row.bool()?, row.bool()?);
    let inherited = row.int()?;
    let (parent, index) = (row.oid()?, row.oid()?);
    let (enforced, period) = (row.bool()?, row.bool()?);
    let printed = Printed::take(row)?;
    if domain_oid != 0 {
        let expression = printed.plain().unwrap_or_default();
        domain::add_constraint(catalog, oid, domain_oid, name, expression, validated);
        return Ok(());
    }
    let Some(relation) = catalog.relation_of(relation_oid, &[table::KIND, kind::FOREIGN_TABLE]).cloned()
    else {
        return Ok(());
    };
    // A partition's share of its parent's constraint goes with the parent's. A unique constraint of a
    // partition stays an object: its name is its own, and it may have been there before it was attached.
    if parent != 0 && letter == 'f' {
        return Ok(());
    }
    let expression = printed.of(&relation, catalog, row)?;
    let raw = Raw {
        key,
        referenced_table,
        referenced,
        on_update,
        on_delete,
        match_type,
        set_columns,
        deferral,
        validated,
        no_inherit,
        is_local,
        inherited,
        index,
        enforced,
        period,
        expression,
    };
    let definition = match letter {
        'f' => foreign_key(&raw, &relation, catalog),
        'p' | 'u' => Some(key_constraint(letter, &raw, row, &relation, catalog)?),
        'c' => Some(check(&raw)),
        _ => Some(exclusion(&raw, &relation, catalog)),
    };
    let Some(definition) = definition else { return Ok(()) };
    let id = id(relation.name(), name);
    catalog.add(PG_CONSTRAINT, oid, Constraint { id, definition });
    match (raw.index, letter) {
        (0, _) => {}
        (index, 'f') => catalog.foreign_indexes.push((id, index)),
        (index, _) => catalog.address(PG_CLASS, index, id),
    }
    Ok(())
}

fn columns(relation: &Relation, numbers: &[i16]) -> Vec<Ident> {
    numbers.iter().map(|number| relation.column(*number)).collect()
}

fn validity(raw: &Raw) -> Validity {
    match (raw.enforced, raw.validated) {
        (false, _) => Validity::NotEnforced,
        (true, false) => Validity::NotValid,
        (true, true) => Validity::Valid,
    }
}

fn foreign_key(raw: &Raw, relation: &Relation, catalog: &Catalog) -> Option<ConstraintDefinition> {
    let referenced = catalog.relation(raw.referenced_table)?;
    Some(ConstraintDefinition::ForeignKey(ForeignKey {
        columns: columns(relation, &raw.key),
        table: referenced.id,
        referenced: columns(referenced, &raw.referenced),
        on_update: action(raw.on_update),
        on_delete: action(raw.on_delete),
        set_columns: columns(relation, &raw.set_columns),
        match_full: raw.match_type == 'f',
        period: raw.period,
        deferral: raw.deferral,
        validity: validity(raw),
    }))
}

fn action(letter: char) -> Action {
    match letter {
        'r' => Action::Restrict,
        'c' => Action::Cascade,
        'n' => Action::SetNull,
        'd' => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn key_constraint(
    letter: char,
    raw: &Raw,
    row: &mut Row<'_>,
    relation: &Relation,
    catalog: &Catalog,
) -> Result<ConstraintDefinition, Malformed> {
    let (all, keys): (Option<usize>, Option<usize>) = (row.optional_int()?, row.optional_int()?);
    let numbers: Vec<i16> = row.numbers()?;
    let nulls_not_distinct = row.optional()? == Some("t");
    let clustered = row.optional()? == Some("t");
    let replica_identity = row.optional()? == Some("t");
    let (all, keys) = (all.unwrap_or(numbers.len()), keys.unwrap_or(numbers.len()));
    let index = catalog.relation(raw.index);
    let key = Key {
        columns: columns(relation, numbers.get(..keys).unwrap_or(&numbers)),
        include: columns(relation, numbers.get(keys..all).unwrap_or(&[])),
        nulls_not_distinct,
        without_overlaps: raw.period,
        deferral: raw.deferral,
        options: index.map(|index| clause::options(&index.options)).unwrap_or_default(),
        tablespace: index.map(|index| index.tablespace).filter(|space| !space.is_empty()),
        clustered,
        replica_identity,
        attached_to: catalog.index_parents.get(&raw.index).copied(),
    };
    Ok(if letter == 'p' { ConstraintDefinition::PrimaryKey(key) } else { ConstraintDefinition::Unique(key) })
}

fn check(raw: &Raw) -> ConstraintDefinition {
    ConstraintDefinition::Check(Check {
        expression: raw.expression.clone().unwrap_or_default(),
        no_inherit: raw.no_inherit,
        validity: validity(raw),
        inherited: !raw.is_local && raw.inherited > 0,
    })
}

fn exclusion(raw: &Raw, relation: &Relation, catalog: &Catalog) -> ConstraintDefinition {
    let definition = raw.expression.clone().unwrap_or_default();
    let columns = columns(relation, &raw.key).into_iter().filter(|name| !name.is_empty()).collect();
    let attached_to = catalog.index_parents.get(&raw.index).copied();
    ConstraintDefinition::Exclusion(Exclusion { definition, columns, attached_to })
}
