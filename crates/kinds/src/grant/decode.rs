//! Rows of access control lists.

use limbeck_schema::{Id, Incidental};
use limbeck_sql::Ident;

use super::{Grant, Grantee, Privileges, id};
use crate::catalog::class::{PG_CLASS, PG_TYPE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{column, kind, sequence};

/// `SELECT`, or `SELECT*` with the grant option; both where it was granted twice.
pub(crate) fn privileges(words: Vec<String>) -> Privileges {
    let mut held = Privileges::new();
    for word in words {
        let name = word.trim_end_matches('*');
        *held.entry(Ident::new(name)).or_default() |= word.ends_with('*');
    }
    held
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid, number) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let name = row.ident()?;
    let is_owner = row.bool()?;
    let held = privileges(row.texts()?);
    let default = row.texts()?.iter().map(|word| Ident::new(word)).collect();
    let sequence = row.optional()?.map(Ident::new);
    if catalog.is_member(class, oid) {
        return Ok(());
    }
    let Some(mut target) = catalog.id_of(class, oid) else { return Ok(()) };
    let mut identity = None;
    if class == PG_CLASS && number > 0 {
        let Some(relation) = catalog.relation(oid) else { return Ok(()) };
        target = column::id(relation.name(), relation.column(number));
    } else if let Some(name) = sequence
        && target.kind == column::KIND
    {
        identity = Some(target);
        target = sequence::id(target.schema, name);
    } else if class == PG_TYPE && !is_type(&target) {
        return Ok(());
    }
    let grantee = if is_owner { Grantee::Owner(Incidental(name)) } else { Grantee::named(name) };
    let id = id(target, grantee.sub());
    catalog.add_leaf(Grant { id, grantee, held, default, identity });
    Ok(())
}

fn is_type(id: &Id) -> bool {
    [kind::ENUM, kind::DOMAIN, kind::COMPOSITE_TYPE, kind::RANGE_TYPE, kind::BASE_TYPE, kind::SHELL_TYPE]
        .contains(&id.kind)
}
