//! Connecting to real servers: passwords, TLS, poolers, and what goes wrong.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::TcpListener;

use limbeck_database::Error;
use limbeck_database::connect::{Connection, Target, runtime};
use limbeck_database::servers::Cluster;
use limbeck_testing::{TestDatabase, installation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn open(url: &str) -> Result<Connection, Error> {
    let target = Target::parse_with(url, &|_| None)?;
    runtime()?.block_on(Connection::open(&target))
}

fn show(url: &str, setting: &str) -> String {
    let target = Target::parse_with(url, &|_| None).unwrap();
    runtime().unwrap().block_on(async {
        let connection = Connection::open(&target).await.unwrap();
        let row = connection.client.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
        row.get(0)
    })
}

/// A server that asks for passwords and speaks TLS, with the certificate of an authority of its own.
struct Secured {
    cluster: Cluster,
    port: u16,
    authority: String,
}

impl Secured {
    fn start() -> Self {
        // Free now; another process may take it before the server does, which is seen as an error.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = [("listen_addresses", "127.0.0.1"), ("port", &*port.to_string())];
        let cluster = Cluster::start_with(&installation(), &settings).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = authority.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(authority, key);
        let server_key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .signed_by(&server_key, &issuer)
            .unwrap();
        let authority = cluster.folder().join("root.crt");
        std::fs::write(&authority, root.pem()).unwrap();
        let secured = Self { cluster, port, authority: authority.display().to_string() };
        secured.file("data/server.crt", &certificate.pem());
        secured.file("data/server.key", &server_key.serialize_pem());
        secured.file(
            "data/pg_hba.conf",
            "local all all trust\nhostssl all tls_only all trust\nhostnossl all plain_only all trust\n\
             host all ann,postgres,nobody_here all scram-sha-256\n",
        );
        secured.execute(
            "SET password_encryption = 'scram-sha-256'; CREATE ROLE ann LOGIN PASSWORD 'secret'; CREATE ROLE tls_only LOGIN; CREATE ROLE plain_only LOGIN; \
             ALTER ROLE ann SET statement_timeout = '1min'",
        );
        secured.execute("ALTER SYSTEM SET ssl = on");
        secured.execute("SELECT pg_reload_conf()");
        // The new rules hold for connections that start after the reload, which takes a moment.
        for _ in 0..500 {
            if open(&secured.url("tls_only", "sslmode=require")).is_ok() {
                return secured;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the server does not take up its new settings");
    }

    /// Writes a file as the server's own user.
    fn file(&self, name: &str, text: &str) {
        let path = self.cluster.folder().join(name);
        let lines = text.replace('\n', "','");
        self.execute(&format!(
            "COPY (SELECT unnest(ARRAY['{lines}'])) TO PROGRAM 'umask 077; cat > {}'",
            path.display()
        ));
    }

    fn execute(&self, sql: &str) {
        let target = self.cluster.target("postgres");
        runtime().unwrap().block_on(async {
            Connection::open(&target).await.unwrap().client.batch_execute(sql).await.unwrap();
        });
    }

    fn url(&self, user: &str, parameters: &str) -> String {
        format!("postgres://{user}@localhost:{}/postgres?{parameters}", self.port)
    }
}

#[test]
fn a_session_has_our_settings_and_knows_its_version() {
    let database = TestDatabase::new();
    let url = database.url();
    for (setting, value) in [
        ("jit", "off"),
        ("statement_timeout", "0"),
        ("client_min_messages", "warning"),
        ("application_name", "limbeck"),
    ] {
        assert_eq!(show(&url, setting), value, "{setting}");
    }
    let version = show(&url, "server_version_num");
    let connection = open(&url).unwrap();
    assert_eq!(connection.version.to_string(), version);
    assert_eq!(connection.major(), database.major());
    assert!(!connection.is_pooled());
}

#[test]
fn a_url_may_set_more_and_wins() {
    let url = format!(
        "{}&options=-c%20jit%3Don%20-c%20search_path%3D%22a%5C%20b%22&application_name=x",
        TestDatabase::new().url()
    );
    assert_eq!(show(&url, "jit"), "on");
    assert_eq!(show(&url, "search_path"), "\"a b\"");
    assert_eq!(show(&url, "application_name"), "x");
}

#[test]
fn round_trips_are_counted() {
    let database = TestDatabase::new();
    runtime().unwrap().block_on(async {
        let connection = database.connect().await;
        let before = connection.round_trips();
        connection.client.simple_query("SELECT 1; SELECT 2").await.unwrap();
        assert_eq!(connection.round_trips() - before, 1);
        connection.client.query_typed("SELECT repeat('x', 1000000)", &[]).await.unwrap();
        connection.client.query_typed("SELECT 1", &[]).await.unwrap();
        assert_eq!(connection.round_trips() - before, 3);
    });
}

#[test]
fn warnings_are_kept_and_notices_are_not_asked_for() {
    let database = TestDatabase::new();
    runtime().unwrap().block_on(async {
        let connection = database.connect().await;
        let script = "DO $$ BEGIN RAISE NOTICE 'no'; RAISE WARNING 'yes'; END $$";
        connection.client.batch_execute(script).await.unwrap();
        let texts: Vec<_> = connection.take_notices().iter().map(|n| n.message().to_owned()).collect();
        assert_eq!(texts, ["yes"]);
        assert!(connection.take_notices().is_empty());
    });
}

#[test]
fn what_goes_wrong_has_a_code_of_its_own_and_never_the_password() {
    let server = Secured::start();
    let url = |user: &str| server.url(user, "sslmode=prefer");
    let folder = server.cluster.folder().display().to_string();
    let port = server.port;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, code) in [
        (url("ann:wrong_secret"), "database::wrong_password"),
        (url("ann"), "database::wrong_password"),
        (url("nobody_here:wrong_secret"), "database::wrong_password"),
        (format!("postgres://nobody_here@/postgres?host={folder}&port={port}"), "database::unknown_role"),
        (format!("postgres://postgres@/nowhere?host={folder}&port={port}"), "database::unknown_database"),
        (url("stranger:wrong_secret"), "database::refused"),
        (server.url("plain_only:wrong_secret", "sslmode=require"), "database::refused"),
        (format!("postgres://ann:wrong_secret@localhost:{closed}/x"), "database::no_server"),
        ("postgres://ann:wrong_secret@/x?host=/nowhere".to_owned(), "database::no_server"),
        ("postgres://ann:wrong_secret@no-such-host.invalid/x".to_owned(), "database::no_server"),
        (server.url("ann:wrong_secret", "sslmode=verify-full"), "database::tls"),
        (server.url("ann:wrong_secret", "sslmode=verify-full&sslrootcert=/nowhere"), "database::tls"),
        ("postgres:///x?user=ann&password=wrong_secret&sslmode=x".to_owned(), "database::bad_url"),
    ] {
        let error = open(&url).unwrap_err();
        let all = format!("{error} {error:?} {:?}", error.help());
        assert_eq!(error.code(), code, "{url}: {all}");
        assert!(!all.contains("wrong_secret"), "{all}");
    }
}

#[test]
fn passwords_come_from_the_url_the_environment_or_the_password_file() {
    use std::os::unix::fs::PermissionsExt;
    let server = Secured::start();
    open(&server.url("ann:secret", "")).unwrap();
    let file = server.cluster.folder().join("pgpass");
    std::fs::write(&file, format!("localhost:{}:*:ann:secret\n", server.port)).unwrap();
    let url = server.url("ann", &format!("passfile={}", file.display()));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(open(&url).unwrap_err().code(), "database::wrong_password");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    open(&url).unwrap();
    let target = Target::parse_with(&server.url("ann", ""), &|name| {
        (name == "PGPASSWORD").then(|| "secret".to_owned())
    });
    runtime().unwrap().block_on(Connection::open(&target.unwrap())).unwrap();
    // The role's own timeout does not hold for us.
    assert_eq!(show(&url, "statement_timeout"), "0");
}

#[test]
fn sslmode_means_what_it_means_to_libpq() {
    let server = Secured::start();
    let uses_tls = |parameters: &str, user: &str| {
        let target = Target::parse_with(&server.url(user, parameters), &|_| None)?;
        runtime()?.block_on(async {
            let connection = Connection::open(&target).await?;
            let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok::<bool, Error>(connection.client.query_one(query, &[]).await?.get(0))
        })
    };
    let user = "ann:secret";
    let root = format!("sslrootcert={}", server.authority);
    for (parameters, tls) in [
        ("sslmode=disable", false),
        ("sslmode=allow", false),
        ("sslmode=prefer", true),
        ("", true),
        ("sslmode=require", true),
    ] {
        assert_eq!(uses_tls(parameters, user).unwrap(), tls, "{parameters}");
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        assert!(uses_tls(&format!("sslmode={mode}&{root}"), user).unwrap(), "{mode}");
    }
    // The certificate names `localhost`, not the address.
    let by_address = |mode: &str| {
        open(&server.url(user, &format!("sslmode={mode}&{root}")).replace("localhost", "127.0.0.1"))
    };
    by_address("verify-ca").unwrap();
    assert_eq!(by_address("verify-full").unwrap_err().code(), "database::tls");
    // Without our authority nobody vouches for it.
    assert_eq!(uses_tls("sslmode=verify-ca", user).unwrap_err().code(), "database::tls");
    // `prefer` goes on without where the server wants that, `allow` goes on with.
    assert!(!uses_tls("sslmode=prefer", "plain_only").unwrap());
    assert!(uses_tls("sslmode=allow", "tls_only").unwrap());
}

#[test]
fn the_next_host_is_tried_where_one_does_not_answer() {
    let server = Secured::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://ann:secret@localhost:{closed},localhost:{}/postgres", server.port);
    assert_eq!(open(&url).unwrap().target.hosts().len(), 1);
}

/// PgBouncer without `ignore_startup_parameters`: refuses startup options, passes everything else on.
async fn pooler(listener: tokio::net::TcpListener, server: std::path::PathBuf) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let server = server.clone();
        tokio::spawn(async move {
            let mut length = [0; 4];
            client.read_exact(&mut length).await.unwrap();
            let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
            client.read_exact(&mut startup).await.unwrap();
            if startup.windows(9).any(|bytes| bytes == b"\0options\0") {
                let fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter in options: jit\0\0";
                let mut answer = vec![b'E'];
                answer.extend((u32::try_from(fields.len()).unwrap() + 4).to_be_bytes());
                answer.extend(fields);
                client.write_all(&answer).await.unwrap();
                return;
            }
            let mut server = tokio::net::UnixStream::connect(server).await.unwrap();
            server.write_all(&length).await.unwrap();
            server.write_all(&startup).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        });
    }
}

#[test]
fn a_pooler_that_refuses_startup_options_is_no_obstacle() {
    let database = TestDatabase::new();
    let socket = limbeck_testing::cluster().folder().join(".s.PGSQL.5432");
    runtime().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(pooler(listener, socket));
        let name = database.target().database();
        let url = format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable");
        let target = Target::parse_with(&url, &|_| None).unwrap();
        let connection = Connection::open_with(&target, &[("search_path", "pg_catalog")]).await.unwrap();
        assert!(connection.is_pooled());
        for (setting, value) in [("jit", "off"), ("search_path", "pg_catalog")] {
            let row = connection.client.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), value);
        }
    });
}
