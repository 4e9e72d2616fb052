//! Rows of access control lists.

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{Ident, Name};

use super::{Grant, Grantee, Holder, Privileges, id_by};
use crate::catalog::class::{PG_CLASS, PG_EXTENSION, PG_PROC, PG_TYPE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{column, kind, routine, sequence};

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
    let grantor = row.optional()?.map(Ident::new);
    let held = privileges(row.texts()?);
    let default = row.texts()?.iter().map(|word| Ident::new(word)).collect();
    let named = Named {
        letter: row.letter()?,
        schema: row.optional()?.map(Ident::new).unwrap_or_default(),
        name: row.ident()?,
        types: row.optional()?.unwrap_or_default(),
        column: row.optional()?.map(Ident::new),
    };
    let place = Incidental(row.optional_int()?.unwrap_or(0));
    let Some((target, holder)) = target(class, oid, number, &named, catalog) else { return Ok(()) };
    let grantee = if is_owner { Grantee::Owner(Incidental(name)) } else { Grantee::named(name) };
    let id = id_by(target, grantee.sub(), grantor);
    catalog.add_leaf(Grant { id, grantee, grantor, held, default, holder, place });
    Ok(())
}

/// What the row itself says of its object.
struct Named<'a> {
    /// `relkind`, `prokind`, or a letter of the query's own.
    letter: char,
    schema: Ident,
    name: Ident,
    types: &'a str,
    column: Option<Ident>,
}

impl Named<'_> {
    fn kind(&self) -> Kind {
        match self.letter {
            'r' | 'p' => kind::TABLE,
            'v' => kind::VIEW,
            'm' => kind::MATERIALIZED_VIEW,
            'S' => kind::SEQUENCE,
            'N' => kind::SCHEMA,
            'L' => kind::LANGUAGE,
            'W' => kind::FOREIGN_DATA_WRAPPER,
            'Z' => kind::SERVER,
            'T' => kind::BASE_TYPE,
            _ => kind::FOREIGN_TABLE,
        }
    }

    /// The object's id, as if it were one of ours.
    fn id(&self, class: u32) -> Id {
        if let Some(column) = self.column {
            return column::id(Name::new(self.schema, self.name), column);
        }
        if class == PG_PROC {
            let kind = match self.letter {
                'p' => kind::PROCEDURE,
                'a' => kind::AGGREGATE,
                _ => kind::FUNCTION,
            };
            let types = ["(", self.types, ")"].concat();
            return Id::inside(kind, self.schema, routine::identity(self.name, &types));
        }
        Id::inside(self.kind(), self.schema, self.name)
    }
}

/// What a row is about, and what holds that where it is no object.
fn target(class: u32, oid: u32, number: i16, named: &Named<'_>, catalog: &Catalog) -> Option<(Id, Holder)> {
    if let Some(extension) = catalog.extension_of(class, oid) {
        return Some((named.id(class), Holder::Other(catalog.id_of(PG_EXTENSION, extension)?)));
    }
    if oid < 16384 && named.name != "public" {
        return Some((named.id(class), Holder::System));
    }
    let target = catalog.id_of(class, oid)?;
    if class == PG_CLASS && number > 0 {
        let relation = catalog.relation(oid)?;
        return Some((column::id(relation.name(), relation.column(number)), Holder::None));
    }
    if class == PG_CLASS && named.letter == 'S' && target.kind == column::KIND {
        return Some((sequence::id(target.schema, named.name), Holder::Other(target)));
    }
    // What another object made has no privileges of its own.
    let own = match class {
        PG_TYPE => is_type(&target),
        PG_PROC => routine::is_routine(target.kind),
        _ => true,
    };
    own.then_some((target, Holder::None))
}

fn is_type(id: &Id) -> bool {
    [kind::ENUM, kind::DOMAIN, kind::COMPOSITE_TYPE, kind::RANGE_TYPE, kind::BASE_TYPE, kind::SHELL_TYPE]
        .contains(&id.kind)
}
