//! Aggregates.
//!
//! `pg_get_functiondef` refuses them, so CREATE AGGREGATE is written from `pg_aggregate`, as `pg_dump` does it.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Literal, Sql, Statement, sql};

use crate::catalog::class::PG_PROC;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, routine};

/// The kind `aggregate`.
pub const KIND: Kind = crate::kind::AGGREGATE;

/// An aggregate.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Aggregate {
    /// Its id; the name holds the types of its arguments: `total(integer)`, `total(*)`.
    pub id: Id,
    /// Its arguments as they stand in CREATE: `*`, `integer`, `integer ORDER BY text`.
    pub arguments: Sql,
    /// What it returns.
    pub result: Sql,
    /// `aggkind`: n, o (ordered-set), h (hypothetical-set).
    pub form: char,
    /// `SFUNC = s.f` and so on, in the order of the manual.
    pub clauses: Vec<Sql>,
}

impl Aggregate {
    fn definition(&self) -> Sql {
        let lines: Vec<String> = self.clauses.iter().map(|clause| format!("    {clause}")).collect();
        let lines = Sql::from_trusted(lines.join(",\n"));
        sql!("AGGREGATE {}({}) (\n{}\n)", routine::called(&self.id), self.arguments, lines)
    }
}

impl Definition for Aggregate {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, arguments, result, form: _, clauses } = self;
        visitor.id(id);
        visitor.expression(None, arguments);
        visitor.expression(None, result);
        clauses.iter_mut().for_each(|clause| visitor.expression(None, clause));
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE {}", self.definition()))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![routine::drop(&self.id)]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, arguments, result, form, clauses } = to;
        let mut details = Vec::new();
        if self.arguments != *arguments {
            details.push(clause::change("arguments", &self.arguments, arguments));
        }
        if self.result != *result {
            details.push(clause::change("result", &self.result, result));
        }
        let gone = self.clauses.iter().filter(|clause| !clauses.contains(clause));
        details.extend(gone.map(|clause| format!("without {clause}")));
        let new = clauses.iter().filter(|clause| !self.clauses.contains(clause));
        details.extend(new.map(|clause| format!("with {clause}")));
        // CREATE OR REPLACE keeps arguments, result and form (`AggregateCreate` in pg_aggregate.c).
        if self.arguments != *arguments || self.result != *result || self.form != *form {
            return Alter::replace(details);
        }
        Alter::in_place(details, vec![Statement::new(sql!("CREATE OR REPLACE {}", to.definition()))])
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let all_or = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
    let types = all_or(row.text()?);
    let arguments = all_or(row.text()?);
    let result = row.sql()?.unwrap_or_default();
    let form = row.letter()?;
    let clauses = clauses(row, form)?;
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_PROC, oid)) else {
        return Ok(());
    };
    let id = Id::inside(KIND, schema, routine::identity(name, &format!("({types})")));
    let arguments = Sql::from_trusted(arguments);
    catalog.add(PG_PROC, oid, Aggregate { id, arguments, result, form, clauses });
    Ok(())
}

/// The clauses, those left out that say what holds anyway.
fn clauses(row: &mut Row<'_>, form: char) -> Result<Vec<Sql>, Malformed> {
    let parallel = row.letter()?;
    let mut clauses = Vec::new();
    function(row, &mut clauses, "SFUNC")?;
    clauses.push(sql!("STYPE = {}", row.sql()?.unwrap_or_default()));
    size(row, &mut clauses, "SSPACE")?;
    function(row, &mut clauses, "FINALFUNC")?;
    extra(row, &mut clauses, "FINALFUNC_EXTRA")?;
    modify(row, &mut clauses, "FINALFUNC_MODIFY", form)?;
    function(row, &mut clauses, "COMBINEFUNC")?;
    function(row, &mut clauses, "SERIALFUNC")?;
    function(row, &mut clauses, "DESERIALFUNC")?;
    start(row, &mut clauses, "INITCOND")?;
    function(row, &mut clauses, "MSFUNC")?;
    function(row, &mut clauses, "MINVFUNC")?;
    if let Some(state) = row.sql()? {
        clauses.push(sql!("MSTYPE = {}", state));
    }
    size(row, &mut clauses, "MSSPACE")?;
    function(row, &mut clauses, "MFINALFUNC")?;
    extra(row, &mut clauses, "MFINALFUNC_EXTRA")?;
    modify(row, &mut clauses, "MFINALFUNC_MODIFY", form)?;
    start(row, &mut clauses, "MINITCOND")?;
    if let Some(operator) = row.sql()? {
        clauses.push(sql!("SORTOP = {}", operator));
    }
    match parallel {
        's' => clauses.push(sql!("PARALLEL = SAFE")),
        'r' => clauses.push(sql!("PARALLEL = RESTRICTED")),
        _ => {}
    }
    if form == 'h' {
        clauses.push(sql!("HYPOTHETICAL"));
    }
    Ok(clauses)
}

fn word(name: &str) -> Sql {
    Sql::from_trusted(name)
}

fn function(row: &mut Row<'_>, clauses: &mut Vec<Sql>, name: &str) -> Result<(), Malformed> {
    let function = row.text()?;
    if function != "-" {
        clauses.push(sql!("{} = {}", word(name), Sql::from_trusted(function)));
    }
    Ok(())
}

fn size(row: &mut Row<'_>, clauses: &mut Vec<Sql>, name: &str) -> Result<(), Malformed> {
    let size: i32 = row.int()?;
    if size != 0 {
        clauses.push(sql!("{} = {}", word(name), size));
    }
    Ok(())
}

fn extra(row: &mut Row<'_>, clauses: &mut Vec<Sql>, name: &str) -> Result<(), Malformed> {
    if row.bool()? {
        clauses.push(word(name));
    }
    Ok(())
}

/// Final functions leave the state alone, but those of ordered sets may write it (manual, CREATE AGGREGATE).
fn modify(row: &mut Row<'_>, clauses: &mut Vec<Sql>, name: &str, form: char) -> Result<(), Malformed> {
    let default = if form == 'n' { 'r' } else { 'w' };
    let letter = row.letter()?;
    if letter != default {
        let value = match letter {
            'r' => "READ_ONLY",
            's' => "SHAREABLE",
            _ => "READ_WRITE",
        };
        clauses.push(sql!("{} = {}", word(name), word(value)));
    }
    Ok(())
}

fn start(row: &mut Row<'_>, clauses: &mut Vec<Sql>, name: &str) -> Result<(), Malformed> {
    if let Some(value) = row.optional()? {
        clauses.push(sql!("{} = {}", word(name), Literal::new(value)));
    }
    Ok(())
}
