//! The pages that people read do what they say: every `limbeck` command of README and guide is run, in order, as typed.

use std::process::Command;

use crate::support::{Project, binary, psql, root};

/// The fenced blocks of a page: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), inside.join("\n")));
        }
    }
    blocks
}

/// Runs a line in the project's folder as a shell does; it has to succeed.
#[track_caller]
fn run(project: &Project, line: &str) {
    let folders = [binary(), psql()].map(|path| path.parent().map(ToOwned::to_owned).unwrap_or_default());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path)))
        .expect("folders make a PATH");
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(project.folder.path())
        .env("PATH", path)
        .env("DATABASE_URL", project.database.url())
        .env("ENVIRONMENT", "development")
        .output()
        .expect("a shell runs");
    assert!(
        output.status.success(),
        "$ {line}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs the page's commands on its own configuration and models; tells which ran.
fn walk(page: &str, config: &str, models: &str) -> Vec<String> {
    let project = Project::empty();
    let mut ran = Vec::new();
    for (language, text) in blocks(page) {
        if language != "console" {
            continue;
        }
        for line in text.lines().filter_map(|line| line.strip_prefix("$ limbeck")) {
            let line = format!("limbeck{line}");
            run(&project, &line);
            if line.starts_with("limbeck init") {
                project.write("limbeck.toml", config);
                project.write("habits/src/models/habit.rs", models);
            }
            ran.push(line);
        }
    }
    ran
}

fn first(page: &str, language: &str) -> String {
    let found = blocks(page).into_iter().find(|(found, _)| found == language);
    found.unwrap_or_else(|| panic!("{page} shows no {language}")).1
}

#[test]
fn the_guide_is_one_path_that_works() {
    let page = "docs/guide.md";
    let ran = walk(page, &first(page, "toml"), &first(page, "rust"));
    for command in ["init", "revision", "upgrade", "current", "downgrade", "check", "status", "create-all"] {
        let start = format!("limbeck {command}");
        assert!(ran.iter().any(|line| line.starts_with(&start)), "`{start}` is not shown: {ran:#?}");
    }
}

#[test]
fn the_first_page_s_daily_work_works() {
    // What the struct of the first page refers to.
    let owner = "#[derive(limbeck::Table)]\n#[table(schema = \"habits\")]\npub struct User {\n    #[column(pk)]\n    pub id: Uuid,\n}\n";
    let models = format!("{}\n{owner}", first("README.md", "rust"));
    let ran = walk("README.md", &first("docs/guide.md", "toml"), &models);
    assert!(ran.len() >= 5, "{ran:#?}");
}
