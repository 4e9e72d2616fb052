//! Tables: what stands around their columns.

mod bound;
mod create;
mod decode;
mod inheritance;
mod partition;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Object, Schema, Visitor};

pub use bound::Bound;
pub(crate) use create::create_foreign;
pub(crate) use decode::{complete_typed_tables, decode, decode_inherits};
pub use inheritance::{Moves, moves, moves_of};
pub use partition::{Rest, condition, default_partition, rest};
pub(crate) use partition::{attach, detach, with_rest};

/// The kind `table`: ordinary and partitioned tables, and partitions.
pub const KIND: Kind = crate::kind::TABLE;

/// The id of the table of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A table, without its columns, constraints and indexes, which are objects of their own.
#[derive(Clone, Debug, PartialEq, Hash)]
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
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: Id,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: Sql,
}

/// What identifies a row for logical replication (`ALTER TABLE … REPLICA IDENTITY`).
///
/// That it is an index (USING INDEX) is said by the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
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

/// The columns of a table in their order.
pub fn columns_of(schema: &Schema, table: Name) -> Vec<&crate::column::Column> {
    create::columns(&Table::new(table.schema, table.name), schema)
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
pub fn parents(schema: &Schema, name: Name) -> Vec<Id> {
    let found = schema.get(&id(name.schema, name.name)).or_else(|| schema.get(&foreign(name)));
    let Parents { inherits, partition_of } = found.map(parents_of).unwrap_or_default();
    inherits.into_iter().chain(partition_of.map(|of| of.parent)).collect()
}

/// `ALTER TABLE name action`, with the lock that most actions take.
pub fn alter(table: Name, action: Sql) -> Statement {
    alter_under(table, LockMode::AccessExclusive, Work::Catalog, action)
}

/// `ALTER TABLE name action`, with this lock.
pub fn alter_under(table: Name, mode: LockMode, work: Work, action: Sql) -> Statement {
    Statement::new(sql!("ALTER TABLE {} {}", table, action)).locking(table, mode, work)
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
        let name = id.qualified();
        visitor.id(id);
        inherits.iter_mut().for_each(|parent| visitor.id(parent));
        if let Some(key) = partition_key {
            visitor.part(name, key);
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

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        alteration(self, to, context)
    }
}

/// The statements that change the options of a table's TOAST table, which comes with its columns.
pub fn set_toast_options(from: &Table, to: &Table) -> Vec<Statement> {
    set_options(from, to, true)
}

fn set_options(from: &Table, to: &Table, toast: bool) -> Vec<Statement> {
    let part = |table: &Table| table.options.part("toast.", toast);
    let clauses = clause::set_options(&part(from), &part(to));
    clauses
        .into_iter()
        .map(|clause| alter_under(to.name(), LockMode::ShareUpdateExclusive, Work::Catalog, clause))
        .collect()
}

fn alteration(from: &Table, to: &Table, context: &Context<'_>) -> Alter {
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
    describe_parents(from, to, &mut details);
    let parents = |table: &Table| Parents {
        inherits: table.inherits.clone(),
        partition_of: table.partition_of.clone(),
    };
    if moves(name, &parents(from), &parents(to), context).is_none() {
        return Alter::replace(details);
    }
    if from.of_type != *of_type {
        details.push("type of the table".to_owned());
    }
    if from.unlogged != *unlogged {
        details.push(clause::change("unlogged", from.unlogged, unlogged));
        let action = if *unlogged { sql!("SET UNLOGGED") } else { sql!("SET LOGGED") };
        statements.push(rewriting(name, action));
    }
    if from.access_method != *access_method {
        // A partitioned table has no rows to write again.
        let (none, alter): (_, fn(Name, Sql) -> Statement) = match partition_key {
            Some(_) => (sql!("DEFAULT"), alter),
            None => (sql!("heap"), rewriting),
        };
        let method = |method: &Option<Ident>| method.map_or(none.clone(), |method| sql!("{}", method));
        details.push(clause::change("access method", method(&from.access_method), method(access_method)));
        statements.push(alter(name, sql!("SET ACCESS METHOD {}", method(access_method))));
    }
    if from.tablespace != *tablespace {
        let space = |space: &Option<Ident>| space.unwrap_or(Ident::new("pg_default"));
        details.push(clause::change("tablespace", space(&from.tablespace), space(tablespace)));
        statements.push(rewriting(name, sql!("SET TABLESPACE {}", space(tablespace))));
    }
    if from.options != *options {
        details.push(clause::describe_options(&from.options, options));
        statements.extend(set_options(from, to, false));
    }
    if from.replica_identity != *replica_identity {
        details.push("replica identity".to_owned());
        statements.extend(replica_identity_statement(to));
    }
    Alter::in_place(details, statements)
}

/// The move of a table between its parents, in words; the statements are those of [`leave`], [`join`] and
/// [`rebind`], which stand at other places of a plan than the table's own.
pub(crate) fn describe_parents(from: &Table, to: &Table, details: &mut Vec<String>) {
    if from.partition_of != to.partition_of {
        let text = |of: &Option<PartitionOf>| {
            of.as_ref().map(|of| format!("{} {}", of.parent, of.bound)).unwrap_or_default()
        };
        details.push(clause::change("partition of", text(&from.partition_of), text(&to.partition_of)));
    }
    if from.inherits != to.inherits {
        let list = |parents: &[Id]| limbeck_sql::list(parents.iter().map(Id::qualified));
        details.push(clause::change("parents", list(&from.inherits), list(&to.inherits)));
    }
}

/// Parents of a table, foreign or not.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Parents {
    /// Those that it inherits from.
    pub inherits: Vec<Id>,
    /// The one that it is a partition of.
    pub partition_of: Option<PartitionOf>,
}

/// The parents of an object; none where it is no table.
pub fn parents_of(object: &Object) -> Parents {
    let (inherits, partition_of) = match object {
        Object::Table(table) => (&table.inherits, &table.partition_of),
        Object::ForeignTable(table) => (&table.inherits, &table.partition_of),
        _ => return Parents::default(),
    };
    Parents { inherits: inherits.clone(), partition_of: partition_of.clone() }
}

/// The statements that take a table from parents that it no longer has.
pub fn leave(table: Name, from: &Parents, to: &Parents, moves: &Moves) -> Vec<Statement> {
    let parent = |of: &Option<PartitionOf>| of.as_ref().map(|of| of.parent);
    let left = from.partition_of.iter().filter(|_| parent(&from.partition_of) != parent(&to.partition_of));
    left.map(|of| detach(table, of))
        .chain(moves.leave.iter().map(|parent| alter(table, sql!("NO INHERIT {}", parent.qualified()))))
        .collect()
}

/// The statements that give a table to parents that it did not have.
pub fn join(
    table: Name,
    from: &Parents,
    to: &Parents,
    moves: &Moves,
    context: &Context<'_>,
) -> Vec<Statement> {
    let parent = |of: &Option<PartitionOf>| of.as_ref().map(|of| of.parent);
    let new = to.partition_of.iter().filter(|_| parent(&from.partition_of) != parent(&to.partition_of));
    let inherit = |parent: &Id| alter(table, sql!("INHERIT {}", parent.qualified()));
    moves.join.iter().map(inherit).chain(new.map(|of| attach(table, of, context))).collect()
}

/// The statements that move partitions of one parent to other bounds: all are detached before any is attached,
/// so that none stands in another's way.
pub fn rebind(moved: &[(Name, PartitionOf, PartitionOf)], context: &Context<'_>) -> Vec<Statement> {
    let off = moved.iter().map(|(table, from, _)| detach(*table, from));
    off.chain(moved.iter().map(|(table, _, to)| attach(*table, to, context))).collect()
}

/// Whether a table that stays is attached in this plan: then the server attaches what is on it, too.
pub(crate) fn is_moved(table: Name, context: &Context<'_>) -> bool {
    let of = |schema: &Schema| {
        let found = schema.get(&id(table.schema, table.name)).or_else(|| schema.get(&foreign(table)));
        found.map(|object| parents_of(object).partition_of)
    };
    let from = of(context.from);
    from.is_some() && from != of(context.to)
}

/// Whether a table that stays gets another parent in this plan. One whose bound alone changes is back under its
/// parent before anything is made on it; attaching an index that is attached already does nothing (manual,
/// ALTER INDEX).
pub(crate) fn changes_parent(table: Name, context: &Context<'_>) -> bool {
    let of = |schema: &Schema| {
        let found = schema.get(&id(table.schema, table.name)).or_else(|| schema.get(&foreign(table)));
        found.and_then(|object| parents_of(object).partition_of).map(|of| of.parent)
    };
    is_moved(table, context) && of(context.from) != of(context.to)
}

/// Whether the table of that name, foreign or not, is a partition.
pub(crate) fn is_partition(schema: &Schema, table: Name) -> bool {
    let found = schema.get(&id(table.schema, table.name)).or_else(|| schema.get(&foreign(table)));
    found.is_some_and(|object| parents_of(object).partition_of.is_some())
}

/// Whether the table of that name is partitioned.
pub fn is_partitioned(schema: &Schema, table: Name) -> bool {
    matches!(schema.get(&id(table.schema, table.name)), Some(Object::Table(table)) if table.partition_key.is_some())
}

/// Whether any index or key of the table is the one that it is clustered on.
pub(crate) fn is_clustered(schema: &Schema, table: Name) -> bool {
    use crate::constraint::ConstraintDefinition::{PrimaryKey, Unique};
    crate::index::of_table(schema, table).any(|index| index.clustered)
        || crate::constraint::of_table(schema, table).any(
            |constraint| matches!(&constraint.definition, PrimaryKey(key) | Unique(key) if key.clustered),
        )
}

/// The tables that have this one as a parent.
pub fn children(schema: &Schema, table: Name) -> Vec<Name> {
    let of = |first: Id| {
        schema.range(first..).take_while(move |(id, _)| id.kind == first.kind).filter_map(
            move |(id, object)| {
                let Parents { inherits, partition_of } = parents_of(object);
                let mut parents = inherits.iter().chain(partition_of.as_ref().map(|of| &of.parent));
                parents.any(|parent| parent.qualified() == table).then(|| id.qualified())
            },
        )
    };
    of(Id::global(KIND, "")).chain(of(Id::global(crate::kind::FOREIGN_TABLE, ""))).collect()
}

/// The children of a table, theirs, and so on.
pub fn descendants(schema: &Schema, table: Name) -> Vec<Name> {
    let mut found = children(schema, table);
    let mut at = 0;
    while let Some(child) = found.get(at).copied() {
        at += 1;
        let below: Vec<Name> =
            children(schema, child).into_iter().filter(|name| !found.contains(name)).collect();
        found.extend(below);
    }
    found
}

/// Whether any table has this one as its parent.
pub fn has_children(schema: &Schema, table: Name) -> bool {
    let has = |first: Id| {
        schema.range(first..).take_while(|(id, _)| id.kind == first.kind).any(|(_, object)| {
            let Parents { inherits, partition_of } = parents_of(object);
            inherits.iter().chain(partition_of.as_ref().map(|of| &of.parent)).any(|p| p.qualified() == table)
        })
    };
    has(Id::global(KIND, "")) || has(Id::global(crate::kind::FOREIGN_TABLE, ""))
}

/// Parents that a table has on both sides: what changes there changes here, too.
pub fn common_parents(table: Name, context: &Context<'_>) -> Vec<Id> {
    let before = parents(context.from, table);
    parents(context.to, table).into_iter().filter(|parent| before.contains(parent)).collect()
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
