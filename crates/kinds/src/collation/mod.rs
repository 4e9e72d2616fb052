//! Collations.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_COLLATION;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `collation`.
pub const KIND: Kind = crate::kind::COLLATION;

/// The id of the collation of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A collation. Its version is the library's, and is not compared.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Collation {
    /// Its id.
    pub id: Id,
    /// `libc`, `icu` or `builtin`.
    pub provider: Ident,
    /// Equal texts are equal byte by byte.
    pub deterministic: bool,
    /// Where one locale says everything: that.
    pub locale: Option<String>,
    /// `LC_COLLATE`, where it is not the locale's.
    pub collate: Option<String>,
    /// `LC_CTYPE`, where it is not the locale's.
    pub ctype: Option<String>,
    /// Rules beyond the locale's (ICU, PostgreSQL 16).
    pub rules: Option<String>,
}

impl Collation {
    fn definition(&self) -> Sql {
        let mut clauses = vec![sql!("PROVIDER = {}", self.provider)];
        if !self.deterministic {
            clauses.push(sql!("DETERMINISTIC = false"));
        }
        let texts = [
            ("LOCALE", &self.locale),
            ("LC_COLLATE", &self.collate),
            ("LC_CTYPE", &self.ctype),
            ("RULES", &self.rules),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                clauses.push(sql!("{} = {}", Sql::from_trusted(name), Literal::new(text)));
            }
        }
        sql!("({})", limbeck_sql::list(clauses))
    }
}

impl Definition for Collation {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, provider: _, deterministic: _, locale: _, collate: _, ctype: _, rules: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE COLLATION {} {}", self.id.qualified(), self.definition()))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP COLLATION {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        Alter::replace(vec![clause::change("definition", self.definition(), to.definition())])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let provider = match row.letter()? {
        'i' => "icu",
        'b' => "builtin",
        _ => "libc",
    };
    let deterministic = row.bool()?;
    let (collate, ctype) = (row.optional()?, row.optional()?);
    let locale = row.optional()?;
    let rules = row.optional()?.map(str::to_owned);
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_COLLATION, oid)) else {
        return Ok(());
    };
    // Before version 15, ICU's locale stands in both of libc's columns.
    let locale = locale.or(collate.filter(|collate| Some(*collate) == ctype));
    let own = |text: Option<&str>| text.filter(|_| locale.is_none()).map(str::to_owned);
    let collation = Collation {
        id: id(schema, name),
        provider: Ident::new(provider),
        deterministic,
        locale: locale.map(str::to_owned),
        collate: own(collate),
        ctype: own(ctype),
        rules,
    };
    catalog.add(PG_COLLATION, oid, collation);
    Ok(())
}
