//! Range types.
//!
//! A canonical function takes and returns its range, and the range needs it: what it needs is the shell, as with base types.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Name, Sql, Statement, sql};

use crate::base_type::{ShellType, shell_id};
use crate::catalog::class::PG_TYPE;
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, Schema, TypeName, Visitor, clause};

/// The kind `range type`.
pub const KIND: Kind = crate::kind::RANGE_TYPE;

/// The id of the range type of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A range type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Range {
    /// Its id.
    pub id: Id,
    /// The type of its bounds.
    pub subtype: TypeName,
    /// The operator class that orders the bounds, where it is not the default.
    pub operator_class: Option<Sql>,
    /// The collation of the bounds, where it is not the subtype's.
    pub collation: Option<(Name, Id)>,
    /// The function that puts a range into canonical form.
    pub canonical: Option<Sql>,
    /// The function that tells the distance of two bounds.
    pub difference: Option<Sql>,
    /// The name of its multirange type; PostgreSQL 14 and later.
    pub multirange: Option<Ident>,
}

/// The canonical function of a range type, where it is a user's: neither can be dropped before the other.
pub fn canonical_function(id: &Id, schema: &Schema) -> Option<Id> {
    let shell = shell_id(id.qualified());
    let takes_it = |need: &&Id| schema.edges.get(need).is_some_and(|needs| needs.contains(&shell));
    schema.edges.get(id)?.iter().find(takes_it).copied()
}

impl Definition for Range {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, subtype, operator_class: _, collation, canonical: _, difference: _, multirange: _ } =
            self;
        visitor.id(id);
        subtype.visit(visitor);
        if let Some((name, id)) = collation {
            visitor.id(id);
            *name = id.qualified();
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut clauses = vec![sql!("SUBTYPE = {}", self.subtype)];
        clauses.extend(self.operator_class.as_ref().map(|class| sql!("SUBTYPE_OPCLASS = {}", class)));
        clauses.extend(self.collation.map(|(name, _)| sql!("COLLATION = {}", name)));
        clauses.extend(self.canonical.as_ref().map(|function| sql!("CANONICAL = {}", function)));
        clauses.extend(self.difference.as_ref().map(|function| sql!("SUBTYPE_DIFF = {}", function)));
        clauses.extend(
            self.multirange
                .map(|name| sql!("MULTIRANGE_TYPE_NAME = {}", Name { schema: self.id.schema, name })),
        );
        vec![Statement::new(sql!(
            "CREATE TYPE {} AS RANGE ({})",
            self.id.qualified(),
            limbeck_sql::list(clauses)
        ))]
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let drop = sql!("DROP TYPE {}", self.id.qualified());
        let Some(function) = canonical_function(&self.id, context.from) else {
            return vec![Statement::new(drop)];
        };
        let what = format!("function {function} goes with it");
        vec![Statement::new(sql!("{} CASCADE", drop)).hazard(HazardKind::Compatibility, what)]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let mut details = Vec::new();
        if self.subtype != to.subtype {
            details.push(clause::change("subtype", &self.subtype, &to.subtype));
        } else {
            details.push("definition".to_owned());
        }
        Alter::replace(details)
    }
}

/// The statements that rename what came with a range type that has got the name `aside` already: its
/// constructor functions, its multirange type and the constructors of that.
pub fn constructors_aside(range: &Range, aside: Ident) -> Vec<Statement> {
    let schema = range.id.schema;
    let function = |name: Ident, arguments: Sql, to: Ident| {
        let name = Name { schema, name };
        Statement::new(sql!("ALTER FUNCTION {}({}) RENAME TO {}", name, arguments, to))
    };
    let (name, subtype) = (range.id.name, &range.subtype);
    let mut statements = vec![
        function(name, sql!("{}, {}", subtype, subtype), aside),
        function(name, sql!("{}, {}, text", subtype, subtype), aside),
    ];
    if let Some(multirange) = range.multirange {
        let to = crate::names::object_name(aside, None, "multi");
        let moved = Name { schema, name: aside };
        let ty = Name { schema, name: multirange };
        statements.push(Statement::new(sql!("ALTER TYPE {} RENAME TO {}", ty, to)));
        let arguments = [sql!(""), sql!("{}", moved), sql!("VARIADIC {}[]", moved)];
        statements.extend(arguments.into_iter().map(|arguments| function(multirange, arguments, to)));
    }
    statements
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let subtype_oid = row.oid()?;
    let subtype = catalog.type_name(subtype_oid, row.text()?);
    let default = catalog.types.get(&subtype_oid).map_or(0, |entry| entry.collation);
    let collation = catalog.collation_unless(row.oid()?, default);
    let multirange_oid = row.oid()?;
    let (canonical, difference) = (row.sql()?, row.sql()?);
    let multirange = row.optional()?.map(Ident::new);
    let is_default = row.bool()?;
    let operator_class = row.sql()?.filter(|_| !is_default);
    let function = row.oid()?;
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TYPE, oid)
    {
        let id = id(schema, name);
        if let Some(entry) = catalog.types.get_mut(&multirange_oid) {
            entry.brought_by = Some(id);
        }
        catalog.address(PG_TYPE, multirange_oid, id);
        if function >= 16384 {
            catalog.support_functions.insert((function, id));
            catalog.add_leaf(ShellType { id: shell_id(id.qualified()) });
        }
        let range = Range { id, subtype, operator_class, collation, canonical, difference, multirange };
        catalog.add(PG_TYPE, oid, range);
    }
    Ok(())
}
