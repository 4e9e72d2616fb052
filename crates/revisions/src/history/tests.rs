//! Graphs in a notation of their own: `a; b: a; c: a; d: b c`. Behind a name, `[x]` is a label; behind the parents,
//! `+e` a dependency.

use crate::target::Direction;
use crate::{Error, History, Revision, RevisionId, Step, Target};

pub(crate) fn revisions(notation: &str) -> Vec<Revision> {
    notation
        .split(';')
        .map(|part| {
            let (name, parents) = part.split_once(':').unwrap_or((part, ""));
            let (name, label) = name.trim().split_once('[').unwrap_or((name.trim(), ""));
            let words = || parents.split_whitespace();
            Revision {
                id: id(name),
                parents: words().filter(|word| !word.starts_with('+')).map(id).collect(),
                depends: words().filter_map(|word| word.strip_prefix('+')).map(str::to_owned).collect(),
                labels: label.strip_suffix(']').map(str::to_owned).into_iter().collect(),
                message: format!("makes {name}"),
                created: None,
                file: format!("{name}.sql"),
                suggested: None,
            }
        })
        .collect()
}

pub(crate) fn graph(notation: &str) -> History {
    History::new(revisions(notation))
}

pub(crate) fn id(text: &str) -> RevisionId {
    text.parse().unwrap()
}

fn ids(text: &str) -> Vec<RevisionId> {
    text.split_whitespace().map(id).collect()
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn shown(steps: Result<Vec<Step>, Error>) -> String {
    match steps {
        Err(error) => error.code().trim_start_matches("revisions::").to_owned(),
        Ok(steps) => {
            let names: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
            let end = steps.last().map(|step| crate::error::commas(&step.to)).unwrap_or_default();
            format!("{} => {end}", names.join(" ")).trim().to_owned()
        }
    }
}

fn up(notation: &str, current: &str, to: &str) -> String {
    shown(graph(notation).upgrade(&target(to), &ids(current)))
}

fn down(notation: &str, current: &str, to: &str) -> String {
    shown(graph(notation).downgrade(&target(to), &ids(current)))
}

fn codes(history: &History) -> Vec<&'static str> {
    history.problems().iter().map(Error::code).collect()
}

const LINE: &str = "aa1; aa2: aa1; ab3: aa2";
const DIAMOND: &str = "a; b: a; c: a; d: b c";
const FORK: &str = "a; b[x]: a; b2: b; c[y]: a; c2: c";
const ROOTS: &str = "a[x]; a2: a; b[y]; b2: b";
const NEEDS: &str = "a; a2: a; b; b2: b +a2";

#[test]
fn an_upgrade_takes_ids_prefixes_heads_and_numbers() {
    assert_eq!(up(LINE, "", "head"), "aa1 aa2 ab3 => ab3");
    assert_eq!(up(LINE, "aa1", "heads"), "aa2 ab3 => ab3");
    assert_eq!(up(LINE, "ab3", "head"), "=>");
    assert_eq!(up(LINE, "", "aa2"), "aa1 aa2 => aa2");
    assert_eq!(up(LINE, "", "ab"), "aa1 aa2 ab3 => ab3");
    assert_eq!(up(LINE, "", "+1"), "aa1 => aa1");
    assert_eq!(up(LINE, "aa1", "+2"), "aa2 ab3 => ab3");
    assert_eq!(up(LINE, "", "aa1+1"), "aa1 aa2 => aa2");
    assert_eq!(up(LINE, "", "head-1"), "aa1 aa2 => aa2");
    assert_eq!(up(LINE, "", "base+1"), "aa1 => aa1");
    assert_eq!(up(LINE, "aa2", "current"), "=>");
    assert_eq!(up(LINE, "aa2", "aa2"), "=>");
}

#[test]
fn an_upgrade_refuses_what_is_unknown_ambiguous_older_or_past_the_end() {
    assert_eq!(up(LINE, "", "zz"), "unknown_revision");
    assert_eq!(up(LINE, "", "aa"), "ambiguous_prefix");
    assert_eq!(up(LINE, "ab3", "aa1"), "older_target");
    assert_eq!(up(LINE, "ab3", "base"), "older_target");
    assert_eq!(up(LINE, "", "base"), "=>");
    assert_eq!(up(LINE, "ab3", "+1"), "past_the_end");
    assert_eq!(up(LINE, "", "+4"), "past_the_end");
    assert_eq!(up(LINE, "ab3", "-1"), "wrong_way");
    assert_eq!(up(LINE, "gone", "head"), "unknown_current");
    assert_eq!(up(FORK, "", "head"), "several_heads");
    assert_eq!(up(FORK, "a", "+1"), "ambiguous_walk");
    assert_eq!(up(FORK, "b c", "+1"), "ambiguous_current");
    assert_eq!(up(ROOTS, "", "+1"), "ambiguous_walk");
}

#[test]
fn labels_choose_a_branch() {
    assert_eq!(up(FORK, "", "x@head"), "a b b2 => b2");
    assert_eq!(up(FORK, "b2", "y@+1"), "c => b2, c");
    assert_eq!(up(FORK, "", "x@+2"), "a b => b");
    assert_eq!(up(FORK, "a", "x"), "b => b");
    assert_eq!(up(FORK, "a", "b@head"), "b b2 => b2");
    assert_eq!(up(FORK, "a", "x@c"), "unknown_revision");
    assert_eq!(up(ROOTS, "", "y@+1"), "b => b");
    assert_eq!(down(FORK, "b2 c2", "x@-1"), "b2 => b, c2");
    assert_eq!(down(FORK, "b2 c2", "x@a"), "b2 b => c2");
    assert_eq!(down(ROOTS, "a2 b2", "y@base"), "b2 b => a2");
    assert_eq!(down(ROOTS, "a2 b2", "y@-2"), "b2 b => a2");
    assert_eq!(down(ROOTS, "a2 b2", "base"), "b2 b a2 a =>");
}

#[test]
fn a_downgrade_takes_numbers_ids_and_base() {
    assert_eq!(down(LINE, "ab3", "-1"), "ab3 => aa2");
    assert_eq!(down(LINE, "ab3", "-3"), "ab3 aa2 aa1 =>");
    assert_eq!(down(LINE, "ab3", "aa1"), "ab3 aa2 => aa1");
    assert_eq!(down(LINE, "ab3", "base"), "ab3 aa2 aa1 =>");
    assert_eq!(down(LINE, "ab3", "aa2-1"), "ab3 aa2 => aa1");
    assert_eq!(down(LINE, "ab3", "current"), "=>");
    assert_eq!(down(LINE, "ab3", "head"), "=>");
    assert_eq!(down(LINE, "", "base"), "=>");
    assert_eq!(down(ROOTS, "a b", "a-1"), "a => b");
}

#[test]
fn a_downgrade_refuses_newer_targets_and_ambiguous_walks() {
    assert_eq!(down(LINE, "aa1", "ab3"), "newer_target");
    assert_eq!(down(LINE, "aa1", "head"), "newer_target");
    assert_eq!(down(LINE, "aa1", "+1"), "wrong_way");
    assert_eq!(down(LINE, "aa1", "-2"), "past_the_end");
    assert_eq!(down(LINE, "", "-1"), "past_the_end");
    assert_eq!(down(DIAMOND, "d", "-1"), "ambiguous_walk");
    assert_eq!(down(FORK, "b c", "-1"), "ambiguous_current");
}

#[test]
fn a_merge_replaces_its_parents_and_undoing_it_brings_them_back() {
    assert_eq!(up(DIAMOND, "b", "head"), "c d => d");
    assert_eq!(down(DIAMOND, "d", "b"), "d => b, c");
    assert_eq!(down(DIAMOND, "d", "a"), "d c b => a");
}

#[test]
fn dependencies_go_up_before_and_down_after() {
    assert_eq!(up(NEEDS, "", "b2"), "a a2 b b2 => b2");
    assert_eq!(down(NEEDS, "b2", "a"), "b2 a2 => a, b");
    assert_eq!(down(NEEDS, "b2", "b"), "b2 => a2, b");
    assert_eq!(up(NEEDS, "b2", "heads"), "=>");
    assert_eq!(up(NEEDS, "b2", "a2"), "=>");
}

#[test]
fn rows_that_come_from_one_another_are_put_right_by_the_first_step() {
    let steps = graph(LINE).upgrade(&target("head"), &ids("aa1 aa2")).unwrap();
    assert_eq!((steps[0].from.clone(), steps[0].to.clone()), (ids("aa1 aa2"), ids("ab3")));
}

#[test]
fn the_order_does_not_depend_on_the_order_of_reading() {
    let mut backwards = revisions(FORK);
    backwards.reverse();
    let order = |history: &History| -> Vec<RevisionId> {
        history.revisions().iter().map(|revision| revision.id.clone()).collect()
    };
    assert_eq!(order(&History::new(backwards)), order(&graph(FORK)));
}

#[test]
fn every_problem_is_found_at_once_and_what_is_left_can_be_listed() {
    let mut all = revisions("a; b: gone; c: a +nothing; d: e; e: d; f: f; a[x]; g[x]; h[x]; i[c]");
    all[1].suggested = Some("gone".to_owned());
    let history = History::new(all);
    let mut found = codes(&history);
    found.sort_unstable();
    let expected = [
        "cycle",
        "cycle",
        "duplicate_id",
        "duplicate_label",
        "label_is_id",
        "missing_dependency",
        "missing_parent",
        "name_disagrees",
    ];
    assert_eq!(found, expected.map(|code| format!("revisions::{code}")));
    assert_eq!(history.entries(&[]).len(), 10);
    assert!(matches!(history.upgrade(&target("head"), &[]), Err(Error::Broken { .. })));
    let broken: Vec<String> =
        history.entries(&[]).iter().filter(|entry| entry.broken).map(|entry| entry.id.to_string()).collect();
    assert_eq!(broken.len(), 10, "{broken:?}");
}

#[test]
fn a_missing_parent_names_the_file_whose_name_speaks_of_it() {
    let mut all = revisions("2a3f4c9d1cde: 189b1231afd4; 3b7a1d2e4f56: 2a3f4c9d1cde");
    all[0].file = "189b1231afd4_bootstrap_tables.sql".to_owned();
    all[0].suggested = crate::id::suggested(&all[0].file, &all[0].id);
    let history = History::new(all);
    assert_eq!(codes(&history), ["revisions::missing_parent", "revisions::name_disagrees"]);
    let error = &history.problems()[0];
    insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @r"
    revision 2a3f4c9d1cde of `189b1231afd4_bootstrap_tables.sql` has the parent 189b1231afd4, which no file declares
    help: the name of `189b1231afd4_bootstrap_tables.sql` says 189b1231afd4: mend the id in its header, or the line `parents:`
    ");
    assert_eq!(history.heads(), ids("3b7a1d2e4f56"));
    let entry = history.entries(&[]);
    assert_eq!(entry[0].line(), "2a3f4c9d1cde -> 3b7a1d2e4f56 (head), makes 3b7a1d2e4f56");
    assert_eq!(entry[1].line(), "189b1231afd4 -> 2a3f4c9d1cde (broken), makes 2a3f4c9d1cde");
}

#[test]
fn ranges_are_inclusive_and_count_from_the_other_end() {
    let range = |notation: &str, range: &str, current: &str| {
        let history = graph(notation);
        match history.range(&range.parse().unwrap(), &ids(current)) {
            Ok(found) => found.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(" "),
            Err(error) => error.code().to_owned(),
        }
    };
    let line = "a; b: a; c: b; d: c";
    assert_eq!(range(line, ":", ""), "d c b a");
    assert_eq!(range(line, "b:c", ""), "c b");
    assert_eq!(range(line, ":b", ""), "b a");
    assert_eq!(range(line, "c:", ""), "d c");
    assert_eq!(range(line, "-1:current", "c"), "c b");
    assert_eq!(range(line, "-9:current", "c"), "c b a");
    assert_eq!(range(line, "-1:", ""), "d c");
    assert_eq!(range(line, "b:+1", ""), "c b");
    assert_eq!(range(line, "-1:+1", "c"), "d c b");
    assert_eq!(range(line, "c:b", ""), "revisions::empty_range");
    assert_eq!(range(DIAMOND, "b:d", ""), "d b");
}

#[test]
fn scripts_need_no_database() {
    let history = graph(LINE);
    let script = |direction, range: &str| shown(history.script(direction, &range.parse().unwrap()));
    assert_eq!(script(Direction::Up, "aa1:head"), "aa2 ab3 => ab3");
    assert_eq!(script(Direction::Up, "aa1:"), "aa2 ab3 => ab3");
    assert_eq!(script(Direction::Up, ":+2"), "aa1 aa2 => aa2");
    assert_eq!(script(Direction::Down, "ab3:aa1"), "ab3 aa2 => aa1");
    assert_eq!(script(Direction::Down, "ab3:-1"), "ab3 => aa2");
    assert_eq!(script(Direction::Down, ":aa1"), "bad_target");
    assert_eq!(script(Direction::Up, "current:head"), "bad_target");
}

#[test]
fn stamps_replace_what_is_related_and_nothing_else() {
    let stamp = |notation: &str, current: &str, targets: &str| {
        let targets: Vec<Target> = targets.split_whitespace().map(target).collect();
        graph(notation)
            .stamp(&targets, &ids(current))
            .map(|ids| crate::error::commas(&ids))
            .map_err(|e| e.code())
    };
    assert_eq!(stamp(LINE, "ab3", "aa1"), Ok("aa1".to_owned()));
    assert_eq!(stamp(FORK, "b2", "c"), Ok("b2, c".to_owned()));
    assert_eq!(stamp(FORK, "b2 c2", "a"), Ok("a".to_owned()));
    assert_eq!(stamp(FORK, "a", "heads"), Ok("b2, c2".to_owned()));
    assert_eq!(stamp(FORK, "b2 c2", "base"), Ok(String::new()));
    assert_eq!(stamp(ROOTS, "a2 b2", "y@base"), Ok("a2".to_owned()));
    assert_eq!(stamp(LINE, "gone", "head"), Err("revisions::unknown_current"));
}

#[test]
fn merges_and_new_revisions_get_their_parents() {
    let fork = graph(FORK);
    assert_eq!(fork.merge(&[Target::heads()], &[]), Ok(ids("b2 c2")));
    assert_eq!(
        fork.merge(&[target("b"), target("b2")], &[]).unwrap_err().code(),
        "revisions::nothing_to_merge"
    );
    assert_eq!(fork.merge(&[target("b2")], &[]).unwrap_err().code(), "revisions::nothing_to_merge");
    assert_eq!(fork.parents_of_new(&target("x@head"), false), Ok(ids("b2")));
    assert_eq!(fork.parents_of_new(&target("b"), false), Err(Error::NotAHead { id: id("b") }));
    assert_eq!(fork.parents_of_new(&target("b"), true), Ok(ids("b")));
    assert_eq!(fork.parents_of_new(&Target::head(), false).unwrap_err().code(), "revisions::several_heads");
    assert_eq!(History::default().parents_of_new(&Target::head(), false), Ok(Vec::new()));
    assert_eq!(fork.parents_of_new(&Target::base(), false), Ok(Vec::new()));
}

#[test]
fn an_id_that_looks_like_an_id_and_a_number_is_an_id() {
    assert_eq!(up("rev-1; rev-2: rev-1", "", "rev-1"), "rev-1 => rev-1");
    assert_eq!(up("rev-1; rev-2: rev-1", "", "rev-1+1"), "rev-1 rev-2 => rev-2");
}

#[test]
fn a_history_of_ten_thousand_is_no_deep_recursion() {
    let mut notation = String::from("r0");
    for n in 1..10_000 {
        notation.push_str(&format!("; r{n}: r{}", n - 1));
    }
    let steps = graph(&notation).upgrade(&Target::head(), &[]).unwrap();
    assert_eq!((steps.len(), steps[9_999].id.as_str()), (10_000, "r9999"));
}

mod random {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Parents and needs always point back, so the graph is sound.
    fn any_graph() -> impl Strategy<Value = History> {
        prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..3), any::<u8>()), 1..14)
            .prop_map(|shape| {
                let mut revisions: Vec<Revision> = Vec::new();
                for (at, (edges, kind)) in shape.into_iter().enumerate() {
                    let mut revision = super::revisions(&format!("r{at}")).remove(0);
                    for edge in edges.iter().filter(|_| at > 0) {
                        let other = revisions[edge.index(at)].id.clone();
                        if kind % 4 == 0 {
                            revision.depends.push(other.to_string());
                        } else if !revision.parents.contains(&other) {
                            revision.parents.push(other);
                        }
                    }
                    revisions.push(revision);
                }
                History::new(revisions)
            })
    }

    /// Runs the steps as a database would, and holds every one of them against what is applied.
    fn run(
        history: &History,
        steps: &[Step],
        rows: &mut BTreeSet<RevisionId>,
        applied: &mut BTreeSet<RevisionId>,
    ) {
        let needs = |id: &RevisionId| -> BTreeSet<RevisionId> {
            let revision = history.get(id).unwrap();
            revision
                .parents
                .iter()
                .cloned()
                .chain(revision.depends.iter().map(|word| super::id(word)))
                .collect()
        };
        for step in steps {
            assert_eq!(*rows, step.from.iter().cloned().collect());
            match step.direction {
                Direction::Up => {
                    assert!(needs(&step.id).is_subset(applied), "{} before its needs", step.id);
                    assert!(applied.insert(step.id.clone()));
                }
                Direction::Down => {
                    assert!(applied.remove(&step.id));
                    assert!(
                        applied.iter().all(|other| !needs(other).contains(&step.id)),
                        "{} is needed",
                        step.id
                    );
                }
            }
            *rows = step.to.iter().cloned().collect();
            let newest: BTreeSet<RevisionId> = applied
                .iter()
                .filter(|id| !applied.iter().any(|other| needs(other).contains(id)))
                .cloned()
                .collect();
            assert_eq!(*rows, newest);
        }
    }

    proptest! {
        #[test]
        fn going_up_and_down_again_is_a_valid_walk_that_returns(
            history in any_graph(), first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
        ) {
            prop_assert_eq!(history.problems(), &[]);
            let id = |index: prop::sample::Index| history.revisions()[index.index(history.revisions().len())].id.clone();
            let (first, second) = (id(first), id(second));
            let (mut rows, mut applied) = (BTreeSet::new(), BTreeSet::new());
            run(&history, &history.upgrade(&Target::from(&first), &[]).unwrap(), &mut rows, &mut applied);
            prop_assert!(applied.contains(&first));
            let before: Vec<RevisionId> = rows.iter().cloned().collect();
            // The second may be older by now: then nothing happens.
            let steps = history.upgrade(&Target::from(&second), &before).unwrap_or_default();
            run(&history, &steps, &mut rows, &mut applied);
            let now: Vec<RevisionId> = rows.iter().cloned().collect();
            // Up to all heads, down to what was: only what was undone is gone.
            run(&history, &history.upgrade(&Target::heads(), &now).unwrap(), &mut rows, &mut applied);
            prop_assert_eq!(applied.len(), history.revisions().len());
            let now: Vec<RevisionId> = rows.iter().cloned().collect();
            run(&history, &history.downgrade(&Target::from(&second), &now).unwrap(), &mut rows, &mut applied);
            prop_assert!(applied.contains(&second));
            let now: Vec<RevisionId> = rows.iter().cloned().collect();
            run(&history, &history.downgrade(&Target::base(), &now).unwrap(), &mut rows, &mut applied);
            prop_assert!(rows.is_empty() && applied.is_empty());
        }
    }
}
