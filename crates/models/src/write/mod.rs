//! From a schema to the Rust source that declares it.
//!
//! The source is small: names that PostgreSQL would choose by itself are left out, and so is everything that a
//! Rust type says already. What no attribute says stands in `limbeck::sql!` items.

mod columns;
mod parts;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use limbeck_grammar::RenameAll;
use limbeck_kinds::clause::Options;
use limbeck_kinds::column::{self, Column, Value};
use limbeck_kinds::{Context, How, Object, composite, domain, enumeration, kind, namespace, table};
use limbeck_schema::{Id, Schema};
use limbeck_sql::{Ident, Name, Statement};

use crate::build::merged;

/// The models that declare a schema: one complete source file.
///
/// A schema of PostgreSQL becomes a module where there are several of them. What only SQL says is written for a server of
/// that version (`server_version_num`).
pub fn write(schema: &Schema<Object>, version: i32) -> String {
    let writer = Writer::new(schema, version);
    writer.file()
}

/// The same in two parts: the source of what structs say, and the statements of what only SQL says.
pub fn write_apart(schema: &Schema<Object>, version: i32) -> (String, Vec<String>) {
    let writer = Writer::new(schema, version);
    let models = [&writer.models(), writer.nothing()].concat();
    (models, writer.rest())
}

struct Writer<'a> {
    schema: &'a Schema<Object>,
    version: i32,
    /// The Rust name of every table and type.
    idents: BTreeMap<Id, String>,
    /// PostgreSQL's schemas that get a module each; empty where there is only one.
    modules: BTreeMap<Ident, String>,
    /// Objects that an attribute says.
    said: std::cell::RefCell<BTreeSet<Id>>,
    /// Default names that are left out, so that no second object relies on the same one.
    left_out: std::cell::RefCell<BTreeSet<Name>>,
}

impl<'a> Writer<'a> {
    fn new(schema: &'a Schema<Object>, version: i32) -> Self {
        let named: Vec<Id> = schema
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| [table::KIND, enumeration::KIND, domain::KIND, composite::KIND].contains(&id.kind))
            .collect();
        let schemas: BTreeSet<Ident> = named.iter().map(|id| id.schema).collect();
        let mut modules = BTreeMap::new();
        if schemas.len() > 1 {
            let mut taken = BTreeSet::new();
            for schema in schemas {
                modules.insert(
                    schema,
                    free(&mut taken, rust_ident(&RenameAll::Snake.apply(schema.as_str()), "schema")),
                );
            }
        }
        let mut taken: BTreeMap<Ident, BTreeSet<String>> = BTreeMap::new();
        let mut idents = BTreeMap::new();
        for id in named {
            let wanted = rust_ident(&RenameAll::Pascal.apply(id.name.as_str()), "Item");
            idents.insert(id, free(taken.entry(id.schema).or_insert_with(reserved), wanted));
        }
        Self { schema, version, idents, modules, said: Default::default(), left_out: Default::default() }
    }

    fn file(&self) -> String {
        let mut text = self.models();
        let rest = self.rest();
        if rest.is_empty() {
            text.push_str(self.nothing());
        }
        for statement in rest {
            let _ = writeln!(text, "\nlimbeck::sql!({});", raw(&statement));
        }
        text
    }

    /// That there is nothing has to be said, where no struct stands.
    fn nothing(&self) -> &'static str {
        if self.idents.is_empty() { "\nlimbeck::sql!(\"\");\n" } else { "" }
    }

    fn models(&self) -> String {
        let mut text = String::from("//! Written by `limbeck inspect --format rust`.\n");
        if self.modules.is_empty() {
            for id in self.idents.keys() {
                text.push('\n');
                text.push_str(&self.item(*id));
            }
        }
        for (schema, module) in &self.modules {
            // Writing to a String does not fail.
            let _ = writeln!(text, "\n/// Schema `{schema}`.\npub mod {module} {{");
            let items: Vec<String> = self
                .idents
                .keys()
                .filter(|id| id.schema == *schema)
                .map(|id| indented(&self.item(*id)))
                .collect();
            text.push_str(&items.join("\n"));
            text.push_str("}\n");
        }
        text
    }

    fn item(&self, id: Id) -> String {
        match self.schema.get(&id) {
            Some(Object::Table(table)) => self.table(table),
            Some(Object::Enumeration(object)) => self.enumeration(object),
            Some(Object::Domain(object)) => self.domain(object),
            Some(Object::Composite(object)) => self.composite(object),
            _ => String::new(),
        }
    }

    /// The statements of what no attribute says, in order of kinds.
    fn rest(&self) -> Vec<String> {
        let empty = Schema::new();
        let context = Context { from: &empty, to: self.schema, version: self.version };
        let said = self.said.borrow();
        let unsaid = self.schema.iter().filter(|(id, _)| !said.contains(id));
        // A foreign table is written with its columns and checks.
        let inlined: BTreeSet<Id> = unsaid.flat_map(|(_, object)| object.inlines(&context)).collect();
        self.schema
            .iter()
            .filter(|(id, object)| {
                let belongs = id.target().is_some_and(|target| target.kind == kind::COMMENT);
                // A schema is there with its structs, and `public` always.
                let is_said = id.kind == kind::SCHEMA
                    && (id.name == namespace::PUBLIC
                        || self.idents.keys().any(|item| item.schema == id.name));
                !is_said && !said.contains(id) && !inlined.contains(id) && !belongs && !is_inherited(object)
            })
            .flat_map(|(_, object)| object.create(&context))
            .chain(self.untold(&context))
            .map(|statement| format!("{};", statement.sql))
            .collect()
    }

    /// The statements that add to what attributes say of an object what they don't.
    fn untold(&self, context: &Context<'_>) -> Vec<Statement> {
        let columns = self.schema.iter().filter_map(|(_, object)| match object {
            Object::Column(column) => Some((self.told(column)?, object)),
            _ => None,
        });
        let statements =
            columns.filter_map(|(told, object)| match Object::from(told).alter(object, context)?.how {
                How::InPlace { statements, .. } => Some(statements),
                How::Replace => None,
            });
        statements.flatten().collect()
    }

    /// What is told of a column: by its field, or by those of its table's parents.
    fn told(&self, column: &Column) -> Option<Column> {
        let said = self.said.borrow();
        if said.contains(&column.id) {
            return Some(Column { options: Options::new(), ..column.clone() });
        }
        let name = column.table();
        let table = table::id(name.schema, name.name);
        let Some(Object::Table(table)) = self.schema.get(&table).filter(|_| said.contains(&table)) else {
            return None;
        };
        let of_parents = table.inherits.iter().filter_map(|parent| {
            match self.schema.get(&column::id(parent.qualified(), column.id.name)) {
                Some(Object::Column(of_parent)) => Some(of_parent.clone()),
                _ => None,
            }
        });
        let told = of_parents.reduce(merged)?;
        // An identity is the parent's alone.
        let value = match told.value {
            Value::Identity(_) => column.value.clone(),
            value => value,
        };
        let (id, position) = (column.id, column.position);
        Some(Column { id, position, value, inherited: true, options: Options::new(), ..told })
    }

    fn say(&self, id: Id) {
        self.said.borrow_mut().insert(id);
    }

    /// `name = "…"` where the server would not choose this name.
    fn name_unless(&self, schema: Ident, name: Ident, default: Ident) -> Option<String> {
        let left_out = self.left_out.borrow_mut().insert(Name { schema, name }) && name == default;
        (!left_out).then(|| format!("name = {}", quoted(name.as_str())))
    }

    /// `comment = "…"` of an object, if it has one.
    fn comment(&self, target: Id) -> Option<String> {
        let id = limbeck_kinds::comment::id(target);
        match self.schema.get(&id) {
            Some(Object::Comment(comment)) => {
                self.say(id);
                Some(format!("comment = {}", quoted(&comment.text)))
            }
            _ => None,
        }
    }

    /// `schema = "…"`, and `name = "…"` where the Rust name does not lead to it.
    fn identity(&self, id: Id) -> Vec<String> {
        let mut parts = vec![format!("schema = {}", quoted(id.schema.as_str()))];
        let ident = self.idents.get(&id).map_or("", String::as_str);
        if RenameAll::Snake.apply(ident) != id.name.as_str() {
            parts.push(format!("name = {}", quoted(id.name.as_str())));
        }
        parts.extend(self.comment(id));
        parts
    }

    /// The path of a table's or type's item, as seen from a schema's module.
    fn path(&self, id: Id, from: Ident) -> Option<String> {
        let ident = self.idents.get(&id)?;
        Some(match self.modules.get(&id.schema) {
            Some(module) if id.schema != from => format!("super::{module}::{ident}"),
            _ => ident.clone(),
        })
    }

    fn enumeration(&self, object: &enumeration::Enumeration) -> String {
        self.say(object.id);
        let wanted: Vec<String> =
            object.labels.iter().map(|label| rust_ident(&RenameAll::Pascal.apply(label), "Label")).collect();
        let mut taken = BTreeSet::new();
        let variants: Vec<String> = wanted.into_iter().map(|variant| free(&mut taken, variant)).collect();
        let conventions = [
            RenameAll::Snake,
            RenameAll::ScreamingSnake,
            RenameAll::Kebab,
            RenameAll::Camel,
            RenameAll::Lower,
        ];
        let names = RenameAll::NAMES.iter().filter_map(|name| Some((*name, RenameAll::parse(name)?)));
        let fits = |convention: RenameAll| {
            variants.iter().zip(&object.labels).all(|(variant, label)| convention.apply(variant) == *label)
        };
        let plain = variants == object.labels;
        let convention = names.into_iter().find(|(_, c)| !plain && conventions.contains(c) && fits(*c));
        let mut keys = self.identity(object.id);
        keys.extend(convention.map(|(name, _)| format!("rename_all = {}", quoted(name))));
        let mut text = format!(
            "#[derive(Debug, Clone, Copy, PartialEq, Eq, limbeck::Enum)]\n#[pg({})]\n",
            keys.join(", ")
        );
        let _ = writeln!(text, "pub enum {} {{", self.idents[&object.id]);
        for (variant, label) in variants.iter().zip(&object.labels) {
            if convention.is_none() && variant != label {
                let _ = writeln!(text, "    #[pg(rename = {})]", quoted(label));
            }
            let _ = writeln!(text, "    {variant},");
        }
        text.push_str("}\n");
        text
    }

    fn domain(&self, object: &domain::Domain) -> String {
        self.say(object.id);
        let mut keys = self.identity(object.id);
        let rust = self.rust_type(&object.base, object.id.schema);
        keys.extend(rust.sql.map(|sql| format!("type = {}", quoted(&sql))));
        keys.extend(object.not_null.then(|| "not_null".to_owned()));
        keys.extend(object.default.as_ref().map(|sql| format!("default = {}", quoted(sql.as_str()))));
        keys.extend(object.collation.map(|(name, _)| format!("collate = {}", quoted(&name.to_string()))));
        let name = object.id.qualified();
        let default = limbeck_kinds::names::object_name(name.name, None, "check");
        let mut used = false;
        for (id, check) in self.schema.iter() {
            let Object::DomainConstraint(check) = check else { continue };
            if id.relation() != name {
                continue;
            }
            self.say(*id);
            let mut parts = Vec::new();
            if used || id.name != default {
                parts.push(format!("name = {}", quoted(id.name.as_str())));
            }
            used |= id.name == default;
            parts.push(format!("expr = {}", quoted(bare(check.check.as_str()))));
            parts.extend((!check.validated).then(|| "not_valid".to_owned()));
            parts.extend(self.comment(*id));
            keys.push(format!("check({})", parts.join(", ")));
        }
        format!(
            "#[derive(Debug, Clone, PartialEq, limbeck::Domain)]\n#[pg({})]\npub struct {}(pub {});\n",
            keys.join(", "),
            self.idents[&object.id],
            rust.rust
        )
    }

    fn composite(&self, object: &composite::Composite) -> String {
        self.say(object.id);
        let mut text = format!(
            "#[derive(Debug, Clone, PartialEq, limbeck::Composite)]\n#[pg({})]\npub struct {} {{\n",
            self.identity(object.id).join(", "),
            self.idents[&object.id]
        );
        let mut taken = BTreeSet::new();
        for attribute in &object.attributes {
            let field = free(&mut taken, rust_ident(attribute.name.as_str(), "field"));
            let rust = self.rust_type(&attribute.ty, object.id.schema);
            let mut keys = Vec::new();
            if field.trim_start_matches("r#") != attribute.name.as_str() {
                keys.push(format!("name = {}", quoted(attribute.name.as_str())));
            }
            keys.extend(rust.keys());
            keys.extend(
                attribute.collation.map(|(name, _)| format!("collate = {}", quoted(&name.to_string()))),
            );
            if !keys.is_empty() {
                let _ = writeln!(text, "    #[pg({})]", keys.join(", "));
            }
            let _ = writeln!(text, "    pub {field}: {},", rust.rust);
        }
        text.push_str("}\n");
        text
    }
}

fn is_inherited(object: &Object) -> bool {
    match object {
        Object::Column(column) => column.inherited,
        Object::Constraint(constraint) => constraint.definition.is_inherited(),
        Object::Index(index) => index.attached_to.is_some(),
        _ => false,
    }
}

/// A Rust string literal; raw where that reads better.
fn quoted(text: &str) -> String {
    let plain = !text.contains(['"', '\\']) || text.chars().any(char::is_control);
    if plain { format!("{text:?}") } else { raw(text) }
}

/// A raw string literal with as many `#` as it needs.
fn raw(text: &str) -> String {
    let mut fence = String::new();
    while text.contains(&format!("\"{fence}")) {
        fence.push('#');
    }
    format!("r{fence}\"{text}\"{fence}")
}

/// An expression without the pair of parentheses around all of it.
fn bare(text: &str) -> &str {
    let sql = limbeck_sql::Sql::from_trusted(text);
    if limbeck_kinds::expression::is_parenthesised(&sql) { &text[1..text.len() - 1] } else { text }
}

/// A name as a Rust identifier: letters, digits and `_`; key words raw.
fn rust_ident(name: &str, otherwise: &str) -> String {
    let mut ident: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if ident.trim_matches('_').is_empty() {
        ident = otherwise.to_owned();
    } else if ident.starts_with(|c: char| c.is_numeric()) {
        ident.insert(0, '_');
    }
    if syn::parse_str::<syn::Ident>(&ident).is_ok() {
        return ident;
    }
    let raw = format!("r#{ident}");
    if syn::parse_str::<syn::Ident>(&raw).is_ok() {
        raw
    } else {
        format!("{otherwise}_{}", ident.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
    }
}

/// The name, or the name with a number.
fn free(taken: &mut BTreeSet<String>, wanted: String) -> String {
    let mut name = wanted.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}

/// Names that mean something else in every module.
fn reserved() -> BTreeSet<String> {
    ["Option", "Vec", "String", "Box", "Self"].map(str::to_owned).into()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}
