//! Views.

mod decode;

use std::collections::BTreeMap;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Object, Schema, Visitor, kind};

pub(crate) use decode::{columns, decode};

/// The kind `view`.
pub const KIND: Kind = crate::kind::VIEW;

/// The id of the view of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A view. Its columns follow from its query: they are no objects of their own.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct View {
    /// Its id.
    pub id: Id,
    /// Its columns, in order.
    pub columns: Vec<ViewColumn>,
    /// Its query, in the server's words, without a semicolon.
    pub definition: Sql,
    /// `security_barrier`, `security_invoker`, `check_option`.
    pub options: Options,
    /// What INSERT into the view puts into a column that it does not name.
    pub defaults: BTreeMap<Ident, Sql>,
}

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ViewColumn {
    /// Its name.
    pub name: Ident,
    /// Its type, with its collation where it is not the type's.
    pub ty: Sql,
}

/// Whether that column belongs to a view or materialized view of the schema.
pub fn holds_column(schema: &Schema, column: &Id) -> bool {
    let holds = |columns: &[ViewColumn]| columns.iter().any(|own| own.name == column.name);
    relations_of(column).into_iter().any(|id| match schema.get(&id) {
        Some(Object::View(view)) => holds(&view.columns),
        Some(Object::MaterializedView(view)) => holds(&view.columns),
        Some(Object::Composite(ty)) => ty.attributes.iter().any(|own| own.name == column.name),
        _ => false,
    })
}

/// Whether there is such an object, or such a column of a view, which is no object of its own.
pub(crate) fn stands(schema: &Schema, id: &Id) -> bool {
    schema.contains(id) || (id.kind == kind::COLUMN && holds_column(schema, id))
}

/// What has columns that are no objects: what a column may belong to.
pub(crate) fn relations_of(column: &Id) -> [Id; 3] {
    [kind::VIEW, kind::MATERIALIZED_VIEW, kind::COMPOSITE_TYPE]
        .map(|kind| Id::inside(kind, column.schema, column.relation))
}

/// The differences of two lists of columns in words.
pub(crate) fn column_differences(from: &[ViewColumn], to: &[ViewColumn]) -> Vec<String> {
    let find = |columns: &[ViewColumn], name: Ident| columns.iter().find(|c| c.name == name).cloned();
    let mut details = Vec::new();
    for column in to {
        match find(from, column.name) {
            None => details.push(format!("column {} {} added", column.name, column.ty)),
            Some(old) if old.ty != column.ty => {
                details.push(clause::change(&format!("column {}: type", column.name), &old.ty, &column.ty));
            }
            Some(_) => {}
        }
    }
    let gone = from.iter().filter(|column| find(to, column.name).is_none());
    details.extend(gone.map(|column| format!("column {} gone", column.name)));
    details
}

impl View {
    /// Its qualified name.
    pub fn name(&self) -> Name {
        self.id.qualified()
    }

    /// `VIEW name WITH (…) AS …`, behind CREATE.
    fn creation(&self) -> Sql {
        let mut text = sql!("VIEW {}", self.name());
        if !self.options.is_empty() {
            text.push(&sql!(" WITH ({})", clause::assignments(&self.options)));
        }
        text.push(&sql!(" AS\n{}", self.definition));
        text
    }

    fn alteration(&self, action: Sql) -> Statement {
        locked(self.name(), sql!("ALTER VIEW {} {}", self.name(), action))
    }

    fn set_default(&self, column: Ident, default: &Sql) -> Statement {
        self.alteration(sql!("ALTER COLUMN {} SET DEFAULT {}", column, default))
    }

    /// Whether CREATE OR REPLACE takes the new columns: the old ones stay, new ones come last (manual, CREATE VIEW).
    fn is_replaceable_by(&self, to: &Self) -> bool {
        to.columns.starts_with(&self.columns)
    }
}

fn locked(view: Name, sql: Sql) -> Statement {
    Statement::new(sql).locking(view, LockMode::AccessExclusive, Work::Catalog)
}

impl Definition for View {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, columns, definition, options: _, defaults } = self;
        visitor.id(id);
        columns.iter_mut().for_each(|column| visitor.expression(None, &mut column.ty));
        visitor.expression(None, definition);
        defaults.values_mut().for_each(|default| visitor.expression(None, default));
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![Statement::new(sql!("CREATE {}", self.creation()))];
        statements.extend(self.defaults.iter().map(|(column, default)| self.set_default(*column, default)));
        statements
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![
            locked(self.name(), sql!("DROP VIEW {}", self.name()))
                .hazard(HazardKind::Compatibility, format!("code that reads view {} fails", self.id)),
        ]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        let Self { id: _, columns, definition, options, defaults } = to;
        let mut details = column_differences(&self.columns, columns);
        if self.definition != *definition || (self.columns != *columns && details.is_empty()) {
            details.push("query".to_owned());
        }
        if self.options != *options {
            details.push(clause::describe_options(&self.options, options));
        }
        if self.defaults != *defaults {
            details.push("defaults of columns".to_owned());
        }
        if !self.is_replaceable_by(to) {
            return Alter::replace(details);
        }
        let mut statements = Vec::new();
        if self.definition != *definition || self.columns != *columns {
            statements.push(locked(to.name(), sql!("CREATE OR REPLACE {}", to.creation())));
        } else {
            let clauses = clause::set_options(&self.options, options);
            statements.extend(clauses.into_iter().map(|clause| to.alteration(clause)));
        }
        if self.options != *options {
            let message = format!("view {} checks rights and rows otherwise", to.id);
            statements =
                statements.into_iter().map(|s| s.hazard(HazardKind::Access, message.clone())).collect();
        }
        let gone = self.defaults.keys().filter(|column| !defaults.contains_key(column));
        statements.extend(gone.map(|column| to.alteration(sql!("ALTER COLUMN {} DROP DEFAULT", column))));
        let set = defaults.iter().filter(|(column, default)| self.defaults.get(column) != Some(default));
        statements.extend(set.map(|(column, default)| to.set_default(*column, default)));
        Alter::in_place(details, statements)
    }
}
