//! Comments, on whatever they are.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Literal, Sql, Statement, sql};

use crate::catalog::class::PG_CLASS;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Schema, Visitor, clause, column, constraint, extension, view};

/// The kind `comment`.
pub const KIND: Kind = crate::kind::COMMENT;

/// The id of the comment on an object.
pub fn id(target: Id) -> Id {
    Id::attached(KIND, target, "")
}

/// What tells the comment on a constraint's index from the comment on the constraint.
const INDEX: &str = "index";

/// The comment that every database has on schema `public`; it is no object.
const STANDARD: &str = "standard public schema";

/// A comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Its id, attached to what it describes.
    pub id: Id,
    /// Its text.
    pub text: String,
}

impl Comment {
    /// A comment on an object.
    pub fn on(target: Id, text: impl Into<String>) -> Self {
        Self { id: id(target), text: text.into() }
    }

    fn set(&self, text: Sql) -> Vec<Statement> {
        let target = self.id.target().map(|target| match self.id.sub {
            sub if sub == INDEX => sql!("INDEX {}", target.qualified()),
            _ => clause::target(&target),
        });
        let target = target.unwrap_or_default();
        vec![Statement::new(sql!("COMMENT ON {} IS {}", target, text))]
    }
}

impl Definition for Comment {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, text: _ } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(sql!("{}", Literal::new(&self.text)))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // A comment goes with its object.
        if self
            .id
            .target()
            .is_some_and(|target| !context.to.contains(&target) && !view::holds_column(context.to, &target))
        {
            return Vec::new();
        }
        // What every database has there from the start.
        let is_public = self.id.target() == Some(crate::namespace::id(Ident::new("public")));
        self.set(if is_public { sql!("{}", Literal::new(STANDARD)) } else { sql!("NULL") })
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let details = vec![clause::change("text", quoted(&self.text), quoted(&to.text))];
        Alter::in_place(details, to.create(context))
    }

    fn extra_needs(&self, _: &Schema) -> Vec<Id> {
        // The column of a view is no object of its own: the view is.
        let column = self.id.target().filter(|target| target.kind == column::KIND);
        column.map(|column| view::relations_of(&column).to_vec()).unwrap_or_default()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid, column) = (row.oid()?, row.oid()?, row.int::<i16>()?);
    let text = row.text()?;
    let target = if class == PG_CLASS && column > 0 {
        catalog.relation(oid).map(|relation| column::id(relation.name(), relation.column(column)))
    } else {
        // The server writes an extension's own comment when it makes it.
        catalog.id_of(class, oid).filter(|id| id.kind != extension::KIND)
    };
    if let Some(target) = target {
        let of_index = class == PG_CLASS && target.kind == constraint::KIND;
        let id = if of_index { Id::attached(KIND, target, INDEX) } else { id(target) };
        catalog.add_leaf(Comment { id, text: text.to_owned() });
    }
    Ok(())
}
