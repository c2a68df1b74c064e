//! The shared engine: a pool of connections, prepared statements, one blocking thread a transaction.
//!
//! What always holds: a connection goes back to the pool only after its transaction has ended;
//! otherwise it is dropped, and the server rolls back.

mod dump;
mod error;
mod program;
mod replica;
#[cfg(test)]
mod tests;
mod tls;
mod types;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::runtime::Handle;
use tokio::sync::RwLock;
use tokio::task::spawn_blocking;
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use crate::erased::{self, Failure, Outcome, Programs};
use crate::job::attempt;
use crate::stats::{Load, Meter};
use crate::{Engine, Error, ErrorKind, Location, Mark, Options, Reach, Replicated, Result, Tx};
use error::{refused, refused_as};
use program::Mode;
pub(crate) use program::Program;
use replica::Replica;

const LEAST_VERSION: (u32, &str) = (150_000, "15");

/// Silence after which a connection is probed, and time between probes.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// Time after which unanswered bytes mean that the server is gone.
const VANISHED_AFTER: Duration = Duration::from_secs(30);

/// An open pool.
pub(crate) struct Postgres {
    pool: Pool,
    /// Held for reading by every transaction, so that closing can wait for all of them.
    running: Arc<RwLock<()>>,
    server: Server,
    replica: Option<Replica>,
    meter: Arc<Meter>,
}

/// What the server says of itself and of us.
struct Server {
    version: String,
    /// Whether our role sees through row-level security.
    unbound: bool,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self> {
        let mut config = config(url, options)?;
        if options.writes && !url.contains("target_session_attrs") {
            // After a failover an address may lead to a server that takes no writes.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let size = options.pool_size.max(1);
        let replica = match &options.replica {
            Some(Location::Postgres(url)) => Some(Replica::new(self::config(url, options)?, size)?),
            _ => None,
        };
        let pool = pool(&config, size, options.connect_timeout)?;
        let server = greet(&connection(&pool).await?).await?;
        Ok(Self { pool, running: Arc::default(), server, replica, meter: Arc::default() })
    }

    pub(crate) fn version(&self) -> &str {
        &self.server.version
    }

    pub(crate) fn unbound(&self) -> bool {
        self.server.unbound
    }

    pub(crate) fn replicated(&self) -> Option<Replicated> {
        self.replica.as_ref().map(Replica::counts)
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn usage(&self) -> Load {
        let status = self.pool.status();
        Load {
            connections: status.size,
            connections_in_use: status.size.saturating_sub(status.available),
            connections_max: status.max_size,
            connections_waited_for: status.waiting,
            ..Load::default()
        }
    }

    pub(crate) async fn write(&self, reach: Reach, program: erased::Program) -> Outcome {
        self.transact(Mode::Write, reach, program).await
    }

    pub(crate) async fn read(&self, reach: Reach, program: erased::Program) -> Outcome {
        self.transact(Mode::Read, reach, program).await
    }

    /// Reads on the replica if it has come to where the primary is now, else on the primary; there
    /// too if the replica fails on the way.
    pub(crate) async fn read_anywhere(
        &self,
        reach: Reach,
        mark: Mark,
        mut job: Programs,
    ) -> Outcome {
        if let Some(replica) = &self.replica
            && let Some(connection) = replica.connection().await
        {
            let here = mark.clone();
            let asked = erased::program(move |tx| here.read(tx));
            let primary: Result<(i64, i64)> =
                erased::known(self.transact(Mode::Read, reach, asked).await);
            let read = replica.read(connection, reach, (mark, primary?), job()).await;
            if let Some(outcome) = read {
                return outcome;
            }
        }
        self.transact(Mode::Read, reach, job()).await
    }

    /// The pool bounds how many threads are taken: each holds a connection.
    async fn transact(&self, mode: Mode, reach: Reach, job: erased::Program) -> Outcome {
        let connection = connection(&self.pool).await?;
        let running = self.running.clone().read_owned().await;
        let mut program = Program::new(connection, Handle::current(), mode, reach);
        let meter = self.meter.clone();
        let run = spawn_blocking(move || {
            let _running = running;
            match attempt(job, &mut Tx::postgres(&mut program)) {
                Ok(value) => {
                    let committing = Instant::now();
                    let committed = program.commit();
                    if mode == Mode::Write {
                        meter.commits.observe_time(committing.elapsed());
                        meter.group_jobs.observe(1);
                    }
                    Ok(committed.map(|()| value)?)
                }
                Err(failure) => {
                    program.rollback();
                    Err(failure)
                }
            }
        });
        let stopped = |error| Err(Failure::Engine(Error::stopped(Engine::Postgres, &error)));
        run.await.unwrap_or_else(stopped)
    }

    /// Accepts no more, and waits for what runs.
    pub(crate) async fn close(&self) {
        self.stop();
        let _all = self.running.write().await;
    }

    /// Accepts no more.
    pub(crate) fn stop(&self) {
        self.pool.close();
        if let Some(replica) = &self.replica {
            replica.stop();
        }
    }
}

/// How to reach the server of a URL.
fn config(url: &str, options: &Options) -> Result<Config> {
    let mut config = tls::config(url)?;
    if config.get_application_name().is_none() {
        config.application_name("rollbook");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    // A server that vanished without a word is noticed in seconds, not by the system's hours.
    config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE);
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(VANISHED_AFTER);
    }
    Ok(config)
}

fn pool(config: &Config, size: usize, patience: Duration) -> Result<Pool> {
    // A lost connection is noticed without a round trip; a transaction that is open never returns.
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config.clone(), tls::connector(config)?, recycling);
    let pool = Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(patience))
        .create_timeout(Some(patience))
        .build();
    pool.map_err(|error| refused_as("connect", ErrorKind::Other, Arc::new(error)))
}

async fn connection(pool: &Pool) -> Result<Object> {
    pool.get().await.map_err(|error| match error {
        PoolError::Closed => Error::Closed { engine: Engine::Postgres },
        PoolError::Backend(error) => refused("connect", error),
        PoolError::Timeout(TimeoutType::Wait) => {
            refused_as("connect", ErrorKind::Busy, Arc::new(error))
        }
        PoolError::Timeout(_) => refused_as("connect", ErrorKind::Closed, Arc::new(error)),
        error => refused_as("connect", ErrorKind::Other, Arc::new(error)),
    })
}

/// Asks who is there, and refuses a server that is too old.
async fn greet(connection: &Object) -> Result<Server> {
    let text = "select current_setting('server_version'), current_setting('server_version_num'),
        (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)";
    let read = |error| refused("server_version", error);
    let row = connection.query_one(text, &[]).await.map_err(read)?;
    let version: String = row.try_get(0).map_err(read)?;
    let number: String = row.try_get(1).map_err(read)?;
    let unbound: Option<bool> = row.try_get(2).map_err(read)?;
    let (least_number, least) = LEAST_VERSION;
    if number.parse::<u32>().is_ok_and(|number| number >= least_number) {
        return Ok(Server { version, unbound: unbound.unwrap_or(false) });
    }
    Err(Error::TooOld { engine: Engine::Postgres, found: version, least })
}
