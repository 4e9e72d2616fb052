//! From rows of the system catalogs to a [`Schema`].
//!
//! The queries of all kinds are sent in one go and read in one snapshot; their rows come here in the order of
//! [`READERS`]. Rows name other objects by oid, which [`Catalog`] turns into ids. Only text of columns is used:
//! this module does no I/O, and a recorded catalog reads like a live one.

mod lent;
mod resolve;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limbeck_schema::{Id, Kind, Object as _};
use limbeck_sql::{Ident, Name};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use lent::Printed;
pub(crate) use resolve::OperatorClassEntry;
pub use resolve::TypeEntry;
pub use row::{Malformed, Row};

use crate::{Object, Schema};
use crate::{
    access_method, aggregate, base_type, cast, collation, column, comment, composite, constraint,
    default_privileges, domain, encoding_conversion, enumeration, event_trigger, extension,
    extension_dependency, foreign_data_wrapper, foreign_table, grant, index, language, namespace, operator,
    operator_class, operator_family, owner, policy, publication, range, routine, row_security, rows, rule,
    security_label, sequence, server, statistics, subscription, table, text_search, transform, trigger,
    user_mapping, view,
};

/// Oids of the system catalogs, which are the same in every version.
pub mod class {
    #![expect(missing_docs, reason = "each is the catalog of that name")]
    pub const PG_AM: u32 = 2601;
    pub const PG_AMOP: u32 = 2602;
    pub const PG_AMPROC: u32 = 2603;
    pub const PG_ATTRDEF: u32 = 2604;
    pub const PG_CAST: u32 = 2605;
    pub const PG_CLASS: u32 = 1259;
    pub const PG_COLLATION: u32 = 3456;
    pub const PG_CONSTRAINT: u32 = 2606;
    pub const PG_EVENT_TRIGGER: u32 = 3466;
    pub const PG_CONVERSION: u32 = 2607;
    pub const PG_DEFAULT_ACL: u32 = 826;
    pub const PG_EXTENSION: u32 = 3079;
    pub const PG_FOREIGN_DATA_WRAPPER: u32 = 2328;
    pub const PG_FOREIGN_SERVER: u32 = 1417;
    pub const PG_LANGUAGE: u32 = 2612;
    pub const PG_NAMESPACE: u32 = 2615;
    pub const PG_OPCLASS: u32 = 2616;
    pub const PG_OPERATOR: u32 = 2617;
    pub const PG_OPFAMILY: u32 = 2753;
    pub const PG_POLICY: u32 = 3256;
    pub const PG_PROC: u32 = 1255;
    pub const PG_PUBLICATION: u32 = 6104;
    pub const PG_PUBLICATION_NAMESPACE: u32 = 6237;
    pub const PG_PUBLICATION_REL: u32 = 6106;
    pub const PG_REWRITE: u32 = 2618;
    pub const PG_STATISTIC_EXT: u32 = 3381;
    pub const PG_SUBSCRIPTION: u32 = 6100;
    pub const PG_TRANSFORM: u32 = 3576;
    pub const PG_TRIGGER: u32 = 2620;
    pub const PG_TS_CONFIG: u32 = 3602;
    pub const PG_TS_DICT: u32 = 3600;
    pub const PG_TS_PARSER: u32 = 3601;
    pub const PG_TS_TEMPLATE: u32 = 3764;
    pub const PG_TYPE: u32 = 1247;
    pub const PG_USER_MAPPING: u32 = 1418;
}

/// One catalog query and what its rows mean.
#[derive(Clone, Copy)]
pub struct Reader {
    /// Its name in messages.
    pub name: &'static str,
    /// The query, as it runs on the newest version; see [`for_version`].
    pub query: &'static str,
    /// The oldest `server_version_num` that has this catalog.
    pub since: i32,
    /// Takes one row.
    pub decode: fn(&mut Row<'_>, &mut Catalog) -> Result<(), Malformed>,
}

macro_rules! reader {
    ($name:expr, $file:literal, $decode:path) => {
        reader!($name, $file, $decode, since 0)
    };
    ($name:expr, $file:literal, $decode:path, since $since:literal) => {
        Reader { name: $name, query: include_str!($file), since: $since, decode: $decode }
    };
}

/// The name of the query for owners, which may be left out where owners are not compared.
pub const OWNERS: &str = "owners";

/// All catalog queries, in the order in which their rows must be taken: first what others point at.
pub const READERS: &[Reader] = &[
    reader!("schemas", "../namespace/catalog.sql", namespace::decode),
    reader!("members of extensions", "../extension/members.sql", resolve::decode_member),
    reader!("extensions", "../extension/catalog.sql", extension::decode),
    reader!("access methods", "../access_method/catalog.sql", access_method::decode),
    reader!("collations", "collations.sql", resolve::decode_collation),
    reader!("relations", "../table/catalog.sql", table::decode),
    reader!("foreign tables", "../foreign_table/catalog.sql", foreign_table::decode),
    reader!("types", "types.sql", resolve::decode_type),
    reader!("enums", "../enumeration/catalog.sql", enumeration::decode),
    reader!("domains", "../domain/catalog.sql", domain::decode),
    reader!("ranges", "../range/catalog.sql", range::decode),
    reader!("columns", "../column/catalog.sql", column::decode),
    reader!("attributes", "../composite/catalog.sql", composite::decode),
    reader!("inheritance", "../table/inherits.sql", table::decode_inherits),
    reader!("sequences", "../sequence/catalog.sql", sequence::decode),
    reader!("defaults", "../column/defaults.sql", column::decode_default),
    reader!("not null", "../column/not_null.sql", column::decode_not_null, since 170_000),
    reader!("constraints", "../constraint/catalog.sql", constraint::decode),
    reader!("operator families", "../operator_family/catalog.sql", operator_family::decode),
    reader!("operator classes", "../operator_class/catalog.sql", operator_class::decode),
    reader!("members of operator classes", "../operator_family/members.sql", operator_family::decode_member),
    reader!("indexes", "../index/catalog.sql", index::decode),
    reader!("index columns", "../index/columns.sql", index::decode_column),
    reader!("functions", "../routine/catalog.sql", routine::decode),
    reader!("aggregates", "../aggregate/catalog.sql", aggregate::decode),
    reader!("views", "../view/catalog.sql", view::decode),
    reader!("statistics", "../statistics/catalog.sql", statistics::decode),
    reader!("rules", "../rule/catalog.sql", rule::decode),
    reader!("triggers", "../trigger/catalog.sql", trigger::decode),
    reader!("event triggers", "../event_trigger/catalog.sql", event_trigger::decode),
    reader!("policies", "../policy/catalog.sql", policy::decode),
    reader!("row security", "../row_security/catalog.sql", row_security::decode),
    reader!("languages", "../language/catalog.sql", language::decode),
    reader!("base types", "../base_type/catalog.sql", base_type::decode),
    reader!("collations of users", "../collation/catalog.sql", collation::decode),
    reader!("conversions", "../encoding_conversion/catalog.sql", encoding_conversion::decode),
    reader!("text search parsers", "../text_search/parsers.sql", text_search::decode_parser),
    reader!("text search templates", "../text_search/templates.sql", text_search::decode_template),
    reader!("text search dictionaries", "../text_search/dictionaries.sql", text_search::decode_dictionary),
    reader!(
        "text search configurations",
        "../text_search/configurations.sql",
        text_search::decode_configuration
    ),
    reader!("text search mappings", "../text_search/mappings.sql", text_search::decode_mapping),
    reader!("casts", "../cast/catalog.sql", cast::decode),
    reader!("operators", "../operator/catalog.sql", operator::decode),
    reader!("transforms", "../transform/catalog.sql", transform::decode),
    reader!("foreign-data wrappers", "../foreign_data_wrapper/catalog.sql", foreign_data_wrapper::decode),
    reader!("servers", "../server/catalog.sql", server::decode),
    reader!("user mappings", "../user_mapping/catalog.sql", user_mapping::decode),
    reader!(
        "columns of foreign tables",
        "../foreign_table/columns.sql",
        foreign_table::decode_column_options
    ),
    reader!("publications", "../publication/catalog.sql", publication::decode),
    reader!("published tables", "../publication/tables.sql", publication::decode_table),
    reader!("published schemas", "../publication/schemas.sql", publication::decode_schema, since 150_000),
    reader!("subscriptions", "../subscription/catalog.sql", subscription::decode),
    reader!("grants", "../grant/catalog.sql", grant::decode),
    reader!("default privileges", "../default_privileges/catalog.sql", default_privileges::decode),
    reader!(OWNERS, "../owner/catalog.sql", owner::decode),
    reader!(
        "dependencies on extensions",
        "../extension_dependency/catalog.sql",
        extension_dependency::decode
    ),
    reader!("security labels", "../security_label/catalog.sql", security_label::decode),
    reader!("comments", "../comment/catalog.sql", comment::decode),
    reader!("dependencies", "depend.sql", resolve::decode_depend),
];

/// The query as a server of that version takes it.
///
/// A query is written for the newest version. A line that ends with `-- since 15, else …` is replaced by what
/// stands behind `else` for older servers.
pub fn for_version(query: &str, version: i32) -> String {
    let line = |line: &str| -> String {
        if let Some((code, rule)) = line.split_once("-- since ")
            && let Some((since, other)) = rule.split_once(", else")
            && let Ok(major) = since.trim().parse::<i32>()
        {
            return if version >= major * 10000 {
                code.trim_end().to_owned()
            } else {
                other.trim().to_owned()
            };
        }
        line.to_owned()
    };
    query.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What has been read so far, and the names behind the oids.
#[derive(Default)]
pub struct Catalog {
    /// The server's `server_version_num`.
    pub version: i32,
    pub(crate) namespaces: FxHashMap<u32, Ident>,
    pub(crate) relations: FxHashMap<u32, Relation>,
    pub(crate) types: FxHashMap<u32, TypeEntry>,
    pub(crate) access_methods: FxHashMap<u32, Ident>,
    pub(crate) collations: FxHashMap<u32, (Name, Id)>,
    pub(crate) operator_classes: FxHashMap<u32, resolve::OperatorClassEntry>,
    pub(crate) default_operator_classes: FxHashSet<(u32, u32)>,
    pub(crate) members: FxHashMap<(u32, u32), u32>,
    pub(crate) index_parents: FxHashMap<u32, Name>,
    /// Columns of views by the view's oid: parts of the view, not objects.
    pub(crate) view_columns: FxHashMap<u32, Vec<column::Column>>,
    pub(crate) support_functions: FxHashSet<(u32, Id)>,
    /// Foreign keys with the oid of the index that makes the referenced columns unique, which is read later.
    pub(crate) foreign_indexes: Vec<(Id, u32)>,
    addresses: FxHashMap<(u32, u32), Id>,
    objects: FxHashMap<Id, usize>,
    list: Vec<Arc<Object>>,
    edges: Vec<(Id, Id)>,
}

/// A relation: what `pg_class` holds of it.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its id as an object; for an index, a sequence or a view of that kind.
    pub id: Id,
    /// `pg_class.relkind`.
    pub kind: char,
    /// The oid of its access method; 0 where it has none.
    pub access_method: u32,
    /// The names of its columns by `attnum - 1`; empty for a dropped one.
    pub columns: Vec<Ident>,
    /// The types of its columns by `attnum - 1`.
    pub column_types: Vec<u32>,
    /// The options of an index, which come with its row in `pg_class`.
    pub options: Vec<String>,
    /// Its tablespace; empty for the database's default.
    pub tablespace: Ident,
    /// It is a partition (of a table or an index).
    pub is_partition: bool,
}

impl Relation {
    /// Its qualified name.
    pub fn name(&self) -> Name {
        self.id.qualified()
    }

    /// The column of that number; the empty identifier for an expression or a system column.
    pub fn column(&self, number: i16) -> Ident {
        usize::try_from(number)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| self.columns.get(n))
            .copied()
            .unwrap_or_default()
    }
}

impl Catalog {
    /// A catalog of a server of that `server_version_num`, nothing read yet.
    pub fn new(version: i32) -> Self {
        Self { version, ..Self::default() }
    }

    /// What was read.
    pub fn finish(mut self) -> Schema {
        table::complete_typed_tables(&mut self);
        for (key, index) in std::mem::take(&mut self.foreign_indexes) {
            let index = self.id_of(class::PG_CLASS, index);
            self.edges.extend(index.map(|index| (key, index)));
        }
        let mut edges: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for (id, need) in self.edges {
            if id != need && self.objects.contains_key(&id) {
                edges.entry(id).or_default().insert(need);
            }
        }
        drop((self.objects, self.addresses, self.relations));
        let mut schema = Schema::of_shared(self.list);
        *schema.edges = edges;
        rows::by_name(&mut schema);
        schema
    }

    /// Adds an object and remembers which catalog row it is.
    pub(crate) fn add(&mut self, class: u32, oid: u32, object: impl Into<Object>) {
        let object = object.into();
        let id = object.id();
        self.addresses.insert((class, oid), id);
        self.objects.insert(id, self.list.len());
        self.list.push(Arc::new(object));
    }

    /// Adds an object that no other row points at.
    pub(crate) fn add_leaf(&mut self, object: impl Into<Object>) {
        let object = object.into();
        self.objects.insert(object.id(), self.list.len());
        self.list.push(Arc::new(object));
    }

    /// Says that a catalog row is (a part of) an object.
    pub(crate) fn address(&mut self, class: u32, oid: u32, id: Id) {
        self.addresses.insert((class, oid), id);
    }

    /// The object behind a catalog row.
    pub(crate) fn id_of(&self, class: u32, oid: u32) -> Option<Id> {
        self.addresses.get(&(class, oid)).copied()
    }

    /// An object added before, to complete it.
    pub(crate) fn get_mut(&mut self, id: &Id) -> Option<&mut Object> {
        self.objects.get(id).map(|at| Arc::make_mut(&mut self.list[*at]))
    }

    /// An object added before.
    pub(crate) fn find(&self, id: &Id) -> Option<&Object> {
        self.objects.get(id).map(|at| &*self.list[*at])
    }

    /// All objects read so far.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Object> {
        self.list.iter().map(Arc::as_ref)
    }

    /// Adds a need that the object's own fields do not say.
    pub(crate) fn edge(&mut self, id: Id, need: Id) {
        self.edges.push((id, need));
    }

    /// Whether a catalog row belongs to an extension; then it is the extension's, never ours.
    pub(crate) fn is_member(&self, class: u32, oid: u32) -> bool {
        self.members.contains_key(&(class, oid))
    }

    /// The extension that a catalog row belongs to.
    pub(crate) fn extension_of(&self, class: u32, oid: u32) -> Option<u32> {
        self.members.get(&(class, oid)).copied()
    }

    /// The schema of that oid, if it is one that may hold objects of users.
    pub(crate) fn namespace(&self, oid: u32) -> Option<Ident> {
        self.namespaces.get(&oid).copied()
    }

    /// The relation of that oid; `None` for those of the system and of extensions.
    pub(crate) fn relation(&self, oid: u32) -> Option<&Relation> {
        self.relations.get(&oid)
    }

    /// The relation of that oid, where it is of one of these kinds.
    pub(crate) fn relation_of(&self, oid: u32, kinds: &[Kind]) -> Option<&Relation> {
        self.relations.get(&oid).filter(|relation| kinds.contains(&relation.id.kind))
    }
}
