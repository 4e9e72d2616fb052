//! Scratch databases: where canonical forms are asked for, `.sql` files are run, and revisions are proved.
//!
//! A whole database, never a schema in somebody's database: names would leak into expressions, and differences
//! never end. The first of these that works: a URL given for the purpose; the target's own server, where that is
//! allowed; a private server from local binaries; the embedded one, where it was compiled in.
//!
//! A database on somebody's server is named `limbeck_scratch_<token>_<n>`, and its owner keeps a session open whose
//! `application_name` holds the token. A database of ours without such a session is a dead process's, and the next
//! one drops it.

#[cfg(feature = "embedded")]
mod embedded;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use limbeck_sql::{Ident, sql};
use tokio_postgres::error::SqlState;

use crate::Error;
use crate::connect::{Connection, Target, runtime, version_text};
use crate::servers::{Cluster, find};

/// What scratch databases are called.
const PREFIX: &str = "limbeck_scratch_";

/// Where a scratch database may be made.
#[derive(Clone, Debug, Default)]
pub struct ScratchOptions {
    /// A server for the purpose (`--scratch-url`); without it `LIMBECK_SCRATCH_URL` is looked at.
    pub url: Option<String>,
    /// The database that the work is for.
    pub target: Option<Target>,
    /// Whether temporary databases may be made on the target's server.
    pub allow_target: bool,
    /// The target's major version, which the scratch server should have too.
    pub major: Option<u32>,
}

/// A server on which scratch databases are made.
#[derive(Debug)]
pub struct Scratch {
    place: Place,
    version: i32,
    token: String,
    next: u32,
    wanted: Option<u32>,
    /// Made while it was tried whether the server lets us.
    ready: Option<ScratchDatabase>,
}

#[derive(Debug)]
enum Place {
    /// A server for the purpose.
    Given(Connection),
    /// The target's own server.
    Target(Connection),
    /// Binaries of this machine; the cluster is the server.
    Local(Connection, Cluster),
    /// The server in this binary: one for each database.
    #[cfg(feature = "embedded")]
    Embedded,
}

impl Scratch {
    /// Finds a place for scratch databases.
    ///
    /// A URL that was given and does not work is an error, and no other place is tried.
    ///
    /// # Errors
    ///
    /// [`Error::NoScratch`] with all that was tried; every error of connecting to the given URL.
    pub async fn open(options: &ScratchOptions) -> Result<Self, Error> {
        let given = options.url.clone().or_else(|| env::var("LIMBECK_SCRATCH_URL").ok());
        if let Some(url) = given.filter(|url| !url.is_empty()) {
            return Self::on(Place::Given, &Target::parse(&url)?, options).await;
        }
        let mut tried = Vec::new();
        match &options.target {
            Some(target) if options.allow_target => match Self::on(Place::Target, target, options).await {
                Ok(scratch) => return Ok(scratch),
                Err(error) => tried.push(format!("the target's server: {error}")),
            },
            Some(_) => tried.push("the target's server: not allowed by the configuration".to_owned()),
            None => {}
        }
        match Self::local(options).await {
            Ok(scratch) => return Ok(scratch),
            Err(reason) => tried.push(format!("local binaries: {reason}")),
        }
        #[cfg(feature = "embedded")]
        match Self::embedded(options).await {
            Ok(scratch) => return Ok(scratch),
            Err(reason) => tried.push(format!("embedded server: {reason}")),
        }
        Err(Error::NoScratch { tried })
    }

    /// Makes sure, by making a first database, that the role may.
    async fn on(
        place: impl FnOnce(Connection) -> Place,
        target: &Target,
        options: &ScratchOptions,
    ) -> Result<Self, Error> {
        let token = token();
        let mut named = target.clone();
        named.application = Some(format!("limbeck scratch {token}"));
        let admin = Connection::open(&named).await?;
        drop_leftovers(&admin).await?;
        let version = admin.version;
        let place = place(admin);
        let mut scratch = Self { place, version, token, next: 0, wanted: options.major, ready: None };
        let database = scratch.create().await?;
        // Through a pooler the database may exist and yet be out of reach.
        database.connect().await?.close().await;
        scratch.ready = Some(database);
        Ok(scratch)
    }

    async fn local(options: &ScratchOptions) -> Result<Self, String> {
        let major = options.major;
        // Copying and waiting happen on a thread of their own, so that the caller's runtime goes on.
        let started = tokio::task::spawn_blocking(move || {
            let installation = find(major)?;
            Cluster::start(&installation).map_err(|error| error.to_string())
        });
        let cluster = started.await.map_err(|error| error.to_string())??;
        let admin = Connection::open(&cluster.target("postgres")).await.map_err(|error| error.to_string())?;
        let version = admin.version;
        let place = Place::Local(admin, cluster);
        Ok(Self { place, version, token: token(), next: 0, wanted: major, ready: None })
    }

    #[cfg(feature = "embedded")]
    async fn embedded(options: &ScratchOptions) -> Result<Self, String> {
        let first = embedded_database().await?;
        let session = first.connect().await.map_err(|error| error.to_string())?;
        let version = session.version;
        // Its one place is for whoever comes next, another process included.
        session.close().await;
        let (place, wanted, ready) = (Place::Embedded, options.major, Some(first));
        Ok(Self { place, version, token: token(), next: 0, wanted, ready })
    }

    /// A fresh, empty database. Several may exist at once.
    ///
    /// # Errors
    ///
    /// What the server says where it refuses.
    pub async fn database(&mut self) -> Result<ScratchDatabase, Error> {
        match self.ready.take() {
            Some(database) => Ok(database),
            None => self.create().await,
        }
    }

    async fn create(&mut self) -> Result<ScratchDatabase, Error> {
        let (admin, remove) = match &self.place {
            Place::Given(admin) | Place::Target(admin) => (admin, true),
            // A private server goes away with all its databases.
            Place::Local(admin, _) => (admin, false),
            #[cfg(feature = "embedded")]
            Place::Embedded => {
                let failed = |reason| Error::NoScratch { tried: vec![format!("embedded server: {reason}")] };
                return embedded_database().await.map_err(failed);
            }
        };
        self.next += 1;
        let name = format!("{PREFIX}{}_{}", self.token, self.next);
        create_database(admin, &name).await?;
        Ok(ScratchDatabase {
            target: admin.target.with_database(&name),
            admin: Some(admin.target.clone()),
            remove,
            #[cfg(feature = "embedded")]
            _server: None,
        })
    }

    /// The server's version, as [`Connection::version`] has it.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// Which server it is, in one line for people; says so where its major version is not the target's.
    pub fn describe(&self) -> String {
        let version = version_text(self.version);
        let place = match &self.place {
            Place::Given(admin) => format!("at {}", admin.target),
            Place::Target(_) => "on the target's server".to_owned(),
            Place::Local(_, cluster) => format!("from {}", cluster.installation().bin.display()),
            #[cfg(feature = "embedded")]
            Place::Embedded => "in this binary".to_owned(),
        };
        let line = format!("scratch: PostgreSQL {version} {place}");
        match self.wanted {
            Some(wanted) if Ok(wanted) != u32::try_from(self.version / 10_000) => {
                format!("{line}; the target is PostgreSQL {wanted}, which may print expressions otherwise")
            }
            _ => line,
        }
    }
}

/// An empty database that goes away with its value.
#[derive(Debug)]
pub struct ScratchDatabase {
    target: Target,
    /// From where it is dropped; an embedded one has nothing but itself.
    admin: Option<Target>,
    remove: bool,
    #[cfg(feature = "embedded")]
    _server: Option<embedded::Server>,
}

#[cfg(feature = "embedded")]
async fn embedded_database() -> Result<ScratchDatabase, String> {
    let started = tokio::task::spawn_blocking(embedded::Server::start).await;
    let server = started.map_err(|error| error.to_string())??;
    Ok(ScratchDatabase { target: server.target()?, admin: None, remove: false, _server: Some(server) })
}

impl ScratchDatabase {
    /// Where it is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it takes one session at a time, as the embedded server does: a second one waits for the first.
    pub fn is_single_session(&self) -> bool {
        self.admin.is_none()
    }

    /// Opens a session on it.
    ///
    /// # Errors
    ///
    /// As for [`Connection::open`].
    pub async fn connect(&self) -> Result<Connection, Error> {
        Connection::open(&self.target).await
    }

    /// Drops it now, whoever is connected.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn close(mut self) -> Result<(), Error> {
        let leaves_traces = std::mem::take(&mut self.remove);
        let Some(admin) = &self.admin else { return Ok(()) };
        let admin = Connection::open(admin).await?;
        drop_database(&admin, self.target.database()).await?;
        if leaves_traces {
            drop_roles(&admin).await?;
        }
        Ok(())
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let Some(admin) = self.admin.take().filter(|_| self.remove) else { return };
        let name = self.target.database().to_owned();
        // A runtime cannot be entered from within another one, and this may be dropped anywhere. If it fails, the
        // next run removes the database.
        let dropped = std::thread::spawn(move || {
            let _: Result<(), Error> = runtime().and_then(|runtime| {
                runtime.block_on(async {
                    let admin = Connection::open(&admin).await?;
                    drop_database(&admin, &name).await?;
                    drop_roles(&admin).await
                })
            });
        });
        let _ = dropped.join();
    }
}

/// Makes an empty database from `template0`, copying files where the server can (14 ms instead of 27).
///
/// # Errors
///
/// What the server says where it refuses.
pub async fn create_database(admin: &Connection, name: &str) -> Result<(), Error> {
    let name = Ident::new(name);
    let statement = if admin.major() >= 15 {
        sql!("CREATE DATABASE {} TEMPLATE template0 STRATEGY file_copy", name)
    } else {
        sql!("CREATE DATABASE {} TEMPLATE template0", name)
    };
    Ok(admin.client.batch_execute(statement.as_str()).await?)
}

async fn drop_database(admin: &Connection, name: &str) -> Result<(), Error> {
    let statement = sql!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Ident::new(name));
    match admin.client.batch_execute(statement.as_str()).await {
        // FORCE ends sessions; a subscription that lives in the database must go before.
        Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
            let connection = Connection::open(&admin.target.with_database(name)).await?;
            drop_subscriptions(&connection).await?;
            drop(connection);
            Ok(admin.client.batch_execute(statement.as_str()).await?)
        }
        result => Ok(result?),
    }
}

/// Drops the roles that were made for scratch databases which are gone: their comments name these.
async fn drop_roles(admin: &Connection) -> Result<(), Error> {
    const ROLES: &str = "SELECT r.rolname::pg_catalog.text FROM pg_catalog.pg_roles AS r \
         JOIN pg_catalog.pg_shdescription AS s ON s.objoid = r.oid \
           AND s.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass \
         WHERE s.description LIKE 'limbeck\\_scratch\\_%' \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d WHERE d.datname = s.description)";
    for row in admin.client.query(ROLES, &[]).await? {
        let name = Ident::new(row.get(0));
        // One that another scratch database uses too goes with that one.
        let _ = admin.client.batch_execute(sql!("DROP ROLE {}", name).as_str()).await;
    }
    Ok(())
}

/// Drops the subscriptions of a database without a word to their publishers.
async fn drop_subscriptions(connection: &Connection) -> Result<(), Error> {
    const SUBSCRIPTIONS: &str = "SELECT s.subname::pg_catalog.text FROM pg_catalog.pg_subscription AS s \
         JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database()";
    for row in connection.client.query(SUBSCRIPTIONS, &[]).await? {
        let name = Ident::new(row.get(0));
        let statements = [
            sql!("ALTER SUBSCRIPTION {} DISABLE", name),
            sql!("ALTER SUBSCRIPTION {} SET (slot_name = NONE)", name),
            sql!("DROP SUBSCRIPTION {}", name),
        ];
        for statement in statements {
            connection.client.batch_execute(statement.as_str()).await?;
        }
    }
    Ok(())
}

/// Tells this value from all others on the same server: the time in seconds, the process, and a count.
fn token() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}_{:06}_{}_{number}", now.as_secs(), now.subsec_micros(), std::process::id())
}

/// Behind a pooler, sessions do not show whose they are; there only the time tells that a process is gone.
const POOLER_PATIENCE: u64 = 3600;

/// Drops this role's scratch databases whose process is gone.
async fn drop_leftovers(admin: &Connection) -> Result<(), Error> {
    let rows = admin
        .client
        .simple_query(
            "SELECT d.datname FROM pg_catalog.pg_database AS d \
             WHERE d.datname LIKE 'limbeck\\_scratch\\_%' \
               AND d.datdba = (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user) \
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a \
                 WHERE a.datname = d.datname \
                    OR pg_catalog.strpos(d.datname, \
                         pg_catalog.replace(a.application_name, 'limbeck scratch ', 'limbeck_scratch_') || '_') = 1) \
             ORDER BY d.datname",
        )
        .await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    for row in rows {
        let tokio_postgres::SimpleQueryMessage::Row(row) = row else { continue };
        let Some(name) = row.get(0) else { continue };
        let Some(born) = born(name) else { continue };
        if !admin.is_pooled() || born + POOLER_PATIENCE < now {
            // Another process may be at the same work.
            let _ = drop_database(admin, name).await;
        }
    }
    let _ = drop_roles(admin).await;
    Ok(())
}

/// When the process of a scratch database started, if the name is one of ours.
fn born(name: &str) -> Option<u64> {
    let mut parts = name.strip_prefix(PREFIX)?.split('_');
    let born = parts.next()?.parse().ok()?;
    let rest: Vec<_> = parts.collect();
    (rest.len() == 4 && rest.iter().all(|part| part.parse::<u64>().is_ok())).then_some(born)
}
