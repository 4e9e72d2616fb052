//! Extended statistics.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, LockMode, Sql, Statement, Work, list, sql};

use crate::catalog::class::PG_STATISTIC_EXT;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause};

/// The kind `statistics`.
pub const KIND: Kind = crate::kind::STATISTICS;

/// A statistics object.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Statistics {
    /// Its id.
    pub id: Id,
    /// The table (or materialized view, or foreign table) that it describes.
    pub on: Id,
    /// What is gathered over several columns: `ndistinct`, `dependencies`, `mcv`.
    pub forms: Vec<Form>,
    /// The columns, in order of their names.
    pub columns: Vec<Ident>,
    /// The expressions (PostgreSQL 14).
    pub expressions: Vec<Sql>,
    /// Its own target, where one is set.
    pub target: Option<i32>,
}

/// What is gathered over several columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Form {
    Ndistinct,
    Dependencies,
    Mcv,
}

impl Form {
    /// All forms, which are the default.
    pub const ALL: [Self; 3] = [Self::Ndistinct, Self::Dependencies, Self::Mcv];

    /// The key word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ndistinct => "ndistinct",
            Self::Dependencies => "dependencies",
            Self::Mcv => "mcv",
        }
    }
}

impl Statistics {
    fn locked(&self, sql: Sql) -> Statement {
        Statement::new(sql).locking(self.on.qualified(), LockMode::ShareUpdateExclusive, Work::Catalog)
    }

    fn keys(&self) -> Sql {
        let columns = self.columns.iter().map(|column| sql!("{}", column));
        list(columns.chain(self.expressions.iter().map(clause::parenthesised)))
    }

    fn forms(&self) -> Sql {
        list(self.forms.iter().map(|form| Sql::from_trusted(form.word())))
    }

    fn set_target(&self) -> Statement {
        let text =
            sql!("ALTER STATISTICS {} SET STATISTICS {}", self.id.qualified(), self.target.unwrap_or(-1));
        self.locked(text)
    }
}

impl Definition for Statistics {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, on, forms: _, columns, expressions, target: _ } = self;
        visitor.id(id);
        let relation = on.qualified();
        visitor.id(on);
        columns.iter_mut().for_each(|column| visitor.column(relation, column));
        expressions.iter_mut().for_each(|expression| visitor.expression(Some(relation), expression));
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        // All forms are the default; of a single expression there are none.
        let all = Form::ALL.iter().all(|form| self.forms.contains(form));
        let forms = if all || self.forms.is_empty() { sql!("") } else { sql!(" ({})", self.forms()) };
        let (name, table) = (self.id.qualified(), self.on.qualified());
        let mut statements =
            vec![self.locked(sql!("CREATE STATISTICS {}{} ON {} FROM {}", name, forms, self.keys(), table))];
        if self.target.is_some() {
            statements.push(self.set_target());
        }
        statements
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // It goes with its table, but not before another one takes its name.
        if !context.to.contains(&self.on) && !context.to.contains(&self.id) {
            return Vec::new();
        }
        vec![self.locked(sql!("DROP STATISTICS {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, on, forms, columns, expressions, target } = to;
        let mut details = Vec::new();
        if self.on != *on {
            details.push(clause::change("table", self.on, on));
        }
        if self.forms != *forms {
            details.push(clause::change("forms", self.forms(), to.forms()));
        }
        if self.columns != *columns || self.expressions != *expressions {
            details.push(clause::change("columns", self.keys(), to.keys()));
        }
        if !details.is_empty() {
            return Alter::replace(details);
        }
        let word = |target: Option<i32>| target.map_or("default".to_owned(), |target| target.to_string());
        details.push(clause::change("target", word(self.target), word(*target)));
        Alter::in_place(details, vec![to.set_target()])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let relation = row.oid()?;
    let letters = row.texts()?;
    let target = Some(row.int::<i32>()?).filter(|target| *target >= 0);
    let keys: Vec<i16> = row.numbers()?;
    let expressions = row.texts()?.into_iter().map(Sql::from_trusted).collect();
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_STATISTIC_EXT, oid))
    else {
        return Ok(());
    };
    let Some(relation) = catalog.relation(relation) else { return Ok(()) };
    let has = |letter: &str| letters.iter().any(|other| other == letter);
    let forms = [("d", Form::Ndistinct), ("f", Form::Dependencies), ("m", Form::Mcv)]
        .into_iter()
        .filter(|(letter, _)| has(letter))
        .map(|(_, form)| form)
        .collect();
    // The server sorts columns by their place in the table, which is no property of the statistics.
    let mut columns: Vec<Ident> = keys.iter().map(|number| relation.column(*number)).collect();
    columns.sort();
    let id = Id::inside(KIND, schema, name);
    let on = relation.id;
    catalog.add(PG_STATISTIC_EXT, oid, Statistics { id, on, forms, columns, expressions, target });
    Ok(())
}
