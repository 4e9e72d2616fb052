//! Indexes that belong to no constraint.

mod decode;

use limbeck_schema::{Id, Incidental, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Object, Schema, Visitor, expression, preflight, table};

pub(crate) use decode::{decode, decode_column};

/// The kind `index`.
pub const KIND: Kind = crate::kind::INDEX;

/// The id of an index of a table (or materialized view).
pub fn id(relation: Name, name: Ident) -> Id {
    Id::on(KIND, relation, name)
}

/// The indexes of a table, in order of their names.
pub fn of_table(schema: &Schema, table: Name) -> impl Iterator<Item = &Index> {
    let first = id(table, Ident::default());
    let of_it = move |id: &Id| id.kind == KIND && id.relation() == table;
    schema.range(first..).take_while(move |(id, _)| of_it(id)).filter_map(|(_, object)| match object {
        Object::Index(index) => Some(index),
        _ => None,
    })
}

fn of_id<'a>(schema: &'a Schema, id: &Id) -> Option<&'a Index> {
    match schema.get(id) {
        Some(Object::Index(index)) => Some(index),
        _ => None,
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Index {
    /// Its id; its relation is the table.
    pub id: Id,
    /// The kind of the relation that it is on: a table or a materialized view.
    pub on: Id,
    /// The index of the parent table that it is a part of.
    pub attached_to: Option<Name>,
    /// It is on a partitioned table: its partitions have parts of it.
    pub partitioned: bool,
    /// Its access method: `btree`.
    pub method: Ident,
    /// It refuses equal values.
    pub unique: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// What it orders by.
    pub keys: Vec<IndexKey>,
    /// Columns that it carries along.
    pub include: Vec<Ident>,
    /// Which rows it holds.
    pub predicate: Option<Sql>,
    /// Its storage parameters.
    pub options: Options,
    /// Its tablespace, where it is not the database's.
    pub tablespace: Option<Ident>,
    /// It can be used. One whose concurrent build failed cannot.
    pub valid: bool,
    /// The table was clustered on it.
    pub clustered: bool,
    /// It is the table's replica identity.
    pub replica_identity: bool,
    /// The server's number for it: the higher, the later it was made. 0 where nobody says; never compared.
    pub number: Incidental<u32>,
}

/// One thing that an index orders by.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct IndexKey {
    /// A column, or an expression.
    pub value: KeyValue,
    /// Its collation, where it is not the column's.
    pub collation: Option<(Name, Id)>,
    /// Its operator class, where it is not the default of the type.
    pub operator_class: Option<Name>,
    /// Parameters of the operator class.
    pub parameters: Options,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
    /// The statistics target of an expression.
    pub statistics: Option<i16>,
}

/// What a key is.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum KeyValue {
    /// A column.
    Column(Ident),
    /// An expression: a bare function call, or in parentheses, as the server prints it.
    Expression(Sql),
}

impl IndexKey {
    /// A column, ordered as its type is.
    pub fn column(name: Ident) -> Self {
        Self::new(KeyValue::Column(name))
    }

    /// A column or expression, ordered as its type is.
    pub fn new(value: KeyValue) -> Self {
        Self {
            value,
            collation: None,
            operator_class: None,
            parameters: Options::new(),
            descending: false,
            nulls_first: false,
            statistics: None,
        }
    }

    /// As it stands in the list of CREATE INDEX.
    pub fn definition(&self) -> Sql {
        let mut text = match &self.value {
            KeyValue::Column(name) => sql!("{}", name),
            KeyValue::Expression(expression) => expression.clone(),
        };
        if let Some((collation, _)) = &self.collation {
            text.push(&sql!(" COLLATE {}", collation));
        }
        if let Some(class) = &self.operator_class {
            text.push(&sql!(" {}", class));
        }
        if !self.parameters.is_empty() {
            text.push(&sql!(" ({})", clause::assignments(&self.parameters)));
        }
        // NULLS FIRST is the default of DESC, and the other way round (manual, CREATE INDEX).
        match (self.descending, self.nulls_first) {
            (false, false) => {}
            (true, true) => text.push(&sql!(" DESC")),
            (true, false) => text.push(&sql!(" DESC NULLS LAST")),
            (false, true) => text.push(&sql!(" NULLS FIRST")),
        }
        text
    }
}

impl Index {
    /// The name of the relation that it is on.
    pub fn table(&self) -> Name {
        self.id.relation()
    }

    /// The qualified name of the index itself.
    pub fn name(&self) -> Name {
        self.id.qualified()
    }

    /// Its key columns, where all are plain columns and all rows are in it.
    pub fn columns(&self) -> Option<Vec<Ident>> {
        if self.predicate.is_some() {
            return None;
        }
        self.keys
            .iter()
            .map(|key| match key.value {
                KeyValue::Column(name) => Some(name),
                KeyValue::Expression(_) => None,
            })
            .collect()
    }

    /// What its keys are, without their order.
    fn values(&self) -> Vec<Sql> {
        let value = |key: &IndexKey| match &key.value {
            KeyValue::Column(name) => sql!("{}", name),
            KeyValue::Expression(expression) => clause::parenthesised(expression),
        };
        self.keys.iter().map(value).collect()
    }

    /// The same index under another name.
    pub fn is_like(&self, other: &Self) -> bool {
        Self { id: other.id, ..self.clone() } == *other
    }

    /// `[UNIQUE] INDEX [CONCURRENTLY] name ON table …`, behind CREATE.
    pub fn creation(&self, name: Ident, concurrently: bool) -> Sql {
        let unique = if self.unique { sql!("UNIQUE ") } else { sql!("") };
        let concurrently = if concurrently { sql!("CONCURRENTLY ") } else { sql!("") };
        let method = if self.method == "btree" { sql!("") } else { sql!(" USING {}", self.method) };
        let keys = limbeck_sql::list(self.keys.iter().map(IndexKey::definition));
        let only = if self.only() { sql!("ONLY ") } else { sql!("") };
        let mut text = sql!(
            "CREATE {}INDEX {}{} ON {}{}{} ({})",
            unique,
            concurrently,
            name,
            only,
            self.table(),
            method,
            keys
        );
        if !self.include.is_empty() {
            text.push(&sql!(" INCLUDE ({})", clause::columns(&self.include)));
        }
        if self.nulls_not_distinct {
            text.push(&sql!(" NULLS NOT DISTINCT"));
        }
        if !self.options.is_empty() {
            text.push(&sql!(" WITH ({})", clause::assignments(&self.options)));
        }
        if let Some(space) = self.tablespace {
            text.push(&sql!(" TABLESPACE {}", space));
        }
        if let Some(predicate) = &self.predicate {
            text.push(&sql!(" WHERE {}", expression::bare(predicate)));
        }
        text
    }

    /// On a partitioned table the parts are made and attached one by one where they have names of their own.
    fn only(&self) -> bool {
        self.partitioned
    }

    /// What CREATE INDEX cannot say.
    pub fn marks(&self, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (at, key) in self.keys.iter().enumerate() {
            if let Some(target) = key.statistics {
                let text =
                    sql!("ALTER INDEX {} ALTER COLUMN {} SET STATISTICS {}", self.name(), at + 1, target);
                statements.push(Statement::new(text));
            }
        }
        if self.clustered {
            statements.push(table::alter(self.table(), sql!("CLUSTER ON {}", self.id.name)));
        }
        if self.replica_identity {
            statements
                .push(table::alter(self.table(), sql!("REPLICA IDENTITY USING INDEX {}", self.id.name)));
        }
        statements.extend(self.attach(context));
        statements
    }
}

impl Index {
    /// The statements that make it on a table that is yet to be attached to its parent.
    pub(crate) fn create_detached(&self, context: &Context<'_>) -> Vec<Statement> {
        Self { attached_to: None, ..self.clone() }.create(context)
    }

    /// The place of its whole among those of its table, in the order in which they were made: what this plan makes comes
    /// last, as it makes it. The server gives the parts of a new partition to their likes in this order.
    pub fn place_of_whole(&self, context: &Context<'_>) -> Vec<(u32, Option<Name>)> {
        let parents = table::parents(context.to, self.table()).into_iter();
        let mut wholes = self.attached_to.into_iter().flat_map(|name| {
            parents.clone().filter_map(move |parent| of_id(context.to, &id(parent.qualified(), name.name)))
        });
        let Some(whole) = wholes.next() else { return Vec::new() };
        match of_id(context.from, &whole.id) {
            Some(old) if old == whole => vec![(old.number.0, None)],
            _ => {
                let own = whole.place_of_whole(context).into_iter();
                std::iter::once((u32::MAX, None)).chain(own).chain([(u32::MAX, Some(whole.name()))]).collect()
            }
        }
    }

    fn attach(&self, context: &Context<'_>) -> Option<Statement> {
        let parent = self.attached_to.filter(|_| !table::changes_parent(self.table(), context))?;
        Some(Statement::new(sql!("ALTER INDEX {} ATTACH PARTITION {}", parent, self.name())))
    }

    /// The index of the partitioned table that it is a part of goes, or is made anew, and it with that.
    pub fn goes_with_parent(&self, context: &Context<'_>) -> bool {
        let Some(name) = self.attached_to else { return false };
        table::common_parents(self.table(), context).iter().any(|parent| {
            let of = id(parent.qualified(), name.name);
            match (context.from.get(&of), context.to.get(&of)) {
                (Some(Object::Index(from)), Some(Object::Index(to))) => {
                    // Its own parent may take both along.
                    !from.is_marked_as(to) || from.goes_with_parent(context)
                }
                (Some(_), _) => true,
                (None, _) => false,
            }
        })
    }

    /// The same but for what ALTER INDEX and the like can change.
    fn is_marked_as(&self, to: &Self) -> bool {
        let marked = Self {
            // The server sets none of a partitioned index.
            options: if self.partitioned { self.options.clone() } else { to.options.clone() },
            tablespace: to.tablespace,
            clustered: to.clustered,
            replica_identity: to.replica_identity,
            attached_to: to.attached_to,
            ..self.clone()
        };
        marked == *to
    }
}

impl Definition for Index {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            id,
            on,
            attached_to: _,
            partitioned: _,
            method: _,
            unique: _,
            nulls_not_distinct: _,
            keys,
            include,
            predicate,
            options: _,
            tablespace: _,
            valid: _,
            clustered: _,
            replica_identity: _,
            number: _,
        } = self;
        let relation = id.relation();
        visitor.id(id);
        visitor.id(on);
        for IndexKey { value, collation, .. } in keys {
            match value {
                KeyValue::Column(name) => visitor.column(relation, name),
                KeyValue::Expression(expression) => visitor.expression(Some(relation), expression),
            }
            if let Some((name, id)) = collation {
                visitor.id(id);
                *name = id.qualified();
            }
        }
        include.iter_mut().for_each(|column| visitor.column(relation, column));
        if let Some(predicate) = predicate {
            visitor.expression(Some(relation), predicate);
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        let table = self.table();
        let work = if self.partitioned { Work::Catalog } else { Work::Scan };
        let mut statement =
            Statement::new(self.creation(self.id.name, false)).locking(table, LockMode::Share, work);
        if self.unique {
            statement = statement
                .hazard(HazardKind::MayFail, format!("fails if two rows of {table} have equal values"))
                .preflight(
                    preflight::duplicates(
                        table,
                        &self.values(),
                        self.predicate.as_ref(),
                        self.nulls_not_distinct,
                    ),
                    format!(
                        "values of {} that stand in several rows of {table}",
                        limbeck_sql::list(self.values())
                    ),
                );
        }
        let mut statements = vec![statement];
        statements.extend(self.marks(context));
        statements
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let goes_along = !context.to.contains(&self.on) || self.goes_with_parent(context);
        if goes_along {
            return Vec::new();
        }
        vec![Statement::new(sql!("DROP INDEX {}", self.name())).locking(
            self.table(),
            LockMode::AccessExclusive,
            Work::Catalog,
        )]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let details = differences(self, to);
        // No statement takes a part from its whole.
        let changes_whole = self.attached_to.is_some()
            && self.attached_to != to.attached_to
            && !table::changes_parent(to.table(), context);
        if !self.is_marked_as(to) || changes_whole {
            return Alter::replace(details);
        }
        let mut statements: Vec<Statement> = clause::set_options(&self.options, &to.options)
            .into_iter()
            .map(|clause| Statement::new(sql!("ALTER INDEX {} {}", to.name(), clause)))
            .collect();
        if self.tablespace != to.tablespace {
            let space = to.tablespace.unwrap_or(Ident::new("pg_default"));
            statements.push(Statement::new(sql!("ALTER INDEX {} SET TABLESPACE {}", to.name(), space)));
        }
        if self.attached_to != to.attached_to {
            statements.extend(to.attach(context));
        }
        if self.clustered && !to.clustered && !table::is_clustered(context.to, to.table()) {
            statements.push(table::alter(to.table(), sql!("SET WITHOUT CLUSTER")));
        }
        if to.clustered && !self.clustered {
            statements.push(table::alter(to.table(), sql!("CLUSTER ON {}", to.id.name)));
        }
        if to.replica_identity && !self.replica_identity {
            statements.push(table::alter(to.table(), sql!("REPLICA IDENTITY USING INDEX {}", to.id.name)));
        }
        Alter::in_place(details, statements)
    }

    fn extra_needs(&self, schema: &Schema) -> Vec<Id> {
        let mut needs = self.partitions_without(schema);
        if let Some(name) = self.attached_to {
            let parents = table::parents(schema, self.table());
            needs.extend(parents.iter().map(|parent| id(parent.qualified(), name.name)));
        }
        needs
    }
}

impl Index {
    /// Partitions that have no part of it, which makes it invalid: those that are made after it get one.
    fn partitions_without(&self, schema: &Schema) -> Vec<Id> {
        if self.valid || !self.partitioned {
            return Vec::new();
        }
        let name = Some(self.name());
        let has_part = |table: Name| of_table(schema, table).any(|index| index.attached_to == name);
        let partitions = table::children(schema, self.table()).into_iter();
        partitions.filter(|table| !has_part(*table)).map(|name| table::id(name.schema, name.name)).collect()
    }
}

fn differences(from: &Index, to: &Index) -> Vec<String> {
    let mut details = Vec::new();
    let mut push = |what: &str, from: String, to: String| {
        if from != to {
            details.push(clause::change(what, from, to));
        }
    };
    let keys = |index: &Index| limbeck_sql::list(index.keys.iter().map(IndexKey::definition)).to_string();
    push("columns", keys(from), keys(to));
    push("method", from.method.to_string(), to.method.to_string());
    push("unique", from.unique.to_string(), to.unique.to_string());
    push("include", clause::columns(&from.include).to_string(), clause::columns(&to.include).to_string());
    let predicate =
        |index: &Index| index.predicate.as_ref().map(|p| expression::bare(p).to_string()).unwrap_or_default();
    push("where", predicate(from), predicate(to));
    push("nulls not distinct", from.nulls_not_distinct.to_string(), to.nulls_not_distinct.to_string());
    push("valid", from.valid.to_string(), to.valid.to_string());
    if from.options != to.options {
        details.push(clause::describe_options(&from.options, &to.options));
    }
    if details.is_empty() {
        details.push("definition".to_owned());
    }
    details
}
