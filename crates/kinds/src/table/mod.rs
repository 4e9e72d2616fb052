//! Tables: what stands around their columns.

mod create;
mod decode;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Object, Schema, Visitor};

pub(crate) use create::create_foreign;
pub(crate) use decode::{complete_typed_tables, decode, decode_inherits};

/// The kind `table`: ordinary and partitioned tables, and partitions.
pub const KIND: Kind = crate::kind::TABLE;

/// The id of the table of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A table, without its columns, constraints and indexes, which are objects of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its id.
    pub id: Id,
    /// Its rows are not written to the write-ahead log.
    pub unlogged: bool,
    /// Its access method, where it is not `heap`.
    pub access_method: Option<Ident>,
    /// Its tablespace, where it is not the database's.
    pub tablespace: Option<Ident>,
    /// Its storage parameters.
    pub options: Options,
    /// The tables that it inherits from, in order; not for a partition.
    pub inherits: Vec<Id>,
    /// How it is partitioned: `RANGE (created_at)`.
    pub partition_key: Option<Sql>,
    /// What it is a partition of.
    pub partition_of: Option<PartitionOf>,
    /// The composite type that gives its columns.
    pub of_type: Option<(Sql, Id)>,
    /// What identifies a row for logical replication.
    pub replica_identity: ReplicaIdentity,
}

/// The place of a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: Id,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: Sql,
}

/// What identifies a row for logical replication (`ALTER TABLE … REPLICA IDENTITY`).
///
/// That it is an index (USING INDEX) is said by the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    /// The whole row.
    Full,
    /// Nothing.
    Nothing,
    /// An index, which says so itself.
    Index,
}

impl ReplicaIdentity {
    /// The meaning of `relreplident`.
    pub(crate) fn of_letter(letter: char) -> Self {
        match letter {
            'f' => Self::Full,
            'n' => Self::Nothing,
            'i' => Self::Index,
            _ => Self::Default,
        }
    }
}

impl Table {
    /// An ordinary table of that name, with nothing said of it.
    pub fn new(schema: Ident, name: Ident) -> Self {
        Self {
            id: id(schema, name),
            unlogged: false,
            access_method: None,
            tablespace: None,
            options: Options::new(),
            inherits: Vec::new(),
            partition_key: None,
            partition_of: None,
            of_type: None,
            replica_identity: ReplicaIdentity::Default,
        }
    }

    /// Its qualified name.
    pub fn name(&self) -> Name {
        self.id.qualified()
    }
}

/// What the creation of a table writes along.
pub(crate) fn inlines_of(table: &Table, context: &Context<'_>) -> Vec<Id> {
    create::inlines(table, context)
}

/// Whether there is a table, foreign or not, of that name.
pub(crate) fn stands(schema: &Schema, name: Name) -> bool {
    schema.contains(&id(name.schema, name.name)) || schema.contains(&foreign(name))
}

fn foreign(name: Name) -> Id {
    Id::inside(crate::kind::FOREIGN_TABLE, name.schema, name.name)
}

/// The foreign table of that name, where the schema has one: what its columns and checks need.
pub(crate) fn foreign_need(schema: &Schema, name: Name) -> Option<Id> {
    Some(foreign(name)).filter(|id| schema.contains(id))
}

/// The tables that a table, foreign or not, inherits from or is a partition of.
pub(crate) fn parents(schema: &Schema, name: Name) -> Vec<Id> {
    let (inherits, partition_of) = match (schema.get(&id(name.schema, name.name)), schema.get(&foreign(name)))
    {
        (Some(Object::Table(table)), _) => (&table.inherits, &table.partition_of),
        (_, Some(Object::ForeignTable(table))) => (&table.inherits, &table.partition_of),
        _ => return Vec::new(),
    };
    inherits.iter().chain(partition_of.as_ref().map(|of| &of.parent)).copied().collect()
}

/// `ALTER TABLE name action`, with the lock that most actions take.
pub fn alter(table: Name, action: Sql) -> Statement {
    Statement::new(sql!("ALTER TABLE {} {}", table, action)).locking(
        table,
        LockMode::AccessExclusive,
        Work::Catalog,
    )
}

impl Definition for Table {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            id,
            unlogged: _,
            access_method: _,
            tablespace: _,
            options: _,
            inherits,
            partition_key,
            partition_of,
            of_type,
            replica_identity: _,
        } = self;
        visitor.id(id);
        inherits.iter_mut().for_each(|parent| visitor.id(parent));
        if let Some(key) = partition_key {
            visitor.expression(None, key);
        }
        if let Some(PartitionOf { parent, bound: _ }) = partition_of {
            visitor.id(parent);
        }
        if let Some((name, id)) = of_type {
            visitor.id(id);
            *name = sql!("{}", id.qualified());
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        create::create(self, context)
    }

    fn inlines(&self, context: &Context<'_>) -> Vec<Id> {
        create::inlines(self, context)
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statement = Statement::new(sql!("DROP TABLE {}", self.name()));
        statement = statement.locking(self.name(), LockMode::AccessExclusive, Work::Catalog);
        vec![statement.hazard(HazardKind::DataLoss, format!("every row of {}", self.id))]
    }

    fn alter(&self, to: &Self, _: &Context<'_>) -> Alter {
        alteration(self, to)
    }
}

fn alteration(from: &Table, to: &Table) -> Alter {
    let Table {
        id,
        unlogged,
        access_method,
        tablespace,
        options,
        inherits: _,
        partition_key,
        partition_of: _,
        of_type,
        replica_identity,
    } = to;
    let name = id.qualified();
    let mut details = Vec::new();
    let mut statements = Vec::new();
    if from.partition_key != *partition_key {
        let text = |key: &Option<Sql>| key.clone().unwrap_or_default();
        details.push(clause::change("partition key", text(&from.partition_key), text(partition_key)));
        return Alter::replace(details);
    }
    statements.extend(alter_parents(from, to, &mut details));
    if from.of_type != *of_type {
        details.push("type of the table".to_owned());
        statements.push(match of_type {
            Some((ty, _)) => alter(name, sql!("OF {}", ty)),
            None => alter(name, sql!("NOT OF")),
        });
    }
    if from.unlogged != *unlogged {
        details.push(clause::change("unlogged", from.unlogged, unlogged));
        let action = if *unlogged { sql!("SET UNLOGGED") } else { sql!("SET LOGGED") };
        statements.push(rewriting(name, action));
    }
    if from.access_method != *access_method {
        let method = |method: &Option<Ident>| method.unwrap_or(Ident::new("heap"));
        details.push(clause::change("access method", method(&from.access_method), method(access_method)));
        statements.push(rewriting(name, sql!("SET ACCESS METHOD {}", method(access_method))));
    }
    if from.tablespace != *tablespace {
        let space = |space: &Option<Ident>| space.unwrap_or(Ident::new("pg_default"));
        details.push(clause::change("tablespace", space(&from.tablespace), space(tablespace)));
        statements.push(rewriting(name, sql!("SET TABLESPACE {}", space(tablespace))));
    }
    if from.options != *options {
        details.push(clause::describe_options(&from.options, options));
        statements.extend(clause::set_options(&from.options, options).into_iter().map(|clause| {
            Statement::new(sql!("ALTER TABLE {} {}", name, clause)).locking(
                name,
                LockMode::ShareUpdateExclusive,
                Work::Catalog,
            )
        }));
    }
    if from.replica_identity != *replica_identity {
        details.push("replica identity".to_owned());
        statements.extend(replica_identity_statement(to));
    }
    Alter::in_place(details, statements)
}

/// Moves a table between its parents, with its rows.
pub(crate) fn alter_parents(from: &Table, to: &Table, details: &mut Vec<String>) -> Vec<Statement> {
    let name = to.name();
    let mut statements = Vec::new();
    if from.partition_of != to.partition_of {
        details.push("partition bound".to_owned());
        statements.extend(from.partition_of.iter().map(|of| detach(name, of)));
    }
    if from.inherits != to.inherits {
        details.push("parents".to_owned());
        let gone = from.inherits.iter().filter(|parent| !to.inherits.contains(parent));
        statements.extend(gone.map(|parent| alter(name, sql!("NO INHERIT {}", parent.qualified()))));
        let new = to.inherits.iter().filter(|parent| !from.inherits.contains(parent));
        statements.extend(new.map(|parent| alter(name, sql!("INHERIT {}", parent.qualified()))));
    }
    if from.partition_of != to.partition_of {
        statements.extend(to.partition_of.iter().map(|of| attach(name, of)));
    }
    statements
}

fn rewriting(table: Name, action: Sql) -> Statement {
    Statement::new(sql!("ALTER TABLE {} {}", table, action))
        .locking(table, LockMode::AccessExclusive, Work::Rewrite)
        .hazard(HazardKind::Blocking, format!("{table} is rewritten while nobody can use it"))
}

fn replica_identity_statement(table: &Table) -> Option<Statement> {
    let word = match table.replica_identity {
        ReplicaIdentity::Default => sql!("DEFAULT"),
        ReplicaIdentity::Full => sql!("FULL"),
        ReplicaIdentity::Nothing => sql!("NOTHING"),
        ReplicaIdentity::Index => return None,
    };
    Some(alter(table.name(), sql!("REPLICA IDENTITY {}", word)))
}

fn attach(table: Name, of: &PartitionOf) -> Statement {
    let parent = of.parent.qualified();
    Statement::new(sql!("ALTER TABLE {} ATTACH PARTITION {} {}", parent, table, of.bound))
        .locking(parent, LockMode::ShareUpdateExclusive, Work::Catalog)
        .locking(table, LockMode::AccessExclusive, Work::Scan)
        .hazard(HazardKind::MayFail, format!("fails if a row of {table} lies outside its bound"))
}

fn detach(table: Name, of: &PartitionOf) -> Statement {
    let parent = of.parent.qualified();
    Statement::new(sql!("ALTER TABLE {} DETACH PARTITION {}", parent, table)).locking(
        parent,
        LockMode::AccessExclusive,
        Work::Catalog,
    )
}
