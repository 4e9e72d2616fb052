//! Materialized views.

mod decode;

use std::collections::BTreeMap;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::table::ReplicaIdentity;
use crate::view::{ViewColumn, column_differences};
use crate::{Alter, Context, Definition, Visitor};

pub(crate) use decode::of_row;

/// The kind `materialized view`.
pub const KIND: Kind = crate::kind::MATERIALIZED_VIEW;

/// The id of the materialized view of that name.
pub fn id(schema: Ident, name: Ident) -> Id {
    Id::inside(KIND, schema, name)
}

/// A materialized view. Its indexes are objects of their own.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct MaterializedView {
    /// Its id.
    pub id: Id,
    /// Its columns, in order.
    pub columns: Vec<ViewColumn>,
    /// Its query, in the server's words, without a semicolon.
    pub definition: Sql,
    /// Its access method, where it is not `heap`.
    pub access_method: Option<Ident>,
    /// Its tablespace, where it is not the database's.
    pub tablespace: Option<Ident>,
    /// Its storage parameters.
    pub options: Options,
    /// It holds rows; one that was never filled cannot be read.
    pub populated: bool,
    /// What identifies a row for logical replication; that it is an index is said by the index.
    pub replica_identity: ReplicaIdentity,
    /// What is said of single columns: `SET STATISTICS 100`, each as ALTER COLUMN takes it.
    pub settings: BTreeMap<Ident, ColumnSettings>,
}

/// What is said of a column of a materialized view.
#[derive(Clone, Debug, PartialEq, Default, Hash)]
pub struct ColumnSettings {
    /// Its storage, where it is not the type's.
    pub storage: Option<Sql>,
    /// Its compression method, where one is named.
    pub compression: Option<Ident>,
    /// Its statistics target, where one is set.
    pub statistics: Option<i16>,
    /// `n_distinct` and the like.
    pub options: Options,
}

impl ColumnSettings {
    /// The actions that turn one into the other; `None` where the old storage has no name here.
    fn actions(&self, to: &Self) -> Option<Vec<Sql>> {
        let Self { storage, compression, statistics, options } = to;
        let mut actions = Vec::new();
        if self.storage != *storage {
            actions.push(sql!("SET STORAGE {}", storage.as_ref()?));
        }
        if self.compression != *compression {
            let method = compression.map_or(sql!("DEFAULT"), |method| sql!("{}", method));
            actions.push(sql!("SET COMPRESSION {}", method));
        }
        if self.statistics != *statistics {
            actions.push(sql!("SET STATISTICS {}", statistics.unwrap_or(-1)));
        }
        actions.extend(clause::set_options(&self.options, options));
        Some(actions)
    }
}

impl MaterializedView {
    /// Its qualified name.
    pub fn name(&self) -> Name {
        self.id.qualified()
    }

    fn creation(&self) -> Sql {
        let mut text = sql!("CREATE MATERIALIZED VIEW {}", self.name());
        if let Some(method) = self.access_method {
            text.push(&sql!(" USING {}", method));
        }
        if !self.options.is_empty() {
            text.push(&sql!(" WITH ({})", clause::assignments(&self.options)));
        }
        if let Some(space) = self.tablespace {
            text.push(&sql!(" TABLESPACE {}", space));
        }
        let data = if self.populated { sql!("WITH DATA") } else { sql!("WITH NO DATA") };
        text.push(&sql!(" AS\n{}\n{}", self.definition, data));
        text
    }

    fn alteration(&self, action: Sql) -> Statement {
        self.locked(sql!("ALTER MATERIALIZED VIEW {} {}", self.name(), action), Work::Catalog)
    }

    fn locked(&self, sql: Sql, work: Work) -> Statement {
        let statement = Statement::new(sql).locking(self.name(), LockMode::AccessExclusive, work);
        if work == Work::Rewrite {
            let message = format!("{} is written anew while nobody can use it", self.name());
            statement.hazard(HazardKind::Blocking, message)
        } else {
            statement
        }
    }

    fn identity(&self) -> Option<Statement> {
        let word = match self.replica_identity {
            ReplicaIdentity::Default => sql!("DEFAULT"),
            ReplicaIdentity::Full => sql!("FULL"),
            ReplicaIdentity::Nothing => sql!("NOTHING"),
            ReplicaIdentity::Index => return None,
        };
        // ALTER MATERIALIZED VIEW has no such action, ALTER TABLE takes any relation with rows.
        Some(crate::table::alter(self.name(), sql!("REPLICA IDENTITY {}", word)))
    }

    /// The statements for what is said of columns; `None` where they cannot be taken back.
    fn settings_from(&self, from: &BTreeMap<Ident, ColumnSettings>) -> Option<Vec<Statement>> {
        let none = ColumnSettings::default();
        let mut statements = Vec::new();
        for ViewColumn { name, .. } in &self.columns {
            let old = from.get(name).unwrap_or(&none);
            let actions = old.actions(self.settings.get(name).unwrap_or(&none))?;
            statements.extend(
                actions.into_iter().map(|action| self.alteration(sql!("ALTER COLUMN {} {}", name, action))),
            );
        }
        Some(statements)
    }
}

impl Definition for MaterializedView {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self {
            id,
            columns,
            definition,
            access_method: _,
            tablespace: _,
            options: _,
            populated: _,
            replica_identity: _,
            settings: _,
        } = self;
        visitor.id(id);
        columns.iter_mut().for_each(|column| visitor.expression(None, &mut column.ty));
        visitor.expression(None, definition);
    }

    fn create(&self, _: &Context<'_>) -> Vec<Statement> {
        let mut statements = vec![Statement::new(self.creation())];
        statements.extend(self.settings_from(&BTreeMap::new()).into_iter().flatten());
        if self.replica_identity != ReplicaIdentity::Default {
            statements.extend(self.identity());
        }
        statements
    }

    fn drop(&self, _: &Context<'_>) -> Vec<Statement> {
        vec![self.locked(sql!("DROP MATERIALIZED VIEW {}", self.name()), Work::Catalog).hazard(
            HazardKind::Compatibility,
            format!("code that reads materialized view {} fails", self.id),
        )]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        let Self {
            id: _,
            columns,
            definition,
            access_method,
            tablespace,
            options,
            populated,
            replica_identity,
            settings,
        } = to;
        let mut details = column_differences(&self.columns, columns);
        let mut statements = Vec::new();
        let mut whole = self.columns != *columns;
        if self.definition != *definition || (whole && details.is_empty()) {
            details.push("query".to_owned());
            whole = true;
        }
        if self.access_method != *access_method {
            let method = |method: &Option<Ident>| method.unwrap_or(Ident::new("heap"));
            details.push(clause::change("access method", method(&self.access_method), method(access_method)));
            // PostgreSQL 15 has ALTER MATERIALIZED VIEW … SET ACCESS METHOD.
            whole |= context.version < 150_000;
            let text =
                sql!("ALTER MATERIALIZED VIEW {} SET ACCESS METHOD {}", to.name(), method(access_method));
            statements.push(to.locked(text, Work::Rewrite));
        }
        if self.tablespace != *tablespace {
            let space = |space: &Option<Ident>| space.unwrap_or(Ident::new("pg_default"));
            details.push(clause::change("tablespace", space(&self.tablespace), space(tablespace)));
            let text = sql!("ALTER MATERIALIZED VIEW {} SET TABLESPACE {}", to.name(), space(tablespace));
            statements.push(to.locked(text, Work::Rewrite));
        }
        if self.options != *options {
            details.push(clause::describe_options(&self.options, options));
            let clauses = clause::set_options(&self.options, options);
            statements.extend(clauses.into_iter().map(|clause| to.alteration(clause)));
        }
        if self.replica_identity != *replica_identity {
            details.push("replica identity".to_owned());
            statements.extend(to.identity());
        }
        if self.settings != *settings {
            details.push("settings of columns".to_owned());
            match to.settings_from(&self.settings) {
                Some(actions) => statements.extend(actions),
                None => whole = true,
            }
        }
        if self.populated != *populated {
            details.push(clause::change("populated", self.populated, populated));
            let data = if *populated { sql!("WITH DATA") } else { sql!("WITH NO DATA") };
            let text = sql!("REFRESH MATERIALIZED VIEW {} {}", to.name(), data);
            statements.push(to.locked(text, Work::Rewrite));
        }
        if whole { Alter::replace(details) } else { Alter::in_place(details, statements) }
    }
}
