//! What the tests beside the rules share.

use crate::{Options, lint};

pub(crate) const HEADER: &str = "-- limbeck revision abc\n-- parents: base\n-- message: m\n";

/// Codes and places of what is found in a script.
pub(crate) fn found(sql: &str) -> Vec<String> {
    judged(sql, &Options::default())
}

/// The same, where the service owns this schema.
pub(crate) fn found_in(schema: &str, sql: &str) -> Vec<String> {
    judged(sql, &Options { owned: vec![schema.to_owned()], ..Options::default() })
}

/// The codes of what is found.
pub(crate) fn codes(sql: &str) -> Vec<String> {
    found(sql).iter().map(|found| found.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// A revision with this upgrade, and a downgrade that can't be complained about.
pub(crate) fn revision(upgrade: &str) -> String {
    format!("{HEADER}\n-- limbeck:upgrade\n{upgrade}\n\n-- limbeck:downgrade\nSELECT 1;\n")
}

fn judged(sql: &str, options: &Options) -> Vec<String> {
    let verdict = lint("f.sql", sql, options);
    assert!(verdict.errors.is_empty(), "{:?}", verdict.errors);
    let place = |finding: &crate::Finding| {
        format!("{} {}:{}", finding.code, finding.origin.line, finding.origin.column)
    };
    verdict.findings.iter().map(place).collect()
}

#[test]
fn an_allow_that_allows_nothing_is_found() {
    let sql = "-- limbeck:allow blocking: it is small\nCREATE VIEW app.v AS SELECT 1 AS a;";
    assert_eq!(found(sql), ["lint::unused_allow 1:1"]);
    let lossless =
        revision("-- limbeck:allow data-loss: known\n-- loses: every row of app.t\nDROP TABLE app.t;");
    assert!(codes(&lossless).is_empty());
}

#[test]
fn what_does_not_count_going_down_may_be_acknowledged() {
    let sql = format!(
        "{HEADER}\n-- limbeck:upgrade\nSELECT 1;\n-- limbeck:downgrade\n-- limbeck:allow blocking: it is small\nDROP INDEX app.i;\n"
    );
    assert!(codes(&sql).is_empty());
}

#[test]
fn an_allow_is_for_the_next_statement_alone() {
    let sql = "-- limbeck:allow lint::truncate: it is a cache\nTRUNCATE app.t;\nTRUNCATE app.u;";
    assert_eq!(found(sql), ["lint::truncate 3:10"]);
}

#[test]
fn places_count_characters_and_lines_of_the_file_as_it_is() {
    let sql = "\u{feff}-- größe\r\nSELECT 'ß'; TRUNCATE app.t;\r\n";
    assert_eq!(found(sql), ["lint::truncate 2:22"]);
}

#[test]
fn rows_for_copy_are_no_statements() {
    let sql = "COPY app.t (a, b) FROM stdin;\n1\tDROP TABLE app.t; größe 'x\n\\.\n\nTRUNCATE app.t;\n";
    assert_eq!(found(sql), ["lint::truncate 5:10"]);
    assert_eq!(found("COPY app.t FROM '/tmp/rows'; TRUNCATE app.t;"), ["lint::truncate 1:39"]);
}

#[test]
fn what_a_block_loses_is_not_unseen() {
    let text = revision("DO $$ BEGIN DROP TABLE app.t; TRUNCATE app.u; END $$;");
    let unseen = crate::unseen("f.sql", &text);
    let told: Vec<_> = unseen.iter().map(|it| (it.hazard, it.relation.as_deref())).collect();
    let loss = limbeck_sql::HazardKind::DataLoss;
    assert_eq!(told, [(loss, Some("app.t")), (loss, Some("app.u"))]);
}

#[test]
fn no_two_rules_have_one_name() {
    let mut codes: Vec<_> = crate::codes().collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
}
