//! The type of a column, an attribute or an argument.

use std::fmt;

use limbeck_schema::Id;
use limbeck_sql::{Ident, Name, Sql};

use crate::Visitor;

/// A type with its modifiers, as `format_type` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The type without modifier and brackets.
    pub base: TypeBase,
    /// What stands behind it: `(200)`, `[]`, or nothing.
    ///
    /// Modifiers in the middle of a built-in type's name (`timestamp(3) with time zone`) are part of the base.
    pub suffix: Sql,
}

/// A built-in type, or one that is an object itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeBase {
    /// `character varying`, `integer`: as `format_type` prints it.
    BuiltIn(Sql),
    /// A type of the database; its name comes from the id.
    User {
        /// Its qualified name, which is what is printed.
        name: Name,
        /// The object that brings it: the type itself, its table, or its extension.
        brought_by: Id,
    },
}

impl TypeName {
    /// A built-in type, in `format_type`'s spelling, its modifiers and brackets included.
    pub fn built_in(text: impl Into<String>) -> Self {
        let text: String = text.into();
        let brackets = text.find('[').unwrap_or(text.len());
        let (base, suffix) = text.split_at(brackets);
        Self { base: TypeBase::BuiltIn(Sql::from_trusted(base)), suffix: Sql::from_trusted(suffix) }
    }

    /// A type that is an object of the database; `suffix` as in [`TypeName::suffix`].
    pub fn user(name: Name, brought_by: Id, suffix: impl Into<String>) -> Self {
        Self { base: TypeBase::User { name, brought_by }, suffix: Sql::from_trusted(suffix) }
    }

    /// The built-in type's text with modifiers and brackets; `None` for a type of the database.
    pub fn as_built_in(&self) -> Option<String> {
        match &self.base {
            TypeBase::BuiltIn(_) => Some(self.to_string()),
            TypeBase::User { .. } => None,
        }
    }

    /// Whether it is this type of the database itself, no array of it.
    pub fn is(&self, ty: Id) -> bool {
        let named = matches!(&self.base, TypeBase::User { name, .. } if *name == ty.qualified());
        named && !self.suffix.as_str().contains('[')
    }

    /// Shows the type's names to a visitor.
    pub fn visit(&mut self, visitor: &mut dyn Visitor) {
        if let TypeBase::User { name, brought_by } = &mut self.base {
            let itself = brought_by.qualified() == *name;
            let schema = brought_by.schema;
            visitor.id(brought_by);
            if itself {
                *name = brought_by.qualified();
            } else if brought_by.schema != schema {
                name.schema = brought_by.schema;
            }
        }
    }

    /// As SQL.
    pub fn sql(&self) -> Sql {
        Sql::from_trusted(self.to_string())
    }

    /// The bare name, without schema, modifiers and brackets, as a part of messages and of default names.
    pub fn short(&self) -> Ident {
        match &self.base {
            TypeBase::BuiltIn(text) => Ident::new(text.as_str()),
            TypeBase::User { name, .. } => name.name,
        }
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            TypeBase::BuiltIn(text) => write!(f, "{text}{}", self.suffix),
            TypeBase::User { name, .. } => write!(f, "{name}{}", self.suffix),
        }
    }
}

impl limbeck_sql::Fragment for TypeName {}
