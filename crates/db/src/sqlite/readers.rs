//! The readers: connections that cannot write, each on a thread of its own, one queue for all.
//!
//! Each job sees one snapshot: what was committed when its first statement ran.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::connection::{reader, step};
use super::{Message, Program};
use crate::job::Job;
use crate::{Error, Options, Result, Tx};

type Queue = Arc<Mutex<mpsc::Receiver<Message>>>;

/// Starts the readers' threads; the sender's other end closes when the last thread ends.
pub(super) fn spawn(
    file: &Path,
    options: &Options,
    queue: mpsc::Receiver<Message>,
) -> Result<mpsc::Sender<()>> {
    let queue = Arc::new(Mutex::new(queue));
    let (end, watched) = mpsc::channel(1);
    let watched = Arc::new(watched);
    for number in 0..options.readers.max(1) {
        let connection = reader(file, options)?;
        let (queue, watched) = (queue.clone(), watched.clone());
        thread::Builder::new()
            .name(format!("sqlite-reader-{number}"))
            .spawn(move || {
                serve(&connection, &queue);
                // The file is let go before anybody hears of it.
                drop(connection);
                drop(watched);
            })
            .map_err(|error| no_thread(file, error))?;
    }
    Ok(end)
}

fn serve(connection: &Connection, queue: &Queue) {
    while let Some(job) = next(queue) {
        if !job.abandoned() {
            run(connection, job);
        }
    }
}

/// One idle reader waits in the queue and holds the lock, the others wait for the lock. So whoever
/// is told to close the queue does it before letting the lock go, or the next one would wait in it.
fn next(queue: &Queue) -> Option<Job> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match queue.blocking_recv()? {
            Message::Job(job) => return Some(job),
            Message::Close => queue.close(),
        }
    }
}

fn run(connection: &Connection, mut job: Job) {
    if let Err(error) = step(connection, "begin", "begin deferred") {
        return job.answer(Err(error));
    }
    job.run(&mut Tx::sqlite(Program::new(connection)));
    // An error can have ended the transaction already.
    let end =
        if connection.is_autocommit() { Ok(()) } else { step(connection, "rollback", "rollback") };
    job.answer(end);
}

pub(super) fn no_thread(file: &Path, error: std::io::Error) -> Error {
    Error::File { what: "starting a thread for", path: file.to_owned(), source: Arc::new(error) }
}
