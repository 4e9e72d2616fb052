//! What one file holds: its modules, their `use`s, and the items that a schema may need.
//!
//! Only structs, enums, type aliases, `use`s and modules are parsed; functions, impls and whatever else are
//! stepped over token by token. That is most of a typical file, and most of the time that parsing it would take.

use limbeck_grammar::{Cfg, Declaration, Derives, Place, Places, Problem, Role, RustType};
use proc_macro2::{Delimiter, Span, TokenStream};
use serde::{Deserialize, Serialize};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Data, DeriveInput, Fields, ItemType, ItemUse, Token, UseTree, Visibility};

/// A module of a file: the file itself, or one that stands inside of it.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Module {
    /// Its path below the file's own module.
    pub(crate) path: Vec<String>,
    /// What it imports, by the name that it gives it.
    pub(crate) uses: Vec<Use>,
    /// Its items.
    pub(crate) items: Vec<Item>,
    /// Modules in files of their own that are not compiled here (`#[cfg(test)] mod tests;`).
    pub(crate) excluded: Vec<String>,
}

/// `use path as name`; the name of a glob is `*`.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Use {
    pub(crate) name: String,
    pub(crate) path: Vec<String>,
}

/// An item that a schema may need.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: ItemKind,
    /// The byte ranges that its places stand for.
    pub(crate) places: Vec<(u32, u32)>,
    /// What the grammar has to say of it.
    #[serde(skip)]
    pub(crate) problems: Vec<Problem>,
    /// Where its name stands.
    pub(crate) place: (u32, u32),
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum ItemKind {
    /// It has a derive of ours.
    Declared(Declaration),
    /// `sqlx::Type` on an enum: a type of the database where a column uses it.
    Sqlx(Declaration),
    /// A struct or enum without a derive of ours.
    Plain(Declaration),
    /// `type A = B`.
    Alias(RustType),
    /// A struct around one value.
    Newtype(RustType),
    /// `limbeck::sql!("…")`.
    Sql(String),
    /// Anything else that has a name.
    Other,
}

/// Why a file can't be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) message: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Reads a file's text.
pub(crate) fn scan(text: &str, cfg: &Cfg) -> Result<Vec<Module>, Unreadable> {
    // A file may begin with a byte order mark and an interpreter's line, which are no tokens.
    let mut skipped = text.len() - text.trim_start_matches('\u{feff}').len();
    if text[skipped..].starts_with("#!")
        && !text[skipped..].trim_start_matches("#!").trim_start().starts_with('[')
    {
        skipped += text[skipped..].find('\n').unwrap_or(text.len() - skipped);
    }
    let result = scan_tokens(&text[skipped..], skipped, cfg);
    // Frees what proc-macro2 remembers of this file; no span outlives the call.
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}

fn scan_tokens(text: &str, skipped: usize, cfg: &Cfg) -> Result<Vec<Module>, Unreadable> {
    let unreadable = |message: String, span: Span| {
        let range = span.byte_range();
        Unreadable { message, start: range.start + skipped, end: range.end + skipped }
    };
    let tokens: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| {
        unreadable("this is no Rust: a token can't be read".to_owned(), error.span())
    })?;
    let mut scanner = Scanner { cfg, skipped, modules: Vec::new() };
    let parsed = (|input: ParseStream| scanner.module(input, Vec::new())).parse2(tokens);
    parsed.map_err(|error| unreadable(format!("this is no Rust: {error}"), error.span()))?;
    Ok(scanner.modules)
}

struct Scanner<'a> {
    cfg: &'a Cfg,
    skipped: usize,
    modules: Vec<Module>,
}

impl Scanner<'_> {
    fn module(&mut self, input: ParseStream, path: Vec<String>) -> syn::Result<()> {
        let mut module = Module { path, ..Module::default() };
        let mut pending = Vec::new();
        let inner = Attribute::parse_inner(input)?;
        let included = self.cfg.includes(&inner);
        while !input.is_empty() {
            self.item(input, &mut module, &mut pending)?;
        }
        if !included {
            return Ok(());
        }
        for item in &pending {
            module.items.push(self.declared(item, &module.uses));
        }
        self.modules.push(module);
        Ok(())
    }

    fn item(
        &mut self,
        input: ParseStream,
        module: &mut Module,
        pending: &mut Vec<DeriveInput>,
    ) -> syn::Result<()> {
        let attributes = input.call(Attribute::parse_outer)?;
        let included = self.cfg.includes(&attributes);
        let visibility: Visibility = input.parse()?;
        if input.peek(Token![struct]) || input.peek(Token![enum]) {
            let mut item: DeriveInput = input.parse()?;
            if included {
                item.attrs = attributes;
                item.vis = visibility;
                pending.push(item);
            }
        } else if input.peek(Token![use]) {
            let item: ItemUse = input.parse()?;
            if included {
                flatten(&item.tree, &mut Vec::new(), &mut module.uses);
            }
        } else if input.peek(Token![type]) {
            let item: ItemType = input.parse()?;
            if included {
                module.items.push(self.alias(&item));
            }
        } else if input.peek(Token![mod]) {
            self.submodule(input, module, included)?;
        } else if !input.peek2(Token![!]) && !input.peek2(Token![::]) {
            skip(input)?;
        } else {
            let item = self.sql(input, &module.uses)?;
            module.items.extend(item.filter(|_| included));
        }
        Ok(())
    }

    fn submodule(&mut self, input: ParseStream, module: &mut Module, included: bool) -> syn::Result<()> {
        input.parse::<Token![mod]>()?;
        let name = plain(&input.call(syn::Ident::parse_any)?);
        if input.parse::<Option<Token![;]>>()?.is_some() {
            if !included {
                module.excluded.push(name);
            }
            return Ok(());
        }
        if !included {
            return skip(input);
        }
        let content;
        syn::braced!(content in input);
        let mut path = module.path.clone();
        path.push(name);
        self.module(&content, path)
    }

    /// `limbeck::sql!("…")`; other macros are stepped over.
    fn sql(&mut self, input: ParseStream, uses: &[Use]) -> syn::Result<Option<Item>> {
        let fork = input.fork();
        let Ok(item) = fork.parse::<syn::ItemMacro>() else {
            skip(input)?;
            return Ok(None);
        };
        skip(input)?;
        let path: Vec<String> = item.mac.path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        let path = imported(&path, uses);
        if !(is_ours(path.first()) && path.last().is_some_and(|last| last == "sql")) {
            return Ok(None);
        }
        let literal = syn::parse2::<syn::LitStr>(item.mac.tokens)?;
        let place = self.range(literal.span());
        Ok(Some(Item {
            name: String::new(),
            kind: ItemKind::Sql(literal.value()),
            places: Vec::new(),
            problems: Vec::new(),
            place,
        }))
    }

    fn alias(&self, item: &ItemType) -> Item {
        let mut places = Places::default();
        let ty = RustType::of(&item.ty, &mut places);
        self.made(&item.ident, ItemKind::Alias(ty), &places, Vec::new())
    }

    fn made(
        &self,
        ident: &proc_macro2::Ident,
        kind: ItemKind,
        places: &Places,
        problems: Vec<Problem>,
    ) -> Item {
        let places = places.spans().iter().map(|span| self.range(*span)).collect();
        Item { name: plain(ident), kind, places, problems, place: self.range(ident.span()) }
    }

    fn range(&self, span: Span) -> (u32, u32) {
        let range = span.byte_range();
        let offset = |at: usize| u32::try_from(at + self.skipped).unwrap_or(u32::MAX);
        (offset(range.start), offset(range.end))
    }

    fn declared(&self, item: &DeriveInput, uses: &[Use]) -> Item {
        let derives = Derives::of(&item.attrs, self.cfg);
        let role = role(&derives, uses, &item.data);
        let sqlx = derives.paths.iter().any(|path| {
            let path = imported(&path.segments, uses);
            path.first().is_some_and(|first| first == "sqlx")
                && path.last().is_some_and(|last| last == "Type")
        });
        if let Some(role) = role {
            let parsed = limbeck_grammar::parse(item, role, self.cfg);
            return self.made(
                &item.ident,
                ItemKind::Declared(parsed.declaration),
                &parsed.places,
                parsed.problems,
            );
        }
        match &item.data {
            Data::Enum(_) => {
                let parsed = limbeck_grammar::parse(item, Role::Enum, self.cfg);
                let kind = if sqlx { ItemKind::Sqlx } else { ItemKind::Plain };
                let problems = if sqlx { parsed.problems } else { Vec::new() };
                self.made(&item.ident, kind(parsed.declaration), &parsed.places, problems)
            }
            Data::Struct(data) => match &data.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    let mut places = Places::default();
                    let ty = RustType::of(&fields.unnamed[0].ty, &mut places);
                    self.made(&item.ident, ItemKind::Newtype(ty), &places, Vec::new())
                }
                Fields::Named(_) => {
                    let parsed = limbeck_grammar::parse(item, Role::Plain, self.cfg);
                    let kind = ItemKind::Plain(parsed.declaration);
                    self.made(&item.ident, kind, &parsed.places, parsed.problems)
                }
                Fields::Unnamed(_) | Fields::Unit => self.other(&item.ident),
            },
            Data::Union(_) => self.other(&item.ident),
        }
    }

    fn other(&self, ident: &proc_macro2::Ident) -> Item {
        self.made(ident, ItemKind::Other, &Places::default(), Vec::new())
    }
}

impl Item {
    /// The byte range of one of its places.
    pub(crate) fn range(&self, place: Place) -> (usize, usize) {
        let (start, end) = self.places.get(place.0 as usize).copied().unwrap_or(self.place);
        (start as usize, end as usize)
    }
}

fn plain(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
}

/// A path with its first segment replaced by what the module imports under that name.
pub(crate) fn imported(path: &[String], uses: &[Use]) -> Vec<String> {
    let Some((first, rest)) = path.split_first() else { return Vec::new() };
    match uses.iter().find(|import| import.name == *first) {
        Some(import) => import.path.iter().chain(rest).cloned().collect(),
        None => path.to_vec(),
    }
}

fn is_ours(crate_name: Option<&String>) -> bool {
    crate_name.is_some_and(|name| name == "limbeck" || name == "limbeck_derive")
}

/// What an item is to us: by its derives, or by attributes that the compiler never sees.
fn role(derives: &Derives, uses: &[Use], data: &Data) -> Option<Role> {
    for written in &derives.paths {
        let role = match imported(&written.segments, uses).last().map(String::as_str) {
            Some("Table") => Role::Table,
            Some("Enum") => Role::Enum,
            Some("Domain") => Role::Domain,
            Some("Composite") => Role::Composite,
            _ => continue,
        };
        let path = imported(&written.segments, uses);
        let glob =
            path.len() == 1 && uses.iter().any(|import| import.name == "*" && is_ours(import.path.first()));
        // A derive that a module of the project passes on is known by the attributes that it leaves behind.
        let passed_on = derives.ours
            && (path.len() == 1 || path.first().is_some_and(|first| first == "crate" || first == "super"));
        if is_ours(path.first()) || glob || passed_on {
            return Some(role);
        }
    }
    match (derives.hidden?, data) {
        ("table", Data::Struct(_)) => Some(Role::Table),
        ("pg", Data::Enum(_)) => Some(Role::Enum),
        ("pg", Data::Struct(data)) => match &data.fields {
            Fields::Named(_) => Some(Role::Composite),
            Fields::Unnamed(_) | Fields::Unit => Some(Role::Domain),
        },
        _ => None,
    }
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, uses: &mut Vec<Use>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(plain(&path.ident));
            flatten(&path.tree, prefix, uses);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let name = plain(&name.ident);
            if name == "self" {
                let last = prefix.last().cloned().unwrap_or_default();
                uses.push(Use { name: last, path: prefix.clone() });
            } else {
                let path = prefix.iter().cloned().chain([name.clone()]).collect();
                uses.push(Use { name, path });
            }
        }
        UseTree::Rename(rename) => {
            let name = plain(&rename.rename);
            let last = plain(&rename.ident);
            let mut path = prefix.clone();
            if last != "self" {
                path.push(last);
            }
            uses.push(Use { name, path });
        }
        UseTree::Glob(_) => uses.push(Use { name: "*".to_owned(), path: prefix.clone() }),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, uses);
            }
        }
    }
}

/// Steps over an item: to its semicolon, or behind its braces.
fn skip(input: ParseStream) -> syn::Result<()> {
    let valued = input.peek(Token![static])
        || (input.peek(Token![const])
            && !input.peek2(Token![fn])
            && !input.peek2(Token![unsafe])
            && !input.peek2(Token![async])
            && !input.peek2(Token![extern]));
    input.step(|cursor| {
        let mut rest = *cursor;
        while let Some((token, next)) = rest.token_tree() {
            rest = next;
            match token {
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ';' => return Ok(((), rest)),
                proc_macro2::TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !valued => {
                    // A brace among generic arguments, `impl A<{ N }> for B { … }`, is not the end.
                    let inside = rest.punct().is_some_and(|(punct, _)| [',', '>'].contains(&punct.as_char()));
                    if !inside {
                        return Ok(((), rest));
                    }
                }
                _ => {}
            }
        }
        Ok(((), rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let modules = match scan(text, &Cfg::default()) {
            Ok(modules) => modules,
            Err(error) => return format!("{} at {:?}", error.message, text.get(error.start..error.end)),
        };
        let mut lines = Vec::new();
        for module in &modules {
            let uses: Vec<String> = module
                .uses
                .iter()
                .map(|import| format!("{}={}", import.name, import.path.join("::")))
                .collect();
            lines.push(format!("mod {}: {}", module.path.join("::"), uses.join(" ")));
            for item in &module.items {
                let kind = match &item.kind {
                    ItemKind::Declared(_) => "declared".to_owned(),
                    ItemKind::Sqlx(_) => "sqlx".to_owned(),
                    ItemKind::Plain(_) => "plain".to_owned(),
                    ItemKind::Alias(ty) => format!("= {ty}"),
                    ItemKind::Newtype(ty) => format!("({ty})"),
                    ItemKind::Sql(sql) => format!("sql {sql}"),
                    ItemKind::Other => "other".to_owned(),
                };
                let marked = &text[item.place.0 as usize..item.place.1 as usize];
                lines.push(format!("  {marked}: {kind}"));
            }
        }
        lines.join("\n")
    }

    #[test]
    fn items_are_found_between_everything_else() {
        let text = r#"#![allow(dead_code)]
            //! Doc.
            use a::{b::{self, C as D}, e::*, r#type};
            pub use limbeck as lb;
            const X: [u8; { 3 }] = [1; 3]; const fn f() -> u8 { 1 }
            static S: &str = "struct Not;";
            impl<const N: usize> Foo<{ N }> for Bar { fn x() { struct Inner; } }
            macro_rules! m { (struct $x:ident) => {}; }
            m!(struct A); other::m! { struct B }
            extern "C" { fn g(); } extern crate alloc;
            pub(crate) struct N(pub Vec<u8>);
            type Al<'a> = Option<&'a str>;
            #[derive(limbeck::Table)] pub struct T { a: i32 }
            #[derive(lb::Enum)] enum E { A }
            #[derive(sqlx::Type)] enum Q { A }
            #[cfg(test)] #[derive(limbeck::Table)] struct Hidden { a: i32 }
            #[cfg(test)] mod tests;
            mod inner { #[cfg_attr(any(), table(name = "x"))] struct I { a: i32 } #[derive(tabled::Table)] struct No { a: i32 } }
            limbeck::sql!(r"CREATE VIEW v AS SELECT 1;");
            async unsafe fn h() {} union U { a: u8 } struct Unit;"#;
        assert_eq!(
            shown(text),
            "mod inner: \n  I: declared\n  No: plain\n\
             mod : b=a::b D=a::b::C *=a::e type=a::type lb=limbeck\n  \
             Al: = Option<&str>\n  r\"CREATE VIEW v AS SELECT 1;\": sql CREATE VIEW v AS SELECT 1;\n  \
             N: (Vec<u8>)\n  T: declared\n  E: declared\n  Q: sqlx\n  Unit: other"
        );
    }

    #[test]
    fn derives_are_known_by_their_imports() {
        assert!(shown("use limbeck::Table; #[derive(Table)] struct T { a: i32 }").contains("T: declared"));
        assert!(shown("use limbeck::*; #[derive(Table)] struct T { a: i32 }").contains("T: declared"));
        assert!(shown("#[derive(db::Table)] struct T { a: i32 }").contains("T: plain"));
        assert!(shown("#[derive(Table)] #[table(name = \"t\")] struct T { a: i32 }").contains("T: declared"));
        assert!(
            shown("use orm::Table; #[derive(Table)] #[table(x)] struct T { a: i32 }").contains("T: plain")
        );
    }

    #[test]
    fn broken_files_say_where() {
        assert_eq!(shown("struct A { a }"), "this is no Rust: expected `:` at Some(\"}\")");
        assert!(shown("fn f( {}").starts_with("this is no Rust: a token can't be read"));
        assert_eq!(shown("\u{feff}#!/usr/bin/env run\nstruct A;"), "mod : \n  A: other");
    }
}
