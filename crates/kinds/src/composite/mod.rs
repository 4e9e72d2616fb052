//! Composite types that stand alone.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{Hazard, HazardKind, Ident, Name, Sql, Statement, sql};

use crate::catalog::class::{PG_CLASS, PG_TYPE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, How, Object, TypeName, Visitor, clause};

/// The kind `composite type`.
pub const KIND: Kind = crate::kind::COMPOSITE_TYPE;

/// The id of the composite type of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A composite type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Composite {
    /// Its id.
    pub id: Id,
    /// Its attributes in their order.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Attribute {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeName,
    /// Its collation, where it is not the type's.
    pub collation: Option<(Name, Id)>,
}

impl Attribute {
    fn definition(&self) -> Sql {
        let collation = self.collation.map(|(name, _)| sql!(" COLLATE {}", name)).unwrap_or_default();
        sql!("{} {}{}", self.name, self.ty, collation)
    }
}

impl Definition for Composite {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, attributes } = self;
        visitor.id(id);
        for Attribute { name: _, ty, collation } in attributes {
            ty.visit(visitor);
            if let Some((name, id)) = collation {
                visitor.id(id);
                *name = id.qualified();
            }
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let attributes = limbeck_sql::list(self.attributes.iter().map(Attribute::definition));
        vec![Statement::new(sql!("CREATE TYPE {} AS ({})", self.id.qualified(), attributes))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP TYPE {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id, attributes } = to;
        let alter = |action: Sql| Statement::new(sql!("ALTER TYPE {} {}", id.qualified(), action));
        let find = |list: &[Attribute], name: Ident| list.iter().find(|a| a.name == name).cloned();
        let mut details = Vec::new();
        let mut statements = Vec::new();
        let mut retypes = false;
        for attribute in &self.attributes {
            if find(attributes, attribute.name).is_none() {
                details.push(format!("attribute {} dropped", attribute.name));
                let mut statement = alter(sql!("DROP ATTRIBUTE {}", attribute.name));
                statement.hazards.push(lost(attribute, *id));
                statements.push(statement);
            }
        }
        for attribute in attributes {
            match find(&self.attributes, attribute.name) {
                None => {
                    details.push(format!("attribute {} {} added", attribute.name, attribute.ty));
                    statements.push(alter(sql!("ADD ATTRIBUTE {}", attribute.definition())));
                }
                Some(from) if from != *attribute => {
                    retypes = true;
                    details.push(clause::change(
                        &format!("attribute {}: type", attribute.name),
                        &from.ty,
                        &attribute.ty,
                    ));
                    let collation =
                        attribute.collation.map(|(name, _)| sql!(" COLLATE {}", name)).unwrap_or_default();
                    statements.push(alter(sql!(
                        "ALTER ATTRIBUTE {} TYPE {}{}",
                        attribute.name,
                        attribute.ty,
                        collation
                    )));
                }
                Some(_) => {}
            }
        }
        // The server adds attributes at the end.
        let kept = self.attributes.iter().map(|a| a.name).filter(|name| find(attributes, *name).is_some());
        let added = attributes.iter().map(|a| a.name).filter(|name| find(&self.attributes, *name).is_none());
        if !kept.chain(added).eq(attributes.iter().map(|a| a.name)) {
            details.push("order of attributes".to_owned());
            return Alter::replace(details);
        }
        // An attribute's type is not changed while a column holds it (manual, ALTER TYPE).
        let rebuild: &[Kind] = if retypes { &[crate::kind::COLUMN] } else { &[] };
        Alter { details, how: How::InPlace { statements, rebuild } }
    }
}

/// What is lost with the attributes that the new type has no more, where it is made again.
pub fn lost_attributes(old: &Composite, new: &Composite) -> Vec<Hazard> {
    let is_kept = |old: &&Attribute| new.attributes.iter().any(|new| new.name == old.name);
    let gone = old.attributes.iter().filter(|attribute| !is_kept(attribute));
    gone.map(|attribute| lost(attribute, new.id)).collect()
}

fn lost(attribute: &Attribute, ty: Id) -> Hazard {
    let message = format!("every value of attribute {} of {ty}", attribute.name);
    Hazard { kind: HazardKind::DataLoss, message }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let type_oid = row.oid()?;
    let attribute = row.optional()?;
    let Some(schema) = catalog.namespace(namespace) else { return Ok(()) };
    if catalog.is_member(PG_TYPE, type_oid) {
        return Ok(());
    }
    let id = id(schema, name);
    if catalog.get_mut(&id).is_none() {
        catalog.add(PG_TYPE, type_oid, Composite { id, attributes: Vec::new() });
        catalog.address(PG_CLASS, oid, id);
    }
    if let Some(attribute) = attribute {
        let type_oid = row.oid()?;
        let ty = catalog.type_name(type_oid, row.text()?);
        let default = catalog.types.get(&type_oid).map_or(0, |entry| entry.collation);
        let collation = catalog.collation_unless(row.oid()?, default);
        if let Some(Object::Composite(composite)) = catalog.get_mut(&id) {
            composite.attributes.push(Attribute { name: Ident::new(attribute), ty, collation });
        }
    }
    Ok(())
}
