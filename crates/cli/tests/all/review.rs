//! `review`, in each of its forms. `LIMBECK_BLESS=1` rewrites the expected pages.

use std::fs;
use std::path::Path;
use std::process::Command;

use limbeck_testing::TestDatabase;

use crate::project::TestProject;

fn git(project: &TestProject, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A project whose branch adds two revisions to the one that its base has.
fn branch() -> TestProject {
    let project = TestProject::new(&["habits"]);
    let table = "CREATE TABLE habits.t (id integer);";
    let gone = "-- loses: every row of habits.t\nDROP TABLE habits.t;";
    project.revision("habits", "aaaaaaaaaaaa", "base", table, gone);
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "base"]);
    git(&project, &["checkout", "-q", "-b", "change"]);
    project.revision(
        "habits",
        "bbbbbbbbbbbb",
        "aaaaaaaaaaaa",
        "-- limbeck:allow data-loss: nobody reads `note`\n-- loses: every value of habits.t.note\n\
         ALTER TABLE habits.t DROP COLUMN note;\n\n-- limbeck:no-transaction\n\
         CREATE INDEX CONCURRENTLY t_id ON habits.t (id);",
        "ALTER TABLE habits.t ADD COLUMN note text;",
    );
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "change"]);
    // What is not committed yet counts too.
    project.revision(
        "habits",
        "cccccccccccc",
        "bbbbbbbbbbbb",
        "UPDATE habits.t\n   SET mark = '<b> | `x`';",
        "SELECT 1;",
    );
    project
}

fn expected(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/review").join(name);
    if std::env::var_os("LIMBECK_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, page.replace("VERSION", env!("CARGO_PKG_VERSION")), "{name}");
}

#[test]
fn every_form_tells_what_the_branch_adds() {
    let project = branch();
    for (format, page) in [
        ("text", "text.txt"),
        ("markdown", "markdown.md"),
        ("github", "github.txt"),
        ("html", "page.html"),
        ("json", "json.json"),
    ] {
        let output = project.run(&["review", "--base", "main", "--format", format]).exits(1);
        expected(page, &output.stdout);
    }
    let log = project.run(&["review", "--base", "main", "--format", "sarif"]).exits(1).json();
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&log["version"], &result["ruleId"]), (&"2.1.0".into(), &"lint::update_without_where".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "habits/migrations/202611221120_cccccccccccc_test.sql");
    assert_eq!(place["region"]["startLine"], 7);
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "lint::update_without_where");
}

#[test]
fn a_branch_without_revisions_has_nothing_to_review() {
    let project = branch();
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "all"]);
    assert_eq!(project.run(&["review", "--base", "HEAD"]).exits(0).stdout, "nothing to review\n");
    project.run(&["review", "--base", "nowhere"]).exits(2).says(&["cli::git", "nowhere"]);
    project.run(&["review", "--base", "--output=x"]).exits(2);
}

#[test]
fn a_revision_of_the_base_stays_as_it_is() {
    let project = branch();
    project.revision("habits", "aaaaaaaaaaaa", "base", "CREATE TABLE habits.u ();", "DROP TABLE habits.u;");
    let review = project.run(&["review", "--base", "main"]).exits(1);
    assert!(review.stdout.contains("aaaaaaaaaaaa_test.sql: a revision that the base has is edited"));
    fs::remove_file(project.revisions("habits").join("202611221120_aaaaaaaaaaaa_test.sql")).unwrap();
    let review = project.run(&["review", "--base", "main", "--format", "json"]).exits(1).json();
    assert_eq!(review["changed"][0]["gone"], true);
}

#[test]
fn without_a_base_the_database_says_what_is_new() {
    let database = TestDatabase::new();
    let project = branch().on(&database);
    database.psql("CREATE SCHEMA habits");
    project.run(&["upgrade", "aaaaaaaaaaaa"]).exits(0);
    let review = project.run(&["review", "--format", "json"]).exits(1).json();
    let ids: Vec<_> = review["revisions"].as_array().unwrap().iter().map(|it| &it["revision"]).collect();
    assert_eq!(ids, ["bbbbbbbbbbbb", "cccccccccccc"]);
}
