//! Tables and schemas of publications: each is attached to what is published, and goes with it.

use limbeck_schema::{Id, Kind, Parts};
use limbeck_sql::{Ident, Sql, Statement, sql};

use super::id;
use crate::catalog::class::{PG_NAMESPACE, PG_PUBLICATION_NAMESPACE, PG_PUBLICATION_REL};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Visitor, clause, kind};

/// A table of a publication.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct PublishedTable {
    /// Its id, attached to the table; the publication is what tells it from others.
    pub id: Id,
    /// The columns that are published, sorted by name; empty for all.
    pub columns: Vec<Ident>,
    /// Which rows are published.
    pub filter: Option<Sql>,
}

impl PublishedTable {
    fn add(&self) -> Statement {
        let mut text = sql!("ALTER PUBLICATION {} ADD TABLE ONLY {}", self.id.sub, self.id.qualified());
        if !self.columns.is_empty() {
            text.push(&sql!(" ({})", clause::columns(&self.columns)));
        }
        if let Some(filter) = &self.filter {
            text.push(&sql!(" WHERE {}", clause::parenthesised(filter)));
        }
        Statement::new(text)
    }

    fn remove(&self) -> Statement {
        let table = self.id.qualified();
        Statement::new(sql!("ALTER PUBLICATION {} DROP TABLE ONLY {}", self.id.sub, table))
    }
}

fn visit_publication(this: &mut Id, visitor: &mut dyn Visitor) {
    visitor.id(this);
    let mut publication = id(this.sub);
    visitor.id(&mut publication);
    *this = Parts { sub: publication.name, ..**this }.id();
}

/// Whether the publication and what is published both stay.
fn stays(this: &Id, context: &Context<'_>) -> bool {
    context.to.contains(&id(this.sub)) && this.target().is_some_and(|target| context.to.contains(&target))
}

impl Definition for PublishedTable {
    const KIND: Kind = kind::PUBLICATION_TABLE;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, columns, filter } = self;
        let table = id.qualified();
        visit_publication(id, visitor);
        columns.iter_mut().for_each(|column| visitor.column(table, column));
        columns.sort();
        if let Some(filter) = filter {
            visitor.expression(Some(table), filter);
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![self.add()]
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if stays(&self.id, context) { vec![self.remove()] } else { Vec::new() }
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let mut details = Vec::new();
        if self.columns != to.columns {
            let list = |columns: &[Ident]| clause::columns(columns);
            details.push(clause::change("columns", list(&self.columns), list(&to.columns)));
        }
        if self.filter != to.filter {
            let text = |filter: &Option<Sql>| filter.clone().unwrap_or_default();
            details.push(clause::change("where", text(&self.filter), text(&to.filter)));
        }
        Alter::in_place(details, vec![self.remove(), to.add()])
    }
}

/// A schema whose tables a publication publishes.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct PublishedSchema {
    /// Its id, attached to the schema; the publication is what tells it from others.
    pub id: Id,
}

impl PublishedSchema {
    fn statement(&self, verb: Sql) -> Vec<Statement> {
        let (publication, schema) = (self.id.sub, self.id.name);
        vec![Statement::new(sql!("ALTER PUBLICATION {} {} TABLES IN SCHEMA {}", publication, verb, schema))]
    }
}

impl Definition for PublishedSchema {
    const KIND: Kind = kind::PUBLICATION_SCHEMA;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id } = self;
        visit_publication(id, visitor);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.statement(sql!("ADD"))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if stays(&self.id, context) { self.statement(sql!("DROP")) } else { Vec::new() }
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::in_place(Vec::new(), Vec::new())
    }
}

pub(crate) fn decode_table(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let publication = row.ident()?;
    let relation_oid = row.oid()?;
    let numbers: Vec<i16> = row.numbers()?;
    let filter = row.sql()?;
    let Some(relation) = catalog.relation(relation_oid) else { return Ok(()) };
    let mut columns: Vec<Ident> = numbers.into_iter().map(|number| relation.column(number)).collect();
    columns.sort();
    let id = Id::attached(PublishedTable::KIND, relation.id, publication);
    catalog.add(PG_PUBLICATION_REL, oid, PublishedTable { id, columns, filter });
    Ok(())
}

pub(crate) fn decode_schema(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let publication = row.ident()?;
    let schema = row.oid()?;
    let Some(schema) = catalog.id_of(PG_NAMESPACE, schema) else { return Ok(()) };
    let id = Id::attached(PublishedSchema::KIND, schema, publication);
    catalog.add(PG_PUBLICATION_NAMESPACE, oid, PublishedSchema { id });
    Ok(())
}
