//! What source code must not hold.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{files, root, shown};

/// How a SQL statement begins. Written in capitals it is SQL; in a sentence it stands later, between backticks.
const VERBS: &[&str] = &[
    "ALTER ",
    "BEGIN",
    "COMMENT ON ",
    "COMMIT",
    "COPY ",
    "CREATE ",
    "DELETE FROM ",
    "DROP ",
    "GRANT ",
    "INSERT INTO ",
    "LOCK ",
    "REVOKE ",
    "ROLLBACK",
    "SELECT ",
    "SET ",
    "TRUNCATE ",
    "UPDATE ",
    "WITH ",
];

#[test]
fn no_sql_is_put_together_with_format() {
    let mut wrong = Vec::new();
    for file in files(&root().join("crates"), "rs") {
        let path = shown(&file);
        // Only crates/sql quotes; tests and the server they run on may write the SQL that they mean.
        if path.starts_with("crates/sql/") || path.starts_with("crates/testing/") || is_test(&path) {
            continue;
        }
        formats(tokens(&file), &mut |text, line| {
            let text = text.trim_start_matches(['r', '#', '"']).trim_start_matches("\\n").trim_start();
            if VERBS.iter().any(|verb| text.starts_with(verb)) {
                wrong.push(format!("{path}:{line}: {text}"));
            }
        });
    }
    assert!(wrong.is_empty(), "use `sql!` for:\n{}", wrong.join("\n"));
}

#[test]
fn the_rule_about_format_finds_what_it_looks_for() {
    let source = r##"fn f() { let a = vec![format!("DROP TABLE {}", x)]; let b = format!("says `DROP TABLE`"); }
        mod tests { fn g() { format!("SELECT {}", 1); } }"##;
    let mut found = Vec::new();
    formats(source.parse().expect("the example is Rust"), &mut |text, _| found.push(text.to_owned()));
    assert_eq!(found, [r#""DROP TABLE {}""#, r#""says `DROP TABLE`""#]);
}

#[test]
fn no_test_is_ignored() {
    for folder in ["crates", "tests"] {
        for file in files(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(&file).expect("a source can be read");
            let attribute = concat!("#[", "ignore");
            assert!(!text.contains(attribute), "{} ignores a test", shown(&file));
        }
    }
}

#[test]
fn no_path_of_a_workplace_is_written_down() {
    for (folder, extension) in
        [("crates", "rs"), ("tests", "rs"), ("docs", "md"), ("fixtures", "rs"), ("crates", "toml")]
    {
        for file in files(&root().join(folder), extension) {
            let text = std::fs::read_to_string(&file).expect("a file can be read");
            for path in [concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
                assert!(!text.contains(path), "{} holds a path that begins with {path}", shown(&file));
            }
        }
    }
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || path.contains("/benches/")
        || path.ends_with("_tests.rs")
}

fn tokens(file: &std::path::Path) -> TokenStream {
    let text = std::fs::read_to_string(file).expect("a source can be read");
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", shown(file)))
}

/// Calls `seen` with the first literal of every `format!`, outside of modules that hold tests.
fn formats(tokens: TokenStream, seen: &mut dyn FnMut(&str, usize)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |index: Option<usize>, word: &str| {
        index.is_some_and(|index| matches!(&tokens[index], TokenTree::Ident(ident) if ident == word))
    };
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let tests = group.delimiter() == Delimiter::Brace
            && word(index.checked_sub(2), "mod")
            && (word(index.checked_sub(1), "tests") || word(index.checked_sub(1), "test"));
        if tests {
            continue;
        }
        if word(index.checked_sub(2), "format")
            && let Some(TokenTree::Literal(literal)) = group.stream().into_iter().next()
        {
            seen(&literal.to_string(), literal.span().start().line);
        }
        formats(group.stream(), seen);
    }
}
