//! Objects that go with an extension although they are not its members (`ALTER … DEPENDS ON EXTENSION`).
//!
//! DROP EXTENSION would take such an object along without a word, so the dependency goes before the extension.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Ident, Sql, Statement, sql};

use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Schema, Visitor, clause, extension, kind};

/// The kind `extension dependency`.
pub const KIND: Kind = crate::kind::EXTENSION_DEPENDENCY;

/// The id of an object's dependency on an extension.
pub fn id(target: Id, extension: Ident) -> Id {
    Id::attached(KIND, target, extension)
}

/// An object goes with an extension.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ExtensionDependency {
    /// Its id, attached to the object; the extension tells it from others.
    pub id: Id,
}

impl ExtensionDependency {
    fn set(&self, no: Sql) -> Vec<Statement> {
        let target = self.id.target().map(|target| match target.kind {
            // Of a constraint it is the index that depends.
            kind::CONSTRAINT => sql!("INDEX {}", target.qualified()),
            _ => clause::target(&target),
        });
        let target = target.unwrap_or_default();
        vec![Statement::new(sql!("ALTER {} {}DEPENDS ON EXTENSION {}", target, no, self.id.sub))]
    }
}

impl Definition for ExtensionDependency {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        self.set(sql!(""))
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        if self.id.target().is_some_and(|target| !context.to.contains(&target)) {
            return Vec::new();
        }
        self.set(sql!("NO "))
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        // Its id says all of it.
        Alter::in_place(Vec::new(), to.create(context))
    }

    fn extra_needs(&self, _: &Schema) -> Vec<Id> {
        vec![extension::id(self.id.sub)]
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let (class, oid) = (row.oid()?, row.oid()?);
    let extension = row.ident()?;
    if let Some(target) = catalog.id_of(class, oid) {
        catalog.add_leaf(ExtensionDependency { id: id(target, extension) });
    }
    Ok(())
}
