//! Who may import: receiving a package costs room on the disk, and looking at it a processor too. So
//! only so many are received or wait at a time in one process, and only a few of them are looked at
//! and kept, while the others wait for their turn.

use crate::error::{Code, Problem, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

/// The imports that may run at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Imports {
    turns: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    uploads_max: usize,
}

/// While it lives, one of them runs.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// While it lives, an upload has its place.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Imports {
    /// So many looked at, and so many received, at a time; one at least.
    pub fn new(imports_max: usize, uploads_max: usize) -> Self {
        let of = |most: usize| Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self { turns: of(imports_max), uploads: of(uploads_max), uploads_max }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let permit = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        Ok(Turn { _permit: permit })
    }

    /// A place for an upload; 503 if there is none.
    pub(super) fn place(&self) -> Result<Place> {
        match Arc::clone(&self.uploads).try_acquire_owned() {
            Ok(permit) => Ok(Place { _permit: permit }),
            Err(_) => {
                let detail = format!(
                    "{} packages are being received or wait already (`limits.uploads`); send this \
                     one again in a moment",
                    self.uploads_max
                );
                Err(Problem::of(Code::ServerBusy, detail))
            }
        }
    }
}

/// Runs an import to its end, also when nobody waits for it any more: then the same upload again
/// finds what became of it.
pub(crate) async fn to_its_end<T: Send + 'static>(
    import: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(import.in_current_span()).await.map_err(Problem::internal)?
}
