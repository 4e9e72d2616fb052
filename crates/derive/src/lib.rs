//! The derive macros: they check the attributes of models while the crate compiles, and emit nothing.
//!
//! The grammar is [`limbeck_grammar`]'s, which the command line's reader uses too, so that what compiles here
//! is read the same way there.

mod embedded;

use limbeck_grammar::{Cfg, Problem, Role};
use proc_macro::TokenStream;
use quote::quote;

/// A struct that describes a table.
#[proc_macro_derive(Table, attributes(table, column, limbeck))]
pub fn derive_table(item: TokenStream) -> TokenStream {
    check(item, Role::Table)
}

/// An enum whose variants are the labels of an enum type.
#[proc_macro_derive(Enum, attributes(pg, limbeck))]
pub fn derive_enum(item: TokenStream) -> TokenStream {
    check(item, Role::Enum)
}

/// A struct around one value that describes a domain.
#[proc_macro_derive(Domain, attributes(pg, limbeck))]
pub fn derive_domain(item: TokenStream) -> TokenStream {
    check(item, Role::Domain)
}

/// A struct that describes a composite type.
#[proc_macro_derive(Composite, attributes(pg, column, limbeck))]
pub fn derive_composite(item: TokenStream) -> TokenStream {
    check(item, Role::Composite)
}

/// SQL that declares what no attribute says: `limbeck::sql!(r"CREATE VIEW …;");`.
///
/// It expands to nothing; the command line reads it from the source.
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    match syn::parse::<syn::LitStr>(input) {
        Ok(_) => TokenStream::new(),
        Err(error) => {
            syn::Error::new(error.span(), "expected one string: `limbeck::sql!(r\"CREATE VIEW …;\");`")
                .into_compile_error()
                .into()
        }
    }
}

/// The revision files of a folder of the crate, compiled in: `limbeck::revisions!("migrations")`.
///
/// Cargo notices a file that changes. It notices a new one where a `build.rs` says
/// `println!("cargo::rerun-if-changed=migrations");`.
#[proc_macro]
pub fn revisions(input: TokenStream) -> TokenStream {
    let folder = match syn::parse::<syn::LitStr>(input) {
        Ok(folder) => folder,
        Err(error) => {
            let message = "expected the folder, from the crate's own: `limbeck::revisions!(\"migrations\")`";
            return syn::Error::new(error.span(), message).into_compile_error().into();
        }
    };
    match embedded::files(&folder.value()) {
        Ok(files) => {
            let (names, paths): (Vec<_>, Vec<_>) = files.into_iter().unzip();
            quote!(::limbeck::Revisions::new(&[#((#names, ::core::include_str!(#paths))),*])).into()
        }
        Err(message) => syn::Error::new(folder.span(), message).into_compile_error().into(),
    }
}

fn check(item: TokenStream, role: Role) -> TokenStream {
    let item = match syn::parse(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error().into(),
    };
    let parsed = limbeck_grammar::parse(&item, role, &Cfg::default());
    let errors = parsed.problems.iter().map(|problem| {
        syn::Error::new(parsed.places.span(problem.place), text(problem)).into_compile_error()
    });
    quote!(#(#errors)*).into()
}

fn text(problem: &Problem) -> String {
    let mut text = problem.message.clone();
    if !problem.label.is_empty() {
        text.push_str(&format!(": {}", problem.label));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("\n\nhelp: {help}"));
    }
    text
}
