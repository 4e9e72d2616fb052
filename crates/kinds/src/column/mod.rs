//! Columns of tables.

mod add;
mod alter;
mod cast;
mod decode;
mod exchange;
mod misfits;
mod not_null;
mod nullability;

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::sequence::SequenceOptions;
use crate::{Alter, Context, Definition, Object, TypeName, Visitor, expression, table};

pub use add::backfill;
pub use alter::REBUILT;
pub use cast::carried;
pub(crate) use decode::{complete_identity, decode, decode_default};
pub use exchange::{holder, name_aside};
pub(crate) use not_null::decode as decode_not_null;
pub use not_null::{NotNull, default_not_null_name, set_not_null};
pub use nullability::{TakenOver, taken_over};

/// The kind `column`.
pub const KIND: Kind = crate::kind::COLUMN;

/// The id of a column of a relation.
pub fn id(relation: Name, name: Ident) -> Id {
    Id::on(KIND, relation, name)
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Column {
    /// Its id; its relation is the table.
    pub id: Id,
    /// Its place in the table. A new table writes its columns in this order; it is never compared.
    pub position: Incidental<i16>,
    /// Its type.
    pub ty: TypeName,
    /// Its collation, where it is not the type's.
    pub collation: Option<(Name, Id)>,
    /// It refuses NULL.
    pub not_null: Option<NotNull>,
    /// Where its value comes from when none is given.
    pub value: Value,
    /// Its storage, where it is not the type's.
    pub storage: Option<Sql>,
    /// Its compression method, where one is named.
    pub compression: Option<Ident>,
    /// Its statistics target, where one is set.
    pub statistics: Option<i16>,
    /// `n_distinct` and the like.
    pub options: Options,
    /// It comes from a parent table only: the server makes, changes and drops it with the parent's.
    pub inherited: bool,
    /// How existing rows get a value when the column is added or becomes NOT NULL. A hint, never compared.
    pub backfill: Incidental<Option<Hint>>,
    /// How old values become new ones when the type changes. A hint, never compared.
    pub using: Incidental<Option<Hint>>,
}

/// An expression of a declaration that serves one change and then expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hint(Ident);

impl Hint {
    /// The hint of this SQL.
    pub fn new(text: &str) -> Self {
        Self(Ident::new(text))
    }

    /// As SQL.
    pub fn sql(self) -> Sql {
        Sql::from_trusted(self.0.as_str())
    }
}

/// Where a column's value comes from when none is given.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Value {
    /// From nowhere: it is NULL.
    Plain,
    /// From this expression.
    Default(Sql),
    /// From other columns, always.
    Generated {
        /// The expression.
        expression: Sql,
        /// It is stored; a virtual one is computed when read (PostgreSQL 18).
        stored: bool,
    },
    /// From a sequence of its own.
    Identity(Box<Identity>),
}

/// An identity column.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Identity {
    /// `GENERATED ALWAYS`, else `BY DEFAULT`.
    pub always: bool,
    /// The name of its sequence.
    pub sequence: Name,
    /// That sequence is not written to the write-ahead log.
    pub unlogged: bool,
    /// The sequence.
    pub options: SequenceOptions,
}

impl Identity {
    /// What stands behind ADD: `GENERATED ALWAYS AS IDENTITY`, with what differs from the defaults.
    pub fn clause(&self, table: Name, column: Ident) -> Sql {
        let mut clauses = Vec::new();
        if self.sequence != default_sequence(table, column) {
            clauses.push(sql!("SEQUENCE NAME {}", self.sequence));
        }
        clauses.extend(self.options.creation());
        let how = if self.always { sql!("ALWAYS") } else { sql!("BY DEFAULT") };
        let text = Sql::from_trusted(clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        if clauses.is_empty() {
            sql!("GENERATED {} AS IDENTITY", how)
        } else {
            sql!("GENERATED {} AS IDENTITY ({})", how, text)
        }
    }
}

/// The name that the server gives to the sequence of an identity or serial column, unless it is taken.
pub fn default_sequence(table: Name, column: Ident) -> Name {
    Name { schema: table.schema, name: crate::names::object_name(table.name, Some(column), "seq") }
}

impl Column {
    /// The table's name.
    pub fn table(&self) -> Name {
        self.id.relation()
    }

    /// What stands in CREATE TABLE and behind ADD COLUMN.
    pub fn definition(&self, version: i32) -> Sql {
        let mut text = sql!("{} {}", self.id.name, self.ty);
        if version >= 160_000
            && let Some(storage) = &self.storage
        {
            text.push(&sql!(" STORAGE {}", storage));
        }
        if let Some(method) = self.compression {
            text.push(&sql!(" COMPRESSION {}", method));
        }
        if let Some((collation, _)) = &self.collation {
            text.push(&sql!(" COLLATE {}", collation));
        }
        self.push_value_and_null(&mut text, version);
        text
    }

    fn push_value_and_null(&self, text: &mut Sql, version: i32) {
        match &self.value {
            Value::Plain => {}
            Value::Default(default) => text.push(&sql!(" DEFAULT {}", default)),
            Value::Generated { expression, stored } => {
                let how = if *stored { sql!("STORED") } else { sql!("VIRTUAL") };
                text.push(&sql!(" GENERATED ALWAYS AS {} {}", clause::parenthesised(expression), how));
            }
            Value::Identity(identity) => {
                text.push(&sql!(" {}", identity.clause(self.table(), self.id.name)));
            }
        }
        text.push(&self.not_null_clause(version));
    }

    /// What stands in CREATE TABLE for a column that comes from elsewhere, where anything does.
    pub(crate) fn override_definition(&self, table: &table::Table, version: i32) -> Option<Sql> {
        let mut text = sql!("");
        self.push_value_and_null(&mut text, version);
        let typed = table.of_type.is_some() || table.partition_of.is_some();
        (typed && !text.is_empty() && !matches!(self.value, Value::Generated { .. } | Value::Identity(_)))
            .then(|| sql!("{}{}", self.id.name, text))
    }

    /// The same column in a table that is yet to be attached: a partition's identity is its parent's.
    pub(crate) fn standalone(&self) -> Self {
        let value = match &self.value {
            Value::Identity(_) => Value::Plain,
            value => value.clone(),
        };
        let not_null = self.not_null.map(|not_null| NotNull { inherited: false, ..not_null });
        Self { value, not_null, inherited: false, ..self.clone() }
    }

    /// What a column that its parents bring has beyond theirs.
    pub(crate) fn beyond_parents(&self, context: &Context<'_>) -> Vec<Statement> {
        let parents = table::parents(context.to, self.table());
        let of_parents: Vec<&Column> = parents
            .iter()
            .filter_map(|parent| match context.to.get(&id(parent.qualified(), self.id.name)) {
                Some(Object::Column(column)) => Some(column),
                _ => None,
            })
            .collect();
        let default = |column: &&Column| match &column.value {
            Value::Default(default) => Some(default.clone()),
            _ => None,
        };
        let inherited = of_parents.iter().find_map(default);
        let mut statements = Vec::new();
        match (&self.value, inherited) {
            (Value::Default(own), inherited) if inherited.as_ref() != Some(own) => {
                statements.push(self.action(sql!("SET DEFAULT {}", own)));
            }
            (Value::Plain, Some(_)) => statements.push(self.action(sql!("DROP DEFAULT"))),
            _ => {}
        }
        if self.not_null.is_some() && !of_parents.iter().any(|column| column.not_null.is_some()) {
            statements.push(self.demand(context.version));
        }
        if let Some(storage) = self.storage.as_ref()
            && !of_parents.iter().any(|column| column.storage.as_ref() == Some(storage))
        {
            statements.push(self.action(sql!("SET STORAGE {}", storage)));
        }
        // Statistics and options are never inherited; the rest of it was said above.
        let rest = Self { storage: None, not_null: None, ..self.clone() };
        statements.extend(rest.after_create(context.version));
        statements
    }

    /// What CREATE TABLE and ADD COLUMN cannot say.
    pub(crate) fn after_create(&self, version: i32) -> Vec<Statement> {
        let mut statements = Vec::new();
        if version < 160_000
            && let Some(storage) = &self.storage
        {
            statements.push(self.action(sql!("SET STORAGE {}", storage)));
        }
        if let Some(target) = self.statistics {
            statements.push(self.action(sql!("SET STATISTICS {}", target)));
        }
        if !self.options.is_empty() {
            statements.push(self.action(sql!("SET ({})", clause::assignments(&self.options))));
        }
        statements.extend(self.late_not_null(version));
        statements
    }

    pub(crate) fn action(&self, action: Sql) -> Statement {
        table::alter(self.table(), sql!("ALTER COLUMN {} {}", self.id.name, action))
    }
}

impl Definition for Column {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            id,
            position: _,
            ty,
            collation,
            not_null: _,
            value,
            storage: _,
            compression: _,
            statistics: _,
            options: _,
            inherited: _,
            backfill: _,
            using: _,
        } = self;
        let relation = id.relation();
        visitor.id(id);
        visitor.id(&mut table::id(relation.schema, relation.name));
        ty.visit(visitor);
        if let Some((name, id)) = collation {
            visitor.id(id);
            *name = id.qualified();
        }
        match value {
            Value::Plain => {}
            Value::Default(default) => visitor.expression(None, default),
            Value::Generated { expression, stored: _ } => visitor.expression(Some(relation), expression),
            Value::Identity(identity) => {
                let Identity { always: _, sequence, unlogged: _, options: _ } = identity.as_mut();
                let mut id = crate::sequence::id(sequence.schema, sequence.name);
                visitor.id(&mut id);
                *sequence = id.qualified();
            }
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        if self.inherited {
            let brings = |parent: &Id| context.to.contains(&id(parent.qualified(), self.id.name));
            if table::common_parents(self.table(), context).iter().any(brings) {
                return self.beyond_parents(context);
            }
            // The table gets its parents only when it has their columns.
            return add::add(&self.standalone(), context);
        }
        add::add(self, context)
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let table = self.table();
        let brings = |parent: &Id| context.from.contains(&id(parent.qualified(), self.id.name));
        let goes_there = || table::common_parents(table, context).iter().any(brings);
        if !table::stands(context.to, table) || self.inherited && goes_there() {
            return Vec::new();
        }
        vec![
            table::alter(table, sql!("DROP COLUMN {}", self.id.name))
                .hazard(HazardKind::DataLoss, format!("every value of {}", self.id)),
        ]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        alter::alter(self, to, context)
    }

    fn extra_needs(&self, schema: &crate::Schema) -> Vec<Id> {
        let mut needs: Vec<Id> = table::foreign_need(schema, self.table()).into_iter().collect();
        // A column of a child table needs its parents' columns: they make it.
        if self.inherited {
            let parents = table::parents(schema, self.table());
            needs.extend(parents.into_iter().map(|parent| id(parent.qualified(), self.id.name)));
        }
        needs
    }
}

/// Whether the second type holds every value of the first.
pub fn holds_all(from: &TypeName, to: &TypeName) -> bool {
    crate::conversion::holds_all(from, to)
}

/// Whether a new column with this default must be computed for each row, which rewrites the table.
pub fn rewrites_on_add(value: &Value) -> bool {
    match value {
        Value::Plain => false,
        Value::Default(default) => expression::may_be_volatile(default),
        Value::Generated { stored, .. } => *stored,
        Value::Identity(_) => true,
    }
}

/// The lock of a statement that rewrites the table or only its catalog row.
pub(crate) fn locked(table: Name, sql: Sql, work: Work) -> Statement {
    let statement = Statement::new(sql).locking(table, LockMode::AccessExclusive, work);
    if work == Work::Rewrite {
        statement.hazard(HazardKind::Blocking, format!("{table} is rewritten while nobody can use it"))
    } else {
        statement
    }
}
