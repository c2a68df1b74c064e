//! Who may import: receiving a package costs room on the disk, and looking at it a processor too. So
//! only so many are received or wait at a time in one process, and only a few of them are looked at
//! and kept, while the others wait for their turn.

use crate::error::{Code, Problem, Result};
use crate::tenants::TenantId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

/// The imports that may run at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Imports {
    turns: Arc<Semaphore>,
    places: Places,
    uploads_max: usize,
}

/// How many places each tenant has.
type Places = Arc<Mutex<HashMap<TenantId, usize>>>;

/// While it lives, one of them runs.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// While it lives, an upload has its place.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    tenant: TenantId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        if let Some(count) = places.get_mut(&self.tenant) {
            *count -= 1;
        }
        places.retain(|_, count| *count > 0);
    }
}

impl Imports {
    /// So many looked at, and so many received, at a time; one at least.
    pub fn new(imports_max: usize, uploads_max: usize) -> Self {
        let turns = Semaphore::new(imports_max.clamp(1, Semaphore::MAX_PERMITS));
        let (turns, uploads_max) = (Arc::new(turns), uploads_max.max(1));
        Self { turns, places: Places::default(), uploads_max }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let permit = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        Ok(Turn { _permit: permit })
    }

    /// A place for an upload; 503 if there is none. One tenant has half of them at most: whoever
    /// sends slowly keeps a place long.
    pub(super) fn place(&self, tenant: TenantId) -> Result<Place> {
        let mut places = lock(&self.places);
        let all: usize = places.values().sum();
        let own = places.entry(tenant).or_default();
        if all < self.uploads_max && *own < self.uploads_max.div_ceil(2) {
            *own += 1;
            return Ok(Place { places: Arc::clone(&self.places), tenant });
        }
        let detail = "as many packages as may be are being received or wait already \
                      (`limits.uploads`); send this one again in a moment";
        Err(Problem::of(Code::ServerBusy, detail))
    }
}

/// Nothing that may panic runs under the lock.
fn lock(places: &Places) -> MutexGuard<'_, HashMap<TenantId, usize>> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs an import to its end, also when nobody waits for it any more: then the same upload again
/// finds what became of it.
pub(crate) async fn to_its_end<T: Send + 'static>(
    import: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(import.in_current_span()).await.map_err(Problem::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tenant_has_all_places() {
        let imports = Imports::new(1, 3);
        let [one, two] = [TenantId(1), TenantId(2)];
        let held = [imports.place(one), imports.place(one)].map(Result::unwrap);
        assert!(imports.place(one).is_err(), "one is left for others");
        let other = imports.place(two).unwrap();
        assert!(imports.place(two).is_err(), "there are three");
        drop(other);
        assert!(imports.place(two).is_ok());
        drop(held);
        assert!(imports.place(one).is_ok());
        assert!(Imports::new(0, 0).place(one).is_ok(), "there is one at least");
    }
}
