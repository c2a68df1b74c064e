//! A fresh database per test, on either engine, gone when the test is over.

mod pair;

use std::env;
use std::ops::Deref;

use tempfile::TempDir;
use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

use crate::{Db, Driver, Options};

pub use pair::{Pair, pair};

/// A database of its own. Dereferences to [`Db`].
pub struct TestDb {
    db: Db,
    options: Options,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Server {
        server: Box<Config>,
        name: String,
    },
    /// It goes with its server.
    Elsewhere,
}

/// A fresh SQLite file in a temporary folder.
pub async fn sqlite() -> TestDb {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let options = Options::sqlite(folder.path().join("test.sqlite"));
    let db = Db::open(options.clone()).await.expect("a new SQLite file opens");
    TestDb { db, options, place: Place::Folder(folder) }
}

/// Who owns the databases of tests. Row-level security does not bind a superuser, so no test is one.
const OWNER: &str = "rollbook_test";

/// A fresh database on the server that `TEST_POSTGRES_URL` names; none if it names none. It belongs
/// to an ordinary role, as whom it is opened: what a test sees, it sees through row-level security.
///
/// Panics instead if `ROLLBOOK_REQUIRE_POSTGRES=1`, so that nobody skips half of the tests unaware.
pub async fn postgres() -> Option<TestDb> {
    let Some(url) = setting("TEST_POSTGRES_URL") else {
        let required = setting("ROLLBOOK_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
        assert!(!required, "TEST_POSTGRES_URL is unset, and ROLLBOOK_REQUIRE_POSTGRES=1 needs it");
        return None;
    };
    let server: Config = url.parse().expect("TEST_POSTGRES_URL is a PostgreSQL URL");
    let name = format!("test_{}", unique().simple());
    administer(&server, &create_owner()).await;
    administer(&server, &format!("create database {name} owner {OWNER}")).await;
    let mut options = Options::postgres(owned(&url, &name));
    options.pool_size = 8; // Many tests share one server.
    let db = Db::open(options.clone()).await.expect("a new PostgreSQL database opens");
    Some(TestDb { db, options, place: Place::Server { server: Box::new(server), name } })
}

impl TestDb {
    /// The options that it was opened with, to open it again.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A handle on it, for something that wants to own one.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// Closes it and removes it, having waited for both.
    pub async fn close(self) {
        self.db.clone().close().await;
    }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Place::Server { server, name } = &self.place else { return };
        if let Driver::Postgres(postgres) = &*self.db.driver {
            postgres.stop();
        }
        let (server, text) = (server.clone(), format!("drop database {name} with (force)"));
        // A test's runtime may be on its way out, so this takes one of its own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(administer(&server, &text));
        });
        // A failure here must not hide the failure of the test.
        drop(dropped.join());
    }
}

/// Makes the owner unless it is there: many tests start at once, and roles are the whole server's.
fn create_owner() -> String {
    format!(
        "do $$ begin create role {OWNER} login password '{OWNER}';
         exception when duplicate_object or unique_violation then null; end $$"
    )
}

/// Asks a server for one text, as whoever the URL names.
pub async fn as_superuser(url: &str, text: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("it answers");
    let connection = tokio::spawn(connection);
    let row = client.query_one(text, &[]).await.expect("it answers with one row");
    connection.abort();
    row.try_get::<_, String>(0).unwrap_or_default()
}

async fn administer(server: &Config, text: &str) {
    let (client, connection) =
        server.connect(NoTls).await.expect("the server of TEST_POSTGRES_URL answers");
    let connection = tokio::spawn(connection);
    client.batch_execute(text).await.expect("the user may create and drop databases");
    connection.abort();
}

/// The same URL with another database, as its owner.
fn owned(url: &str, name: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = base.split_once("://").expect("a URL has a scheme");
    let place = rest.split_once('/').map_or(rest, |(place, _)| place);
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    format!("{scheme}://{OWNER}:{OWNER}@{host}/{name}{query}")
}

#[expect(clippy::disallowed_methods, reason = "a test has no settings and needs no repetition")]
fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "names of databases must differ between processes")]
fn unique() -> Uuid {
    Uuid::new_v4()
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.path().fmt(f),
            Self::Server { name, .. } => name.fmt(f),
            Self::Elsewhere => f.write_str("elsewhere"),
        }
    }
}
