//! Whose rows a job may touch.
//!
//! Every text on a tenant's rows names the tenant. This is the second wall: on PostgreSQL the
//! transaction is told whose it is, and row-level security hides every other row, whatever the text.

use std::sync::Arc;
use std::time::Instant;

use crate::{Driver, Error, Result, Tx};

/// Whose rows a transaction sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Those of one tenant.
    Tenant(i64),
    /// Those of every tenant.
    Every,
}

/// A database within a reach; cheap to clone.
#[derive(Clone)]
pub struct Reached {
    driver: Arc<Driver>,
    reach: Reach,
}

impl Reached {
    pub(crate) fn new(driver: Arc<Driver>, reach: Reach) -> Self {
        Self { driver, reach }
    }

    /// Runs `job` in a transaction that may write.
    ///
    /// `Ok` is returned only after the commit is durable. An `Err` or a panic rolls this job back
    /// and no other. After a statement fails, the transaction cannot be kept on either engine. An
    /// error of kind [`ErrorKind::Closed`](crate::ErrorKind::Closed) out of the commit leaves the
    /// outcome unknown.
    pub async fn write<T, E>(
        self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let began = Instant::now();
        let outcome = match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.write(job).await,
            Driver::Postgres(postgres) => postgres.write(self.reach, job).await,
        };
        self.driver.meter().writes.observe_time(began.elapsed());
        outcome
    }

    /// Runs `job` on one snapshot of what is committed. A statement that writes is refused.
    pub async fn read<T, E>(
        self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let began = Instant::now();
        let outcome = match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.read(job).await,
            Driver::Postgres(postgres) => postgres.read(self.reach, job).await,
        };
        self.driver.meter().reads.observe_time(began.elapsed());
        outcome
    }
}
