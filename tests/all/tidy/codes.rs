//! A page for every error code, and a code for every page.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{files, root, shown};

/// The crates whose name may stand before `::` in a code.
const CRATES: &[&str] =
    &["cli", "database", "diff", "kinds", "lint", "limbeck", "models", "plan", "revisions", "schema", "sql"];

#[test]
fn every_error_code_has_a_page_and_every_page_a_code() {
    let mut codes = BTreeSet::new();
    for file in files(&root().join("crates"), "rs") {
        let path = shown(&file);
        if path.contains("/tests/") || path.ends_with("/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source can be read");
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        literals(tokens, &mut |text| {
            if is_code(text) {
                codes.insert(text.to_owned());
            }
        });
    }
    let pages: BTreeSet<String> = files(&root().join("docs/errors"), "md")
        .iter()
        .map(|page| {
            let folder = page.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
            format!(
                "{}::{}",
                folder.to_string_lossy(),
                page.file_stem().unwrap_or_default().to_string_lossy()
            )
        })
        .collect();
    let without_page: Vec<_> = codes.difference(&pages).collect();
    let without_code: Vec<_> = pages.difference(&codes).collect();
    assert!(codes.len() > 10, "only {codes:?} were found");
    assert!(without_page.is_empty(), "no page in docs/errors for {without_page:#?}");
    assert!(without_code.is_empty(), "nothing says {without_code:#?}");
}

fn is_code(text: &str) -> bool {
    text.split_once("::").is_some_and(|(krate, name)| {
        CRATES.contains(&krate)
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
    })
}

/// Calls `seen` with the text of every string, outside of modules that hold tests.
fn literals(tokens: TokenStream, seen: &mut dyn FnMut(&str)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                    seen(text);
                }
            }
            TokenTree::Group(group) => {
                let test = group.delimiter() == Delimiter::Brace
                    && index >= 2
                    && matches!(&tokens[index - 1], TokenTree::Ident(name) if name == "tests" || name == "test")
                    && matches!(&tokens[index - 2], TokenTree::Ident(word) if word == "mod");
                if !test {
                    literals(group.stream(), seen);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}
