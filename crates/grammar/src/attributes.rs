//! Which attributes of an item are ours, under which conditions, and which derives make it a model.

use proc_macro2::TokenStream;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::TypePath;
use crate::args::Parser;
use crate::rust_type::{plain, type_path};
use crate::{Placed, Places, Text};

/// Which `cfg` conditions hold.
///
/// `cfg_attr(any(), …)` holds in any case: it is how models are described without a dependency, since the
/// compiler drops such an attribute unseen. `test` never holds.
#[derive(Clone, Debug, Default)]
pub struct Cfg {
    /// The features that are switched on.
    pub features: Vec<String>,
}

impl Cfg {
    /// Whether an item with these attributes is compiled.
    pub fn includes(&self, attributes: &[Attribute]) -> bool {
        attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).all(|attribute| {
            match &attribute.meta {
                Meta::List(list) => self.holds(&list.tokens),
                Meta::Path(_) | Meta::NameValue(_) => true,
            }
        })
    }

    fn holds(&self, tokens: &TokenStream) -> bool {
        syn::parse2::<Meta>(tokens.clone()).map_or(true, |meta| self.meta_holds(&meta))
    }

    fn meta_holds(&self, meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => ["unix", "debug_assertions"].iter().any(|name| path.is_ident(name)),
            Meta::NameValue(pair) => {
                let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &pair.value else {
                    return false;
                };
                let value = value.value();
                if pair.path.is_ident("feature") {
                    self.features.contains(&value)
                } else {
                    (pair.path.is_ident("target_os") && value == "linux")
                        || (pair.path.is_ident("target_family") && value == "unix")
                        || (pair.path.is_ident("target_pointer_width") && value == "64")
                }
            }
            Meta::List(list) => {
                let inner = metas(&list.tokens);
                if list.path.is_ident("all") {
                    inner.iter().all(|meta| self.meta_holds(meta))
                } else if list.path.is_ident("any") {
                    inner.iter().any(|meta| self.meta_holds(meta))
                } else if list.path.is_ident("not") {
                    !inner.iter().any(|meta| self.meta_holds(meta))
                } else {
                    false
                }
            }
        }
    }

    /// The attributes that are in force, those inside `cfg_attr` unpacked; with each, whether it stood under
    /// `cfg_attr(any(), …)`.
    fn unpack(&self, attributes: &[Attribute]) -> Vec<(Meta, bool)> {
        let mut found = Vec::new();
        for attribute in attributes {
            self.unpack_meta(&attribute.meta, false, &mut found);
        }
        found
    }

    fn unpack_meta(&self, meta: &Meta, hidden: bool, found: &mut Vec<(Meta, bool)>) {
        let Meta::List(list) = meta else { return found.push((meta.clone(), hidden)) };
        if !list.path.is_ident("cfg_attr") {
            return found.push((meta.clone(), hidden));
        }
        let inner = metas(&list.tokens);
        let Some((condition, rest)) = inner.split_first() else { return };
        let never = matches!(condition, Meta::List(any) if any.path.is_ident("any") && any.tokens.is_empty());
        if never || self.meta_holds(condition) {
            for meta in rest {
                self.unpack_meta(meta, hidden || never, found);
            }
        }
    }
}

/// `a, b(…), c = 1`; where one of them is no meta (a key that is a keyword), what stands before it.
fn metas(tokens: &TokenStream) -> Vec<Meta> {
    Punctuated::<Meta, Token![,]>::parse_terminated
        .parse2(tokens.clone())
        .map(|list| list.into_iter().collect())
        .unwrap_or_default()
}

/// What an item is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `#[derive(limbeck::Table)]`, or a struct described under `cfg_attr(any(), table(…))`.
    Table,
    /// `#[derive(limbeck::Enum)]`, or an enum with `sqlx::Type`.
    Enum,
    /// `#[derive(limbeck::Domain)]`.
    Domain,
    /// `#[derive(limbeck::Composite)]`.
    Composite,
    /// No model: a struct whose fields another may flatten.
    Plain,
}

/// The derives of an item and our attributes' presence, from which a reader decides its [`Role`].
#[derive(Clone, Debug, Default)]
pub struct Derives {
    /// The paths in `#[derive(…)]`.
    pub paths: Vec<TypePath>,
    /// It has an attribute that is ours by name (`table`, `column`, `pg`, `limbeck`).
    pub ours: bool,
    /// It is described under `cfg_attr(any(), …)` with this of our attributes.
    pub hidden: Option<&'static str>,
}

impl Derives {
    /// Reads them from an item's attributes.
    pub fn of(attributes: &[Attribute], cfg: &Cfg) -> Self {
        let mut derives = Self::default();
        let mut places = Places::default();
        for (meta, hidden) in cfg.unpack(attributes) {
            let Meta::List(list) = &meta else { continue };
            if list.path.is_ident("derive") {
                let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(list.tokens.clone());
                derives.paths.extend(paths.into_iter().flatten().map(|path| type_path(&path, &mut places)));
                continue;
            }
            for (name, _) in ours(list) {
                derives.ours = true;
                if hidden {
                    derives.hidden = derives.hidden.or(Some(name));
                }
            }
        }
        derives
    }
}

/// Our attributes in a list: the list itself, or what stands in `limbeck(…)`.
fn ours(list: &syn::MetaList) -> Vec<(&'static str, TokenStream)> {
    const NAMES: [&str; 3] = ["table", "column", "pg"];
    if let Some(name) = NAMES.into_iter().find(|name| list.path.is_ident(name)) {
        return vec![(name, list.tokens.clone())];
    }
    if !list.path.is_ident("limbeck") {
        return Vec::new();
    }
    metas(&list.tokens)
        .into_iter()
        .filter_map(|meta| match meta {
            Meta::List(inner) => {
                let name = NAMES.into_iter().find(|name| inner.path.is_ident(name))?;
                Some((name, inner.tokens))
            }
            Meta::Path(_) | Meta::NameValue(_) => None,
        })
        .collect()
}

/// The attributes of one item or field that concern us.
pub(crate) struct Ours {
    /// The tokens of every attribute of the wanted name, in order.
    pub(crate) tokens: Vec<TokenStream>,
    /// The tokens of every `sqlx(…)`.
    pub(crate) sqlx: Vec<TokenStream>,
    /// The first word of `repr(…)`.
    pub(crate) repr: Option<(String, proc_macro2::Span)>,
    /// The doc comment.
    pub(crate) docs: Option<Text>,
}

/// Finds the attributes of the wanted names; one of another of our names is a problem.
pub(crate) fn find(parser: &mut Parser<'_>, attributes: &[Attribute], wanted: &[&str]) -> Ours {
    use syn::spanned::Spanned as _;
    let mut found = Ours { tokens: Vec::new(), sqlx: Vec::new(), repr: None, docs: None };
    let mut docs: Vec<String> = Vec::new();
    let mut docs_span = None;
    for (meta, _) in parser.cfg.unpack(attributes) {
        match &meta {
            Meta::List(list) if list.path.is_ident("sqlx") => found.sqlx.push(list.tokens.clone()),
            Meta::List(list) if list.path.is_ident("repr") => {
                if let Ok(ident) = syn::parse2::<syn::Ident>(list.tokens.clone()) {
                    found.repr = Some((plain(&ident), ident.span()));
                }
            }
            Meta::List(list) => {
                if list.path.is_ident("limbeck") {
                    check_limbeck(parser, list, wanted);
                }
                for (name, tokens) in ours(list) {
                    if wanted.contains(&name) {
                        found.tokens.push(tokens);
                    } else {
                        misplaced(parser, name, list.path.span(), wanted);
                    }
                }
            }
            Meta::NameValue(pair) if pair.path.is_ident("doc") => {
                if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value {
                    docs_span.get_or_insert_with(|| line.span());
                    docs.extend(line.value().split('\n').map(|line| line.trim().to_owned()));
                }
            }
            Meta::NameValue(pair) if wanted.iter().any(|name| pair.path.is_ident(name)) => {
                let place = parser.places.add(pair.path.span());
                parser.problem(
                    crate::Problem::new("models::syntax", "this attribute takes a list of keys", place)
                        .help(format!("write `#[{}(…)]`", wanted[0])),
                );
            }
            Meta::NameValue(_) | Meta::Path(_) => {}
        }
    }
    if let Some(span) = docs_span {
        let text = docs.join("\n").trim().to_owned();
        found.docs = Some(Placed::new(text, parser.places.add(span)));
    }
    found
}

fn misplaced(parser: &mut Parser<'_>, name: &str, span: proc_macro2::Span, wanted: &[&str]) {
    let place = parser.places.add(span);
    parser.problem(
        crate::Problem::new(
            "models::misplaced_attribute",
            format!("`#[{name}(…)]` does not belong here"),
            place,
        )
        .help(format!("here stands `#[{}(…)]`", wanted[0])),
    );
}

/// Inside `limbeck(…)` only our own names may stand.
fn check_limbeck(parser: &mut Parser<'_>, list: &syn::MetaList, wanted: &[&str]) {
    use syn::spanned::Spanned as _;
    const NAMES: [&str; 3] = ["table", "column", "pg"];
    match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()) {
        Ok(inner) => {
            for meta in &inner {
                let known =
                    matches!(meta, Meta::List(list) if NAMES.iter().any(|name| list.path.is_ident(name)));
                if !known {
                    let place = parser.places.add(meta.path().span());
                    let given = type_path(meta.path(), &mut parser.places).to_string();
                    parser.problem(
                        crate::Problem::new(
                            "models::unknown_key",
                            format!("`limbeck` has no key `{given}`"),
                            place,
                        )
                        .help(format!("write `#[limbeck({}({given} …))]`", wanted[0])),
                    );
                }
            }
        }
        Err(error) => {
            let place = parser.places.add(error.span());
            parser.problem(
                crate::Problem::new(
                    "models::syntax",
                    format!("this attribute can't be read: {error}"),
                    place,
                )
                .help(format!("write `#[limbeck({}(…))]`", wanted[0])),
            );
        }
    }
}
