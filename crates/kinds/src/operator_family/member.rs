//! What an operator family or class consists of.

use limbeck_sql::{Sql, sql};

use crate::catalog::class::PG_AMOP;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Object, Visitor};

/// An operator or a function of an operator family or class.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Member {
    /// It is an operator, else a function.
    pub operator: bool,
    /// Its strategy or support number.
    pub number: i16,
    /// The type of the left operand.
    pub left: Sql,
    /// The type of the right operand.
    pub right: Sql,
    /// The operator or function, with its types.
    pub what: Sql,
    /// For an ordering operator: the family that its result is ordered by.
    pub sort_family: Option<Sql>,
}

impl Member {
    pub(crate) fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { operator: _, number: _, left, right, what, sort_family } = self;
        for text in [left, right, what].into_iter().chain(sort_family) {
            visitor.expression(None, text);
        }
    }

    /// `FUNCTION 1 (s.t, s.t)`: what tells it from others.
    pub(crate) fn place(&self) -> Sql {
        let word = if self.operator { sql!("OPERATOR") } else { sql!("FUNCTION") };
        sql!("{} {} ({}, {})", word, self.number, self.left, self.right)
    }

    /// `OPERATOR 1 s.<(s.t,s.t)`, as CREATE OPERATOR CLASS takes it.
    pub(crate) fn clause(&self) -> Sql {
        if !self.operator {
            return sql!("{} {}", self.place(), self.what);
        }
        let order = self.sort_family.as_ref().map(|name| sql!(" FOR ORDER BY {}", name)).unwrap_or_default();
        sql!("OPERATOR {} {}{}", self.number, self.what, order)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid) = (row.oid()?, row.oid()?);
    let (owner_class, owner) = (row.oid()?, row.oid()?);
    let number = row.int()?;
    let (left, right) = (row.sql()?.unwrap_or_default(), row.sql()?.unwrap_or_default());
    let what = row.sql()?.unwrap_or_default();
    let sort_family = row.sql()?;
    let Some(id) = catalog.id_of(owner_class, owner) else { return Ok(()) };
    let member = Member { operator: class == PG_AMOP, number, left, right, what, sort_family };
    match catalog.get_mut(&id) {
        Some(Object::OperatorFamily(family)) => family.members.push(member),
        Some(Object::OperatorClass(of_class)) => of_class.members.push(member),
        _ => return Ok(()),
    }
    // What it needs, its owner needs.
    catalog.address(class, oid, id);
    Ok(())
}
