//! Two database engines behind a few verbs; knows nothing of learning.
//!
//! A transaction is a synchronous program over [`Tx`]: it runs whole or not at all, and its result
//! is returned only after its commit is durable. What always holds: SQL is a static [`Sql`] text,
//! values cross as [`Value`] and [`Column`], and both engines answer the same text alike.

mod dump;
mod erased;
mod error;
mod job;
mod migrate;
mod options;
mod postgres;
mod reach;
mod row;
mod sql;
mod sqlite;
pub mod stats;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod value;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use dump::{Piece, Table};
pub use error::{Error, ErrorKind, Result};
pub use migrate::Migrations;
pub use options::{Location, Options};
pub use reach::{Mark, Reach, Reached, Replicated};
pub use row::{Cell, FromColumn, FromRow, Row};
pub use sql::{Columns, Sql};
pub use tx::Tx;
pub use value::{Column, Value};

/// Which engine keeps the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded engine: one file, one process writes.
    Sqlite,
    /// The shared engine: any number of processes.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How thoroughly [`Db::check`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Pages and rows, without comparing indexes with their tables.
    Quick,
    /// Everything; reads the whole file.
    Full,
}

/// A handle on one database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    driver: Arc<Driver>,
    /// Whether this handle is that of a restore, which takes a database that is not whole yet.
    restoring: bool,
}

enum Driver {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Driver {
    fn meter(&self) -> &stats::Meter {
        match self {
            Self::Sqlite(sqlite) => sqlite.meter(),
            Self::Postgres(postgres) => postgres.meter(),
        }
    }
}

impl Db {
    /// Opens the database, creating a SQLite file that does not exist yet.
    pub async fn open(options: Options) -> Result<Self> {
        let sqlite = |location: &Location| matches!(location, Location::Sqlite(_));
        if options.replica.as_ref().is_some_and(|at| sqlite(at) || sqlite(&options.location)) {
            return Err(Error::Unsupported { engine: Engine::Sqlite, what: "replica" });
        }
        let driver = match options.location.clone() {
            Location::Sqlite(file) => {
                Driver::Sqlite(sqlite::Sqlite::open(file, Arc::new(options)).await?)
            }
            Location::Postgres(url) => {
                Driver::Postgres(Box::pin(postgres::Postgres::open(&url, &options)).await?)
            }
        };
        Ok(Self { driver: Arc::new(driver), restoring: false })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &*self.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    /// The version of the engine: of the library on SQLite, of the server on PostgreSQL.
    pub fn version(&self) -> String {
        match &*self.driver {
            Driver::Sqlite(_) => sqlite::version().to_owned(),
            Driver::Postgres(postgres) => postgres.version().to_owned(),
        }
    }

    /// Whether this program's role sees through row-level security: a superuser, or one with
    /// `BYPASSRLS`. Then the second wall between tenants is not there.
    pub fn sees_through_walls(&self) -> bool {
        match &*self.driver {
            Driver::Sqlite(_) => false,
            Driver::Postgres(postgres) => postgres.unbound(),
        }
    }

    /// How the replica fares, if there is one.
    pub fn replicated(&self) -> Option<Replicated> {
        match &*self.driver {
            Driver::Sqlite(_) => None,
            Driver::Postgres(postgres) => postgres.replicated(),
        }
    }

    /// Runs the migrations that this database lacks and says how many they were.
    pub async fn migrate(&self, sets: &Migrations) -> Result<usize> {
        migrate::migrate(self, sets).await
    }

    /// How many of the migrations this database lacks; changes nothing.
    pub async fn pending(&self, sets: &Migrations) -> Result<usize> {
        migrate::pending(self, sets).await
    }

    /// This database for jobs on the rows of one tenant.
    pub fn of(&self, tenant: i64) -> Reached {
        Reached::new(Arc::clone(&self.driver), Reach::Tenant(tenant))
    }

    /// This database for jobs that concern every tenant: the operator's, and what cleans up.
    pub fn every(&self) -> Reached {
        Reached::new(Arc::clone(&self.driver), Reach::Every)
    }

    /// Prepares one text on this engine and says which columns it returns.
    pub async fn prepare(&self, sql: &'static Sql) -> Result<Columns> {
        self.every().read(move |tx| tx.prepare(sql)).await
    }

    /// Copies the database as it is now to a new file while others write (SQLite only).
    ///
    /// `progress` hears the pages that remain and the pages in all. The file appears under its
    /// name only when it is whole.
    pub async fn backup_to(
        &self,
        path: impl AsRef<Path>,
        progress: impl FnMut(u32, u32) + Send + 'static,
    ) -> Result<()> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.backup_to(path.as_ref(), progress).await,
            Driver::Postgres(_) => {
                Err(Error::Unsupported { engine: Engine::Postgres, what: "backup to a file" })
            }
        }
    }

    /// Looks for damage in the file and names what it finds; PostgreSQL guards its own files.
    pub async fn check(&self, depth: Check) -> Result<Vec<String>> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.check(depth).await,
            Driver::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// What this database counts while it works.
    pub fn meter(&self) -> &stats::Meter {
        self.driver.meter()
    }

    /// What this database is doing now.
    pub fn usage(&self) -> stats::Load {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.usage(),
            Driver::Postgres(postgres) => postgres.usage(),
        }
    }

    /// Finishes what was accepted, then closes; clones of this handle answer `Closed` from now on.
    pub async fn close(self) {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.close().await,
            Driver::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).finish_non_exhaustive()
    }
}
