//! Keys, indexes and constraints, as attributes say them.

use crate::{Place, Placed, Text, TypePath};

/// A primary key or unique constraint.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Key {
    /// `name`.
    pub name: Option<Text>,
    /// The columns; empty where the key stands at a field.
    pub columns: Vec<Element>,
    /// `include(…)`.
    pub include: Vec<Element>,
    /// `nulls_not_distinct`.
    pub nulls_not_distinct: bool,
    /// `without_overlaps`: the last column is a period.
    pub without_overlaps: bool,
    /// `deferrable` and `initially_deferred`.
    pub timing: Timing,
    /// `comment`.
    pub comment: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Timing {
    /// At once, always.
    #[default]
    Immediate,
    /// At once, unless the transaction defers it.
    Deferrable,
    /// At the end of the transaction.
    Deferred,
}

/// One element of an index or key: a column, or an expression, with its modifiers.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Element {
    /// What it is.
    pub kind: ElementKind,
    /// `collate`, as written.
    pub collation: Option<String>,
    /// The operator class with its parameters, as written.
    pub opclass: Option<String>,
    /// `desc`.
    pub descending: bool,
    /// `nulls first` is true, `nulls last` false.
    pub nulls_first: Option<bool>,
    /// For an exclusion constraint: the operator after `with`.
    pub operator: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// What an [`Element`] is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum ElementKind {
    /// The name of a field or column.
    Column(String),
    /// An expression.
    Expr(Text),
}

/// `index(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Index {
    /// `name`.
    pub name: Option<Text>,
    /// What is indexed; empty where the index stands at a field.
    pub elements: Vec<Element>,
    /// `unique`.
    pub unique: bool,
    /// `using`: the access method.
    pub using: Option<Text>,
    /// `where`.
    pub predicate: Option<Text>,
    /// `include(…)`.
    pub include: Vec<Element>,
    /// `with(…)`.
    pub with: Vec<Setting>,
    /// `nulls_not_distinct`.
    pub nulls_not_distinct: bool,
    /// `tablespace`.
    pub tablespace: Option<Text>,
    /// `concurrently`; false forces a plain build.
    pub concurrently: Option<Placed<bool>>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `cluster`: the index that CLUSTER uses.
    pub cluster: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a foreign key, a parent or a partitioned table points at.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Target {
    /// A struct.
    Type(TypePath),
    /// A table by name: schema and name, quotes taken off.
    Table {
        /// The schema, if it is given.
        schema: Option<String>,
        /// The name.
        name: String,
        /// Where it stands.
        place: Place,
    },
}

impl Target {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::Type(path) => path.place,
            Self::Table { place, .. } => *place,
        }
    }
}

/// What a foreign key references.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct References {
    /// The table.
    pub target: Target,
    /// Its columns; empty for its primary key.
    pub columns: Vec<Text>,
}

/// `foreign_key(…)` of a table, or `references(…)` of a field.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct ForeignKey {
    /// `name`.
    pub name: Option<Text>,
    /// The columns; empty where the key stands at a field.
    pub columns: Vec<Element>,
    /// What it references; none where the attribute does not say it, which is a problem already reported.
    pub references: Option<References>,
    /// `on_delete`, in capitals.
    pub on_delete: Option<Text>,
    /// `on_update`, in capitals.
    pub on_update: Option<Text>,
    /// `set_columns(…)`: the columns that ON DELETE SET NULL or SET DEFAULT sets.
    pub set_columns: Vec<Element>,
    /// `match`: `FULL` or `SIMPLE`.
    pub match_type: Option<Text>,
    /// `deferrable` and `initially_deferred`.
    pub timing: Timing,
    /// `not_valid`.
    pub not_valid: bool,
    /// `not_enforced`.
    pub not_enforced: bool,
    /// `period`: the last column is a period.
    pub period: bool,
    /// `comment`.
    pub comment: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// `check(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Check {
    /// `name`.
    pub name: Option<Text>,
    /// The expression.
    pub expr: Text,
    /// `no_inherit`.
    pub no_inherit: bool,
    /// `not_valid`.
    pub not_valid: bool,
    /// `not_enforced`.
    pub not_enforced: bool,
    /// `comment`.
    pub comment: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// `exclude(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Exclusion {
    /// `name`.
    pub name: Option<Text>,
    /// The elements, each with its operator.
    pub elements: Vec<Element>,
    /// `using`.
    pub using: Option<Text>,
    /// `where`.
    pub predicate: Option<Text>,
    /// `include(…)`.
    pub include: Vec<Element>,
    /// `with(…)`.
    pub with: Vec<Setting>,
    /// `deferrable` and `initially_deferred`.
    pub timing: Timing,
    /// `tablespace`.
    pub tablespace: Option<Text>,
    /// `comment`.
    pub comment: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// `fillfactor = 70`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Setting {
    /// The parameter.
    pub key: Text,
    /// Its value.
    pub value: Text,
}
