//! Domains and their checks.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Name, Preflight, Sql, Statement, sql};

use crate::catalog::class::{PG_CONSTRAINT, PG_TYPE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::names::object_name;
use crate::{Alter, Context, Definition, How, TypeBase, TypeName, Visitor, clause, expression};

/// The first version in which NOT NULL of a domain is a constraint with a name (PostgreSQL 17).
const NAMED: i32 = 170_000;

/// The kind `domain`.
pub const KIND: Kind = crate::kind::DOMAIN;

/// The kind of a domain's check.
pub const CONSTRAINT_KIND: Kind = crate::kind::DOMAIN_CONSTRAINT;

/// The id of the domain of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// The id of a check of the domain.
pub fn constraint_id(domain: Name, name: Ident) -> Id {
    Id::on(CONSTRAINT_KIND, domain, name)
}

/// A domain, without its checks.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Domain {
    /// Its id.
    pub id: Id,
    /// The type that it restricts.
    pub base: TypeName,
    /// It refuses NULL.
    pub not_null: bool,
    /// The name of NOT NULL, which is a constraint from version 17 on; `None` where nobody says.
    pub not_null_name: Option<Ident>,
    /// Its default.
    pub default: Option<Sql>,
    /// Its collation, where it is not the base type's.
    pub collation: Option<(Name, Id)>,
}

/// A check of a domain.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct DomainConstraint {
    /// Its id; its relation is the domain.
    pub id: Id,
    /// What must hold; the value is `VALUE`.
    pub check: Sql,
    /// Existing values were checked.
    pub validated: bool,
}

impl Definition for Domain {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, base, not_null: _, not_null_name: _, default, collation } = self;
        visitor.id(id);
        base.visit(visitor);
        if let Some(default) = default {
            visitor.expression(None, default);
        }
        if let Some((name, id)) = collation {
            visitor.id(id);
            *name = id.qualified();
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let mut text = sql!("CREATE DOMAIN {} AS {}", self.id.qualified(), self.base);
        if let Some((collation, _)) = &self.collation {
            text.push(&sql!(" COLLATE {}", collation));
        }
        if let Some(default) = &self.default {
            text.push(&sql!(" DEFAULT {}", default));
        }
        if self.not_null {
            text.push(&self.not_null_clause(context));
        }
        for id in self.inlines(context) {
            if let Some(crate::Object::DomainConstraint(constraint)) = context.to.get(&id) {
                text.push(&sql!(" CONSTRAINT {} {}", id.name, constraint.clause()));
            }
        }
        vec![Statement::new(text)]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("DROP DOMAIN {}", self.id.qualified()))]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self { id, base, not_null, not_null_name, default, collation } = to;
        let alter = |action: Sql| Statement::new(sql!("ALTER DOMAIN {} {}", id.qualified(), action));
        let mut details = Vec::new();
        let mut statements = Vec::new();
        if self.base != *base || self.collation != *collation {
            if self.base != *base {
                details.push(clause::change("type", &self.base, base));
            }
            if self.collation != *collation {
                details.push("collation".to_owned());
            }
            return Alter::replace(details);
        }
        if self.default != *default {
            let text = |value: &Option<Sql>| value.clone().unwrap_or_default();
            details.push(clause::change("default", text(&self.default), text(default)));
            statements.push(match default {
                Some(default) => alter(sql!("SET DEFAULT {}", default)),
                None => alter(sql!("DROP DEFAULT")),
            });
        }
        let mut rebuild: &[Kind] = &[];
        if self.not_null != *not_null {
            // Values inside arrays and rows cannot be checked (manual, ALTER DOMAIN).
            if *not_null {
                rebuild = &[crate::kind::COLUMN];
            }
            details.push(clause::change("nullability", null(self.not_null), null(*not_null)));
            statements.push(if *not_null {
                let action = match to.special_name(context.version) {
                    Some(name) => sql!("ADD CONSTRAINT {} NOT NULL", name),
                    None => sql!("SET NOT NULL"),
                };
                let mut statement = alter(action)
                    .hazard(HazardKind::MayFail, format!("fails if a column of domain {id} holds NULL"));
                statement.preflights.extend(holders(*id, &sql!("value IS NULL"), context));
                statement
            } else {
                alter(sql!("DROP NOT NULL"))
            });
        } else if let (Some(old), Some(new)) = (self.not_null_name, *not_null_name)
            && old != new
            && context.version >= NAMED
        {
            details.push(clause::change("constraint", old, new));
            statements.push(alter(sql!("RENAME CONSTRAINT {} TO {}", old, new)));
        }
        Alter { details, how: How::InPlace { statements, rebuild } }
    }

    fn inlines(&self, context: &Context<'_>) -> Vec<Id> {
        let name = self.id.qualified();
        let first = constraint_id(name, Ident::default());
        context
            .to
            .range(first..)
            .take_while(|(id, _)| id.kind == CONSTRAINT_KIND && id.relation() == name)
            .filter(|(_, object)| matches!(object, crate::Object::DomainConstraint(c) if c.validated))
            .map(|(id, _)| *id)
            .collect()
    }
}

/// What a domain refuses of a value of that type, which a query calls `value`; none for another type, and where it
/// refuses nothing.
pub(crate) fn refuses(domain: &TypeName, base: &TypeName, schema: &crate::Schema) -> Option<Sql> {
    let TypeBase::User { brought_by, .. } = &domain.base else { return None };
    let Some(crate::Object::Domain(of)) = schema.get(brought_by).filter(|_| domain.is(*brought_by)) else {
        return None;
    };
    if of.base != *base {
        return None;
    }
    let checks = schema.range(constraint_id(brought_by.qualified(), Ident::default())..);
    let checks = checks
        .take_while(|(id, _)| id.kind == CONSTRAINT_KIND && id.relation() == brought_by.qualified())
        .filter_map(|(_, object)| match object {
            crate::Object::DomainConstraint(constraint) => {
                Some(sql!("NOT {}", clause::parenthesised(&constraint.check)))
            }
            _ => None,
        });
    let refused: Vec<String> = of
        .not_null
        .then(|| sql!("value IS NULL"))
        .into_iter()
        .chain(checks)
        .map(|it| it.to_string())
        .collect();
    (!refused.is_empty()).then(|| Sql::from_trusted(refused.join(" OR ")))
}

/// Columns of the domain itself, with the question which of their values a condition on `value` finds.
fn holders<'a>(
    domain: Id,
    refused: &'a Sql,
    context: &'a Context<'_>,
) -> impl Iterator<Item = Preflight> + use<'a> {
    context.from.iter().filter_map(move |(id, object)| {
        let crate::Object::Column(column) = object else { return None };
        // What a parent hands down is counted with the parent's.
        let counted = column.ty.is(domain) && !column.inherited;
        let held = sql!("(SELECT {} AS value FROM {}) AS held", id.name, column.table());
        counted.then(|| Preflight {
            count: sql!("SELECT count(*) FROM {} WHERE {}", held, refused),
            rows: format!("values of {id} that {} refuses", domain.qualified()),
        })
    })
}

impl Domain {
    /// The name of its NOT NULL, where the server would give it another one.
    fn special_name(&self, version: i32) -> Option<Ident> {
        let default = object_name(self.id.name, None, "not_null");
        self.not_null_name.filter(|name| version >= NAMED && *name != default)
    }

    fn not_null_clause(&self, context: &Context<'_>) -> Sql {
        // The one that it takes the place of may still bear the name, and the server would choose another.
        let taken = match context.from.get(&self.id) {
            Some(crate::Object::Domain(old)) => {
                self.not_null_name.filter(|_| old.not_null && context.version >= NAMED)
            }
            _ => None,
        };
        match self.special_name(context.version).or(taken) {
            Some(name) => sql!(" CONSTRAINT {} NOT NULL", name),
            None => sql!(" NOT NULL"),
        }
    }
}

/// A row of `pg_constraint` for NOT NULL of a domain.
pub(crate) fn name_not_null(catalog: &mut Catalog, oid: u32, domain: u32, name: Ident) {
    let Some(id) = catalog.id_of(PG_TYPE, domain) else { return };
    if let Some(crate::Object::Domain(domain)) = catalog.get_mut(&id) {
        domain.not_null_name = Some(name);
        catalog.address(PG_CONSTRAINT, oid, constraint_id(id.qualified(), name));
    }
}

fn null(not_null: bool) -> &'static str {
    if not_null { "NOT NULL" } else { "NULL" }
}

impl DomainConstraint {
    fn clause(&self) -> Sql {
        let valid = if self.validated { sql!("") } else { sql!(" NOT VALID") };
        sql!("CHECK {}{}", clause::parenthesised(&self.check), valid)
    }

    /// The statement, which looks at all values of the domain.
    fn looking(&self, statement: Statement, context: &Context<'_>) -> Statement {
        let domain = self.id.relation();
        let refused = sql!("NOT {}", clause::parenthesised(&self.check));
        let mut statement = statement.hazard(
            HazardKind::MayFail,
            format!("fails if a column of domain {domain} holds a violating value"),
        );
        statement.preflights.extend(holders(id(domain.schema, domain.name), &refused, context));
        statement
    }
}

impl Definition for DomainConstraint {
    const KIND: Kind = CONSTRAINT_KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, check, validated: _ } = self;
        let mut domain = self::id(id.schema, id.relation);
        visitor.id(id);
        visitor.id(&mut domain);
        visitor.expression(None, check);
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let domain = self.id.relation();
        let mut statement =
            Statement::new(sql!("ALTER DOMAIN {} ADD CONSTRAINT {} {}", domain, self.id.name, self.clause()));
        if self.validated {
            statement = self.looking(statement, context);
        }
        vec![statement]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("ALTER DOMAIN {} DROP CONSTRAINT {}", self.id.relation(), self.id.name))]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self { id, check, validated } = to;
        if self.check == *check && *validated {
            let statement = sql!("ALTER DOMAIN {} VALIDATE CONSTRAINT {}", id.relation(), id.name);
            let statement = to.looking(Statement::new(statement), context);
            return Alter::in_place(vec!["not valid → valid".to_owned()], vec![statement]);
        }
        let mut details = Vec::new();
        if self.check != *check {
            details.push(clause::change("check", expression::bare(&self.check), expression::bare(check)));
        }
        if self.validated != *validated {
            details.push("valid → not valid".to_owned());
        }
        Alter::replace(details)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let base_oid = row.oid()?;
    let base = catalog.type_name(base_oid, row.text()?);
    let not_null = row.bool()?;
    let default = row.sql()?;
    let base_collation = catalog.types.get(&base_oid).map_or(0, |entry| entry.collation);
    let collation = catalog.collation_unless(row.oid()?, base_collation);
    if let Some(schema) = catalog.namespace(namespace)
        && !catalog.is_member(PG_TYPE, oid)
    {
        let not_null_name = None;
        catalog.add(
            PG_TYPE,
            oid,
            Domain { id: id(schema, name), base, not_null, not_null_name, default, collation },
        );
    }
    Ok(())
}

/// A row of `pg_constraint` that belongs to a domain.
pub(crate) fn add_constraint(
    catalog: &mut Catalog,
    oid: u32,
    domain: u32,
    name: Ident,
    check: Sql,
    validated: bool,
) {
    if let Some(domain) = catalog.id_of(PG_TYPE, domain).filter(|id| id.kind == KIND) {
        let id = constraint_id(domain.qualified(), name);
        catalog.add(PG_CONSTRAINT, oid, DomainConstraint { id, check, validated });
    }
}
