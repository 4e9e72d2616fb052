//! Rust types and paths without spans' lifetimes, as much of them as columns need.

use std::fmt;

use syn::spanned::Spanned;

use crate::{Place, Places};

/// A path as it stands in the source: `super::user::User`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct TypePath {
    /// Whether it begins with `::`.
    pub absolute: bool,
    /// Its segments, raw identifiers without `r#`.
    pub segments: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

impl PartialEq for TypePath {
    fn eq(&self, other: &Self) -> bool {
        self.absolute == other.absolute && self.segments == other.segments
    }
}

impl TypePath {
    /// The last segment.
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// The only segment, if there is one.
    pub fn ident(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [one] if !self.absolute => Some(one),
            _ => None,
        }
    }
}

impl fmt::Display for TypePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.absolute {
            f.write_str("::")?;
        }
        f.write_str(&self.segments.join("::"))
    }
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum RustType {
    /// A named type with its type arguments.
    Path {
        /// The name.
        path: TypePath,
        /// The arguments of its last segment that are types.
        arguments: Vec<RustType>,
    },
    /// `[T; N]` or `[T]`; the length where it is a number.
    Array {
        /// What it holds.
        element: Box<RustType>,
        /// How many, where a literal says it.
        length: Option<u32>,
        /// Where it stands.
        place: Place,
    },
    /// A reference; the type behind it.
    Reference(Box<RustType>),
    /// A tuple, a function, a trait object: nothing that a column could hold.
    Other(Place),
}

impl RustType {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::Path { path, .. } => path.place,
            Self::Array { place, .. } | Self::Other(place) => *place,
            Self::Reference(inner) => inner.place(),
        }
    }

    /// The type as it stands in the source.
    pub fn of(ty: &syn::Type, places: &mut Places) -> Self {
        match ty {
            syn::Type::Paren(inner) => Self::of(&inner.elem, places),
            syn::Type::Group(inner) => Self::of(&inner.elem, places),
            syn::Type::Reference(inner) => Self::Reference(Box::new(Self::of(&inner.elem, places))),
            syn::Type::Array(array) => Self::Array {
                element: Box::new(Self::of(&array.elem, places)),
                length: length(&array.len),
                place: places.add(array.span()),
            },
            syn::Type::Slice(slice) => Self::Array {
                element: Box::new(Self::of(&slice.elem, places)),
                length: None,
                place: places.add(slice.span()),
            },
            syn::Type::Path(path) if path.qself.is_none() => {
                let mut arguments = Vec::new();
                if let Some(syn::PathArguments::AngleBracketed(list)) =
                    path.path.segments.last().map(|segment| &segment.arguments)
                {
                    for argument in &list.args {
                        if let syn::GenericArgument::Type(ty) = argument {
                            arguments.push(Self::of(ty, places));
                        }
                    }
                }
                Self::Path { path: type_path(&path.path, places), arguments }
            }
            other => Self::Other(places.add(other.span())),
        }
    }
}

fn length(expr: &syn::Expr) -> Option<u32> {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

pub(crate) fn type_path(path: &syn::Path, places: &mut Places) -> TypePath {
    TypePath {
        absolute: path.leading_colon.is_some(),
        segments: path.segments.iter().map(|segment| plain(&segment.ident)).collect(),
        place: places.add(path.span()),
    }
}

/// An identifier without `r#`.
pub(crate) fn plain(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
}

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, arguments } => {
                write!(f, "{path}")?;
                for (at, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if at == 0 { "<" } else { ", " })?;
                }
                f.write_str(if arguments.is_empty() { "" } else { ">" })
            }
            Self::Array { element, length: Some(length), .. } => write!(f, "[{element}; {length}]"),
            Self::Array { element, .. } => write!(f, "[{element}]"),
            Self::Reference(inner) => write!(f, "&{inner}"),
            Self::Other(_) => f.write_str("this type"),
        }
    }
}
