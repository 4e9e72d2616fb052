//! Enums, domains and composite types; and what a column's type is.

use limbeck_grammar::{Composite, Declaration, Domain, Enum, Field, Place, Problem, RustType, Text};
use limbeck_kinds::{TypeName, composite, domain, enumeration, extension, kind};
use limbeck_schema::{Id, Incidental};
use limbeck_sql::{Ident, Name};

use super::Builder;
use crate::pg_types::{Canonical, canonical, extension_of};
use crate::rust_types::{Base, Mapped, map};
use crate::scan::ItemKind;
use crate::tree::{Entry, ItemId};

impl<'a> Builder<'a> {
    /// What every type of the models is called.
    pub(super) fn name_types(&mut self) {
        for item in self.tree.ids() {
            let entry = self.tree.entry(item);
            let name = match &entry.item.kind {
                ItemKind::Declared(Declaration::Enum(declared)) if is_type(declared) => {
                    self.enum_name(entry, declared)
                }
                ItemKind::Sqlx(Declaration::Enum(declared)) if declared.sqlx.type_name.is_some() => {
                    self.enum_name(entry, declared)
                }
                ItemKind::Declared(Declaration::Domain(declared)) => {
                    self.named(entry, declared.schema.as_ref(), declared.name.as_ref(), &declared.ident)
                }
                ItemKind::Declared(Declaration::Composite(declared)) => {
                    self.named(entry, declared.schema.as_ref(), declared.name.as_ref(), &declared.ident)
                }
                _ => continue,
            };
            self.types_by_name.entry(name).or_insert(item);
            self.types.insert(item, name);
        }
    }

    /// `schema.name`, by default the struct's in snake case.
    pub(super) fn named(
        &self,
        entry: &Entry,
        schema: Option<&Text>,
        name: Option<&Text>,
        ident: &Text,
    ) -> Name {
        let schema = self.schema_of(entry, schema);
        let name = match name {
            Some(name) => Ident::new(&name.value),
            None => Ident::new(&limbeck_grammar::RenameAll::Snake.apply(&ident.value)),
        };
        Name { schema, name }
    }

    fn enum_name(&self, entry: &Entry, declared: &Enum) -> Name {
        let Enum { name, schema, sqlx, ident, .. } = declared;
        let (None, Some(type_name)) = (name, &sqlx.type_name) else {
            return self.named(entry, schema.as_ref(), name.as_ref(), ident);
        };
        match canonical(&type_name.value) {
            Ok(Canonical::User { schema: Some(schema), name, .. }) => {
                Name::new(schema.as_str(), name.as_str())
            }
            Ok(Canonical::User { schema: None, name, .. }) => {
                Name { schema: self.schema_of(entry, schema.as_ref()), name: Ident::new(&name) }
            }
            _ => Name { schema: self.schema_of(entry, schema.as_ref()), name: Ident::new(&type_name.value) },
        }
    }

    pub(super) fn build_types(&mut self) {
        let types: Vec<(ItemId, Name)> = self.types.iter().map(|(item, name)| (*item, *name)).collect();
        for (item, name) in types {
            let entry = self.tree.entry(item);
            if entry.known {
                continue;
            }
            match &entry.item.kind {
                ItemKind::Declared(Declaration::Enum(declared)) => self.build_enum(item, name, declared),
                ItemKind::Declared(Declaration::Domain(declared)) => self.build_domain(item, name, declared),
                ItemKind::Declared(Declaration::Composite(declared)) => {
                    self.build_composite(item, name, declared)
                }
                _ => {}
            }
        }
    }

    /// An enum of sqlx becomes an object as soon as something of the models uses it.
    fn use_sqlx_enum(&mut self, item: ItemId, name: Name) {
        let entry = self.tree.entry(item);
        if let ItemKind::Sqlx(Declaration::Enum(declared)) = &entry.item.kind
            && !entry.known
            && !self.objects.contains_key(&enumeration::id(name.schema, name.name))
        {
            self.build_enum(item, name, declared);
        }
    }

    fn build_enum(&mut self, item: ItemId, name: Name, declared: &'a Enum) {
        let entry = self.tree.entry(item);
        let id = enumeration::id(name.schema, name.name);
        if !self.first(id, item, "enum", declared.ident.place) {
            return;
        }
        if declared.managed.as_ref().is_some_and(|managed| !managed.value) {
            self.result.unmanaged.push(id);
            return;
        }
        let labels = declared.variants.iter().map(|variant| declared.label(variant)).collect();
        let renamed = declared
            .variants
            .iter()
            .filter_map(|variant| {
                Some((variant.renamed_from.as_ref()?.value.clone(), declared.label(variant)))
            })
            .collect();
        let object = enumeration::Enumeration { id, labels, renamed: Incidental(renamed) };
        self.add(object, entry, declared.ident.place);
        self.comment(id, declared.comment.as_ref(), declared.docs.as_ref(), entry);
        if let Some(from) = &declared.renamed_from {
            let former = self.former_name(name, from);
            self.renamed(enumeration::id(former.schema, former.name), id, entry, from.place);
        }
        self.owner(declared.owner.as_ref(), id, entry);
    }

    fn build_domain(&mut self, item: ItemId, name: Name, declared: &'a Domain) {
        let entry = self.tree.entry(item);
        let id = domain::id(name.schema, name.name);
        if !self.first(id, item, "domain", declared.ident.place) {
            return;
        }
        if declared.managed.as_ref().is_some_and(|managed| !managed.value) {
            self.result.unmanaged.push(id);
            return;
        }
        let label = format!("the value of `{}`", declared.ident.value);
        let base = match &declared.sql_type {
            Some(text) => self.written_type(entry, text),
            None => self.mapped_type(entry, &declared.inner, &label),
        };
        let Some(base) = base else { return };
        let default = declared.default.as_ref().map(|text| self.expression(entry, text));
        let collation = declared.collate.as_ref().map(collation);
        let object =
            domain::Domain { id, base, not_null: declared.not_null, not_null_name: None, default, collation };
        self.add(object, entry, declared.ident.place);
        let mut taken: Vec<Ident> = declared
            .checks
            .iter()
            .filter_map(|check| Some(Ident::new(&check.name.as_ref()?.value)))
            .collect();
        for check in &declared.checks {
            let expr = self.expression(entry, &check.expr);
            let chosen = match &check.name {
                Some(name) => Ident::new(&name.value),
                None => free(name.name, &taken),
            };
            taken.push(chosen);
            let constraint = domain::constraint_id(name, chosen);
            if check.name.is_none() {
                self.unnamed.push(constraint);
            }
            let object =
                domain::DomainConstraint { id: constraint, check: expr, validated: !check.not_valid };
            self.add(object, entry, check.place);
            self.comment(constraint, check.comment.as_ref(), None, entry);
        }
        self.comment(id, declared.comment.as_ref(), declared.docs.as_ref(), entry);
        if let Some(from) = &declared.renamed_from {
            let former = self.former_name(name, from);
            self.renamed(domain::id(former.schema, former.name), id, entry, from.place);
        }
        self.owner(declared.owner.as_ref(), id, entry);
    }

    fn build_composite(&mut self, item: ItemId, name: Name, declared: &'a Composite) {
        let entry = self.tree.entry(item);
        let id = composite::id(name.schema, name.name);
        if !self.first(id, item, "composite type", declared.ident.place) {
            return;
        }
        self.names.take_relation(name);
        if declared.managed.as_ref().is_some_and(|managed| !managed.value) {
            self.result.unmanaged.push(id);
            return;
        }
        let mut attributes = Vec::new();
        for field in declared.fields.iter().filter(|field| field.column.skip.is_none()) {
            let name = declared.column_name(field);
            if let Some(ty) = self.field_type(entry, field, &declared.ident) {
                let collation = field.column.collate.as_ref().map(collation);
                attributes.push(composite::Attribute { name: Ident::new(&name), ty, collation });
            }
        }
        self.add(composite::Composite { id, attributes }, entry, declared.ident.place);
        self.comment(id, declared.comment.as_ref(), declared.docs.as_ref(), entry);
        if let Some(from) = &declared.renamed_from {
            let former = self.former_name(name, from);
            self.renamed(composite::id(former.schema, former.name), id, entry, from.place);
        }
        self.owner(declared.owner.as_ref(), id, entry);
    }

    /// The type of a field, by its attributes or its Rust type.
    pub(super) fn field_type(&mut self, entry: &Entry, field: &Field, of: &Text) -> Option<TypeName> {
        let column = &field.column;
        if let Some(json) = &column.json {
            return Some(TypeName::built_in(match json.value {
                limbeck_grammar::Json::Json => "json",
                limbeck_grammar::Json::Jsonb => "jsonb",
            }));
        }
        if let Some(text) = &column.sql_type {
            return self.written_type(entry, text);
        }
        self.mapped_type(entry, &field.ty, &format!("field `{}` of `{}`", field.ident.value, of.value))
    }

    fn mapped_type(&mut self, entry: &Entry, ty: &RustType, label: &str) -> Option<TypeName> {
        match map(self.tree, &entry.module, ty) {
            Ok(Mapped { base, array, .. }) => {
                let brackets = if array { "[]" } else { "" };
                Some(match base {
                    Base::Type(Canonical::BuiltIn(name)) => TypeName::built_in(format!("{name}{brackets}")),
                    Base::Type(Canonical::User { schema, name, suffix }) => {
                        self.user_type(entry, schema.as_deref(), &name, &format!("{suffix}{brackets}"))
                    }
                    Base::Item(item) => self.item_type(item, brackets),
                })
            }
            Err(error) => {
                let problem = Problem::new("models::unknown_type", error.message, outer(ty))
                    .label(label)
                    .help(error.help);
                self.problem(entry, &problem);
                None
            }
        }
    }

    fn item_type(&mut self, item: ItemId, suffix: &str) -> TypeName {
        let name = self.types.get(&item).copied().unwrap_or_default();
        self.use_sqlx_enum(item, name);
        TypeName::user(name, self.type_id(item, name), suffix)
    }

    fn type_id(&self, item: ItemId, name: Name) -> Id {
        match &self.tree.entry(item).item.kind {
            ItemKind::Declared(Declaration::Domain(_)) => domain::id(name.schema, name.name),
            ItemKind::Declared(Declaration::Composite(_)) => composite::id(name.schema, name.name),
            _ => enumeration::id(name.schema, name.name),
        }
    }

    /// `type = "…"`.
    fn written_type(&mut self, entry: &Entry, text: &Text) -> Option<TypeName> {
        match canonical(&text.value) {
            Ok(Canonical::BuiltIn(name)) => Some(TypeName::built_in(name)),
            Ok(Canonical::User { schema, name, suffix }) => {
                Some(self.user_type(entry, schema.as_deref(), &name, &suffix))
            }
            Err(error) => {
                let problem = Problem::new("models::invalid_type", error.message, text.place)
                    .label("no type of PostgreSQL")
                    .maybe_help(error.help);
                self.problem(entry, &problem);
                None
            }
        }
    }

    /// A type by name: one of the models, one of an extension, or one that `.sql` files declare.
    fn user_type(&mut self, entry: &Entry, schema: Option<&str>, name: &str, suffix: &str) -> TypeName {
        let default = self.default_schema(entry);
        let wanted = Name { schema: schema.map_or(default, Ident::new), name: Ident::new(name) };
        if let Some(item) = self.types_by_name.get(&wanted).copied() {
            return self.item_type(item, suffix);
        }
        if let Some(brought_by) = extension_of(name) {
            let schema = schema.unwrap_or("public");
            return TypeName::user(Name::new(schema, name), extension::id(brought_by), suffix);
        }
        TypeName::user(wanted, Id::inside(kind::BASE_TYPE, wanted.schema, wanted.name), suffix)
    }
}

/// Whether an enum is a type of its own in the database.
fn is_type(declared: &Enum) -> bool {
    declared.repr.is_none() || declared.name.is_some()
}

/// The place of the whole type, for the caret under it.
fn outer(ty: &RustType) -> Place {
    ty.place()
}

fn free(domain: Ident, taken: &[Ident]) -> Ident {
    let mut label = "check".to_owned();
    let mut pass = 0_u32;
    loop {
        let name = limbeck_kinds::names::object_name(domain, None, &label);
        if !taken.contains(&name) {
            return name;
        }
        pass += 1;
        label = format!("check{pass}");
    }
}

/// A collation by name; those of the system go without their schema.
pub(super) fn collation(text: &Text) -> (Name, Id) {
    collation_of(&text.value)
}

pub(super) fn collation_of(written: &str) -> (Name, Id) {
    let name = match qualified(written) {
        (Some(schema), name) => Name::new(schema.as_str(), name.as_str()),
        (None, name) => Name::new("pg_catalog", name.as_str()),
    };
    (name, Id::inside(kind::COLLATION, name.schema, name.name))
}

/// The parts of a name; what is not quoted stays as it is, because collations are written in capitals.
pub(super) fn qualified(written: &str) -> (Option<String>, String) {
    let plain = |part: &str| part.trim().trim_matches('"').replace("\"\"", "\"");
    match written.split_once('.') {
        Some((schema, name)) if !written.starts_with('"') || schema.ends_with('"') => {
            (Some(plain(schema)), plain(name))
        }
        _ => (None, plain(written)),
    }
}
