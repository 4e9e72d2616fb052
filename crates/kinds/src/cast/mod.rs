//! Casts.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Sql, Statement, sql};

use crate::catalog::class::PG_CAST;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, TypeName, Visitor};

/// The kind `cast`.
pub const KIND: Kind = crate::kind::CAST;

/// The id of the cast between two types: `(s.a AS s.b)`.
pub fn id(source: &TypeName, target: &TypeName) -> Id {
    Id::global(KIND, sql!("({} AS {})", source, target).as_str())
}

/// A cast.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Cast {
    /// Its id.
    pub id: Id,
    /// The type of the value.
    pub source: TypeName,
    /// The type that it becomes.
    pub target: TypeName,
    /// How.
    pub method: Method,
    /// When the server does it by itself.
    pub when: When,
}

/// How a cast is done.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Method {
    /// By this function.
    Function(Sql),
    /// By the types' text forms.
    InOut,
    /// The bytes are the same.
    Binary,
}

/// When a cast is done without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum When {
    Explicit,
    Assignment,
    Implicit,
}

impl Definition for Cast {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, source, target, method, when: _ } = self;
        source.visit(visitor);
        target.visit(visitor);
        *id = self::id(source, target);
        visitor.id(id);
        if let Method::Function(function) = method {
            visitor.expression(None, function);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let method = match &self.method {
            Method::Function(function) => sql!("WITH FUNCTION {}", function),
            Method::InOut => sql!("WITH INOUT"),
            Method::Binary => sql!("WITHOUT FUNCTION"),
        };
        let when = match self.when {
            When::Explicit => sql!(""),
            When::Assignment => sql!(" AS ASSIGNMENT"),
            When::Implicit => sql!(" AS IMPLICIT"),
        };
        let text = sql!("CREATE CAST ({} AS {}) {}{}", self.source, self.target, method, when);
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP CAST ({} AS {})", self.source, self.target))]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec!["definition".to_owned()])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let source_oid = row.oid()?;
    let source = catalog.type_name(source_oid, row.text()?);
    let target_oid = row.oid()?;
    let target = catalog.type_name(target_oid, row.text()?);
    let function = row.sql()?;
    let when = match row.letter()? {
        'a' => When::Assignment,
        'i' => When::Implicit,
        _ => When::Explicit,
    };
    let method = match (row.letter()?, function) {
        ('i', _) => Method::InOut,
        (_, Some(function)) => Method::Function(function),
        (_, None) => Method::Binary,
    };
    if !catalog.is_member(PG_CAST, oid) {
        catalog.add(PG_CAST, oid, Cast { id: id(&source, &target), source, target, method, when });
    }
    Ok(())
}
