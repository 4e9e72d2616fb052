//! Expand and contract: a type and a name change in two revisions, while code of both sorts writes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use limbeck_database::connect::runtime;
use limbeck_database::{Connection, Target};
use limbeck_lint::{Options, lint};

use super::{project, revision};
use crate::support::Project;

const BEFORE: &str = r#"
#[derive(limbeck::Table)]
#[table(schema = "app", name = "parents")]
pub struct Parent { #[column(pk, identity)] pub id: i32, pub name: String }

#[derive(limbeck::Table)]
#[table(schema = "app", name = "children", index(parent), unique(mail))]
pub struct Child {
    #[column(pk)]
    pub id: i64,
    #[column(references(Parent))]
    pub parent: i32,
    pub mail: String,
}
"#;

fn after() -> String {
    BEFORE
        .replace("pub id: i32", "pub id: i64")
        .replace("parent: i32", "parent: i64")
        .replace("unique(mail)", "unique(email)")
        .replace("pub mail", "#[column(renamed_from = \"mail\")] pub email")
}

fn changed() -> Project {
    let project = project(BEFORE);
    project.database.run(
        "INSERT INTO app.parents (name) SELECT 'n' || n FROM generate_series(1, 500) AS n;
         INSERT INTO app.children SELECT n, n % 500 + 1, 'm' || n FROM generate_series(1, 5000) AS n",
    );
    project.write("models.rs", &after());
    project.limbeck(&["revision", "-m", "wider", "--rev-id", "0000000af7e4", "--expand-contract"]).exits(0);
    project
}

/// The id of the revision that contracts, which comes from that of the one that expands.
fn contract(project: &Project) -> String {
    let names = project.names("migrations");
    let name = names.iter().find(|name| name.contains("_contract")).expect("two revisions are written");
    name.split('_').nth(1).expect("a name holds the id").to_owned()
}

/// What old and new code write while `work` is done, numbered from `begin`; how often each did.
fn among_writers<T>(project: &Project, begin: u64, work: impl FnOnce() -> T) -> (T, [u64; 2]) {
    let done = AtomicBool::new(false);
    let writes = [const { AtomicU64::new(0) }; 2];
    let writer = |which: usize| {
        let texts = [
            |n: u64| {
                format!(
                    "INSERT INTO app.children (id, parent, mail) VALUES ({}, {}, 'old {n}'); \
                 UPDATE app.children SET mail = 'old code {n}', parent = {} WHERE id = {}",
                    100_000 + n,
                    n % 500 + 1,
                    n % 499 + 1,
                    n % 5000 + 1
                )
            },
            |n: u64| {
                format!(
                    "INSERT INTO app.children (id, parent_limbeck_new, email) VALUES ({}, {}, 'new {n}'); \
                 UPDATE app.children SET email = 'new code {n}', parent_limbeck_new = {} WHERE id = {}",
                    200_000 + n,
                    n % 500 + 1,
                    n % 498 + 1,
                    (n * 7) % 5000 + 1
                )
            },
        ];
        runtime().expect("an event queue").block_on(async {
            let target = Target::parse(project.database.url()).expect("a URL");
            let client = Connection::open(&target).await.expect("the server takes connections").client;
            let mut number = begin;
            while !done.load(Ordering::Relaxed) {
                match client.batch_execute(&texts[which](number)).await {
                    Ok(()) => drop(writes[which].fetch_add(1, Ordering::Relaxed)),
                    // The new column is yet to come, or both wrote the same rows the other way round.
                    Err(error) => {
                        let code = error.code().map(|code| code.code().to_owned());
                        assert!(matches!(code.as_deref(), Some("42703" | "40P01")), "{error:?}");
                    }
                }
                number += 1;
            }
        });
    };
    std::thread::scope(|scope| {
        let writer = &writer;
        let writers = [0, 1].map(|which| scope.spawn(move || writer(which)));
        let result = work();
        // A busy machine lets the writers begin late.
        let begun = Instant::now();
        while writes.iter().any(|count| count.load(Ordering::Relaxed) < 10)
            && begun.elapsed() < Duration::from_secs(60)
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        done.store(true, Ordering::Relaxed);
        writers.into_iter().for_each(|writer| writer.join().expect("a writer is never refused"));
        (result, [0, 1].map(|which| writes[which].load(Ordering::Relaxed)))
    })
}

const OUT_OF_STEP: &str = "SELECT count(*) FROM app.children
    WHERE mail IS DISTINCT FROM email OR parent IS DISTINCT FROM parent_limbeck_new";

#[test]
fn both_columns_are_in_step_whoever_writes() {
    let project = changed();
    let (_, writes) = among_writers(&project, 0, || project.limbeck(&["upgrade", "+1"]).exits(0));
    assert!(writes.iter().all(|count| *count > 5), "{writes:?}");
    assert_eq!(project.database.run(OUT_OF_STEP).trim(), "0");
    let count = format!("{}", 5000 + writes[0] + writes[1]);
    assert_eq!(project.database.run("SELECT count(*) FROM app.children").trim(), count);
    // In between the models are ahead, and the revision that contracts is pending.
    project.limbeck(&["check"]).exits(1).says("wider: contract");
    project.limbeck(&["status"]).exits(1);
    // Production wants a word before the old columns go.
    project.limbeck(&["upgrade"]).exits(1).says("cli::data_loss").says("app.children.mail");
    project.limbeck(&["upgrade", "--allow", "data-loss"]).exits(0);
    project.limbeck(&["check"]).exits(0);
    assert_eq!(project.database.run("SELECT count(*) FROM app.children").trim(), count);
    let next = project.database.run("INSERT INTO app.parents (name) VALUES ('next') RETURNING id");
    assert_eq!(next.lines().next(), Some("501"));
    // And back, with writers again.
    project.limbeck(&["downgrade", "-1"]).exits(0);
    assert_eq!(project.database.run(OUT_OF_STEP).trim(), "0");
    let (_, writes) = among_writers(&project, 50_000, || ());
    assert!(writes.iter().all(|count| *count > 5), "{writes:?}");
    assert_eq!(project.database.run(OUT_OF_STEP).trim(), "0");
    project.limbeck(&["downgrade", "-1"]).exits(0);
    project.limbeck(&["prove", "base:heads"]).exits(0);
}

#[test]
fn the_files_say_what_each_stage_means_and_leave_nothing_to_complain_about() {
    let project = changed();
    let (expand, contract) = (revision(&project, "0000000af7e4"), revision(&project, &contract(&project)));
    assert!(expand.contains("-- Expand. After this revision two columns hold each value"), "{expand}");
    assert!(expand.contains("--   app.children.mail text and email text"), "{expand}");
    assert!(contract.contains("-- parents: 0000000af7e4"), "{contract}");
    assert!(
        contract.contains("--   app.parents.id integer goes, and id_limbeck_new bigint takes its name"),
        "{contract}"
    );
    for text in [&expand, &contract] {
        assert!(text.contains("-- proved: up, down, up"), "{text}");
        let verdict = lint("f.sql", text, &Options { revision: true, ..Options::default() });
        let wrong = verdict.findings.iter().filter(|finding| finding.hazard.is_none());
        assert_eq!(
            wrong.map(|finding| &finding.message).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{text}"
        );
    }
    // One transaction that touches no row.
    let up = contract.split("-- limbeck:downgrade").next().unwrap_or_default();
    assert!(!up.contains("-- limbeck:transaction") && !up.contains("-- limbeck:no-transaction"), "{up}");
    assert!(up.contains("-- locks: app.children ACCESS EXCLUSIVE, catalog only"), "{up}");
}

#[test]
fn rows_that_are_out_of_step_stop_the_contraction() {
    let project = changed();
    project.limbeck(&["upgrade", "+1"]).exits(0);
    project.database.run(
        "ALTER TABLE app.children DISABLE TRIGGER zz_limbeck_step;
         UPDATE app.children SET mail = 'behind the back' WHERE id = 7;
         ALTER TABLE app.children ENABLE ALWAYS TRIGGER zz_limbeck_step",
    );
    project
        .limbeck(&["upgrade", "--allow", "data-loss"])
        .exits(1)
        .says("1 row or value: rows of app.children in which mail and email say different things");
    project.database.run("UPDATE app.children SET email = mail WHERE id = 7");
    project.limbeck(&["upgrade", "--allow", "data-loss"]).exits(0);
    project.limbeck(&["check"]).exits(0);
}

#[test]
fn local_times_become_moments_in_the_zone_that_is_named() {
    let before = BEFORE.replace("pub mail: String", "pub begin: NaiveDateTime");
    let before = before.replace(", unique(mail)", "");
    let project = project(&before);
    project.database.run(
        "INSERT INTO app.parents (name) VALUES ('n');
         INSERT INTO app.children VALUES (1, 1, '2026-07-01 12:00')",
    );
    let after = before.replace("pub begin: NaiveDateTime", "pub begin: DateTime<Utc>");
    project.write("models.rs", &after);
    let refused = project.limbeck(&["revision", "-m", "moments", "--expand-contract"]);
    refused.exits(1).says("plan::expand_contract").says("name one");
    let named = "#[column(using = \"begin AT TIME ZONE 'Europe/Berlin'\")]\n    pub begin: DateTime<Utc>";
    project.write("models.rs", &after.replace("pub begin: DateTime<Utc>", named));
    project.limbeck(&["revision", "-m", "moments", "--rev-id", "0000000af7e4", "--expand-contract"]).exits(0);
    project.limbeck(&["upgrade", "+1"]).exits(0);
    // Sessions in another zone write the one column or the other.
    project.database.run(
        "SET TIME ZONE 'Asia/Tokyo';
         INSERT INTO app.children VALUES (2, 1, '2026-07-01 12:00');
         INSERT INTO app.children (id, parent, begin_limbeck_new) VALUES (3, 1, '2026-07-01 10:00+00');
         UPDATE app.children SET begin = '2026-01-01 12:00' WHERE id = 1",
    );
    let both = "SET TIME ZONE 'UTC'; SELECT id, begin, begin_limbeck_new FROM app.children ORDER BY id";
    let summer = "2026-07-01 12:00:00|2026-07-01 10:00:00+00";
    let said = project.database.run(both);
    let rows: Vec<&str> = said.lines().filter(|line| line.contains('|')).collect();
    assert_eq!(
        rows,
        ["1|2026-01-01 12:00:00|2026-01-01 11:00:00+00", &format!("2|{summer}"), &format!("3|{summer}")]
    );
    project.limbeck(&["upgrade", "--allow", "data-loss"]).exits(0);
    project.limbeck(&["check"]).exits(0);
    project.limbeck(&["downgrade", "-1"]).exits(0);
    let said = project.database.run(both);
    assert_eq!(said.lines().filter(|line| line.contains('|')).collect::<Vec<_>>(), rows);
    project.limbeck(&["downgrade", "-1"]).exits(0);
    project.limbeck(&["prove", "base:heads"]).exits(0);
}

#[test]
fn what_cannot_be_done_in_stages_is_refused_and_the_rest_needs_none() {
    let generated = BEFORE.replace(
        "pub mail: String,",
        "pub mail: String,\n    #[column(generated = \"parent + 1\")]\n    pub next: Option<i32>,",
    );
    let first = project(&generated);
    first.write("models.rs", &generated.replace("parent: i32", "parent: i64"));
    first
        .limbeck(&["revision", "-m", "wider", "--expand-contract"])
        .exits(1)
        .says("plan::expand_contract")
        .says("another column is computed from it");
    assert_eq!(first.names("migrations").len(), 1);
    let second = project(BEFORE);
    second.write("models.rs", &BEFORE.replace("pub name: String", "pub name: Option<String>"));
    second
        .limbeck(&["revision", "-m", "null", "--expand-contract"])
        .exits(0)
        .says("no column changes its type or name, so one revision is enough");
    assert_eq!(second.names("migrations").len(), 2);
}
