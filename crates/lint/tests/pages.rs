//! The pages of the rules say what the rules do: the first example is found, the ones below it are not.

use std::path::Path;

use limbeck_lint::{Options, lint};

/// The examples of a page, in order.
fn examples(page: &str) -> Vec<String> {
    let blocks = page.split("```sql\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// An example as a file: what is no file of its own is an upgrade.
fn file(example: &str) -> String {
    if example.starts_with("-- limbeck revision") || example.starts_with("-- no-transaction") {
        return example.to_owned();
    }
    format!(
        "-- limbeck revision abc\n-- parents: base\n-- message: m\n\n-- limbeck:upgrade\n{example}\n\
         -- limbeck:downgrade\nSELECT 1;\n"
    )
}

fn codes(example: &str, options: &Options) -> Vec<&'static str> {
    let verdict = lint("example.sql", &file(example), options);
    assert!(verdict.errors.is_empty(), "{example}: {:?}", verdict.errors);
    verdict.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn every_rule_finds_the_first_example_of_its_page_and_nothing_in_the_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors/lint");
    for code in limbeck_lint::codes() {
        let name = code.trim_start_matches("lint::");
        let page = std::fs::read_to_string(folder.join(format!("{name}.md")))
            .unwrap_or_else(|error| panic!("{code}: {error}"));
        let options = Options {
            owned: vec!["app".to_owned()],
            revision: false,
            style: page.contains("asked for by `--style`"),
        };
        let examples = examples(&page);
        let found = codes(&examples[0], &options);
        assert!(found.contains(&code), "{code} finds {found:?} in\n{}", examples[0]);
        for example in &examples[1..] {
            let none: [&str; 0] = [];
            assert_eq!(codes(example, &options), none, "{code}: \n{example}");
        }
    }
}
