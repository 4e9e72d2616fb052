//! The attribute grammar of models: from syn's trees to declarations.
//!
//! One parser serves the derive macros and the reader of sources, so that what compiles is what the command
//! line reads. This crate knows no object of PostgreSQL and resolves no Rust name: a [`Declaration`] holds what
//! the attributes say, every value with its [`Place`]. Every mistake becomes a [`Problem`]; the parser goes on
//! after it, so that all of them are reported at once.

mod args;
mod attributes;
mod check;
mod columns;
mod constraint;
mod declaration;
mod extras;
mod parts;
mod pg;
mod place;
mod references;
mod rename;
mod rust_type;
mod table;
mod trigger;

#[cfg(test)]
mod tests;

pub use attributes::{Cfg, Derives, Role};
pub use constraint::{
    Check, Element, ElementKind, Exclusion, ForeignKey, Index, Key, References, Setting, Target, Timing,
};
pub use declaration::{
    Column, Composite, Declaration, Domain, Enum, Field, Flatten, Generated, Grant, Identity, Json,
    PartitionOf, Partitions, Policy, Rls, SqlxType, Statistics, Table, Trigger, Variant,
};
pub use place::{Place, Placed, Places, Problem, Text, suggestion};
pub use rename::RenameAll;
pub use rust_type::{RustType, TypePath};
pub use trigger::TriggerEvents;

/// What parsing one item gives: what it declares, where its parts stand, and what is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// What the item declares, as far as it could be understood.
    pub declaration: Declaration,
    /// The spans that the declaration's places stand for.
    pub places: Places,
    /// What is wrong, in the order in which it was found.
    pub problems: Vec<Problem>,
}

/// Parses the attributes of a struct or enum that plays the given role.
///
/// Attributes under `cfg_attr` count where `cfg` holds. The declaration is checked as far as one item can be
/// checked alone: unknown fields in lists, contradicting keys, columns given twice.
pub fn parse(item: &syn::DeriveInput, role: Role, cfg: &Cfg) -> Parsed {
    let mut parser = args::Parser::new(cfg);
    let declaration = match role {
        Role::Table | Role::Plain => Declaration::Table(Box::new(table::parse(&mut parser, item))),
        Role::Enum => Declaration::Enum(pg::parse_enum(&mut parser, item)),
        Role::Domain => Declaration::Domain(pg::parse_domain(&mut parser, item)),
        Role::Composite => Declaration::Composite(pg::parse_composite(&mut parser, item)),
    };
    if role != Role::Plain {
        check::check(&mut parser, &declaration);
    }
    Parsed { declaration, places: parser.places, problems: parser.problems }
}
