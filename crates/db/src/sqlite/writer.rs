//! The writer: takes what waits, runs each job so that it can be undone alone, commits once,
//! answers all.
//!
//! What always holds: a caller hears `Ok` after the commit, and a job that fails takes no other
//! with it. If the commit itself fails, it fails for every job of the group; so a schema declares
//! no constraint that waits for the commit (`deferrable initially deferred`).

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::connection::{refused, step, writer};
use super::{Message, Program};
use crate::job::Job;
use crate::stats::Meter;
use crate::{Error, Options, Result, Tx};

/// A commit that takes this long is worth waiting for more jobs to share it.
const COMMIT_SLOW: Duration = Duration::from_millis(1);
const LINGER_MAX: Duration = Duration::from_millis(1);

struct Writer {
    connection: Connection,
    queue: mpsc::Receiver<Message>,
    options: Options,
    meter: Arc<Meter>,
    /// Dropped with the thread, which tells who waits for its end.
    _end: mpsc::Receiver<()>,
}

/// Starts the writer's thread; the sender's other end closes when the thread ends.
pub(super) fn spawn(
    file: &Path,
    options: &Options,
    queue: mpsc::Receiver<Message>,
    meter: Arc<Meter>,
) -> Result<mpsc::Sender<()>> {
    let connection = writer(file, options)?;
    let (end, watched) = mpsc::channel(1);
    let writer = Writer { connection, queue, options: options.clone(), meter, _end: watched };
    thread::Builder::new()
        .name("sqlite-writer".to_owned())
        .spawn(move || writer.serve())
        .map_err(|error| super::readers::no_thread(file, error))?;
    Ok(end)
}

impl Writer {
    fn serve(mut self) {
        while let Some(message) = self.queue.blocking_recv() {
            match message {
                Message::Job(job) => self.group(job),
                Message::Close => self.queue.close(),
            }
        }
        self.finish();
    }

    /// One transaction: the job that woke us and those that wait behind it.
    fn group(&mut self, mut first: Job) {
        if first.abandoned() {
            return;
        }
        if let Err(error) = step(&self.connection, "begin", "begin immediate") {
            return first.answer(Err(error));
        }
        let began = Instant::now();
        // A savepoint copies every page that is then changed, up to a third of the cost of a large job.
        // The first job needs none: if it fails, the transaction is its own. And a large job ends
        // its group, because it alone takes the whole window.
        if !first.run(&mut self.tx()) {
            self.abort();
            return first.answer(Ok(()));
        }
        let mut jobs = vec![first];
        let mut outcome = self.intact();
        while outcome.is_ok()
            && jobs.len() < self.options.jobs_per_commit_max
            && began.elapsed() < self.options.commit_window
            && let Some(mut job) = self.waiting()
        {
            outcome = self.run(&mut job);
            jobs.push(job);
        }
        let committing = Instant::now();
        let end = outcome.and_then(|()| step(&self.connection, "commit", "commit"));
        self.meter.commits.observe_time(committing.elapsed());
        self.meter.group_jobs.observe(jobs.len() as u64);
        if end.is_err() {
            self.abort();
        }
        let company = jobs.len() > 1;
        for job in jobs {
            job.answer(end.clone());
        }
        if company {
            linger(committing.elapsed());
        }
    }

    /// Runs one job in a savepoint. An error is not the job's: it ends the whole group.
    fn run(&self, job: &mut Job) -> Result<()> {
        step(&self.connection, "savepoint", "savepoint job")?;
        let keep = job.run(&mut self.tx());
        self.intact()?;
        if !keep {
            step(&self.connection, "rollback", "rollback to job")?;
        }
        step(&self.connection, "release", "release job")
    }

    fn tx(&self) -> Tx<'_> {
        Tx::sqlite(Program::new(&self.connection))
    }

    /// A full disk, for one, makes SQLite roll the whole transaction back by itself.
    fn intact(&self) -> Result<()> {
        if self.connection.is_autocommit() { Err(lost()) } else { Ok(()) }
    }

    /// The next job whose caller still waits for it.
    fn waiting(&mut self) -> Option<Job> {
        loop {
            match self.queue.try_recv() {
                Ok(Message::Job(job)) if job.abandoned() => {}
                Ok(Message::Job(job)) => return Some(job),
                Ok(Message::Close) => self.queue.close(),
                Err(_) => return None,
            }
        }
    }

    fn abort(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = step(&self.connection, "rollback", "rollback") {
            warn!(error = &error as &dyn std::error::Error, "Could not roll back");
        }
    }

    /// Leaves a file that is small, tidy and alone: nothing but itself is needed to copy it.
    fn finish(self) {
        let tidied = self.connection.execute_batch("pragma optimize").and_then(|()| {
            self.connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        });
        if let Err(error) = tidied {
            debug!(error = &error as &dyn std::error::Error, "Left the last checkpoint undone");
        }
    }
}

/// Lets the callers who were just answered come back before the next commit, where a commit is slow.
/// Otherwise they split into two halves that wait for each other's commits in turn.
fn linger(commit: Duration) {
    if commit >= COMMIT_SLOW {
        thread::sleep((commit / 8).min(LINGER_MAX));
    }
}

fn lost() -> Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
    let cause = Some("the engine rolled the whole transaction back".to_owned());
    refused("commit", rusqlite::Error::SqliteFailure(code, cause))
}
