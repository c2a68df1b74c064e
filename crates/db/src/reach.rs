//! Whose rows a job may touch.
//!
//! Every text on a tenant's rows names the tenant. This is the second wall: on PostgreSQL the
//! transaction is told whose it is, and row-level security hides every other row, whatever the text.

use std::sync::Arc;
use std::time::Instant;

use crate::erased::{self, Outcome, Program, Programs};
use crate::{Driver, Error, Result, Sql, Tx, Value};

/// Whose rows a transaction sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Those of one tenant.
    Tenant(i64),
    /// Those of every tenant.
    Every,
}

/// How a replica shows that it has what a reader must see: one row of two numbers, which the primary
/// says when the read is called for, and then the replica in the snapshot that would answer.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Selects the row.
    pub sql: &'static Sql,
    /// Its arguments.
    pub args: Vec<Value>,
    /// Whether the second row, of the replica, has come to the first. No row is the least of all.
    pub reached: fn(primary: (i64, i64), replica: (i64, i64)) -> bool,
}

impl Mark {
    pub(crate) fn read(&self, tx: &mut Tx<'_>) -> Result<(i64, i64)> {
        Ok(tx.one(self.sql, &self.args)?.unwrap_or((i64::MIN, i64::MIN)))
    }
}

/// Reads for which the replica was asked, since the database was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replicated {
    /// It answered.
    pub answered: u64,
    /// It had not come far enough; the primary answered.
    pub behind: u64,
    /// It was out of reach or failed; the primary answered.
    pub failed: u64,
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
        erased::known(self.run_writing(erased::program(job)).await)
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
        erased::known(self.run_reading(erased::program(job)).await)
    }

    /// Like [`read`](Self::read), on the replica if there is one whose snapshot has come to `mark`:
    /// then it holds all that was committed when this was called, by any node. Otherwise, and when
    /// the replica fails on the way, on the primary; so the job may begin twice.
    pub async fn read_anywhere<T, E>(
        self,
        mark: Mark,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let again = Box::new(move || erased::program(job.clone()));
        erased::known(self.run_anywhere(mark, again).await)
    }

    async fn run_writing(self, program: Program) -> Outcome {
        let began = Instant::now();
        let outcome = match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.write(program).await,
            Driver::Postgres(postgres) => postgres.write(self.reach, program).await,
        };
        self.driver.meter().writes.observe_time(began.elapsed());
        outcome
    }

    async fn run_reading(self, program: Program) -> Outcome {
        let began = Instant::now();
        let outcome = match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.read(program).await,
            Driver::Postgres(postgres) => postgres.read(self.reach, program).await,
        };
        self.driver.meter().reads.observe_time(began.elapsed());
        outcome
    }

    async fn run_anywhere(self, mark: Mark, mut program: Programs) -> Outcome {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.read(program()).await,
            Driver::Postgres(postgres) => postgres.read_anywhere(self.reach, mark, program).await,
        }
    }
}
