//! Programs whose types are forgotten: the engines that run them are compiled once, not once for
//! each of the hundreds of jobs.

use std::any::Any;

use crate::{Error, Result, Tx};

/// What a program gives, whatever it is.
pub(crate) type Given = Box<dyn Any + Send>;
/// What became of a program.
pub(crate) type Outcome = Result<Given, Failure>;
/// A program.
pub(crate) type Program = Box<dyn FnOnce(&mut Tx<'_>) -> Outcome + Send>;
/// A program that may begin more than once.
pub(crate) type Programs = Box<dyn FnMut() -> Program + Send>;

/// Why a program has no result.
pub(crate) enum Failure {
    /// Its own error.
    Own(Given),
    /// The engine's.
    Engine(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// Forgets the types of `job`.
pub(crate) fn program<T: Send + 'static, E: Send + 'static>(
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> Program {
    Box::new(move |tx| match job(tx) {
        Ok(value) => Ok(Box::new(value)),
        Err(error) => Err(Failure::Own(Box::new(error))),
    })
}

/// What a program gave, in its types again.
///
/// # Panics
/// If it is another program's.
pub(crate) fn known<T: 'static, E: From<Error> + 'static>(outcome: Outcome) -> Result<T, E> {
    match outcome {
        Ok(value) => Ok(*value.downcast().expect("the program gave this type")),
        Err(Failure::Own(error)) => {
            Err(*error.downcast().expect("the program failed with this type"))
        }
        Err(Failure::Engine(error)) => Err(error.into()),
    }
}
