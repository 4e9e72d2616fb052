//! `#[pg(…)]` on enums, domains and composite types.

use syn::{Data, DeriveInput, Fields};

use crate::args::{Arg, Parser};
use crate::attributes::find;
use crate::rust_type::plain;
use crate::table::{inner_type, named_fields};
use crate::{Composite, Domain, Enum, Placed, Problem, RenameAll, SqlxType, Text, Variant};

/// What all three have in common.
#[derive(Default)]
struct Common {
    name: Option<Text>,
    schema: Option<Text>,
    rename_all: Option<Placed<RenameAll>>,
    renamed_from: Option<Text>,
    comment: Option<Text>,
    managed: Option<Placed<bool>>,
    owner: Option<Text>,
}

impl Common {
    /// Takes an argument that it knows.
    fn take(&mut self, parser: &mut Parser<'_>, arg: &Arg) -> bool {
        macro_rules! once {
            ($field:ident, $method:ident) => {{
                let value = parser.$method(arg);
                parser.set(&mut self.$field, value, arg);
            }};
        }
        match arg.key() {
            "name" => once!(name, name),
            "schema" => once!(schema, name),
            "rename_all" => once!(rename_all, rename_all),
            "renamed_from" => once!(renamed_from, name),
            "comment" => once!(comment, string),
            "managed" => once!(managed, flag),
            "owner" => once!(owner, name),
            _ => return false,
        }
        true
    }
}

pub(crate) fn parse_enum(parser: &mut Parser<'_>, item: &DeriveInput) -> Enum {
    const KEYS: &[&str] =
        &["name", "schema", "rename_all", "renamed_from", "comment", "managed", "owner", "repr"];
    let ident = parser.text(plain(&item.ident), item.ident.span());
    let ours = find(parser, &item.attrs, &["pg"]);
    let mut common = Common::default();
    let mut repr = None;
    for tokens in ours.tokens {
        for arg in parser.args(tokens) {
            if arg.key() == "repr" {
                let value = parser.string(&arg);
                parser.set(&mut repr, value, &arg);
            } else if !common.take(parser, &arg) {
                parser.unknown(&arg, "pg", KEYS);
            }
        }
    }
    let mut sqlx = SqlxType::default();
    for tokens in ours.sqlx {
        for arg in parser.args(tokens) {
            match arg.key() {
                "type_name" => sqlx.type_name = parser.string(&arg),
                "rename_all" if common.rename_all.is_none() => common.rename_all = parser.rename_all(&arg),
                _ => {}
            }
        }
    }
    if repr.is_none() {
        // Rust's own counts where sqlx would store the number; `u8` and `C` speak of memory only.
        let stored = ours.repr.filter(|(text, _)| ["i8", "i16", "i32", "i64"].contains(&text.as_str()));
        repr = stored.map(|(text, span)| parser.text(text, span));
    }
    let variants = variants(parser, item);
    Enum {
        ident,
        docs: ours.docs,
        name: common.name,
        schema: common.schema,
        rename_all: common.rename_all,
        renamed_from: common.renamed_from,
        comment: common.comment,
        managed: common.managed,
        repr,
        owner: common.owner,
        sqlx,
        variants,
    }
}

fn variants(parser: &mut Parser<'_>, item: &DeriveInput) -> Vec<Variant> {
    let Data::Enum(data) = &item.data else {
        let place = parser.places.add(item.ident.span());
        parser.problem(
            Problem::new("models::wrong_item", "`Enum` needs an enum", place)
                .help("a struct takes `limbeck::Table`, `limbeck::Composite` or `limbeck::Domain`"),
        );
        return Vec::new();
    };
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !parser.cfg.includes(&variant.attrs) {
            continue;
        }
        let ident = parser.text(plain(&variant.ident), variant.ident.span());
        if !matches!(variant.fields, Fields::Unit) {
            parser.problem(
                Problem::new("models::wrong_item", "a label of an enum holds no values", ident.place)
                    .label(format!("variant `{}` has fields", ident.value))
                    .help("take the fields away, or store the enum as JSON with `#[column(json)]`"),
            );
        }
        let ours = find(parser, &variant.attrs, &["pg"]);
        let mut parsed = Variant { ident, rename: None, renamed_from: None };
        for tokens in ours.tokens {
            for arg in parser.args(tokens) {
                match arg.key() {
                    "rename" | "name" => {
                        let value = parser.string(&arg);
                        parser.set(&mut parsed.rename, value, &arg);
                    }
                    "renamed_from" => {
                        let value = parser.string(&arg);
                        parser.set(&mut parsed.renamed_from, value, &arg);
                    }
                    _ => parser.unknown(&arg, "pg", &["rename", "renamed_from"]),
                }
            }
        }
        for tokens in ours.sqlx {
            for arg in parser.args(tokens) {
                if arg.key() == "rename" && parsed.rename.is_none() {
                    parsed.rename = parser.string(&arg);
                }
            }
        }
        variants.push(parsed);
    }
    variants
}

pub(crate) fn parse_domain(parser: &mut Parser<'_>, item: &DeriveInput) -> Domain {
    const KEYS: &[&str] = &[
        "name",
        "schema",
        "renamed_from",
        "comment",
        "managed",
        "owner",
        "type",
        "check",
        "default",
        "not_null",
        "collate",
    ];
    let ident = parser.text(plain(&item.ident), item.ident.span());
    let ours = find(parser, &item.attrs, &["pg"]);
    let mut common = Common::default();
    let (mut sql_type, mut default, mut collate) = (None, None, None);
    let mut not_null = false;
    let mut checks = Vec::new();
    for tokens in ours.tokens {
        for arg in parser.args(tokens) {
            match arg.key() {
                "type" => {
                    let value = parser.sql(&arg);
                    parser.set(&mut sql_type, value, &arg);
                }
                "default" => {
                    let value = parser.sql(&arg);
                    parser.set(&mut default, value, &arg);
                }
                "collate" => {
                    let value = parser.name(&arg);
                    parser.set(&mut collate, value, &arg);
                }
                "not_null" => not_null = parser.is_set(&arg),
                "check" => checks.extend(parser.check(&arg)),
                "rename_all" => parser.unknown(&arg, "pg", KEYS),
                _ => {
                    if !common.take(parser, &arg) {
                        parser.unknown(&arg, "pg", KEYS);
                    }
                }
            }
        }
    }
    let inner = inner_type(parser, item);
    Domain {
        ident,
        docs: ours.docs,
        name: common.name,
        schema: common.schema,
        renamed_from: common.renamed_from,
        comment: common.comment,
        managed: common.managed,
        sql_type,
        default,
        not_null,
        collate,
        checks,
        owner: common.owner,
        inner,
    }
}

pub(crate) fn parse_composite(parser: &mut Parser<'_>, item: &DeriveInput) -> Composite {
    const KEYS: &[&str] = &["name", "schema", "rename_all", "renamed_from", "comment", "managed", "owner"];
    let ident = parser.text(plain(&item.ident), item.ident.span());
    let ours = find(parser, &item.attrs, &["pg"]);
    let mut common = Common::default();
    for tokens in ours.tokens {
        for arg in parser.args(tokens) {
            if !common.take(parser, &arg) {
                parser.unknown(&arg, "pg", KEYS);
            }
        }
    }
    let fields = named_fields(parser, item, "Composite", &["pg", "column"]);
    Composite {
        ident,
        docs: ours.docs,
        name: common.name,
        schema: common.schema,
        rename_all: common.rename_all,
        renamed_from: common.renamed_from,
        comment: common.comment,
        managed: common.managed,
        owner: common.owner,
        fields,
    }
}
