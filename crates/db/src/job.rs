//! A transaction's program on its way through an engine: run once, then answered once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::erased::{Failure, Outcome, Program};
use crate::{Error, Result, Tx};

/// A program that waits in a queue.
pub(crate) struct Job {
    program: Option<Program>,
    outcome: Option<Outcome>,
    reply: oneshot::Sender<Outcome>,
}

impl Job {
    pub(crate) fn new(program: Program, reply: oneshot::Sender<Outcome>) -> Self {
        Self { program: Some(program), outcome: None, reply }
    }

    /// Runs it; answers whether its writes are to be kept.
    pub(crate) fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.outcome = self.program.take().map(|program| attempt(program, tx));
        matches!(self.outcome, Some(Ok(_)))
    }

    /// Tells its caller the outcome, which is `end` if its writes were to be kept and were not.
    pub(crate) fn answer(self, end: Result<()>) {
        let outcome = match (self.outcome, end) {
            (Some(Err(failure)), _) => Err(failure),
            (_, Err(error)) => Err(Failure::Engine(error)),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => return, // Never ran, so nobody was told; the caller hears `Closed`.
        };
        // A caller who has gone away needs no answer.
        drop(self.reply.send(outcome));
    }

    /// Whether its caller has gone away.
    pub(crate) fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

/// Runs a program to its end, be it a panic. `Ok` means that every statement of it succeeded.
pub(crate) fn attempt(program: Program, tx: &mut Tx<'_>) -> Outcome {
    let engine = tx.engine();
    // Whatever the program left half done is rolled back, so nobody sees it.
    match catch_unwind(AssertUnwindSafe(|| program(tx))) {
        Ok(Ok(value)) => Ok(tx.usable("commit").map(|()| value)?),
        Ok(Err(failure)) => Err(failure),
        Err(_) => Err(Failure::Engine(Error::Panicked { engine })),
    }
}
