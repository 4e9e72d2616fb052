use limbeck_sql::{HazardKind, LockMode, Sql, Statement, Work};

use super::*;
use crate::id::{file_name, slug, suggested};

const DESIGN: &str = "\
-- limbeck revision 7f3a9c1e2b4d
-- parents: 3b7a1d2e4f56
-- message: add email to program templates
-- created: 2026-11-22T11:20:00Z
--
-- + column habits.program_templates.email text        src/models/program.rs:41
-- locks: habits.program_templates ACCESS EXCLUSIVE, catalog only
-- proved: up, down, up on PostgreSQL 17.5

-- limbeck:upgrade
ALTER TABLE habits.program_templates ADD COLUMN email text;

-- limbeck:downgrade
-- loses: every value of habits.program_templates.email
ALTER TABLE habits.program_templates DROP COLUMN email;
";

fn parse(text: &str) -> RevisionFile {
    let reading = read("f.sql", text);
    assert_eq!(reading.errors, []);
    reading.file.unwrap()
}

/// A file whose upgrade is this text.
fn with_upgrade(sql: &str) -> String {
    format!("-- limbeck revision abc\n-- parents: base\n\n-- limbeck:upgrade\n{sql}")
}

fn statements(sql: &str) -> Vec<String> {
    parse(&with_upgrade(sql)).upgrade.statements().map(|s| s.sql.to_string()).collect()
}

/// `code line:column` of everything wrong with a file.
fn faults(text: &str) -> Vec<String> {
    read("f.sql", text)
        .errors
        .iter()
        .map(|error| {
            let place = error.place().expect("every fault of a file has a place");
            assert_eq!(place.file, "f.sql");
            format!("{} {}:{}", error.code().trim_start_matches("revisions::"), place.line, place.column)
        })
        .collect()
}

#[test]
fn the_contract_s_example_reads_and_writes_the_same_bytes() {
    let file = parse(DESIGN);
    assert_eq!(file.text().unwrap(), DESIGN);
    assert_eq!(file.parents, ["3b7a1d2e4f56".parse().unwrap()]);
    assert_eq!(
        file.summary,
        ["+ column habits.program_templates.email text        src/models/program.rs:41"]
    );
    assert_eq!(file.locks, ["habits.program_templates ACCESS EXCLUSIVE, catalog only"]);
    assert_eq!(file.proved, ["up, down, up on PostgreSQL 17.5"]);
    let downgrade = file.downgrade.as_ref().unwrap();
    assert_eq!(downgrade.losses().collect::<Vec<_>>(), ["every value of habits.program_templates.email"]);
    assert_eq!(file.file_name(), "202611221120_7f3a9c1e2b4d_add_email_to_program_templates.sql");
}

#[test]
fn crlf_byte_order_marks_and_spaces_at_line_ends_change_nothing() {
    let file = parse(DESIGN);
    assert_eq!(parse(&DESIGN.replace('\n', "\r\n")), file);
    assert_eq!(parse(&format!("\u{feff}{DESIGN}")), file);
    assert_eq!(parse(&DESIGN.replace('\n', "  \n")), file);
    assert_eq!(checksum(&format!("\u{feff}{}", DESIGN.replace('\n', "\r\n"))), checksum(DESIGN));
    assert_ne!(checksum(&DESIGN.replace("text;", "uuid;")), checksum(DESIGN));
}

#[test]
fn a_carriage_return_that_is_meant_stays() {
    let found = statements("SELECT 'a\r\nb';\n");
    assert_eq!(found, ["SELECT 'a\r\nb'"]);
}

#[test]
fn statements_end_where_psql_ends_them() {
    assert_eq!(
        statements("SELECT ';', \"a;b\", E'\\';' ; SELECT $$;$$, $x$ $$;$$ $x$;"),
        ["SELECT ';', \"a;b\", E'\\';'", "SELECT $$;$$, $x$ $$;$$ $x$"]
    );
    assert_eq!(
        statements("SELECT 1 /* ; /* ; */ */ -- ;\n;;; SELECT 2"),
        ["SELECT 1 /* ; /* ; */ */ -- ;", "SELECT 2"]
    );
    let rule = "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)";
    assert_eq!(statements(&format!("{rule};")), [rule]);
    let atomic = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END";
    assert_eq!(statements(&format!("{atomic}; SELECT 3;")), [atomic, "SELECT 3"]);
    assert_eq!(statements("CREATE FUNCTION f() RETURNS int AS 'select 1;' LANGUAGE sql; SELECT 1;").len(), 2);
    assert_eq!(statements("CREATE TABLE \"begin\" (\"case\" int); CREATE TABLE b();").len(), 2);
}

#[test]
fn a_marker_ends_a_statement_that_lacks_its_semicolon_but_not_a_string() {
    let file = parse(&with_upgrade("SELECT 1\n-- limbeck:downgrade\nSELECT 2"));
    assert_eq!(file.upgrade.statements().next().unwrap().sql.as_str(), "SELECT 1");
    assert_eq!(file.downgrade.unwrap().statements().next().unwrap().sql.as_str(), "SELECT 2");
    let body = "SELECT $$\n-- limbeck:downgrade\n$$";
    let file = parse(&with_upgrade(&format!("{body};\n")));
    assert_eq!(file.upgrade.statements().next().unwrap().sql.as_str(), body);
    assert_eq!(file.downgrade, None);
}

#[test]
fn statements_know_their_place_and_that_of_a_character() {
    let file = parse(&with_upgrade("SELECT 'ä'; SELECT\n  nope;\n"));
    let second = file.upgrade.statements().nth(1).unwrap();
    assert_eq!((second.line, second.column), (5, 13));
    assert_eq!(second.position(10), (6, 3));
}

#[test]
fn segments_and_marks_are_read_and_written() {
    let text = "\
-- limbeck revision abc
-- parents: a1, b2
-- message: several
-- labels: x
-- depends: c3, y
--
-- limbeck:allow lint::downgrade_missing: there is no way back

-- limbeck:upgrade
-- limbeck:no-transaction
-- limbeck:allow blocking: the table is empty
CREATE INDEX CONCURRENTLY i ON t (a);

-- limbeck:transaction
-- limbeck:todo fill the column
ALTER TABLE t ALTER a SET NOT NULL;
-- why not
CREATE TABLE u ();

CREATE TABLE v (
    a int
);

CREATE TABLE w ();
-- the end

-- limbeck:transaction
SELECT 1 -- one
;
";
    let file = parse(text);
    assert_eq!(file.text().unwrap(), text);
    let modes: Vec<Mode> = file.upgrade.segments.iter().map(|segment| segment.mode).collect();
    assert_eq!(modes, [Mode::NoTransaction, Mode::Transaction, Mode::Transaction]);
    let allow = |what, reason| Allow { what, reason: Mark::new(reason) };
    let blocking = allow(Allowed::Hazard(HazardKind::Blocking), "the table is empty");
    assert_eq!(file.upgrade.allowed().collect::<Vec<_>>(), [&blocking]);
    assert_eq!(
        file.allowed,
        [allow(Allowed::Rule("lint::downgrade_missing".to_owned()), "there is no way back")]
    );
    assert!(file.allows(HazardKind::Blocking) && !file.allows(HazardKind::DataLoss));
    let error = file.script(Direction::Up, "f.sql").unwrap_err();
    assert_eq!(
        (error.code(), error.place().unwrap().to_string().as_str()),
        ("revisions::todo", "f.sql:15:1")
    );
    assert_eq!(file.script(Direction::Down, "f.sql").unwrap_err().code(), "revisions::irreversible");
}

#[test]
fn an_empty_revision_is_one() {
    let file = RevisionFile::new("abc".parse().unwrap(), vec![], "a\n  b", Timestamp::UNIX_EPOCH);
    let text = file.text().unwrap();
    insta::assert_snapshot!(text, @r"
    -- limbeck revision abc
    -- parents: base
    -- message: a b
    -- created: 1970-01-01T00:00:00Z

    -- limbeck:upgrade

    -- limbeck:downgrade
    ");
    assert_eq!(parse(&text), file);
    assert!(file.script(Direction::Down, "f.sql").unwrap().is_empty());
}

#[test]
fn comments_in_odd_places_do_no_harm() {
    let file = parse(
        "\n/* a licence */\n-- another\n   -- limbeck revision abc   \n--parents:base\n-- limbeck:upgrade\n\
         /* here */ SELECT 1; -- there\n",
    );
    assert_eq!(file.upgrade.statements().count(), 1);
    assert_eq!(file.upgrade.items().filter(|item| matches!(item, Item::Comment(_))).count(), 2);
}

#[test]
fn every_fault_names_its_place() {
    assert_eq!(faults("SELECT 1;"), ["no_header 1:1"]);
    assert_eq!(
        faults("-- limbeck revision he ad\n-- parents: base\n-- limbeck:upgrade\n"),
        ["bad_header 1:1"]
    );
    assert_eq!(faults("-- limbeck revision abc\n-- limbeck:upgrade\n"), ["missing_header 1:1"]);
    assert_eq!(faults("-- limbeck revision abc\n-- parents: base\n"), ["missing_upgrade 3:1"]);
    assert_eq!(
        faults(
            "-- limbeck revision abc\n-- parents: base\n-- parents: a\n-- created: today\nSELECT 1;\n-- limbeck:upgrade"
        ),
        ["repeated_header 3:1", "bad_header 4:1", "stray_statement 5:1"]
    );
    let upgrade = |sql: &str| faults(&with_upgrade(sql));
    assert_eq!(upgrade("-- limbeck:upgrade\n"), ["bad_marker 5:1"]);
    assert_eq!(upgrade("-- limbeck:downgrad\n"), ["unknown_marker 5:1"]);
    assert_eq!(
        upgrade("-- limbeck:todo\n-- limbeck:allow x: y\n-- limbeck:allow blocking"),
        ["bad_marker 5:1", "bad_marker 6:1", "bad_marker 7:1"]
    );
    assert_eq!(upgrade("SELECT\n  -- limbeck:todo x\n 1;"), ["bad_marker 6:3"]);
    assert_eq!(upgrade("SELECT ü, 'x;\n-- limbeck:downgrade\n"), ["unterminated 5:11"]);
    assert_eq!(upgrade("SELECT $a$ $b$;"), ["unterminated 5:8"]);
    assert_eq!(upgrade("SELECT (1;\n-- limbeck:downgrade\n"), ["unterminated 5:8"]);
    assert_eq!(upgrade("SELECT 1;\n\\d t\n"), ["meta_command 6:1"]);
    assert_eq!(upgrade("COPY t FROM STDIN;"), ["meta_command 5:1"]);
    assert_eq!(
        upgrade("BEGIN; ROLLBACK TO s; rollback; start transaction; COMMIT;"),
        [
            "transaction_command 5:1",
            "transaction_command 5:23",
            "transaction_command 5:33",
            "transaction_command 5:52"
        ]
    );
    let bytes = read_bytes("f.sql", b"-- limbeck revision abc\n-- \xff");
    assert_eq!(bytes.errors[0].place().map(|place| (place.line, place.column)), Some((2, 4)));
}

#[test]
fn a_file_with_faults_still_says_what_its_header_does() {
    let reading = read("f.sql", &with_upgrade("SELECT 'never closed"));
    assert_eq!(reading.errors.len(), 1);
    assert_eq!(reading.file.unwrap().id.as_str(), "abc");
}

#[test]
fn what_would_not_read_back_is_not_written() {
    let empty = RevisionFile::new("abc".parse().unwrap(), vec![], "m", Timestamp::UNIX_EPOCH);
    let upgrade = |sql: &str| Script::from_statements(&[Statement::new(Sql::from_trusted(sql))]);
    for (file, part) in [
        (RevisionFile { message: "a\nb".into(), ..empty.clone() }, "stands before"),
        (RevisionFile { summary: vec!["message: x".into()], ..empty.clone() }, "twice"),
        (RevisionFile { upgrade: upgrade("SELECT 1; SELECT 2"), ..empty.clone() }, "its upgrade"),
        (RevisionFile { upgrade: upgrade("SELECT 'x"), ..empty.clone() }, "never closed"),
        (RevisionFile { upgrade: upgrade(""), ..empty.clone() }, "its upgrade"),
    ] {
        let error = file.text().unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_plan_s_statements_become_segments_with_what_is_to_be_said_of_them() {
    let sql = Sql::from_trusted;
    let statements = [
        Statement::new(sql("ALTER TABLE t DROP COLUMN a"))
            .hazard(HazardKind::DataLoss, "every value of t.a")
            .locking("t", LockMode::AccessExclusive, Work::Catalog),
        Statement {
            transaction: limbeck_sql::Transaction::CommitAfter,
            ..Statement::new(sql("ALTER TYPE e ADD VALUE 'x'"))
        },
        Statement {
            transaction: limbeck_sql::Transaction::CommitAfter,
            ..Statement::new(sql("ALTER TYPE e ADD VALUE 'y'"))
        },
        Statement::new(sql("ALTER TABLE t ALTER b SET NOT NULL"))
            .hazard(HazardKind::Undecided, "fill\nt.b")
            .hazard(HazardKind::MayFail, "a NULL in t.b")
            .locking("t", LockMode::Share, Work::Scan),
        Statement::new(sql("CREATE INDEX CONCURRENTLY i ON t (b)")).outside_transaction(),
    ];
    let mut file = RevisionFile::new("abc".parse().unwrap(), vec![], "m", Timestamp::UNIX_EPOCH);
    file.upgrade = Script::from_statements(&statements);
    file.locks = lock_lines(&statements);
    file.downgrade = None;
    insta::assert_snapshot!(file.text().unwrap(), @r"
    -- limbeck revision abc
    -- parents: base
    -- message: m
    -- created: 1970-01-01T00:00:00Z
    --
    -- locks: t ACCESS EXCLUSIVE, scans the table

    -- limbeck:upgrade
    -- loses: every value of t.a
    ALTER TABLE t DROP COLUMN a;
    ALTER TYPE e ADD VALUE 'x';
    ALTER TYPE e ADD VALUE 'y';

    -- limbeck:transaction
    -- limbeck:todo fill t.b
    -- may-fail: a NULL in t.b
    ALTER TABLE t ALTER b SET NOT NULL;

    -- limbeck:no-transaction
    CREATE INDEX CONCURRENTLY i ON t (b);
    ");
}

#[test]
fn names_are_made_of_time_id_and_forty_characters_of_the_message() {
    let id: RevisionId = "7f3a9c1e2b4d".parse().unwrap();
    assert_eq!(RevisionId::from_random(u64::MAX).as_str(), "ffffffffffff");
    assert_eq!(RevisionId::from_random(10).as_str(), "00000000000a");
    assert_eq!(slug("Add \"E-mail\" to…  Größe!"), "add_e_mail_to_größe");
    assert_eq!(
        slug("one two three four five six seven eight nine"),
        "one_two_three_four_five_six_seven_eight"
    );
    assert_eq!(slug(&"x".repeat(50)), "x".repeat(40));
    assert_eq!(
        slug("aaaaaaaaa bbbbbbbbb ccccccccc dddddddddd ee"),
        "aaaaaaaaa_bbbbbbbbb_ccccccccc_dddddddddd"
    );
    assert_eq!(file_name(&id, Timestamp::UNIX_EPOCH, "?"), "197001010000_7f3a9c1e2b4d.sql");
}

#[test]
fn a_name_agrees_if_the_id_stands_where_it_should() {
    let suggests = |name: &str, id: &str| suggested(name, &id.parse().unwrap());
    assert_eq!(suggests("202611221120_7f3a9c1e2b4d_add.sql", "7f3a9c1e2b4d"), None);
    assert_eq!(suggests("189b1231afd4_bootstrap.sql", "2a3f4c9d1cde"), Some("189b1231afd4".into()));
    assert_eq!(suggests("202611221120_7f3a9c1e2b4d_add.sql", "7f3a"), Some("7f3a9c1e2b4d".into()));
    assert_eq!(suggests("0003_add_column_x.sql", "0003_add_column"), None);
    assert_eq!(suggests("001122334455_bootstrap.sql", "001122334455"), None);
    for bad in ["", "head", "a:b", "a b", "a@b", "a/b", "-1", "a\n"] {
        assert_eq!(bad.parse::<RevisionId>().unwrap_err().code(), "revisions::invalid_id");
    }
}

mod random {
    use proptest::prelude::*;

    use super::*;

    fn line() -> impl Strategy<Value = String> {
        "[a-zA-Z0-9äß'\"$;(][ a-zA-Z0-9äß'\"$;(:,*/\\\\-]{0,20}[a-z.!)]"
    }

    fn item() -> impl Strategy<Value = Item> {
        let quoted = "[ a-zA-Z0-9ä\"$;()\n*/-]{0,20}";
        prop_oneof![
            quoted
                .prop_map(|text| Item::Statement(Placed::new(Sql::from_trusted(format!("SELECT '{text}'"))))),
            quoted
                .prop_map(|text| Item::Statement(Placed::new(Sql::from_trusted(format!("DO $b${text}$b$"))))),
            line().prop_map(|text| Item::Statement(Placed::new(Sql::from_trusted(format!(
                "SELECT 1 -- {text}"
            ))))),
            line().prop_map(|text| Item::Todo(Mark::new(text))),
            line().prop_map(Item::Loses),
            line().prop_map(|text| Item::Comment(format!("-- x {text}"))),
            allow().prop_map(Item::Allow),
        ]
    }

    fn allow() -> impl Strategy<Value = Allow> {
        let rule = "[a-z_]{1,9}".prop_map(|name| Allowed::Rule(format!("lint::{name}")));
        let what = prop_oneof![Just(Allowed::Hazard(HazardKind::MayFail)), rule];
        (what, line()).prop_map(|(what, reason)| Allow { what, reason: Mark::new(reason) })
    }

    fn script() -> impl Strategy<Value = Script> {
        let mode = prop_oneof![Just(Mode::Transaction), Just(Mode::NoTransaction)];
        let segment =
            (mode, prop::collection::vec(item(), 1..5)).prop_map(|(mode, items)| Segment { mode, items });
        prop::collection::vec(segment, 0..4).prop_map(|segments| Script { segments })
    }

    fn any_file() -> impl Strategy<Value = RevisionFile> {
        let words =
            || prop::collection::btree_set("[a-z]{5,9}", 0..3).prop_map(|set| set.into_iter().collect());
        let lines = || prop::collection::vec("[+~-] [a-z]{1,9}  [a-z. äß'\"$]{0,9}[a-z]", 0..3);
        (
            (any::<u64>(), prop::collection::btree_set(any::<u64>(), 0..3), line(), 0..4_000_000_000_i64),
            (words(), words(), lines(), lines(), lines(), prop::collection::vec(allow(), 0..2)),
            (script(), prop::option::of(script())),
        )
            .prop_map(
                |(
                    (id, parents, message, seconds),
                    (labels, depends, summary, locks, proved, allowed),
                    (upgrade, downgrade),
                )| {
                    let parents = parents.into_iter().map(RevisionId::from_random).collect();
                    let created = Timestamp::from_second(seconds).unwrap();
                    let file = RevisionFile::new(RevisionId::from_random(id), parents, &message, created);
                    RevisionFile {
                        labels,
                        depends,
                        summary,
                        locks,
                        proved,
                        allowed,
                        upgrade,
                        downgrade,
                        ..file
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_writes_the_same_bytes(file in any_file()) {
            let text = file.text().map_err(|error| TestCaseError::fail(error.to_string()))?;
            let again = read("f.sql", &text).into_result().map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
            prop_assert_eq!(&again, &file);
            prop_assert_eq!(again.text().unwrap(), text.clone());
            prop_assert_eq!(parse(&text.replace('\n', "\r\n")), file);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|\n|\r|-- limbeck:(upgrade|downgrade|todo)? ?|-- limbeck revision a\n|[;'$()\"\\\\]){0,40}") {
            let reading = read("f.sql", &text);
            prop_assert!(reading.file.is_some() || !reading.errors.is_empty());
        }
    }
}
