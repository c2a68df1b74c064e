//! Turns to import: looking at a package costs a processor and much of the disk, so only a few are
//! looked at and kept at a time in one process, and the others wait.

use crate::error::{Problem, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The imports that may run at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Imports(Arc<Semaphore>);

/// While it lives, one of them runs.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Imports {
    /// So many at a time; one at least.
    pub fn new(imports_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(imports_max.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(Problem::internal)?;
        Ok(Turn { _permit: permit })
    }
}
