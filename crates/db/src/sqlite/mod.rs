//! The embedded engine: one writer thread that commits in groups, N reader threads, WAL.
//!
//! What always holds: one connection of this process writes, an acknowledged write is synced, and
//! no tokio worker waits for a disk.

mod connection;
mod program;
mod readers;
#[cfg(test)]
mod tests;
mod upkeep;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::erased::{self, Failure, Outcome};
use crate::job::Job;
use crate::stats::{Load, Meter};
use crate::{Check, Engine, Error, Options, Result};

pub(crate) use program::{Program, cell};

/// What waits in a queue.
enum Message {
    Job(Job),
    Close,
}

/// The queues of an open database.
pub(crate) struct Sqlite {
    file: PathBuf,
    options: Arc<Options>,
    writes: mpsc::Sender<Message>,
    reads: mpsc::Sender<Message>,
    /// Lives as long as a thread of that kind does.
    writer_end: mpsc::Sender<()>,
    readers_end: mpsc::Sender<()>,
    meter: Arc<Meter>,
}

/// The version of the library.
pub(crate) fn version() -> &'static str {
    rusqlite::version()
}

impl Sqlite {
    pub(crate) async fn open(file: PathBuf, options: Arc<Options>) -> Result<Self> {
        let started = spawn_blocking(move || Self::start(file, options)).await;
        started.map_err(|stopped| Error::stopped(Engine::Sqlite, &stopped))?
    }

    fn start(file: PathBuf, options: Arc<Options>) -> Result<Self> {
        connection::assert_version()?;
        let (writes, queue) = mpsc::channel(options.queue_max);
        // The writer comes first: it creates the file and makes it a WAL database.
        let meter = Arc::new(Meter::default());
        let writer_end = writer::spawn(&file, &options, queue, meter.clone())?;
        let (reads, queue) = mpsc::channel(options.queue_max);
        let readers_end = readers::spawn(&file, &options, queue)?;
        Ok(Self { file, options, writes, reads, writer_end, readers_end, meter })
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn usage(&self) -> Load {
        let waiting = |queue: &mpsc::Sender<Message>| queue.max_capacity() - queue.capacity();
        Load {
            writes_waiting: waiting(&self.writes),
            reads_waiting: waiting(&self.reads),
            connections: self.options.readers.max(1) + 1,
            ..Load::default()
        }
    }

    pub(crate) async fn write(&self, program: erased::Program) -> Outcome {
        call(&self.writes, program).await
    }

    pub(crate) async fn read(&self, program: erased::Program) -> Outcome {
        call(&self.reads, program).await
    }

    pub(crate) async fn backup_to(
        &self,
        path: &Path,
        progress: impl FnMut(u32, u32) + Send + 'static,
    ) -> Result<()> {
        let (file, options, path) = (self.file.clone(), self.options.clone(), path.to_owned());
        let copied = spawn_blocking(move || upkeep::backup(&file, &options, &path, progress)).await;
        copied.map_err(|stopped| Error::stopped(Engine::Sqlite, &stopped))?
    }

    pub(crate) async fn check(&self, depth: Check) -> Result<Vec<String>> {
        let (file, options) = (self.file.clone(), self.options.clone());
        let checked = spawn_blocking(move || upkeep::check(&file, &options, depth)).await;
        checked.map_err(|stopped| Error::stopped(Engine::Sqlite, &stopped))?
    }

    /// Lets the readers end before the writer, whose last checkpoint needs the file for itself.
    pub(crate) async fn close(&self) {
        // A queue that is closed already has no one left to tell.
        drop(self.reads.send(Message::Close).await);
        self.readers_end.closed().await;
        drop(self.writes.send(Message::Close).await);
        self.writer_end.closed().await;
    }
}

async fn call(queue: &mpsc::Sender<Message>, program: erased::Program) -> Outcome {
    let closed = || Err(Failure::Engine(Error::Closed { engine: Engine::Sqlite }));
    let (reply, answer) = oneshot::channel();
    if queue.send(Message::Job(Job::new(program, reply))).await.is_err() {
        return closed();
    }
    answer.await.unwrap_or_else(|_| closed())
}
