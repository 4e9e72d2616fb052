use crate::history::tests::{graph, id};

#[test]
fn history_reads_as_alembic_s_does() {
    let history = graph("a; b[x]: a; c: a; d: b c; e: d +a");
    let lines: Vec<String> = history.entries(&[id("d")]).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    d -> e (x) (head), makes e
    b, c -> d (x) (mergepoint) (current), makes d
    a -> c, makes c
    a -> b (x), makes b
    <base> -> a (branchpoint), makes a
    ");
    let entries = history.entries_of(&[id("e"), id("a"), id("gone")], &[id("e")]);
    assert_eq!(
        entries.iter().map(super::Entry::short).collect::<Vec<_>>(),
        ["e (x) (head)", "a (branchpoint)"]
    );
    insta::assert_snapshot!(entries[1].branch(), @r"
    a (branchpoint)
      -> b
      -> c
    ");
}

#[test]
fn the_long_form_says_everything() {
    let history = graph("a; b: a; c: a; d: b c; e: d +a");
    let entries = history.entries_of(&[id("e"), id("d"), id("a")], &[]);
    let long: Vec<String> = entries.iter().map(super::Entry::long).collect();
    insta::assert_snapshot!(long.join("\n\n"), @r"
    Rev: e (head)
    Parent: d
    Depends on: a
    Path: e.sql

        makes e

    Rev: d (mergepoint)
    Merges: b, c
    Path: d.sql

        makes d

    Rev: a (branchpoint)
    Parent: <base>
    Branches into: b, c
    Path: a.sql

        makes a
    ");
}

#[test]
fn entries_have_stable_keys_in_json() {
    let entry = &graph("a").entries(&[])[0];
    assert_eq!(
        serde_json::to_string(entry).unwrap(),
        r#"{"id":"a","parents":[],"children":[],"depends":[],"labels":[],"message":"makes a","created":null,"file":"a.sql","head":true,"branch_point":false,"merge_point":false,"current":false,"broken":false}"#
    );
}
