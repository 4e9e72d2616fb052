//! Transforms between types and languages.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::class::PG_TRANSFORM;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, TypeName, Visitor, language};

/// The kind `transform`.
pub const KIND: Kind = crate::kind::TRANSFORM;

/// The id of the transform of a type for a language: `FOR s.t LANGUAGE l`.
pub fn id(ty: &TypeName, language: Ident) -> Id {
    Id::global(KIND, sql!("FOR {} LANGUAGE {}", ty, language).as_str())
}

/// A transform.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Transform {
    /// Its id.
    pub id: Id,
    /// The type.
    pub ty: TypeName,
    /// The language.
    pub language: Ident,
    /// The function that hands values to the language.
    pub from_sql: Option<Sql>,
    /// The function that takes values from the language.
    pub to_sql: Option<Sql>,
}

impl Definition for Transform {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, ty, language, from_sql, to_sql } = self;
        ty.visit(visitor);
        let mut of = language::id(*language);
        visitor.id(&mut of);
        *language = of.name;
        *id = self::id(ty, *language);
        visitor.id(id);
        for function in from_sql.iter_mut().chain(to_sql) {
            visitor.expression(None, function);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let from = self.from_sql.as_ref().map(|function| sql!("FROM SQL WITH FUNCTION {}", function));
        let to = self.to_sql.as_ref().map(|function| sql!("TO SQL WITH FUNCTION {}", function));
        let functions = limbeck_sql::list(from.into_iter().chain(to));
        let text = sql!("CREATE TRANSFORM FOR {} LANGUAGE {} ({})", self.ty, self.language, functions);
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TRANSFORM FOR {} LANGUAGE {}", self.ty, self.language))]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let replace = |statement: Statement| Statement {
            sql: Sql::from_trusted(statement.sql.as_str().replacen("CREATE", "CREATE OR REPLACE", 1)),
            ..statement
        };
        let statements = to.create(context).into_iter().map(replace).collect();
        Alter::in_place(vec!["functions".to_owned()], statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let type_oid = row.oid()?;
    let ty = catalog.type_name(type_oid, row.text()?);
    let language = row.ident()?;
    let (from_sql, to_sql) = (row.sql()?, row.sql()?);
    if !catalog.is_member(PG_TRANSFORM, oid) {
        let id = id(&ty, language);
        catalog.add(PG_TRANSFORM, oid, Transform { id, ty, language, from_sql, to_sql });
    }
    Ok(())
}
