//! Removing what was uploaded for a statement that never came.
//!
//! A dead upload is claimed by its row (`being removed`), its file is removed, then the row. An
//! upload of the same content waits while the claim stands. A claim is taken over only when it is
//! as old as a dead upload; its first holder has given up long before.

use super::store;
use super::{Blobs, Sha2, UPLOAD_MAX, path_of};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::nodes::{self, Lease};
use crate::tenants::TenantId;
use object_store::ObjectStoreExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// How often the store is swept.
const EVERY: Duration = Duration::from_hours(1);

/// Dead uploads that are claimed at once.
const CLAIMED_MAX: usize = 20;

/// The least time that a claim is good for.
const CLAIM_MICROS_MIN: i64 = 60_000_000;

/// Sweeps every hour, on one of the servers that share the database, until `stop`.
pub async fn keep_swept(app: App, stop: CancellationToken) {
    nodes::run_leased(app, "blobs.sweep", EVERY, stop, |app, lease| async move {
        let older_than = Duration::from_secs(app.limits.upload_seconds_max).max(UPLOAD_MAX * 2);
        let count = app.blobs.clear_half_written(older_than).await?;
        tracing::debug!(count, "Removed {count} half-written files");
        let count = app.blobs.sweep_under(&lease, older_than).await?;
        tracing::debug!(count, "Swept {count} dead uploads");
        Ok(())
    })
    .await;
}

impl Blobs {
    /// Removes uploads that began longer than `older_than` ago and that no statement claimed;
    /// how many they were. Unless nobody else uses the store, `older_than` must be well above
    /// the ten minutes that an upload may take, or it could be swept while it is written.
    pub async fn sweep(&self, older_than: Duration) -> Result<u64> {
        self.sweep_each(None, older_than).await
    }

    /// The same, for as long as this server has the lease.
    async fn sweep_under(&self, lease: &Lease, older_than: Duration) -> Result<u64> {
        self.sweep_each(Some(lease), older_than).await
    }

    async fn sweep_each(&self, lease: Option<&Lease>, older_than: Duration) -> Result<u64> {
        let (mut removed, mut failure) = (0, None);
        for tenant in self.0.db.every().read(store::tenants).await? {
            loop {
                match self.sweep_some(tenant, lease.cloned(), older_than).await {
                    Ok((some, more)) => {
                        removed += some;
                        if !more {
                            break;
                        }
                    }
                    // One file that cannot be removed keeps those of no other tenant.
                    Err(problem) => {
                        failure = Some(problem);
                        break;
                    }
                }
            }
        }
        failure.map_or(Ok(removed), Err)
    }

    /// Removes a few, so that what is claimed when this process is killed is not much; how many they
    /// were, and whether there may be more.
    async fn sweep_some(
        &self,
        tenant: TenantId,
        lease: Option<Lease>,
        older_than: Duration,
    ) -> Result<(u64, bool)> {
        let claimed = self.0.clock.now_micros();
        let age = i64::try_from(older_than.as_micros()).unwrap_or(i64::MAX);
        let give_up = claimed.saturating_add((age / 2).max(CLAIM_MICROS_MIN));
        let before = claimed.saturating_sub(age);
        let job = move |tx: &mut rollbook_db::Tx<'_>| {
            if let Some(lease) = &lease {
                lease.hold(tx)?;
            }
            Ok::<_, Problem>(store::claim_dead(tx, tenant, before, claimed, CLAIMED_MAX)?)
        };
        // Every tenant's rows can be seen, because the lease is the installation's.
        let dead = self.0.db.every().write(job).await?;
        let count = dead.len();
        let mut removed = 0;
        for sha2 in dead {
            if self.0.clock.now_micros() > give_up {
                return Ok((removed, false));
            }
            let deleted = match Sha2::parse(&sha2) {
                Some(address) => self.remove(tenant, &address).await,
                None => Ok(()),
            };
            if let Err(problem) = deleted {
                // Whoever uploads what was not yet tried must not wait for the next sweep. What was
                // tried may still be on its way, and stays claimed.
                let job = move |tx: &mut rollbook_db::Tx<'_>| {
                    store::unclaim(tx, tenant, &sha2, claimed, before)
                };
                self.0.db.of(tenant.0).write(job).await?;
                return Err(problem);
            }
            let job = move |tx: &mut rollbook_db::Tx<'_>| store::forget(tx, tenant, &sha2, claimed);
            removed += self.0.db.of(tenant.0).write(job).await?;
        }
        Ok((removed, count == CLAIMED_MAX))
    }

    async fn remove(&self, tenant: TenantId, sha2: &Sha2) -> Result<()> {
        match self.0.files.store().delete(&path_of(tenant, sha2)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.0.files.failed(error)),
        }
    }

    /// Removes files of this machine that a crash left half-written longer than `older_than` ago;
    /// how many they were.
    pub async fn clear_half_written(&self, older_than: Duration) -> Result<u64> {
        let Some(folder) = self.0.files.folder() else { return Ok(0) };
        let age = i64::try_from(older_than.as_micros()).unwrap_or(i64::MAX);
        let before = self.0.clock.now_micros().saturating_sub(age);
        let clear = move || {
            let mut removed = 0;
            for path in half_written(&folder)? {
                // An upload that ended meanwhile took its file away.
                let Some(metadata) = unless_gone(path.metadata())? else { continue };
                let since = metadata.modified()?.duration_since(UNIX_EPOCH);
                let at = since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0));
                if at <= before && unless_gone(std::fs::remove_file(&path))?.is_some() {
                    removed += 1;
                }
            }
            Ok::<u64, std::io::Error>(removed)
        };
        let cleared = tokio::task::spawn_blocking(clear).await.map_err(Problem::internal)?;
        cleared.map_err(Problem::internal)
    }
}

/// Every file below `folder` that the object store has not given its name yet (`name#number`).
pub(super) fn half_written(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Some(entries) = unless_gone(std::fs::read_dir(folder))? else { continue };
        for entry in entries {
            let entry = entry?;
            let Some(kind) = unless_gone(entry.file_type())? else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().contains('#') {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// None of what another process has just removed.
fn unless_gone<T>(found: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
