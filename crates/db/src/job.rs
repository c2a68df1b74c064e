//! A transaction's program on its way through an engine: run once, then answered once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::{Error, Result, Tx};

/// A program that waits in a queue, its types forgotten.
pub(crate) trait Job: Send {
    /// Runs it; answers whether its writes are to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;

    /// Tells its caller the result, which is `end` if its writes were to be kept and were not.
    fn answer(self: Box<Self>, end: Result<()>);

    /// Whether its caller has gone away.
    fn abandoned(&self) -> bool;
}

pub(crate) struct Queued<F, T, E> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Queued<F, T, E> {
    pub(crate) fn new(job: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { job: Some(job), result: None, reply }
    }
}

impl<F, T, E> Job for Queued<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = self.job.take().map(|job| attempt(job, tx));
        let keep = matches!(result, Some(Ok(_)));
        self.result = result;
        keep
    }

    fn answer(self: Box<Self>, end: Result<()>) {
        let result = match (self.result, end) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => return, // Never ran, so nobody was told; the caller hears `Closed`.
        };
        // A caller who has gone away needs no answer.
        drop(self.reply.send(result));
    }

    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

/// Runs a program to its end, be it a panic. `Ok` means that every statement of it succeeded.
pub(crate) fn attempt<T, E: From<Error>>(
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    tx: &mut Tx<'_>,
) -> Result<T, E> {
    let engine = tx.engine();
    // Whatever the program left half done is rolled back, so nobody sees it.
    match catch_unwind(AssertUnwindSafe(|| job(tx))) {
        Ok(Ok(value)) => tx.usable("commit").map(|()| value).map_err(E::from),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Panicked { engine }.into()),
    }
}
