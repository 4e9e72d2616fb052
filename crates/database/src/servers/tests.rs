use std::path::Path;

use super::guess;

#[test]
fn a_path_may_tell_its_major_version() {
    for (path, major) in [
        ("/usr/lib/postgresql/15/bin", Some(15)),
        ("/usr/pgsql-16/bin", Some(16)),
        ("/opt/homebrew/opt/postgresql@17/bin", Some(17)),
        ("/opt/homebrew/Cellar/postgresql@17/17.2/bin", Some(17)),
        ("/usr/local/bin", None),
    ] {
        assert_eq!(guess(Path::new(path)), major, "{path}");
    }
}
