use jiff::Timestamp;

use super::*;

fn file(id: &str, parents: &[&str]) -> RevisionFile {
    let parents = parents.iter().map(|id| id.parse().unwrap()).collect();
    RevisionFile::new(id.parse().unwrap(), parents, "a message", Timestamp::UNIX_EPOCH)
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("deep/revisions");
    let paths = write(&inside, &[file("aaa", &[]), file("bbb", &["aaa"])]).unwrap();
    assert_eq!(paths[1], inside.join("197001010000_bbb_a_message.sql"));
    let store = Store::read(&inside).unwrap();
    assert_eq!(store.history.problems(), &[]);
    assert_eq!(store.history.heads(), ["bbb".parse().unwrap()]);
    assert_eq!(store.get(&"bbb".parse().unwrap()).unwrap().file, file("bbb", &["aaa"]));
    assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn a_missing_folder_is_not_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Store::read(folder.path()).unwrap().is_empty());
    let missing = folder.path().join("nowhere");
    assert_eq!(Store::read(&missing).unwrap_err(), Error::MissingFolder { folder: missing });
}

#[test]
fn nothing_is_written_where_one_file_exists_or_is_bad() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[file("bbb", &[])]).unwrap();
    let bad = RevisionFile { message: "two\nlines".into(), ..file("ccc", &[]) };
    for (files, code) in [
        (vec![file("aaa", &[]), file("bbb", &[])], "revisions::exists"),
        (vec![file("aaa", &[]), file("aaa", &[])], "revisions::exists"),
        (vec![file("aaa", &[]), bad], "revisions::unwritable"),
    ] {
        assert_eq!(write(folder.path(), &files).unwrap_err().code(), code);
        assert_eq!(Store::read(folder.path()).unwrap().files.len(), 1);
    }
}

#[test]
fn other_files_are_left_alone_and_bad_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[file("aaa", &[])]).unwrap();
    for (name, bytes) in [
        ("README.md", b"# text".as_slice()),
        (".hidden.sql", b"SELECT 1;"),
        ("latin.sql", b"-- limbeck revision bbb\n-- gr\xf6\xdfe"),
        ("other.sql", b"SELECT 1;"),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::create_dir(folder.path().join("folder.sql")).unwrap();
    let store = Store::read(folder.path()).unwrap();
    assert_eq!(store.files.len(), 1);
    let problems = store.history.problems();
    assert_eq!(
        problems.iter().map(Error::code).collect::<Vec<_>>(),
        ["revisions::not_utf8", "revisions::no_header"]
    );
    assert!(problems[0].place().unwrap().file.ends_with("latin.sql"));
    assert_eq!(store.history.upgrade(&crate::Target::head(), &[]).unwrap_err().code(), "revisions::broken");
}
