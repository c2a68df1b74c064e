//! A server that follows the primary and answers reads, as far as it has come.
//!
//! What always holds: a reader never sees less on it than the primary had committed when the read
//! was called for, no read fails because of it, and none waits long for it. Which rows must be there
//! is the caller's [`Mark`].

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;
use tracing::{debug, info, warn};

use super::program::{Mode, Program};
use super::{connection, pool};
use crate::erased::{self, Outcome};
use crate::job::attempt;
use crate::{Engine, Error, ErrorKind, Mark, Reach, Replicated, Result, Tx};

/// How long a read waits for a connection, and then to hear how far the replica has come, before the
/// primary answers.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the replica may take over each statement of a read.
const STATEMENT_PATIENCE: Duration = Duration::from_secs(30);
/// Readers in a row who got no connection in time, after which the replica is left alone for a while.
const WAITS_MAX: u32 = 3;
/// How long nobody tries a replica that was out of reach; doubled each time it still is.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A pool on a replica, and how it fares.
pub(super) struct Replica {
    pool: Pool,
    breaker: Breaker,
    /// Readers in a row who got no connection in time.
    waits: AtomicU32,
    answered: AtomicU64,
    behind: AtomicU64,
    failed: AtomicU64,
}

impl Replica {
    /// Connects to nothing yet: a replica that is out of reach keeps no server from starting.
    pub(super) fn new(mut config: Config, size: usize) -> Result<Self> {
        config.connect_timeout(PATIENCE);
        // A server that was made a primary meanwhile follows nobody.
        config.target_session_attrs(TargetSessionAttrs::ReadOnly);
        let [answered, behind, failed] = [(); 3].map(|()| AtomicU64::new(0));
        let pool = pool(&config, size, PATIENCE)?;
        let (breaker, waits) = (Breaker::default(), AtomicU32::new(0));
        Ok(Self { pool, breaker, waits, answered, behind, failed })
    }

    /// A connection, if there is one soon.
    pub(super) async fn connection(&self) -> Option<Object> {
        if !self.breaker.admits(Instant::now()) {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        match connection(&self.pool).await {
            Ok(connection) => {
                self.waits.store(0, Ordering::Relaxed);
                Some(connection)
            }
            Err(error) => {
                let waited = error.kind() == ErrorKind::Busy
                    && self.waits.fetch_add(1, Ordering::Relaxed) + 1 >= WAITS_MAX;
                self.failed(&error, waited);
                None
            }
        }
    }

    /// Runs `job` if this server's snapshot has come to where the primary was; otherwise the primary
    /// must answer.
    pub(super) async fn read(
        &self,
        connection: Object,
        reach: Reach,
        (mark, primary): (Mark, (i64, i64)),
        job: erased::Program,
    ) -> Option<Outcome> {
        let mut program = Program::new(connection, Handle::current(), Mode::Read, reach);
        let run = spawn_blocking(move || {
            program.wait_no_longer_than(PATIENCE);
            let ran = match mark.read(&mut Tx::postgres(&mut program)) {
                Err(error) => Ran::Refused(Some(error)),
                Ok(here) if !(mark.reached)(primary, here) => Ran::Behind,
                Ok(_) => {
                    program.wait_no_longer_than(STATEMENT_PATIENCE);
                    let mut tx = Tx::postgres(&mut program);
                    match attempt(job, &mut tx) {
                        Err(_) if tx.usable("replica").is_err() => {
                            let engine = Engine::Postgres;
                            Ran::Refused(program.is_useless().then_some(Error::Closed { engine }))
                        }
                        outcome => Ran::Finished(outcome),
                    }
                }
            };
            program.wait_no_longer_than(PATIENCE);
            // Nothing was written, so there is nothing to lose.
            program.rollback();
            ran
        });
        match run.await {
            Ok(Ran::Finished(outcome)) => {
                self.breaker.mended();
                self.answered.fetch_add(1, Ordering::Relaxed);
                return Some(outcome);
            }
            Ok(Ran::Behind) => {
                self.breaker.mended();
                self.behind.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Ran::Refused(Some(error))) => self.failed(&error, false),
            Ok(Ran::Refused(None)) | Err(_) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
        None
    }

    pub(super) fn counts(&self) -> Replicated {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Replicated {
            answered: count(&self.answered),
            behind: count(&self.behind),
            failed: count(&self.failed),
        }
    }

    pub(super) fn stop(&self) {
        self.pool.close();
    }

    /// Notes a failure, which is the server's fault if `gone`, or if the error says so.
    fn failed(&self, error: &Error, gone: bool) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        // A busy pool is no fault of the server, and neither is a query that it canceled.
        let gone = gone || !matches!(error.kind(), ErrorKind::Busy | ErrorKind::Serialization);
        let error: &dyn std::error::Error = error;
        if gone && self.breaker.broke(Instant::now()) {
            warn!(error, "The replica is out of reach; the primary answers its reads");
        } else {
            debug!(error, "The primary answers a read of the replica's");
        }
    }
}

/// What became of a job on the replica.
enum Ran {
    Finished(Outcome),
    Behind,
    Refused(Option<Error>),
}

/// Keeps readers away from a server that is out of reach, but for one now and then who tries.
#[derive(Default)]
struct Breaker(Mutex<Option<Broken>>);

struct Broken {
    until: Instant,
    pause: Duration,
}

impl Breaker {
    fn admits(&self, now: Instant) -> bool {
        match self.state().as_mut() {
            None => true,
            Some(broken) if now < broken.until => false,
            Some(broken) => {
                // This one tries; the others wait for what becomes of it.
                broken.until = now + broken.pause;
                true
            }
        }
    }

    /// Notes a failure; whether it is news.
    fn broke(&self, now: Instant) -> bool {
        let mut state = self.state();
        let (news, pause) = match state.as_ref() {
            None => (true, PAUSE_MIN),
            Some(broken) => (false, (broken.pause * 2).min(PAUSE_MAX)),
        };
        *state = Some(Broken { until: now + pause, pause });
        news
    }

    fn mended(&self) {
        if self.state().take().is_some() {
            info!("The replica answers again");
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Broken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reader_tries_after_each_pause() {
        let breaker = Breaker::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(breaker.admits(start) && breaker.admits(start));
        assert!(breaker.broke(start), "that is news");
        assert!(!breaker.admits(start));
        assert!(breaker.admits(after(1)), "one tries");
        assert!(!breaker.admits(after(1)), "and no other");
        assert!(!breaker.broke(after(1)), "that is no news");
        assert!(!breaker.admits(after(2)) && breaker.admits(after(3)));
        for _ in 0..9 {
            breaker.broke(after(3));
        }
        assert!(!breaker.admits(after(32)) && breaker.admits(after(33)), "the pause is bounded");
        breaker.mended();
        assert!(breaker.admits(after(33)) && breaker.admits(after(33)));
    }
}
