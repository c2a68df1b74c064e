//! The writer: takes what waits, runs each job in a savepoint, commits once, answers all.
//!
//! What always holds: a caller hears `Ok` after the commit, and a job that fails takes no other
//! with it. If the commit fails, it fails for every job of the group.

use std::path::Path;
use std::thread;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::connection::{refused, step, writer};
use super::{Message, Program};
use crate::job::Job;
use crate::{Error, Options, Result, Tx};

struct Writer {
    connection: Connection,
    queue: mpsc::Receiver<Message>,
    options: Options,
    /// Dropped with the thread, which tells who waits for its end.
    _end: mpsc::Receiver<()>,
}

/// Starts the writer's thread; the sender's other end closes when the thread ends.
pub(super) fn spawn(
    file: &Path,
    options: &Options,
    queue: mpsc::Receiver<Message>,
) -> Result<mpsc::Sender<()>> {
    let connection = writer(file, options)?;
    let (end, watched) = mpsc::channel(1);
    let writer = Writer { connection, queue, options: options.clone(), _end: watched };
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
    fn group(&mut self, first: Box<dyn Job>) {
        if let Err(error) = step(&self.connection, "begin", "begin immediate") {
            return first.answer(Err(error));
        }
        let began = Instant::now();
        let mut jobs = Vec::new();
        let mut next = Some(first);
        let mut outcome = Ok(());
        while let Some(mut job) = next.take() {
            if !job.abandoned() {
                outcome = self.run(&mut *job);
                jobs.push(job);
            }
            let full = jobs.len() >= self.options.jobs_per_commit_max
                || began.elapsed() > self.options.commit_window;
            if outcome.is_ok() && !full {
                next = self.waiting();
            }
        }
        let end = outcome.and_then(|()| step(&self.connection, "commit", "commit"));
        if end.is_err() && !self.connection.is_autocommit() {
            self.abort();
        }
        for job in jobs {
            job.answer(end.clone());
        }
    }

    /// Runs one job in a savepoint. An error is not the job's: it ends the whole group.
    fn run(&self, job: &mut dyn Job) -> Result<()> {
        step(&self.connection, "savepoint", "savepoint job")?;
        let keep = job.run(&mut Tx::sqlite(Program::new(&self.connection)));
        // A full disk, for one, makes SQLite roll the whole transaction back by itself.
        if self.connection.is_autocommit() {
            return Err(lost());
        }
        if !keep {
            step(&self.connection, "rollback", "rollback to job")?;
        }
        step(&self.connection, "release", "release job")
    }

    fn waiting(&mut self) -> Option<Box<dyn Job>> {
        match self.queue.try_recv() {
            Ok(Message::Job(job)) => Some(job),
            Ok(Message::Close) => {
                self.queue.close();
                self.waiting()
            }
            Err(_) => None,
        }
    }

    fn abort(&self) {
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

fn lost() -> Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
    let cause = Some("the engine rolled the whole transaction back".to_owned());
    refused("commit", rusqlite::Error::SqliteFailure(code, cause))
}
