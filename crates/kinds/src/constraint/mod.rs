//! Constraints of tables.

mod alter;
mod coming_down;
mod decode;
mod online;
mod referenced;

use limbeck_schema::{Id, Kind};
use limbeck_sql::{HazardKind, Ident, LockMode, Name, Sql, Statement, Work, sql};

use crate::clause::{self, Options};
use crate::{Alter, Context, Definition, Object, Schema, Visitor, preflight, table};

pub(crate) use alter::validate_or_fail;
pub use coming_down::comes_down;
pub(crate) use decode::decode;
pub use online::validate;

/// The kind `constraint`: primary keys, unique, foreign key, check and exclusion constraints.
pub const KIND: Kind = crate::kind::CONSTRAINT;

/// The id of a constraint of a table.
pub fn id(table: Name, name: Ident) -> Id {
    Id::on(KIND, table, name)
}

/// The constraints of a table, in order of their names.
pub fn of_table(schema: &Schema, table: Name) -> impl Iterator<Item = &Constraint> {
    let first = id(table, Ident::default());
    let of_it = move |id: &Id| id.kind == KIND && id.relation() == table;
    schema.range(first..).take_while(move |(id, _)| of_it(id)).filter_map(|(_, object)| match object {
        Object::Constraint(constraint) => Some(constraint),
        _ => None,
    })
}

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Constraint {
    /// Its id; its relation is the table.
    pub id: Id,
    /// What it demands.
    pub definition: ConstraintDefinition,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum ConstraintDefinition {
    /// PRIMARY KEY.
    PrimaryKey(Key),
    /// UNIQUE.
    Unique(Key),
    /// FOREIGN KEY.
    ForeignKey(ForeignKey),
    /// CHECK.
    Check(Check),
    /// EXCLUDE.
    Exclusion(Exclusion),
}

/// A primary key or unique constraint, with its index.
#[derive(Clone, Debug, PartialEq, Default, Hash)]
pub struct Key {
    /// The columns, in order.
    pub columns: Vec<Ident>,
    /// Columns that the index carries along.
    pub include: Vec<Ident>,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// The last column is a range that must not overlap (WITHOUT OVERLAPS, PostgreSQL 18).
    pub without_overlaps: bool,
    /// When it is checked.
    pub deferral: Deferral,
    /// Storage parameters of its index.
    pub options: Options,
    /// The tablespace of its index, where it is not the database's.
    pub tablespace: Option<Ident>,
    /// The table was clustered on its index.
    pub clustered: bool,
    /// Its index is the table's replica identity.
    pub replica_identity: bool,
    /// The constraint of the partitioned table that it is a part of.
    pub attached_to: Option<Name>,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Deferral {
    /// After each statement.
    #[default]
    NotDeferrable,
    /// After each statement, unless a transaction puts it off.
    Deferrable,
    /// At the end of the transaction.
    InitiallyDeferred,
}

impl Deferral {
    fn clause(self) -> Sql {
        match self {
            Self::NotDeferrable => sql!(""),
            Self::Deferrable => sql!(" DEFERRABLE"),
            Self::InitiallyDeferred => sql!(" DEFERRABLE INITIALLY DEFERRED"),
        }
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ForeignKey {
    /// The referencing columns.
    pub columns: Vec<Ident>,
    /// The referenced table.
    pub table: Id,
    /// The referenced columns, in the order of `columns`.
    pub referenced: Vec<Ident>,
    /// What an update of a referenced row does.
    pub on_update: Action,
    /// What a deletion of a referenced row does.
    pub on_delete: Action,
    /// The columns that a SET NULL or SET DEFAULT on deletion is limited to (PostgreSQL 15).
    pub set_columns: Vec<Ident>,
    /// MATCH FULL, else SIMPLE.
    pub match_full: bool,
    /// The last pair of columns are ranges (PERIOD, PostgreSQL 18).
    pub period: bool,
    /// When it is checked.
    pub deferral: Deferral,
    /// How far it holds.
    pub validity: Validity,
}

/// What happens to referencing rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
#[expect(missing_docs, reason = "the names are PostgreSQL's own")]
pub enum Action {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    /// The key words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// Which rows a check or foreign key is known to hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Validity {
    /// All of them.
    #[default]
    Valid,
    /// New ones only.
    NotValid,
    /// None (PostgreSQL 18).
    NotEnforced,
}

impl Validity {
    fn clause(self) -> Sql {
        match self {
            Self::Valid => sql!(""),
            Self::NotValid => sql!(" NOT VALID"),
            Self::NotEnforced => sql!(" NOT ENFORCED"),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotValid => "not valid",
            Self::NotEnforced => "not enforced",
        }
    }
}

/// A check.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Check {
    /// What must not be false.
    pub expression: Sql,
    /// Children do not inherit it.
    pub no_inherit: bool,
    /// How far it holds.
    pub validity: Validity,
    /// It comes from a parent table only.
    pub inherited: bool,
}

/// An exclusion constraint.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Exclusion {
    /// `EXCLUDE USING gist (…) WHERE (…)`, in the server's words.
    pub definition: Sql,
    /// The columns that it names, whatever their role.
    pub columns: Vec<Ident>,
    /// The constraint of the partitioned table that it is a part of (PostgreSQL 17).
    pub attached_to: Option<Name>,
}

impl ConstraintDefinition {
    /// What stands behind the constraint's name.
    pub fn clause(&self) -> Sql {
        match self {
            Self::PrimaryKey(key) => sql!("PRIMARY KEY {}", key.clause()),
            Self::Unique(key) => {
                let nulls = if key.nulls_not_distinct { sql!("NULLS NOT DISTINCT ") } else { sql!("") };
                sql!("UNIQUE {}{}", nulls, key.clause())
            }
            Self::ForeignKey(key) => key.clause(),
            Self::Check(Check { expression, no_inherit, validity, inherited: _ }) => {
                let inherit = if *no_inherit { sql!(" NO INHERIT") } else { sql!("") };
                sql!("CHECK {}{}{}", clause::parenthesised(expression), inherit, validity.clause())
            }
            Self::Exclusion(exclusion) => exclusion.definition.clone(),
        }
    }

    /// The order inside CREATE TABLE.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::PrimaryKey(_) => 0,
            Self::Unique(_) => 1,
            Self::Exclusion(_) => 2,
            Self::Check(_) => 3,
            Self::ForeignKey(_) => 4,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::PrimaryKey(_) => "primary key",
            Self::Unique(_) => "unique",
            Self::ForeignKey(_) => "foreign key",
            Self::Check(_) => "check",
            Self::Exclusion(_) => "exclusion",
        }
    }

    /// The constraint of the partitioned table that one with an index is a part of.
    pub fn attached_to_mut(&mut self) -> Option<&mut Option<Name>> {
        match self {
            Self::PrimaryKey(key) | Self::Unique(key) => Some(&mut key.attached_to),
            Self::Exclusion(exclusion) => Some(&mut exclusion.attached_to),
            Self::ForeignKey(_) | Self::Check(_) => None,
        }
    }

    /// It comes from a parent table, which makes and drops it.
    pub fn is_inherited(&self) -> bool {
        matches!(self, Self::Check(Check { inherited: true, .. }))
    }

    /// It is a check that every row is known to satisfy.
    pub(crate) fn is_valid_check(&self) -> bool {
        matches!(self, Self::Check(Check { validity: Validity::Valid, .. }))
    }
}

impl Key {
    fn clause(&self) -> Sql {
        let mut columns: Vec<Sql> = self.columns.iter().map(|column| sql!("{}", column)).collect();
        if self.without_overlaps
            && let Some(last) = columns.last_mut()
        {
            *last = sql!("{} WITHOUT OVERLAPS", last.clone());
        }
        let mut text = sql!("({})", limbeck_sql::list(columns));
        if !self.include.is_empty() {
            text.push(&sql!(" INCLUDE ({})", clause::columns(&self.include)));
        }
        if !self.options.is_empty() {
            text.push(&sql!(" WITH ({})", clause::assignments(&self.options)));
        }
        if let Some(space) = self.tablespace {
            text.push(&sql!(" USING INDEX TABLESPACE {}", space));
        }
        text.push(&self.deferral.clause());
        text
    }

    /// The same rows are told apart: what a foreign key that refers to the columns asks for.
    fn covers(&self, columns: &[Ident]) -> bool {
        self.columns.len() == columns.len() && columns.iter().all(|column| self.columns.contains(column))
    }
}

impl ForeignKey {
    fn clause(&self) -> Sql {
        let Self {
            columns,
            table,
            referenced,
            on_update,
            on_delete,
            set_columns,
            match_full,
            period,
            deferral,
            validity,
        } = self;
        let side = |columns: &[Ident]| {
            let mut columns: Vec<Sql> = columns.iter().map(|column| sql!("{}", column)).collect();
            if *period && let Some(last) = columns.last_mut() {
                *last = sql!("PERIOD {}", last.clone());
            }
            limbeck_sql::list(columns)
        };
        let mut text =
            sql!("FOREIGN KEY ({}) REFERENCES {} ({})", side(columns), table.qualified(), side(referenced));
        if *match_full {
            text.push(&sql!(" MATCH FULL"));
        }
        if *on_update != Action::NoAction {
            text.push(&sql!(" ON UPDATE {}", Sql::from_trusted(on_update.words())));
        }
        if *on_delete != Action::NoAction {
            text.push(&sql!(" ON DELETE {}", Sql::from_trusted(on_delete.words())));
            if !set_columns.is_empty() {
                text.push(&sql!(" ({})", clause::columns(set_columns)));
            }
        }
        text.push(&deferral.clause());
        text.push(&validity.clause());
        text
    }
}

impl Constraint {
    /// The table's name.
    pub fn table(&self) -> Name {
        self.id.relation()
    }

    /// The same demand under another name.
    pub fn is_like(&self, other: &Self) -> bool {
        self.definition == other.definition
    }

    /// Children get it, too.
    pub fn is_inheritable(&self) -> bool {
        matches!(self.definition, ConstraintDefinition::Check(Check { no_inherit: false, .. }))
    }

    /// An index keeps it, which bears its name.
    pub fn has_index(&self) -> bool {
        !matches!(self.definition, ConstraintDefinition::Check(_) | ConstraintDefinition::ForeignKey(_))
    }

    pub(crate) fn stands_in_create_table(&self) -> bool {
        match &self.definition {
            ConstraintDefinition::PrimaryKey(_)
            | ConstraintDefinition::Unique(_)
            | ConstraintDefinition::Exclusion(_) => true,
            ConstraintDefinition::Check(_) => {
                !self.definition.is_inherited() && self.definition.is_valid_check()
            }
            ConstraintDefinition::ForeignKey(_) => false,
        }
    }

    /// A partition is attached only when it has the checks of its parent.
    fn precedes_parents(&self, context: &Context<'_>) -> bool {
        let brings = |parent: &Id| context.to.contains(&id(parent.qualified(), self.id.name));
        table::stands(context.from, self.table())
            && table::is_partition(context.to, self.table())
            && !table::common_parents(self.table(), context).iter().any(brings)
    }

    /// The key of the partitioned table that it is a part of.
    pub fn attached_to(&self) -> Option<Name> {
        match &self.definition {
            ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) => key.attached_to,
            ConstraintDefinition::Exclusion(exclusion) => exclusion.attached_to,
            ConstraintDefinition::ForeignKey(_) | ConstraintDefinition::Check(_) => None,
        }
    }

    fn attach(&self, context: &Context<'_>) -> Option<Statement> {
        let parent = self.attached_to().filter(|_| !table::changes_parent(self.table(), context))?;
        let index = Name { schema: self.table().schema, name: self.id.name };
        Some(Statement::new(sql!("ALTER INDEX {} ATTACH PARTITION {}", parent, index)))
    }

    /// The key of the partitioned table that it is a part of goes, or is made anew, and it with that.
    fn goes_with_parent(&self, context: &Context<'_>) -> bool {
        let Some(name) = self.attached_to() else { return false };
        table::common_parents(self.table(), context).iter().any(|parent| {
            let of = id(parent.qualified(), name.name);
            let definition = |schema: &Schema| match schema.get(&of) {
                Some(Object::Constraint(constraint)) => Some(constraint.definition.clause()),
                _ => None,
            };
            definition(context.from).is_some() && definition(context.from) != definition(context.to)
        })
    }

    /// What the clause cannot say.
    pub(crate) fn after_create(&self) -> Vec<Statement> {
        let (ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key)) = &self.definition
        else {
            return Vec::new();
        };
        let mut statements = Vec::new();
        if key.clustered {
            statements.push(table::alter(self.table(), sql!("CLUSTER ON {}", self.id.name)));
        }
        if key.replica_identity {
            statements
                .push(table::alter(self.table(), sql!("REPLICA IDENTITY USING INDEX {}", self.id.name)));
        }
        statements
    }

    /// The statement that adds it to its table.
    pub fn addition(&self, context: &Context<'_>) -> Statement {
        let table = self.table();
        // The parts of a partitioned table's key have names of their own: they are made and attached one by one.
        let only = if self.has_index() && table::is_partitioned(context.to, table) {
            sql!("ONLY ")
        } else {
            sql!("")
        };
        let text = sql!(
            "ALTER TABLE {}{} ADD CONSTRAINT {} {}",
            only,
            table,
            self.id.name,
            self.definition.clause()
        );
        let statement = Statement::new(text);
        match &self.definition {
            ConstraintDefinition::ForeignKey(key) => {
                let work = if key.validity == Validity::Valid { Work::Scan } else { Work::Catalog };
                let statement = statement.locking(table, LockMode::ShareRowExclusive, work).locking(
                    key.table.qualified(),
                    LockMode::ShareRowExclusive,
                    Work::Catalog,
                );
                match key.validity {
                    Validity::Valid => statement
                        .hazard(
                            HazardKind::MayFail,
                            format!(
                                "fails if a row of {table} refers to a row that {} does not hold",
                                key.table
                            ),
                        )
                        .preflight(
                            preflight::orphans(table, &key.columns, key.table.qualified(), &key.referenced),
                            format!("rows of {table} that refer to nothing in {}", key.table),
                        ),
                    Validity::NotValid | Validity::NotEnforced => statement,
                }
            }
            ConstraintDefinition::Check(check) if check.validity == Validity::Valid => statement
                .locking(table, LockMode::AccessExclusive, Work::Scan)
                .hazard(HazardKind::MayFail, format!("fails if a row of {table} violates {}", self.id.name))
                .preflight(
                    preflight::violators(table, &check.expression),
                    format!("rows of {table} that violate {}", self.id.name),
                ),
            ConstraintDefinition::Check(_) => {
                statement.locking(table, LockMode::AccessExclusive, Work::Catalog)
            }
            ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) => {
                let keys: Vec<Sql> = key.columns.iter().map(|column| sql!("{}", column)).collect();
                let work = if only.is_empty() { Work::Scan } else { Work::Catalog };
                statement
                    .locking(table, LockMode::AccessExclusive, work)
                    .hazard(HazardKind::MayFail, format!("fails if two rows of {table} have equal values"))
                    .preflight(
                        preflight::duplicates(table, &keys, None, key.nulls_not_distinct),
                        format!(
                            "values of {} that stand in several rows of {table}",
                            clause::columns(&key.columns)
                        ),
                    )
            }
            ConstraintDefinition::Exclusion(_) => statement
                .locking(table, LockMode::AccessExclusive, Work::Scan)
                .hazard(HazardKind::MayFail, format!("fails if two rows of {table} exclude each other")),
        }
    }
}

impl Definition for Constraint {
    const KIND: Kind = KIND;

    fn id(&self) -> Id {
        self.id
    }

    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { id, definition } = self;
        let relation = id.relation();
        visitor.id(id);
        visitor.id(&mut table::id(relation.schema, relation.name));
        match definition {
            ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key) => {
                key.columns.iter_mut().chain(&mut key.include).for_each(|c| visitor.column(relation, c));
            }
            ConstraintDefinition::ForeignKey(key) => {
                key.columns.iter_mut().chain(&mut key.set_columns).for_each(|c| visitor.column(relation, c));
                let referenced = key.table.qualified();
                visitor.id(&mut key.table);
                key.referenced.iter_mut().for_each(|c| visitor.column(referenced, c));
            }
            ConstraintDefinition::Check(check) => visitor.expression(Some(relation), &mut check.expression),
            ConstraintDefinition::Exclusion(exclusion) => {
                visitor.expression(Some(relation), &mut exclusion.definition);
                exclusion.columns.iter_mut().for_each(|c| visitor.column(relation, c));
            }
        }
    }

    fn create(&self, context: &Context<'_>) -> Vec<Statement> {
        if self.definition.is_inherited() && !self.precedes_parents(context) {
            return Vec::new();
        }
        let mut statements = vec![self.addition(context)];
        statements.extend(self.after_create());
        statements.extend(self.attach(context));
        statements
    }

    fn drop(&self, context: &Context<'_>) -> Vec<Statement> {
        let table = self.table();
        let brings = |parent: &Id| context.from.contains(&id(parent.qualified(), self.id.name));
        let goes_there = || table::common_parents(table, context).iter().any(brings);
        if !table::stands(context.to, table) || self.definition.is_inherited() && goes_there() {
            return Vec::new();
        }
        if self.goes_with_parent(context) {
            return Vec::new();
        }
        vec![table::alter(table, sql!("DROP CONSTRAINT {}", self.id.name))]
    }

    fn alter(&self, to: &Self, context: &Context<'_>) -> Alter {
        alter::alter(self, to, context)
    }

    fn extra_needs(&self, schema: &Schema) -> Vec<Id> {
        match (&self.definition, self.attached_to()) {
            (ConstraintDefinition::ForeignKey(key), _) => referenced::keys(schema, &self.id, key),
            (_, Some(name)) => {
                let parents = table::parents(schema, self.table());
                parents.iter().map(|parent| id(parent.qualified(), name.name)).collect()
            }
            (_, None) => table::foreign_need(schema, self.table()).into_iter().collect(),
        }
    }
}
