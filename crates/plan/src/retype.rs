//! Types and collations that cannot be changed in place are made again beside the old one, and their columns go
//! over.
//!
//! An enum that loses a label or changes their order, a domain over another type, whatever contains them: the
//! old types step aside under temporary names, the new ones are made, every column is converted through its
//! text, the old ones are dropped. No row is lost: a value without counterpart makes the conversion fail as a
//! whole.

use limbeck_kinds::column::{self, Column, Value};
use limbeck_kinds::domain::Domain;
use limbeck_kinds::{
    Context, Object, Schema, TypeBase, base_type, composite, enumeration, kind, needs, preflight, range,
    table,
};
use limbeck_schema::{Id, Kind, Object as _, Rename};
use limbeck_sql::{HazardKind, LockMode, Sql, Statement, Work, sql};

use crate::aside::free_name;
use crate::carried::Carried;
use crate::graph::Builder;
use crate::rebuild::{Action, Actions};

/// Kinds whose columns can be carried over.
pub(crate) const KINDS: &[Kind] =
    &[kind::ENUM, kind::DOMAIN, kind::RANGE_TYPE, kind::COMPOSITE_TYPE, kind::COLLATION];

/// Whether columns go over from the old to the new object: from no range that has a function of its own, which steps aside
/// with nothing.
pub(crate) fn goes_over(id: &Id, context: &Context<'_>) -> bool {
    let has_function = |schema| !base_type::functions(id, schema).is_empty();
    KINDS.contains(&id.kind) && !has_function(context.from) && !has_function(context.to)
}

/// What a type that is made again takes.
pub(crate) struct Steps {
    /// The old type gets another name.
    pub(crate) aside: Vec<Statement>,
    /// The new one is made.
    pub(crate) create: Vec<Statement>,
    /// Each column of the old one is converted.
    pub(crate) over: Vec<(Id, Vec<Statement>)>,
    /// The old one is dropped.
    pub(crate) drop: Vec<Statement>,
}

/// The columns of that type or collation on both sides: those that must go over.
pub(crate) fn columns<'a>(ty: Id, from: &'a Schema, to: &Schema) -> Vec<&'a Column> {
    let is_of_it = |column: &Column| {
        column.collation.is_some_and(|(_, collation)| collation == ty)
            || matches!(column.ty.base, TypeBase::User { brought_by, .. } if brought_by == ty)
    };
    let stays = |id: &Id, old: &Column| matches!(to.get(id), Some(Object::Column(new)) if new.ty == old.ty && new.collation == old.collation);
    // What a parent has, too, goes over there.
    let context = Context { from, to, version: 0 };
    let comes = |column: &Column| {
        let parents = table::common_parents(column.table(), &context);
        let brings = |parent: &Id| from.contains(&column::id(parent.qualified(), column.id.name));
        column.inherited && parents.iter().any(brings)
    };
    from.iter()
        .filter_map(|(id, object)| match object {
            Object::Column(column) if is_of_it(column) && !comes(column) && stays(id, column) => Some(column),
            _ => None,
        })
        .collect()
}

/// The statements that replace a type under its columns.
pub(crate) fn steps(ty: Id, context: &Context<'_>) -> Option<Steps> {
    let (old, new) = (context.from.get(&ty)?, context.to.get(&ty)?);
    let rename = Rename { from: ty, to: free_name(context.from, context.to, ty) };
    let mut aside = limbeck_kinds::rename_statements(&rename);
    if let Object::Range(range) = old {
        aside.extend(range::constructors_aside(range, rename.to.name));
    }
    if let Object::Domain(domain) = old {
        aside.extend(without_calls(domain, rename.to, context.from));
    }
    aside.iter_mut().for_each(|statement| statement.hazards.clear());
    let over = columns(ty, context.from, context.to)
        .into_iter()
        .map(|column| (column.id, go_over(column, old, new, context)))
        .collect();
    let mut dropped = old.clone();
    dropped.rename(&rename);
    let mut drop = dropped.drop(context);
    if let (Object::Composite(old), Object::Composite(new), Some(last)) = (old, new, drop.last_mut()) {
        last.hazards.extend(composite::lost_attributes(old, new));
    }
    Some(Steps { aside, create: new.create(context), over, drop })
}

/// What the old domain calls may be made again before its end comes.
fn without_calls(domain: &Domain, aside: Id, from: &Schema) -> Vec<Statement> {
    let calls = |id: &Id| from.edges.get(id).is_some_and(|needs| !needs.is_empty());
    let checks = from
        .range(Id::on(kind::DOMAIN_CONSTRAINT, domain.id.qualified(), "")..)
        .map(|(id, _)| id)
        .take_while(|id| id.kind == kind::DOMAIN_CONSTRAINT && id.relation() == domain.id.qualified());
    let default = (domain.default.is_some() && calls(&domain.id)).then(|| sql!("DROP DEFAULT"));
    let checks = checks.filter(|id| calls(id)).map(|id| sql!("DROP CONSTRAINT {}", id.name));
    let alter = |action| Statement::new(sql!("ALTER DOMAIN {} {}", aside.qualified(), action));
    default.into_iter().chain(checks).map(alter).collect()
}

/// A default is set here and not in children, which have their own.
fn default_of(column: &Column, action: Sql, context: &Context<'_>) -> Statement {
    let only = if table::has_children(context.from, column.table()) { sql!("ONLY ") } else { sql!("") };
    let text = sql!("ALTER TABLE {}{} ALTER COLUMN {} {}", only, column.table(), column.id.name, action);
    Statement::new(text).locking(column.table(), LockMode::AccessExclusive, Work::Catalog)
}

/// What a column had and its new type has not by itself.
fn restored(column: &Column, context: &Context<'_>) -> Vec<Statement> {
    let Some(Object::Column(new)) = context.to.get(&column.id) else { return Vec::new() };
    let mut statements = Vec::new();
    // What changes is altered afterwards.
    if let Value::Default(default) = &new.value
        && new.value == column.value
    {
        statements.push(default_of(column, sql!("SET DEFAULT {}", default), context));
    }
    let alter =
        |action: Sql| table::alter(column.table(), sql!("ALTER COLUMN {} {}", column.id.name, action));
    let storage = new.storage.as_ref().filter(|storage| column.storage.as_ref() == Some(*storage));
    let compression = new.compression.filter(|method| column.compression == Some(*method));
    statements.extend(storage.map(|storage| alter(sql!("SET STORAGE {}", storage))));
    statements.extend(compression.map(|method| alter(sql!("SET COMPRESSION {}", method))));
    statements
}

/// The column with those of children, which go over with it.
pub(crate) fn with_children<'a>(column: &'a Column, context: &'a Context<'a>) -> Vec<&'a Column> {
    let mut all = vec![column];
    let mut at = 0;
    while let Some(parent) = all.get(at).map(|column| column.table()) {
        at += 1;
        for child in table::children(context.from, parent) {
            let id = column::id(child, column.id.name);
            let known = all.iter().any(|column| column.id == id);
            if let Some(Object::Column(own)) = context.from.get(&id)
                && !known
                && table::common_parents(child, context).iter().any(|of| of.qualified() == parent)
            {
                all.push(own);
            }
        }
    }
    all
}

fn go_over(column: &Column, old: &Object, new: &Object, context: &Context<'_>) -> Vec<Statement> {
    let table = column.id.relation();
    let name = column.id.name;
    if let Object::Collation(collation) = new {
        let text = sql!("ALTER COLUMN {} TYPE {} COLLATE {}", name, column.ty, collation.id.qualified());
        return vec![table::alter_under(table, LockMode::AccessExclusive, Work::Scan, text)];
    }
    let mut statements = Vec::new();
    let all = with_children(column, context);
    for own in all.iter().filter(|own| matches!(own.value, Value::Default(_))) {
        statements.push(default_of(own, sql!("DROP DEFAULT"), context));
    }
    let mut carried = Carried::new(context);
    let value = carried.value(&sql!("{}", name), &column.ty);
    let (before, after) = carried.functions();
    statements.extend(before);
    let text = sql!("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {}", table, name, column.ty, value);
    let mut statement = Statement::new(text).locking(table, LockMode::AccessExclusive, Work::Rewrite);
    if let (Object::Enumeration(old), Object::Enumeration(new)) = (old, new) {
        for label in enumeration::removed_labels(old, new) {
            let (kind, message) = enumeration::removal_hazard(column.id, label);
            statement = statement.hazard(kind, message);
            if column.ty.suffix.is_empty() {
                let count = preflight::holders(table, name, label);
                statement = statement
                    .preflight(count, format!("rows of {table} that hold {label}, which is removed"));
            }
        }
    } else {
        statement = statement
            .hazard(HazardKind::MayFail, format!("fails if a value of {} is no {}", column.id, column.ty));
    }
    statements.push(statement);
    statements.extend(after);
    statements.extend(all.iter().flat_map(|own| restored(own, context)));
    statements
}

/// Kinds whose DROP names the types that they are about.
const SAY_TYPES: [Kind; 6] =
    [kind::FUNCTION, kind::PROCEDURE, kind::AGGREGATE, kind::CAST, kind::OPERATOR, kind::TRANSFORM];

impl Builder<'_> {
    /// Whether the end of an object, or its stepping aside, names the types that it is about: a range's constructors
    /// step aside with it.
    pub(crate) fn says_types(&self, id: &Id) -> bool {
        SAY_TYPES.contains(&id.kind) || id.kind == kind::RANGE_TYPE && self.retired.contains_key(id)
    }

    /// The nodes of a type that is made again.
    pub(crate) fn add_retyped(&mut self, id: Id, actions: &Actions) {
        let Some(steps) = steps(id, self.context) else { return };
        let aside = self.node(0, id, steps.aside);
        let create = self.node(1, id, steps.create);
        // Last, so that columns of one table go over side by side.
        let drop = self.node(2, id, steps.drop);
        self.edge(aside, create);
        self.edge(create, drop);
        self.drops.insert(id, aside);
        self.creates.insert(id, create);
        self.retired.insert(id, drop);
        for (column, statements) in steps.over {
            if matches!(actions.by_id.get(&column), Some(Action::Drop | Action::Replace)) {
                continue;
            }
            let over = self.node(1, column, statements);
            self.edge(create, over);
            self.edge(over, drop);
            self.conversions.push((column, over));
        }
    }

    /// A column's own changes come when its values have gone over to the new type.
    pub(crate) fn add_conversions(&mut self) {
        for (column, over) in std::mem::take(&mut self.conversions) {
            let object = self.context.to.get(&column);
            for need in object.map(|object| needs(self.context.to, object)).unwrap_or_default() {
                if let Some(create) = self.creates.get(&need).copied() {
                    self.edge(create, over);
                }
            }
            self.overs.insert(column, over);
            let old = match self.context.from.get(&column) {
                Some(Object::Column(old)) => with_children(old, self.context),
                _ => Vec::new(),
            };
            for own in old.into_iter().skip(1) {
                if let Some(alter) = self.alters.get(&own.id).copied() {
                    self.edge(over, alter);
                }
            }
            match self.alters.get(&column).copied() {
                Some(alter) => self.edge(over, alter),
                None => {
                    self.alters.insert(column, over);
                }
            }
        }
    }
}
