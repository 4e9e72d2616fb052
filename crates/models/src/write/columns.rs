//! Structs for tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use limbeck_kinds::column::{Column, Identity, Value};
use limbeck_kinds::constraint::{Constraint, ConstraintDefinition};
use limbeck_kinds::index::Index;
use limbeck_kinds::sequence::SequenceOptions;
use limbeck_kinds::table::{ReplicaIdentity, Table};
use limbeck_kinds::{Object, column, constraint, index, kind, sequence};
use limbeck_schema::Id;
use limbeck_sql::{Ident, Literal, sql};

use super::parts::Part;
use super::{Writer, bare, free, quoted, rust_ident};

impl Writer<'_> {
    pub(super) fn table(&self, table: &Table) -> String {
        if table.access_method.is_some() || table.of_type.is_some() || self.has_parts(table) {
            // No attribute says these: the whole table is SQL, and everything that belongs to it.
            return String::new();
        }
        self.say(table.id);
        let name = table.name();
        let mut columns: Vec<&Column> = self
            .schema
            .range(column::id(name, Ident::default())..)
            .take_while(|(id, _)| id.kind == column::KIND && id.relation() == name)
            .filter_map(|(_, object)| if let Object::Column(column) = object { Some(column) } else { None })
            .collect();
        columns.sort_by_key(|column| column.position.0);
        columns.retain(|column| !column.inherited);
        let mut taken = BTreeSet::new();
        let fields: Vec<String> = columns
            .iter()
            .map(|column| free(&mut taken, rust_ident(column.id.name.as_str(), "field")))
            .collect();
        let constraints: Vec<&Constraint> = constraint::of_table(self.schema, name).collect();
        let indexes: Vec<&Index> = index::of_table(self.schema, name).collect();
        let mut text = format!(
            "#[derive(Debug, Clone, limbeck::Table)]\n#[table({})]\n",
            self.table_keys(table).join(", ")
        );
        let single_key = constraints.iter().find_map(|constraint| self.single_key(table, constraint));
        let field = |column: Ident| self.field_of(&columns, &fields, column);
        let mut on_table: Vec<String> = Vec::new();
        let mut on_field: BTreeMap<Ident, Vec<String>> = BTreeMap::new();
        // What is about one column stands at its field; a field holds one reference and one unique constraint.
        let mut place = |part: Part| match part.only.filter(|only| columns.iter().any(|c| c.id.name == *only))
        {
            Some(only) => {
                let keys = on_field.entry(only).or_default();
                let key = part.of_field();
                let word = |key: &str| key.split('(').next().unwrap_or(key).to_owned();
                if word(&key) != "index" && keys.iter().any(|other| word(other) == word(&key)) {
                    on_table.push(part.of_table());
                } else {
                    keys.push(key);
                }
            }
            None => on_table.push(part.of_table()),
        };
        for constraint in constraints.iter().filter(|c| !c.definition.is_inherited()) {
            if single_key.is_some() && matches!(constraint.definition, ConstraintDefinition::PrimaryKey(_)) {
                self.say(constraint.id);
                continue;
            }
            if let Some(part) = self.constraint_part(constraint, table, &field) {
                self.say(constraint.id);
                place(part);
            }
        }
        for index in indexes.iter().filter(|index| index.attached_to.is_none()) {
            if let Some(part) = self.index_part(index, &field) {
                self.say(index.id);
                place(part);
            }
        }
        for part in on_table {
            let _ = writeln!(text, "#[table({part})]");
        }
        let _ = writeln!(text, "pub struct {} {{", self.idents[&table.id]);
        for (column, field) in columns.iter().zip(&fields) {
            self.say(column.id);
            let mut keys = self.column_keys(column, field, single_key == Some(column.id.name));
            keys.extend(on_field.remove(&column.id.name).unwrap_or_default());
            if !keys.is_empty() {
                let _ = writeln!(text, "    #[column({})]", keys.join(", "));
            }
            let rust = self.rust_type(&column.ty, column.id.schema).rust;
            let nullable = column.not_null.is_none();
            let _ = writeln!(
                text,
                "    pub {field}: {},",
                if nullable { format!("Option<{rust}>") } else { rust }
            );
        }
        text.push_str("}\n");
        text
    }

    /// Whether a partition has a key, an index, or a column that is not just as its parent's.
    fn has_parts(&self, table: &Table) -> bool {
        let Some(of) = &table.partition_of else { return false };
        let (name, parent) = (table.name(), of.parent.qualified());
        let is_like_parent = |column: &&Column| {
            let id = column::id(parent, column.id.name);
            let Some(Object::Column(of_parent)) = self.schema.get(&id) else { return false };
            let value = match &of_parent.value {
                Value::Identity(_) => column.value.clone(),
                value => value.clone(),
            };
            let same = Column {
                id: column.id,
                inherited: true,
                not_null: column.not_null,
                value,
                ..of_parent.clone()
            };
            **column == same && column.not_null.is_some() == of_parent.not_null.is_some()
        };
        let columns = limbeck_kinds::table::columns_of(self.schema, name);
        constraint::of_table(self.schema, name).any(|constraint| !constraint.definition.is_inherited())
            || index::of_table(self.schema, name).next().is_some()
            || !columns.iter().all(is_like_parent)
    }

    /// How a list of columns names this one.
    fn field_of(&self, columns: &[&Column], fields: &[String], column: Ident) -> String {
        match columns.iter().position(|c| c.id.name == column).and_then(|at| fields.get(at)) {
            // A word that is a flag of the list would be taken for one.
            Some(field) if !FLAGS.contains(&field.as_str()) => field.clone(),
            _ => quoted(&column.to_string()),
        }
    }

    fn table_keys(&self, table: &Table) -> Vec<String> {
        let mut keys = self.identity(table.id);
        keys.extend(table.unlogged.then(|| "unlogged".to_owned()));
        if !table.options.is_empty() {
            keys.push(format!("with({})", super::parts::settings(&table.options)));
        }
        keys.extend(table.tablespace.map(|space| format!("tablespace = {}", quoted(space.as_str()))));
        keys.extend(
            table.partition_key.as_ref().map(|key| format!("partition_by = {}", quoted(key.as_str()))),
        );
        if let Some(of) = &table.partition_of {
            let bound = of.bound.as_str();
            let bound = bound.strip_prefix("FOR VALUES ").unwrap_or(bound);
            keys.push(format!(
                "partition_of({}, for_values = {})",
                self.target(of.parent, table.id.schema),
                quoted(bound)
            ));
        }
        if !table.inherits.is_empty() {
            let parents: Vec<String> =
                table.inherits.iter().map(|id| self.target(*id, table.id.schema)).collect();
            keys.push(format!("inherits({})", parents.join(", ")));
        }
        match table.replica_identity {
            ReplicaIdentity::Default => {}
            ReplicaIdentity::Full => keys.push("replica_identity = \"full\"".to_owned()),
            ReplicaIdentity::Nothing => keys.push("replica_identity = \"nothing\"".to_owned()),
            ReplicaIdentity::Index => keys.extend(self.replica_index(table)),
        }
        keys
    }

    fn replica_index(&self, table: &Table) -> Option<String> {
        let of_index = index::of_table(self.schema, table.name())
            .find(|index| index.replica_identity)
            .map(|i| i.id.name);
        let of_key = constraint::of_table(self.schema, table.name()).find_map(|constraint| match &constraint
            .definition
        {
            ConstraintDefinition::PrimaryKey(key) | ConstraintDefinition::Unique(key)
                if key.replica_identity =>
            {
                Some(constraint.id.name)
            }
            _ => None,
        });
        of_index.or(of_key).map(|name| format!("replica_identity = {}", quoted(name.as_str())))
    }

    /// A table by its struct, or by name where it has none.
    pub(super) fn target(&self, id: Id, from: Ident) -> String {
        self.path(id, from).unwrap_or_else(|| quoted(&id.qualified().to_string()))
    }

    /// The column of a primary key that a field's `pk` says.
    fn single_key(&self, table: &Table, constraint: &Constraint) -> Option<Ident> {
        let ConstraintDefinition::PrimaryKey(key) = &constraint.definition else { return None };
        let default = limbeck_kinds::names::object_name(table.id.name, None, "pkey");
        let plain = constraint::Key { columns: key.columns.clone(), ..Default::default() };
        let plain = plain == constraint::Key { replica_identity: false, ..key.clone() };
        let has_comment = self.schema.contains(&limbeck_kinds::comment::id(constraint.id));
        match key.columns.as_slice() {
            [only] if plain && constraint.id.name == default && !has_comment => Some(*only),
            _ => None,
        }
    }

    fn column_keys(&self, column: &Column, field: &str, is_key: bool) -> Vec<String> {
        let mut keys = Vec::new();
        keys.extend(is_key.then(|| "pk".to_owned()));
        if field.trim_start_matches("r#") != column.id.name.as_str() {
            keys.push(format!("name = {}", quoted(column.id.name.as_str())));
        }
        keys.extend(self.rust_type(&column.ty, column.id.schema).keys());
        keys.extend(self.value_key(column));
        keys.extend(column.collation.map(|(name, _)| format!("collate = {}", quoted(&name.to_string()))));
        keys.extend(
            column
                .storage
                .as_ref()
                .map(|word| format!("storage = {}", quoted(&word.as_str().to_lowercase()))),
        );
        keys.extend(column.compression.map(|method| format!("compression = {}", quoted(method.as_str()))));
        keys.extend(column.statistics.map(|target| format!("statistics = {target}")));
        keys.extend(self.comment(column.id));
        keys
    }

    fn value_key(&self, column: &Column) -> Option<String> {
        match &column.value {
            Value::Plain => None,
            Value::Default(sql) if self.is_serial(column, sql.as_str()) => Some("serial".to_owned()),
            Value::Default(sql) => {
                let text = sql.as_str();
                let plain = text.parse::<i64>().is_ok() || text == "true" || text == "false";
                Some(format!("default = {}", if plain { text.to_owned() } else { quoted(text) }))
            }
            Value::Generated { expression, stored: true } => {
                Some(format!("generated = {}", quoted(bare(expression.as_str()))))
            }
            Value::Generated { expression, stored: false } => {
                Some(format!("generated(expr = {}, virtual)", quoted(bare(expression.as_str()))))
            }
            Value::Identity(identity) => Some(identity_key(column, identity)),
        }
    }

    /// Whether a default and its sequence are what `serial` makes; says them if so.
    fn is_serial(&self, column: &Column, default: &str) -> bool {
        let table = column.table();
        let name = column::default_sequence(table, column.id.name);
        let id = sequence::id(name.schema, name.name);
        let owner = Id::attached(kind::SEQUENCE_OWNER, id, "");
        let expected = sql!("nextval({}::regclass)", Literal::new(name.to_string()));
        let of_column = matches!(self.schema.get(&owner), Some(Object::SequenceOwner(owner))
            if owner.table.qualified() == table && owner.column == column.id.name);
        let plain = matches!(self.schema.get(&id), Some(Object::Sequence(sequence))
            if !sequence.unlogged && sequence.options == SequenceOptions::of_type(&column.ty.to_string()));
        let is_serial = of_column && plain && column.not_null.is_some() && default == expected.as_str();
        if is_serial {
            self.say(id);
            self.say(owner);
        }
        is_serial
    }
}

/// Bare words that a list takes for flags.
const FLAGS: &[&str] = &[
    "unique",
    "nulls_not_distinct",
    "concurrently",
    "cluster",
    "deferrable",
    "initially_deferred",
    "without_overlaps",
    "not_valid",
    "not_enforced",
    "period",
];

fn identity_key(column: &Column, identity: &Identity) -> String {
    let Identity { always, sequence, unlogged: _, options } = identity;
    let base = SequenceOptions::with_defaults(options.ty.as_str(), options.increment, None, None, None);
    let mut parts: Vec<String> = Vec::new();
    parts.extend(always.then(|| "always".to_owned()));
    let numbers = [
        ("start", options.start, base.start),
        ("increment", options.increment, 1),
        ("min", options.min, base.min),
        ("max", options.max, base.max),
        ("cache", options.cache, 1),
    ];
    parts.extend(
        numbers
            .iter()
            .filter(|(_, value, usual)| value != usual)
            .map(|(key, value, _)| format!("{key} = {value}")),
    );
    parts.extend(options.cycle.then(|| "cycle".to_owned()));
    if *sequence != column::default_sequence(column.table(), column.id.name) {
        parts.push(format!(
            "sequence = {}",
            quoted(&format!("{}.{}", sequence.schema.as_str(), sequence.name.as_str()))
        ));
    }
    match parts.as_slice() {
        [] => "identity".to_owned(),
        [only] if only == "always" => "identity = \"always\"".to_owned(),
        _ => format!("identity({})", parts.join(", ")),
    }
}
