//! The names behind the oids that other rows hold.

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name};

use super::class::{PG_CLASS, PG_EXTENSION, PG_PROC, PG_TYPE};
use super::{Catalog, Malformed, Row};
use crate::{TypeName, base_type, column, composite, domain, enumeration, extension, kind, range, table};

/// A type of `pg_type`.
#[derive(Clone, Debug)]
pub struct TypeEntry {
    /// Its qualified name.
    pub name: Name,
    /// The object that brings it; `None` for a built-in type.
    pub brought_by: Option<Id>,
    /// The element type, of an array type.
    pub element: u32,
    /// `typstorage`: what a column's storage is unless it says otherwise.
    pub storage: char,
    /// `typcollation`: what a column's collation is unless it says otherwise.
    pub collation: u32,
    /// `typtype`: b, c, d, e, m, p, r.
    pub kind: char,
    /// The base type, of a domain.
    pub base: u32,
}

/// An operator class, as an index names it.
#[derive(Clone, Debug)]
pub(crate) struct OperatorClassEntry {
    pub(crate) name: Name,
    pub(crate) method: u32,
    pub(crate) input: u32,
    pub(crate) is_default: bool,
}

pub(super) fn decode_member(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let key = (row.oid()?, row.oid()?);
    let extension = row.oid()?;
    catalog.members.insert(key, extension);
    Ok(())
}

pub(super) fn decode_collation(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let schema = catalog.namespace(namespace).unwrap_or_else(|| Ident::new("pg_catalog"));
    let name = Name { schema, name };
    catalog.collations.insert(oid, (name, Id::inside(kind::COLLATION, schema, name.name)));
    Ok(())
}

pub(super) fn decode_type(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let kind = row.letter()?;
    let (element, relation, base) = (row.oid()?, row.oid()?, row.oid()?);
    let (storage, collation) = (row.letter()?, row.oid()?);
    let schema = catalog.namespace(namespace);
    let name = Name { schema: schema.unwrap_or_default(), name };
    let brought_by = if oid < 16384 {
        None
    } else if let Some(extension) =
        catalog.members.get(&(PG_TYPE, oid)).or(catalog.members.get(&(PG_CLASS, relation)))
    {
        catalog.id_of(PG_EXTENSION, *extension)
    } else {
        match kind {
            'e' => Some(enumeration::id(name.schema, name.name)),
            'd' => Some(domain::id(name.schema, name.name)),
            'r' | 'm' => Some(range::id(name.schema, name.name)),
            'c' => match catalog.relation(relation) {
                Some(relation) => Some(relation.id),
                None => Some(composite::id(name.schema, name.name)),
            },
            _ => Some(Id::inside(kind::BASE_TYPE, name.schema, name.name)),
        }
    };
    if let Some(id) = brought_by {
        catalog.address(PG_TYPE, oid, id);
    }
    catalog.types.insert(oid, TypeEntry { name, brought_by, element, storage, collation, kind, base });
    Ok(())
}

/// Rows of `pg_depend` that say more than the objects' own fields.
pub(super) fn decode_depend(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid, column) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let (need_class, need_oid, need_column) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let Some(id) = catalog.dependent(class, oid, column) else { return Ok(()) };
    let Some(mut need) = catalog.dependent(need_class, need_oid, need_column) else { return Ok(()) };
    // A base type needs its functions, which need no more of it than its name.
    if class == PG_PROC && catalog.support_functions.contains(&(oid, need)) {
        need = base_type::shell_id(need.qualified());
    }
    catalog.edge(id, need);
    Ok(())
}

impl Catalog {
    fn dependent(&self, class: u32, oid: u32, column: i16) -> Option<Id> {
        // Who needs an array type needs its elements.
        let oid = match self.types.get(&oid) {
            Some(array) if class == PG_TYPE && array.element != 0 => array.element,
            _ => oid,
        };
        if let Some(extension) = self.members.get(&(class, oid)) {
            return self.id_of(PG_EXTENSION, *extension);
        }
        let id = self.id_of(class, oid)?;
        if class == PG_CLASS && column > 0 {
            let relation = self.relation(oid)?;
            if [table::KIND, kind::FOREIGN_TABLE].contains(&relation.id.kind) {
                return Some(column::id(relation.name(), relation.column(column)));
            }
        }
        Some(id)
    }

    /// The type of that oid, in `format_type`'s words.
    pub(crate) fn type_name(&self, oid: u32, formatted: &str) -> TypeName {
        let Some(entry) = self.types.get(&oid) else { return TypeName::built_in(formatted) };
        let element = if entry.element != 0
            && entry.brought_by.is_none_or(|id| id.kind == kind::BASE_TYPE || id.kind == extension::KIND)
        {
            self.types.get(&entry.element).filter(|_| formatted.ends_with("[]")).unwrap_or(entry)
        } else {
            entry
        };
        match element.brought_by {
            None => TypeName::built_in(formatted),
            Some(id) => {
                let suffix = formatted.strip_prefix(&element.name.to_string()).unwrap_or("");
                TypeName::user(element.name, id, suffix)
            }
        }
    }

    /// The collation of that oid where it is not the one that the type has anyway.
    pub(crate) fn collation_unless(&self, oid: u32, default: u32) -> Option<(Name, Id)> {
        if oid == 0 || oid == default { None } else { self.collations.get(&oid).copied() }
    }
}
