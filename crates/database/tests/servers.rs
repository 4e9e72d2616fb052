//! Private servers: what they leave, which is nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

use limbeck_database::connect::{Connection, runtime};
use limbeck_database::servers::{Cluster, Installation, find};
use limbeck_testing::installation;

fn start() -> Cluster {
    Cluster::start(&installation()).unwrap()
}

/// Waits until a folder is gone: whichever process starts a server next removes it, this one or another test's.
fn wait_until_gone(folder: &Path) {
    for _ in 0..1000 {
        if !folder.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{} is still there", folder.display());
}

/// The number of a process that is gone.
fn dead_process() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn a_stopped_server_leaves_neither_process_nor_folder() {
    let cluster = start();
    let (folder, process) = (cluster.folder().to_owned(), format!("/proc/{}", cluster.pid()));
    runtime().unwrap().block_on(async {
        // An open transaction does not hold it up.
        let connection = Connection::open(&cluster.target("postgres")).await.unwrap();
        connection.client.batch_execute("BEGIN; CREATE TABLE t ()").await.unwrap();
        drop(cluster);
    });
    assert!(!folder.exists());
    assert!(!Path::new(&process).exists());
}

#[test]
fn only_its_owner_can_enter_a_server_s_folder() {
    use std::os::unix::fs::PermissionsExt;
    let cluster = start();
    for folder in [cluster.folder().to_owned(), cluster.folder().join("data")] {
        assert_eq!(
            fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700,
            "{}",
            folder.display()
        );
    }
}

#[test]
fn what_a_dead_process_left_goes_at_the_next_start_and_nothing_else() {
    let first = start();
    let base = first.folder().parent().unwrap();
    let left = base.join(format!("limbeck-{}-0", dead_process()));
    let other = base.join(format!("limbeck-{}-of-a-person", dead_process()));
    for folder in [&left, &other] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("lock"), "").unwrap();
    }
    let second = start();
    wait_until_gone(&left);
    assert!(other.exists());
    assert!(first.folder().exists() && second.folder().exists());
    fs::remove_dir_all(other).unwrap();
}

#[test]
fn a_server_that_outlived_its_process_is_stopped_at_the_next_start() {
    let cluster = start();
    let base = cluster.folder().parent().unwrap();
    // The watcher was killed too: the folder bears a dead process's number, and nobody holds its lock.
    let left = base.join(format!("limbeck-{}-0", dead_process()));
    fs::create_dir_all(left.join("data")).unwrap();
    let mut server = Command::new("sh")
        .args(["-c", "read -r _; exit 0", "server"])
        .arg(left.join("data"))
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let _open = server.stdin.take();
    fs::write(left.join("data/postmaster.pid"), format!("{}\n", server.id())).unwrap();
    // The lock file comes last: with it the folder may be removed, also by another test's process.
    fs::write(left.join("lock"), "").unwrap();
    // And one whose number has become somebody else's.
    let stranger_s = base.join(format!("limbeck-{}-1", dead_process()));
    fs::create_dir_all(stranger_s.join("data")).unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    fs::write(stranger_s.join("data/postmaster.pid"), format!("{}\n", stranger.id())).unwrap();
    fs::write(stranger_s.join("lock"), "").unwrap();
    let next = std::thread::spawn(start);
    assert!(!server.wait().unwrap().success());
    drop(next.join().unwrap());
    wait_until_gone(&left);
    wait_until_gone(&stranger_s);
    assert!(stranger.try_wait().unwrap().is_none());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_setting_that_the_server_refuses_is_told_in_its_words() {
    let error = Cluster::start_with(&installation(), &[("max_connections", "many")]).unwrap_err();
    assert_eq!(error.code(), "database::no_start");
    assert!(error.to_string().contains("max_connections"), "{error}");
}

#[test]
fn a_folder_without_binaries_is_no_installation() {
    assert_eq!(Installation::at(Path::new("/nowhere")).unwrap_err().code(), "database::no_start");
}

#[test]
fn the_wanted_major_is_preferred_and_another_will_do() {
    let newest = find(None).unwrap();
    assert_eq!(find(Some(newest.major)).unwrap().major, newest.major);
    assert!(find(Some(1)).is_ok());
}
