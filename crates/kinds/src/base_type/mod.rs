//! Base types, as far as SQL can make them: functions of a language below, and the type around them.
//!
//! A type and its functions need each other. What its functions need is the shell, which is an object of its own.

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, Literal, Name, Sql, Statement, sql};

use crate::catalog::class::{PG_PROC, PG_TYPE};
use crate::catalog::{Catalog, Malformed, Row};
use crate::{Alter, Context, Definition, How, Object, Schema, Visitor, clause, range};

/// The kind `base type`.
pub const KIND: Kind = crate::kind::BASE_TYPE;

/// The id of the base type of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// The id of the shell of the type of that name.
pub fn shell_id(name: Name) -> Id {
    Id::inside(crate::kind::SHELL_TYPE, name.schema, name.name)
}

/// The name of a type, without which its functions cannot be made.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ShellType {
    /// Its id.
    pub id: Id,
}

impl Definition for ShellType {
    const KIND: Kind = crate::kind::SHELL_TYPE;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id } = self;
        visitor.id(id);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE TYPE {}", self.id.qualified()))]
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        // The type that it became takes it along.
        let (schema, name) = (self.id.schema, self.id.name);
        if context.from.contains(&id(schema, name)) || context.from.contains(&range::id(schema, name)) {
            return Vec::new();
        }
        vec![Statement::new(sql!("DROP TYPE {}", self.id.qualified()))]
    }

    fn alter(&self, _: &Self, _: &Context<'_>) -> Alter {
        Alter::in_place(Vec::new(), Vec::new())
    }
}

/// A base type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct BaseType {
    /// Its id.
    pub id: Id,
    /// The clauses of CREATE TYPE by their names: functions, length, alignment and so on.
    pub clauses: Vec<(&'static str, Sql)>,
    /// Its functions, which go with it.
    pub functions: Vec<Id>,
}

/// What ALTER TYPE can change (manual, ALTER TYPE).
const ALTERABLE: &[&str] = &["RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "SUBSCRIPT", "STORAGE"];

/// What only says how expressions are understood: it has no statement, and stands in the catalog alone.
const HINTS: &[&str] = &["CATEGORY", "PREFERRED"];

impl BaseType {
    fn clause(&self, name: &str) -> Option<&Sql> {
        self.clauses.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn storage(&self) -> Sql {
        self.clause("STORAGE").cloned().unwrap_or_else(|| sql!("plain"))
    }

    /// Sets the hints where they are kept; domains have the category, too.
    fn hint(&self, context: &Context<'_>) -> Vec<Statement> {
        let category = self.clause("CATEGORY").cloned().unwrap_or_else(|| sql!("'U'"));
        let preferred = self.clause("PREFERRED").cloned().unwrap_or_else(|| sql!("false"));
        let types = self.with_domains(context);
        let set = |ty: &Id| {
            let mut set = sql!("typcategory = {}", category);
            if *ty == self.id {
                set.push(&sql!(", typispreferred = {}", preferred));
            }
            let name = Literal::new(ty.qualified().to_string());
            sql!("UPDATE pg_catalog.pg_type SET {} WHERE oid = {}::pg_catalog.regtype", set, name)
        };
        types.iter().map(|ty| Statement::new(set(ty))).collect()
    }

    /// The type, and the domains over it that were there before.
    fn with_domains(&self, context: &Context<'_>) -> Vec<Id> {
        let mut types = vec![self.id];
        let mut at = 0;
        while let Some(ty) = types.get(at).copied() {
            at += 1;
            types.extend(context.to.iter().filter_map(|(id, object)| match object {
                Object::Domain(domain) if domain.base.is(ty) && context.from.contains(id) => Some(*id),
                _ => None,
            }));
        }
        types
    }

    /// Columns keep the storage that the type had when they were made.
    fn store_columns(&self, context: &Context<'_>) -> Vec<Statement> {
        let storage = self.storage();
        let types = self.with_domains(context);
        let column = |(id, object): (&Id, &Object)| match (object, context.from.get(id)) {
            (Object::Column(column), Some(Object::Column(before)))
                if column.storage.is_none()
                    && before.storage.is_none()
                    && column.ty == before.ty
                    && types.iter().any(|ty| column.ty.is(*ty)) =>
            {
                Some(column.action(sql!("SET STORAGE {}", storage)))
            }
            _ => None,
        };
        context.to.iter().filter_map(column).collect()
    }

    fn list<'a>(clauses: impl IntoIterator<Item = &'a (&'static str, Sql)>) -> Sql {
        let clause = |(name, value): &(&'static str, Sql)| sql!("{} = {}", Sql::from_trusted(*name), value);
        limbeck_sql::list(clauses.into_iter().map(clause))
    }
}

/// The storage of the base type of that name, if it is one.
pub(crate) fn storage_of(name: &str, schema: &Schema) -> Option<Sql> {
    let first = Id::global(KIND, "");
    schema.range(first..).take_while(|(id, _)| id.kind == KIND).find_map(|(id, object)| match object {
        Object::BaseType(ty) if id.qualified().to_string() == name => Some(ty.storage()),
        _ => None,
    })
}

/// Whether dropping a base type or range takes this function along.
pub fn takes_along(function: &Id, context: &Context<'_>) -> bool {
    let is_shell = |need: &&Id| need.kind == crate::kind::SHELL_TYPE;
    let shells = context.from.edges.get(function).into_iter().flatten().filter(is_shell);
    let types = shells.flat_map(|shell| [id, range::id].map(|of| of(shell.schema, shell.name)));
    let goes = |ty: Id| match (context.from.get(&ty), context.to.get(&ty)) {
        (Some(from), Some(to)) => from != to && is_remade(from, to, context),
        (from, _) => from.is_some(),
    };
    types.filter(|ty| functions(ty, context.from).contains(function)).any(goes)
}

fn is_remade(from: &Object, to: &Object, context: &Context<'_>) -> bool {
    from.alter(to, context).is_none_or(|alter| matches!(alter.how, How::Replace))
}

/// The functions with which a base type or range comes and goes.
pub fn functions(ty: &Id, schema: &Schema) -> Vec<Id> {
    match schema.get(ty) {
        Some(Object::BaseType(ty)) => ty.functions.clone(),
        Some(Object::Range(range)) => range::canonical_function(&range.id, schema).into_iter().collect(),
        _ => Vec::new(),
    }
}

impl Definition for BaseType {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, clauses, functions } = self;
        visitor.id(id);
        visitor.id(&mut shell_id(id.qualified()));
        functions.iter_mut().for_each(|function| visitor.id(function));
        for (name, value) in clauses {
            if *name != "DEFAULT" {
                visitor.expression(None, value);
            }
        }
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(sql!("CREATE TYPE {} ({})", self.id.qualified(), Self::list(&self.clauses)))]
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        // Neither the type nor its functions can be dropped before the other: the server leaves only this way.
        vec![
            Statement::new(sql!("DROP TYPE {} CASCADE", self.id.qualified()))
                .hazard(HazardKind::Compatibility, format!("the functions of type {} go with it", self.id)),
        ]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let changed: Vec<&(&str, Sql)> =
            to.clauses.iter().filter(|clause| !self.clauses.contains(clause)).collect();
        let gone = self.clauses.iter().filter(|(name, _)| !to.clauses.iter().any(|(other, _)| other == name));
        let gone: Vec<&str> = gone.map(|(name, _)| *name).collect();
        let details = vec![clause::change("definition", Self::list(&self.clauses), Self::list(&to.clauses))];
        let names = changed.iter().map(|(name, _)| name).chain(&gone);
        // No statement leads back to `plain`.
        let to_plain = gone.contains(&"STORAGE");
        let known = |name: &&str| ALTERABLE.contains(name) && !to_plain || HINTS.contains(name);
        if changed.is_empty() && gone.is_empty() || !names.clone().all(known) {
            return Alter::replace(details);
        }
        let mut statements = Vec::new();
        if names.clone().any(|name| HINTS.contains(name)) {
            statements.extend(to.hint(context));
        }
        let stores = names.clone().any(|name| *name == "STORAGE");
        let (changed, gone) = (
            changed.into_iter().filter(|(name, _)| ALTERABLE.contains(name)),
            gone.into_iter().filter(|name| ALTERABLE.contains(name)),
        );
        let none = gone.map(|name| sql!("{} = NONE", Sql::from_trusted(name)));
        let set = changed.map(|(name, value)| sql!("{} = {}", Sql::from_trusted(*name), value));
        let set: Vec<Sql> = set.chain(none).collect();
        if !set.is_empty() {
            let list = limbeck_sql::list(set);
            statements.push(Statement::new(sql!("ALTER TYPE {} SET ({})", to.id.qualified(), list)));
        }
        if stores {
            statements.extend(to.store_columns(context));
        }
        Alter::in_place(details, statements)
    }
}

pub(crate) fn decode(row: &mut Row<'_>, catalog: &mut Catalog) -> Result<(), Malformed> {
    let oid = row.oid()?;
    let namespace = row.oid()?;
    let name = row.ident()?;
    let defined = row.bool()?;
    let Some(schema) = catalog.namespace(namespace).filter(|_| !catalog.is_member(PG_TYPE, oid)) else {
        return Ok(());
    };
    let shell = ShellType { id: shell_id(Name { schema, name }) };
    if !defined {
        if let Some(entry) = catalog.types.get_mut(&oid) {
            entry.brought_by = Some(shell.id);
        }
        catalog.add(PG_TYPE, oid, shell);
        return Ok(());
    }
    let mut clauses = Vec::new();
    for word in ["INPUT", "OUTPUT", "RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "SUBSCRIPT"] {
        clauses.extend(row.sql()?.map(|function| (word, function)));
    }
    clauses.extend(layout(row)?);
    let functions: Vec<u32> = row.numbers()?;
    catalog.support_functions.extend(functions.iter().map(|function| (*function, id(schema, name))));
    let functions = functions.into_iter().filter_map(|function| catalog.id_of(PG_PROC, function)).collect();
    catalog.add_leaf(shell);
    catalog.add(PG_TYPE, oid, BaseType { id: id(schema, name), clauses, functions });
    Ok(())
}

/// Length, alignment, category and so on, where they are not the default of CREATE TYPE.
fn layout(row: &mut Row<'_>) -> Result<Vec<(&'static str, Sql)>, Malformed> {
    let length: i32 = row.int()?;
    let by_value = row.bool()?;
    let (alignment, storage) = (row.letter()?, row.letter()?);
    let category = row.text()?.to_owned();
    let preferred = row.bool()?;
    let default = row.sql()?;
    let element = row.sql()?;
    let delimiter = row.text()?.to_owned();
    let collatable = row.bool()?;
    let mut clauses = Vec::new();
    let mut word = |name, text: &str| clauses.push((name, Sql::from_trusted(text)));
    match length {
        -1 => word("INTERNALLENGTH", "VARIABLE"),
        length => word("INTERNALLENGTH", &length.to_string()),
    }
    if by_value {
        word("PASSEDBYVALUE", "true");
    }
    match alignment {
        'c' => word("ALIGNMENT", "char"),
        's' => word("ALIGNMENT", "int2"),
        'd' => word("ALIGNMENT", "double"),
        _ => {}
    }
    match storage {
        'e' => word("STORAGE", "external"),
        'm' => word("STORAGE", "main"),
        'x' => word("STORAGE", "extended"),
        _ => {}
    }
    if category != "U" {
        word("CATEGORY", Literal::new(category).to_string().as_str());
    }
    if preferred {
        word("PREFERRED", "true");
    }
    if let Some(default) = default {
        word("DEFAULT", default.as_str());
    }
    if let Some(element) = element {
        word("ELEMENT", element.as_str());
    }
    if delimiter != "," {
        word("DELIMITER", Literal::new(delimiter).to_string().as_str());
    }
    if collatable {
        word("COLLATABLE", "true");
    }
    Ok(clauses)
}
