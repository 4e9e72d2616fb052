//! Operators.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_OPERATOR;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `operator`.
pub const KIND: Kind = crate::kind::OPERATOR;

/// The id of an operator: its name holds its types, `+(integer, s.t)`.
pub fn id(schema: Ident, symbol: &Sql, left: Option<&Sql>, right: Option<&Sql>) -> Id {
    let none = sql!("NONE");
    let name = sql!("{}({}, {})", symbol, left.unwrap_or(&none), right.unwrap_or(&none));
    Id::inside(KIND, schema, name.as_str())
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Operator {
    /// Its id.
    pub id: Id,
    /// Its symbol.
    pub symbol: Sql,
    /// The type of its left operand.
    pub left: Option<Sql>,
    /// The type of its right operand.
    pub right: Option<Sql>,
    /// The function behind it.
    pub function: Sql,
    /// The operator with its operands exchanged.
    pub commutator: Option<Sql>,
    /// The operator that says the opposite.
    pub negator: Option<Sql>,
    /// The function that estimates a restriction.
    pub restrict: Option<Sql>,
    /// The function that estimates a join.
    pub join: Option<Sql>,
    /// It can support a merge join.
    pub merges: bool,
    /// It can support a hash join.
    pub hashes: bool,
}

impl Operator {
    fn clauses(&self) -> Vec<Sql> {
        let Self {
            id: _,
            symbol: _,
            left,
            right,
            function,
            commutator,
            negator,
            restrict,
            join,
            merges,
            hashes,
        } = self;
        let optional = [
            ("LEFTARG", left),
            ("RIGHTARG", right),
            ("COMMUTATOR", commutator),
            ("NEGATOR", negator),
            ("RESTRICT", restrict),
            ("JOIN", join),
        ];
        let mut clauses = vec![sql!("FUNCTION = {}", function)];
        clauses.extend(optional.into_iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| sql!("{} = {}", Sql::from_trusted(name), value))
        }));
        clauses.extend(merges.then(|| sql!("MERGES")));
        clauses.extend(hashes.then(|| sql!("HASHES")));
        clauses
    }
}

impl Definition for Operator {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            id,
            symbol,
            left,
            right,
            function,
            commutator,
            negator,
            restrict,
            join,
            merges: _,
            hashes: _,
        } = self;
        visitor.id(id);
        visitor.expression(None, function);
        for text in [&mut *left, &mut *right, commutator, negator, restrict, join].into_iter().flatten() {
            visitor.expression(None, text);
        }
        *id = self::id(id.schema, symbol, left.as_ref(), right.as_ref());
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let name = sql!("{}.{}", self.id.schema, self.symbol);
        vec![Statement::new(sql!("CREATE OPERATOR {} ({})", name, limbeck_sql::list(self.clauses())))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP OPERATOR {}", clause::signature(&self.id)))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let details = vec![clause::change(
            "definition",
            limbeck_sql::list(self.clauses()),
            limbeck_sql::list(to.clauses()),
        )];
        let estimated = Self { restrict: to.restrict.clone(), join: to.join.clone(), ..self.clone() };
        if estimated != *to {
            return Alter::replace(details);
        }
        let none = sql!("NONE");
        let mut changes = Vec::new();
        if self.restrict != to.restrict {
            changes.push(sql!("RESTRICT = {}", to.restrict.as_ref().unwrap_or(&none)));
        }
        if self.join != to.join {
            changes.push(sql!("JOIN = {}", to.join.as_ref().unwrap_or(&none)));
        }
        let text = sql!("ALTER OPERATOR {} SET ({})", clause::signature(&to.id), limbeck_sql::list(changes));
        Alter::in_place(details, vec![Statement::new(text)])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let symbol = row.sql()?.unwrap_or_default();
    let (left, right) = (row.sql()?, row.sql()?);
    let function = row.sql()?.unwrap_or_default();
    let (commutator, negator) = (row.sql()?, row.sql()?);
    let (restrict, join) = (row.sql()?, row.sql()?);
    let (merges, hashes) = (row.bool()?, row.bool()?);
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_OPERATOR, oid)) else {
        return Ok(());
    };
    let id = id(schema, &symbol, left.as_ref(), right.as_ref());
    let operator =
        Operator { id, symbol, left, right, function, commutator, negator, restrict, join, merges, hashes };
    catalog.add(PG_OPERATOR, oid, operator);
    Ok(())
}
