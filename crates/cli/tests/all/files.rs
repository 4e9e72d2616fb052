//! What `init` writes.

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
