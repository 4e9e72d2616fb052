use super::target::{Host, SslMode, Target, redact};
use super::{version_number, version_text};
use crate::Error;

fn parse(url: &str, environment: &[(&str, &str)]) -> Result<Target, Error> {
    Target::parse_with(url, &|name| {
        environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

fn tcp(name: &str, port: u16) -> Host {
    Host::Tcp(name.to_owned(), port)
}

#[test]
fn a_url_gives_each_part() {
    let target = parse("postgres://ann:s%40crt@db.example:5433/shop?sslmode=verify-full", &[]).unwrap();
    assert_eq!(target.hosts, [tcp("db.example", 5433)]);
    assert_eq!((target.user.as_str(), target.database.as_str()), ("ann", "shop"));
    assert_eq!(target.password.as_ref().unwrap().0, "s@crt");
    assert_eq!(target.ssl, SslMode::VerifyFull);
}

#[test]
fn what_a_url_leaves_out_comes_from_the_environment() {
    let environment = [
        ("PGHOST", "a,b"),
        ("PGPORT", "1,2"),
        ("PGUSER", "ann"),
        ("PGDATABASE", "shop"),
        ("PGPASSWORD", "secret"),
        ("PGSSLMODE", "require"),
    ];
    let target = parse("postgresql://", &environment).unwrap();
    assert_eq!(target.hosts, [tcp("a", 1), tcp("b", 2)]);
    assert_eq!((target.user.as_str(), target.database.as_str()), ("ann", "shop"));
    assert_eq!(target.password.as_ref().unwrap().0, "secret");
    assert_eq!(target.ssl, SslMode::Require);
    let target = parse("postgresql://bob@h", &environment[2..3]).unwrap();
    assert_eq!(target.database, "bob");
}

#[test]
fn sockets_and_several_hosts_are_read_in_both_spellings() {
    let socket = Host::Unix("/run/pg".into(), 5433);
    for url in ["postgres://ann@/shop?host=/run/pg&port=5433", "postgres://ann@%2Frun%2Fpg:5433/shop"] {
        assert_eq!(parse(url, &[]).unwrap().hosts, std::slice::from_ref(&socket), "{url}");
    }
    let hosts = parse("postgres://ann@one:1,[::1]:2,three/shop", &[]).unwrap().hosts;
    assert_eq!(hosts, [tcp("one", 1), tcp("::1", 2), tcp("three", 5432)]);
}

#[test]
fn a_target_prints_as_a_url_without_its_password() {
    for (url, printed) in [
        ("postgres://ann:secret@db/shop", "postgres://ann:***@db:5432/shop"),
        ("postgres://ann@db:1/shop", "postgres://ann@db:1/shop"),
        (
            "postgres://ann@/shop?host=/run/pg&port=1&password=secret",
            "postgres://ann:***@/shop?host=/run/pg&port=1",
        ),
        ("postgres://a%40b@one,two:2/d?sslmode=require", "postgres://a%40b@one:5432,two:2/d?sslmode=require"),
    ] {
        let target = parse(url, &[]).unwrap();
        assert_eq!(target.to_string(), printed);
        assert_eq!(format!("{target:?}"), printed);
        assert!(!format!("{:?}", target.password).contains("secret"));
        assert_eq!(parse(&target.secret_url(), &[]).unwrap(), target, "{url}");
    }
}

#[test]
fn urls_of_other_tools_are_refused_with_the_right_form() {
    for (url, help) in [
        ("postgresql+asyncpg://ann:secret@db/shop", "write `postgresql://ann:***@db/shop`"),
        ("postgresql+psycopg://ann@db/shop", "write `postgresql://ann@db/shop`"),
        (
            "jdbc:postgresql://db/shop?user=ann&password=secret",
            "write `postgresql://db/shop?user=ann&password=***`",
        ),
        ("psql://ann:secret@db", "write `postgresql://ann:***@db`"),
    ] {
        let error = parse(url, &[]).unwrap_err();
        assert_eq!(error.code(), "database::bad_url");
        let all = format!("{error} {error:?} {}", error.help().unwrap());
        assert!(error.help().unwrap().starts_with(help), "{all}");
        assert!(!all.contains("secret"), "{all}");
    }
}

#[test]
fn a_url_that_cannot_be_read_says_why_and_keeps_the_password_to_itself() {
    for url in [
        "postgres://ann:sec%ret@db/shop",
        "postgres://ann:secret@home@db/shop",
        "postgres://ann:se/cret@db/shop",
        "postgres://ann:secret@db:port/shop",
        "postgres://ann:secret@db:70000/shop",
        "postgres://ann:secret@db/shop?sslmode=maybe",
        "postgres://ann:secret@db/shop?schema=x",
        "postgres://ann:secret@db/shop?password=secret&x",
        "postgres://ann:secret@[::1/shop",
        "postgres://ann:secret@::1/shop",
        "postgres://ann:secret@a,b:1,2:3/shop?port=1,2",
        "mysql://ann:secret@db/shop",
        "host=db password=secret",
        "",
    ] {
        let error = parse(url, &[("PGUSER", "ann")]).unwrap_err();
        let all = format!("{error} {error:?} {}", error.help().unwrap());
        assert!(!all.contains("sec") && !all.contains("cret"), "{all}");
    }
}

#[test]
fn redaction_hides_rather_too_much() {
    assert_eq!(redact("postgres://ann:a@b?c/d@db/shop"), "postgres://ann:***@db/shop");
    assert_eq!(
        redact("postgres://db/shop?Password=x&sslpassword=y"),
        "postgres://db/shop?Password=***&sslpassword=***"
    );
    assert_eq!(redact("postgres://ann@db/shop"), "postgres://ann@db/shop");
    assert_eq!(redact("no url"), "no url");
}

#[test]
fn versions_are_read_as_servers_print_them() {
    assert_eq!(version_number("15.18 (Debian 15.18-0+deb12u1)"), Some(150_018));
    assert_eq!(version_number("18beta1"), Some(180_000));
    assert_eq!(version_number("17devel"), Some(170_000));
    assert_eq!(version_number("other"), None);
    assert_eq!(version_text(150_018), "15.18");
}
