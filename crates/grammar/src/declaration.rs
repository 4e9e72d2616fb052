//! What models declare, as their attributes say it: nothing is resolved and no default is filled in.

use crate::{
    Check, Element, Exclusion, ForeignKey, Index, Key, Place, Placed, RenameAll, RustType, Setting, Target,
    Text,
};

/// What one item declares.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Declaration {
    /// A table; also a struct without a derive, for the fields that another struct flattens.
    Table(Box<Table>),
    /// An enum type.
    Enum(Enum),
    /// A domain.
    Domain(Domain),
    /// A composite type.
    Composite(Composite),
}

impl Declaration {
    /// The name of the Rust item.
    pub fn ident(&self) -> &Text {
        match self {
            Self::Table(table) => &table.ident,
            Self::Enum(declared) => &declared.ident,
            Self::Domain(domain) => &domain.ident,
            Self::Composite(composite) => &composite.ident,
        }
    }
}

/// `#[derive(limbeck::Table)]`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Table {
    /// The struct's name.
    pub ident: Text,
    /// The doc comment.
    pub docs: Option<Text>,
    /// `name`.
    pub name: Option<Text>,
    /// `schema`.
    pub schema: Option<Text>,
    /// `rename_all`: how field names become column names.
    pub rename_all: Option<Placed<RenameAll>>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
    /// `managed`; false for a table that only foreign keys know.
    pub managed: Option<Placed<bool>>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `primary_key(…)`.
    pub primary_key: Option<Key>,
    /// Every `unique(…)`.
    pub uniques: Vec<Key>,
    /// Every `index(…)`.
    pub indexes: Vec<Index>,
    /// Every `foreign_key(…)`.
    pub foreign_keys: Vec<ForeignKey>,
    /// Every `check(…)`.
    pub checks: Vec<Check>,
    /// Every `exclude(…)`.
    pub exclusions: Vec<Exclusion>,
    /// `partition_by`.
    pub partition_by: Option<Text>,
    /// `partitions`.
    pub partitions: Option<Placed<Partitions>>,
    /// `partition_of(…)`.
    pub partition_of: Option<PartitionOf>,
    /// Every `inherits(…)`.
    pub inherits: Vec<Target>,
    /// `unlogged`.
    pub unlogged: Option<Placed<bool>>,
    /// `with(…)`.
    pub with: Vec<Setting>,
    /// `tablespace`.
    pub tablespace: Option<Text>,
    /// `replica_identity`.
    pub replica_identity: Option<Text>,
    /// `rls`.
    pub rls: Option<Placed<Rls>>,
    /// Every `policy(…)`.
    pub policies: Vec<Policy>,
    /// Every `grant(…)`.
    pub grants: Vec<Grant>,
    /// Every `trigger(…)`.
    pub triggers: Vec<Trigger>,
    /// Every `statistics(…)`.
    pub statistics: Vec<Statistics>,
    /// `owner`.
    pub owner: Option<Text>,
    /// The fields, skipped ones included.
    pub fields: Vec<Field>,
}

/// A field of a struct, with its `#[column(…)]`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Field {
    /// Its name, without `r#`.
    pub ident: Text,
    /// Its type.
    pub ty: RustType,
    /// The doc comment.
    pub docs: Option<Text>,
    /// What its attributes say.
    pub column: Column,
}

/// `#[column(…)]`.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Column {
    /// `name`, or `sqlx(rename)`.
    pub name: Option<Text>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
    /// `type`.
    pub sql_type: Option<Text>,
    /// `skip`, or `sqlx(skip)`.
    pub skip: Option<Place>,
    /// `flatten`, or `sqlx(flatten)`.
    pub flatten: Option<Flatten>,
    /// `null` or `not_null`: whether NULL is allowed, whatever the type says.
    pub nullable: Option<Placed<bool>>,
    /// `pk`.
    pub pk: Option<Place>,
    /// `identity`.
    pub identity: Option<Box<Identity>>,
    /// `serial`.
    pub serial: Option<Place>,
    /// `default`.
    pub default: Option<Text>,
    /// `generated`.
    pub generated: Option<Box<Generated>>,
    /// `unique`.
    pub unique: Option<Box<Key>>,
    /// Every `index`.
    pub indexes: Vec<Index>,
    /// `references(…)`.
    pub references: Option<Box<ForeignKey>>,
    /// Every `check`.
    pub checks: Vec<Check>,
    /// `collate`.
    pub collate: Option<Text>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `json`, or `sqlx(json)`.
    pub json: Option<Placed<Json>>,
    /// `array_dims`.
    pub array_dims: Option<Placed<u32>>,
    /// `storage`.
    pub storage: Option<Text>,
    /// `compression`.
    pub compression: Option<Text>,
    /// `statistics`.
    pub statistics: Option<Placed<i32>>,
    /// `using`: how to convert the old values when the type changes.
    pub using: Option<Text>,
    /// `backfill`: what existing rows get when the column is new.
    pub backfill: Option<Text>,
}

/// `flatten`: the columns of another struct, in this one's table.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Flatten {
    /// What stands before their names.
    pub prefix: Option<Text>,
    /// Where `flatten` stands.
    pub place: Place,
}

/// Which of the two JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Json {
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
}

/// `identity`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Identity {
    /// GENERATED ALWAYS; else BY DEFAULT.
    pub always: bool,
    /// `start`.
    pub start: Option<Placed<i64>>,
    /// `increment`.
    pub increment: Option<Placed<i64>>,
    /// `min`.
    pub min: Option<Placed<i64>>,
    /// `max`.
    pub max: Option<Placed<i64>>,
    /// `cache`.
    pub cache: Option<Placed<i64>>,
    /// `cycle`.
    pub cycle: bool,
    /// `sequence`: the name of the sequence.
    pub sequence: Option<Text>,
    /// Where `identity` stands.
    pub place: Place,
}

/// `generated`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Generated {
    /// The expression.
    pub expr: Text,
    /// Computed when read, not stored.
    pub is_virtual: bool,
    /// Where `generated` stands.
    pub place: Place,
}

/// Whether the partitions of a table are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Partitions {
    /// They come and go without the models.
    Ignore,
    /// They are declared.
    Managed,
}

/// `partition_of(T, for_values = "…")`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: Target,
    /// The bound, after FOR VALUES; `default` for the default partition.
    pub bound: Text,
    /// Where it stands.
    pub place: Place,
}

/// `rls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Rls {
    /// Enabled.
    Enabled,
    /// Enabled, for the table's owner too.
    Forced,
    /// Switched off in words.
    Disabled,
}

/// `policy(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Policy {
    /// `name`.
    pub name: Text,
    /// `for`, in capitals.
    pub command: Option<Text>,
    /// `to`: the roles.
    pub roles: Vec<Text>,
    /// `using`.
    pub using: Option<Text>,
    /// `with_check`.
    pub with_check: Option<Text>,
    /// `restrictive`.
    pub restrictive: bool,
    /// Where it stands.
    pub place: Place,
}

/// `grant(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Grant {
    /// The privileges, in capitals.
    pub privileges: Vec<Text>,
    /// `to`: the roles.
    pub roles: Vec<Text>,
    /// `columns(…)`.
    pub columns: Vec<Element>,
    /// `with_grant_option`.
    pub with_grant_option: bool,
    /// Where it stands.
    pub place: Place,
}

/// `trigger(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Trigger {
    /// Its name.
    pub name: Text,
    /// `when`: timing and events.
    pub when: Text,
    /// `execute`: the function's call.
    pub execute: Text,
    /// `for_each`, in capitals.
    pub for_each: Option<Text>,
    /// `condition`.
    pub condition: Option<Text>,
    /// Where it stands.
    pub place: Place,
}

/// `statistics(…)`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Statistics {
    /// `name`.
    pub name: Option<Text>,
    /// Columns and expressions.
    pub elements: Vec<Element>,
    /// `kinds`.
    pub kinds: Vec<Text>,
    /// Where it stands.
    pub place: Place,
}

/// `#[derive(limbeck::Enum)]`, or an enum with `sqlx::Type`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Enum {
    /// The enum's name.
    pub ident: Text,
    /// The doc comment.
    pub docs: Option<Text>,
    /// `name`.
    pub name: Option<Text>,
    /// `schema`.
    pub schema: Option<Text>,
    /// `rename_all`.
    pub rename_all: Option<Placed<RenameAll>>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `managed`.
    pub managed: Option<Placed<bool>>,
    /// `repr`, or Rust's own `repr` where the enum is one of sqlx's: stored as that type, no enum type at all.
    pub repr: Option<Text>,
    /// `owner`.
    pub owner: Option<Text>,
    /// What `sqlx::Type` says of it.
    pub sqlx: SqlxType,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// What `#[derive(sqlx::Type)]` says of a type.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SqlxType {
    /// `sqlx(type_name)`.
    pub type_name: Option<Text>,
    /// `sqlx(transparent)`.
    pub transparent: bool,
}

/// A variant of an enum.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Variant {
    /// Its Rust name.
    pub ident: Text,
    /// `rename`, or `sqlx(rename)`.
    pub rename: Option<Text>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
}

/// `#[derive(limbeck::Domain)]`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Domain {
    /// The struct's name.
    pub ident: Text,
    /// The doc comment.
    pub docs: Option<Text>,
    /// `name`.
    pub name: Option<Text>,
    /// `schema`.
    pub schema: Option<Text>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `managed`.
    pub managed: Option<Placed<bool>>,
    /// `type`: the base type.
    pub sql_type: Option<Text>,
    /// `default`.
    pub default: Option<Text>,
    /// `not_null`.
    pub not_null: bool,
    /// `collate`.
    pub collate: Option<Text>,
    /// Every `check`.
    pub checks: Vec<Check>,
    /// `owner`.
    pub owner: Option<Text>,
    /// The type of the one field.
    pub inner: RustType,
}

/// `#[derive(limbeck::Composite)]`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Composite {
    /// The struct's name.
    pub ident: Text,
    /// The doc comment.
    pub docs: Option<Text>,
    /// `name`.
    pub name: Option<Text>,
    /// `schema`.
    pub schema: Option<Text>,
    /// `rename_all`.
    pub rename_all: Option<Placed<RenameAll>>,
    /// `renamed_from`.
    pub renamed_from: Option<Text>,
    /// `comment`.
    pub comment: Option<Text>,
    /// `managed`.
    pub managed: Option<Placed<bool>>,
    /// `owner`.
    pub owner: Option<Text>,
    /// The fields, as `#[pg(…)]` or `#[column(…)]` describe them.
    pub fields: Vec<Field>,
}
