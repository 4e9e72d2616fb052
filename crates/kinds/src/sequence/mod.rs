//! Sequences, and the columns that own them.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Name, Sql, Statement, sql};

use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Object, Visitor, clause, column, kind, table};

/// The kind `sequence`.
pub const KIND: Kind = kind::SEQUENCE;

/// The kind of the ownership of a sequence by a column, which changes alone.
pub const OWNER_KIND: Kind = kind::SEQUENCE_OWNER;

/// The id of the sequence of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// The first version whose sequences may be unlogged (PostgreSQL 15).
pub const UNLOGGED: i32 = 150_000;

/// A sequence. Its current value is state, not schema, and is never compared or changed.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Sequence {
    /// Its id.
    pub id: Id,
    /// It is not written to the write-ahead log (PostgreSQL 15 and later).
    pub unlogged: bool,
    /// Everything else.
    pub options: SequenceOptions,
}

/// What may be said of a sequence, an identity column's included.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct SequenceOptions {
    /// `smallint`, `integer` or `bigint`.
    pub ty: Sql,
    /// The first value.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The lowest value.
    pub min: i64,
    /// The highest value.
    pub max: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// It starts again at the end.
    pub cycle: bool,
}

impl SequenceOptions {
    /// What `CREATE SEQUENCE … AS ty` makes without further words (manual, CREATE SEQUENCE).
    pub fn of_type(ty: &str) -> Self {
        Self {
            ty: Sql::from_trusted(ty),
            start: 1,
            increment: 1,
            min: 1,
            max: largest(ty),
            cache: 1,
            cycle: false,
        }
    }

    /// The options with the bounds and the start that the server chooses for this type and increment, where
    /// they are not given.
    pub fn with_defaults(
        ty: &str,
        increment: i64,
        min: Option<i64>,
        max: Option<i64>,
        start: Option<i64>,
    ) -> Self {
        let descending = increment < 0;
        let max = max.unwrap_or(if descending { -1 } else { largest(ty) });
        let min = min.unwrap_or(if descending { smallest(ty) } else { 1 });
        let start = start.unwrap_or(if descending { max } else { min });
        Self { start, increment, min, max, ..Self::of_type(ty) }
    }

    /// The clauses that differ from `base`, in the manual's order.
    fn clauses(&self, base: &Self) -> Vec<Sql> {
        let Self { ty: _, start, increment, min, max, cache, cycle } = self;
        let mut clauses = Vec::new();
        if *increment != base.increment {
            clauses.push(sql!("INCREMENT BY {}", increment));
        }
        if *min != base.min {
            clauses.push(sql!("MINVALUE {}", min));
        }
        if *max != base.max {
            clauses.push(sql!("MAXVALUE {}", max));
        }
        if *start != base.start {
            clauses.push(sql!("START WITH {}", start));
        }
        if *cache != base.cache {
            clauses.push(sql!("CACHE {}", cache));
        }
        if *cycle != base.cycle {
            clauses.push(if *cycle { sql!("CYCLE") } else { sql!("NO CYCLE") });
        }
        clauses
    }

    /// The clauses that a new sequence of this type needs.
    pub fn creation(&self) -> Vec<Sql> {
        let ty = self.ty.as_str();
        let bounds = Self::with_defaults(ty, self.increment, None, None, None);
        let start = Self::with_defaults(ty, self.increment, Some(self.min), Some(self.max), None).start;
        self.clauses(&Self { increment: 1, start, ..bounds })
    }

    /// The differences in words.
    pub fn describe(&self, to: &Self) -> Vec<String> {
        let mut details = Vec::new();
        if self.ty != to.ty {
            details.push(clause::change("type", &self.ty, &to.ty));
        }
        let pairs = [
            ("start", self.start, to.start),
            ("increment", self.increment, to.increment),
            ("minimum", self.min, to.min),
            ("maximum", self.max, to.max),
            ("cache", self.cache, to.cache),
        ];
        details.extend(
            pairs
                .into_iter()
                .filter(|(_, from, to)| from != to)
                .map(|(what, from, to)| clause::change(what, from, to)),
        );
        if self.cycle != to.cycle {
            details.push(clause::change("cycle", self.cycle, to.cycle));
        }
        details
    }

    /// The clauses of `ALTER SEQUENCE`, the type's first. A change of type moves bounds that were the old
    /// type's own, so they are compared with what the server then has.
    pub fn alteration(&self, to: &Self) -> Vec<Sql> {
        let mut clauses = Vec::new();
        let mut base = self.clone();
        if self.ty != to.ty {
            clauses.push(sql!("AS {}", to.ty));
            if self.max == largest(self.ty.as_str()) {
                base.max = largest(to.ty.as_str());
            }
            if self.min == smallest(self.ty.as_str()) {
                base.min = smallest(to.ty.as_str());
            }
        }
        clauses.extend(to.clauses(&base));
        clauses
    }
}

/// The statements that give a sequence other options; none where they are the same.
pub(crate) fn alter_options(sequence: Name, from: &SequenceOptions, to: &SequenceOptions) -> Vec<Statement> {
    let mut clauses = from.alteration(to);
    if clauses.is_empty() {
        return Vec::new();
    }
    if from.min.max(to.min) > from.max.min(to.max) {
        // No value of the old bounds lies in the new ones.
        clauses.push(sql!("RESTART WITH {}", to.start));
    }
    let altered = Statement::new(sql!("ALTER SEQUENCE {}{}", sequence, spaced(&clauses)));
    fit(sequence, from, to).into_iter().chain([altered]).collect()
}

/// Moves the value of a sequence into its new bounds, where it lies outside: the server refuses them otherwise.
fn fit(sequence: Name, from: &SequenceOptions, to: &SequenceOptions) -> Option<Statement> {
    let (low, high) = (from.min.max(to.min), from.max.min(to.max));
    if to.min <= from.min && to.max >= from.max || low > high {
        return None;
    }
    let start = to.start.clamp(low, high);
    let name = limbeck_sql::Literal::new(sequence.to_string());
    Some(Statement::new(sql!(
        "SELECT pg_catalog.setval({}::regclass, {}, false) FROM {} WHERE last_value NOT BETWEEN {} AND {}",
        name,
        start,
        sequence,
        low,
        high
    )))
}

fn largest(ty: &str) -> i64 {
    match ty {
        "smallint" => i64::from(i16::MAX),
        "integer" => i64::from(i32::MAX),
        _ => i64::MAX,
    }
}

fn smallest(ty: &str) -> i64 {
    match ty {
        "smallint" => i64::from(i16::MIN),
        "integer" => i64::from(i32::MIN),
        _ => i64::MIN,
    }
}

/// Clauses one behind the other, each with a space before it.
pub(crate) fn spaced(clauses: &[Sql]) -> Sql {
    Sql::from_trusted(clauses.iter().map(|clause| format!(" {clause}")).collect::<String>())
}

impl Definition for Sequence {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, unlogged: _, options: _ } = self;
        visitor.id(id);
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let unlogged =
            if self.unlogged && context.version >= UNLOGGED { sql!("UNLOGGED ") } else { sql!("") };
        let ty =
            if self.options.ty.as_str() == "bigint" { sql!("") } else { sql!(" AS {}", self.options.ty) };
        let clauses = spaced(&self.options.creation());
        vec![Statement::new(sql!("CREATE {}SEQUENCE {}{}{}", unlogged, self.id.qualified(), ty, clauses))]
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if owner_is_dropped(&self.id, context) {
            return Vec::new();
        }
        let statement = Statement::new(sql!("DROP SEQUENCE {}", self.id.qualified()));
        if is_succeeded(&self.id, context) {
            return vec![statement];
        }
        vec![statement.hazard(HazardKind::DataLoss, format!("the value of sequence {}", self.id))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, unlogged, options } = to;
        let mut details = self.options.describe(options);
        let mut statements = Vec::new();
        statements.extend(alter_options(id.qualified(), &self.options, options));
        if self.unlogged != *unlogged {
            details.push(clause::change("unlogged", self.unlogged, unlogged));
            let word = if *unlogged { sql!("UNLOGGED") } else { sql!("LOGGED") };
            statements.push(Statement::new(sql!("ALTER SEQUENCE {} SET {}", id.qualified(), word)));
        }
        Alter::in_place(details, statements)
    }
}

/// The sequence that a column owns.
pub fn owned_by(schema: &crate::Schema, column: &Id) -> Option<Id> {
    let first = Id::global(OWNER_KIND, "");
    let owners = schema.range(first..).take_while(|(id, _)| id.kind == OWNER_KIND);
    owners
        .filter_map(|(id, object)| match object {
            Object::SequenceOwner(owner) if column::id(owner.table.qualified(), owner.column) == *column => {
                id.target()
            }
            _ => None,
        })
        .next()
}

/// Another sequence takes over the value: the column that owns it gets its numbers from there.
fn is_succeeded(sequence: &Id, context: &Context<'_>) -> bool {
    let Some(Object::SequenceOwner(owner)) = context.from.get(&Id::attached(OWNER_KIND, *sequence, ""))
    else {
        return false;
    };
    let column = column::id(owner.table.qualified(), owner.column);
    matches!(
        context.to.get(&column),
        Some(Object::Column(column::Column { value: column::Value::Identity(_), .. }))
    )
}

/// The server drops a sequence with the column (or the table) that owns it.
fn owner_is_dropped(sequence: &Id, context: &Context<'_>) -> bool {
    let owner = Id::attached(OWNER_KIND, *sequence, "");
    match context.from.get(&owner) {
        Some(Object::SequenceOwner(owner)) => {
            !context.to.contains(&column::id(owner.table.qualified(), owner.column))
        }
        _ => false,
    }
}

/// The column that owns a sequence (`OWNED BY`).
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct SequenceOwner {
    /// Its id, attached to the sequence.
    pub id: Id,
    /// The table of the owning column.
    pub table: Id,
    /// The owning column.
    pub column: Ident,
}

impl SequenceOwner {
    /// The ownership of this sequence by that column.
    pub fn new(sequence: Id, table: Id, column: Ident) -> Self {
        Self { id: Id::attached(OWNER_KIND, sequence, ""), table, column }
    }

    fn set(&self, owner: Sql) -> Vec<Statement> {
        vec![Statement::new(sql!("ALTER SEQUENCE {} OWNED BY {}", self.id.qualified(), owner))]
    }
}

impl Definition for SequenceOwner {
    const KIND: Kind = OWNER_KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, table, column } = self;
        visitor.id(id);
        visitor.id(table);
        visitor.column(table.qualified(), column);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(sql!("{}.{}", self.table.qualified(), self.column))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let sequence = self.id.target();
        if sequence.is_some_and(|sequence| !context.to.contains(&sequence)) {
            return Vec::new();
        }
        self.set(sql!("NONE"))
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let name = |owner: &Self| format!("{}.{}", owner.table, owner.column);
        Alter::in_place(vec![clause::change("owner", name(self), name(to))], to.create(context))
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let unlogged = row.letter()? == 'u';
    let options = SequenceOptions {
        ty: row.sql()?.unwrap_or_default(),
        start: row.int()?,
        increment: row.int()?,
        min: row.int()?,
        max: row.int()?,
        cache: row.int()?,
        cycle: row.bool()?,
    };
    let owner: Option<u32> = row.optional_int()?;
    let owner_column: Option<i16> = row.optional_int()?;
    let internal = row.optional()? == Some("i");
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_CLASS, oid)) else {
        return Ok(());
    };
    let id = id(schema, name);
    let owner = owner.zip(owner_column).and_then(|(oid, number)| {
        let table = catalog.relation_of(oid, &[table::KIND, kind::FOREIGN_TABLE])?;
        Some((table.id, table.column(number)))
    });
    match owner {
        Some((table, column)) if internal => {
            catalog.address(PG_CLASS, oid, column::id(table.qualified(), column));
            column::complete_identity(
                catalog,
                table.qualified(),
                column,
                Name { schema, name },
                unlogged,
                options,
            );
        }
        owner => {
            catalog.add(PG_CLASS, oid, Sequence { id, unlogged, options });
            if let Some((table, column)) = owner {
                catalog.add_leaf(SequenceOwner::new(id, table, column));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_types_own_defaults_is_written() {
        let text = |options: SequenceOptions| spaced(&options.creation()).to_string();
        assert_eq!(text(SequenceOptions::of_type("integer")), "");
        assert_eq!(text(SequenceOptions::with_defaults("bigint", -2, None, None, None)), " INCREMENT BY -2");
        assert_eq!(text(SequenceOptions { start: 5, ..SequenceOptions::of_type("bigint") }), " START WITH 5");
        let bounded = SequenceOptions::with_defaults("smallint", 1, Some(10), Some(20), None);
        assert_eq!(text(bounded), " MINVALUE 10 MAXVALUE 20");
    }

    #[test]
    fn a_new_type_moves_the_bounds_that_were_its_own() {
        let to = SequenceOptions::of_type("bigint");
        let clauses = SequenceOptions::of_type("integer").alteration(&to);
        assert_eq!(spaced(&clauses).as_str(), " AS bigint");
    }
}
