//! What `init` writes, and files that are hard to read.

use std::fs;
use std::process::Command;

fn init(folder: &std::path::Path, arguments: &[&str]) {
    let init = Command::new(env!("CARGO_BIN_EXE_limbeck"));
    let mut init = init;
    let output = init.arg("init").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn init_writes_one_table_a_service_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &["--service", "habits"]);
    let first = fs::read_to_string(folder.path().join("limbeck.toml")).unwrap();
    assert_eq!(
        first.lines().skip(2).collect::<Vec<_>>(),
        [
            "[service.habits]",
            "models    = \"habits/src/models\"",
            "revisions = \"habits/migrations\"",
            "schemas   = [\"habits\"]",
            "url       = \"env:DATABASE_URL\"",
        ]
    );
    fs::write(folder.path().join("limbeck.toml"), format!("{first}after = [] # mine\n")).unwrap();
    init(folder.path(), &["--service", "habits", "--service", "we\"ird"]);
    let second = fs::read_to_string(folder.path().join("limbeck.toml")).unwrap();
    assert!(second.starts_with(&format!("{first}after = [] # mine\n")), "{second}");
    assert!(second.contains("revisions = 'we\"ird/migrations'"), "{second}");
    init(folder.path(), &[]);
    assert_eq!(fs::read_to_string(folder.path().join("limbeck.toml")).unwrap(), second);
}

#[test]
fn text_that_goes_deep_is_read_to_its_ground() {
    let folder = tempfile::tempdir().unwrap();
    let deep = |open: &str, close: &str| format!("SELECT {}1{};\n", open.repeat(5000), close.repeat(5000));
    fs::write(folder.path().join("deep.sql"), deep("(", ")") + &deep("", " + 1") + "DROP TABLE app.t;\n")
        .unwrap();
    let mut lint = Command::new(env!("CARGO_BIN_EXE_limbeck"));
    let output = lint.args(["lint", "deep.sql"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("deep.sql:3:12"));
}
