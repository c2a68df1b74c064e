//! Files by content address: attachments, and later packages.
//!
//! A file is announced in the database before it is written, and kept by the transaction that
//! stores the statement that needs it. What was announced and never kept is swept away. So after a
//! crash at any moment no statement lacks its file, and no file stays that nothing knows of.

mod address;
mod copy;
mod erase;
mod spool;
mod store;
mod sweep;
#[cfg(test)]
mod tests;
mod traffic;
mod verify;

use crate::clock::Clock;
use crate::error::{Code, Problem, Result};
use crate::tenants::{TenantId, life};
use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::StatusCode;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use rollbook_db::{Db, Sql, Tx};
use spool::Rewound;
use std::sync::Arc;
use std::time::Duration;
use store::State;
use traffic::Traffic;

pub use address::{Hasher, Sha2};
pub use copy::Copied;
pub use spool::{MEMORY_BYTES_MAX, Spool};
pub use sweep::keep_swept;
pub use verify::{Damage, Verified};

/// This folder's SQL, for the prepare test.
pub const SQL: &[&[&Sql]] = &[store::ALL];

/// Bytes of one part of a large upload; object stores want at least 5 MB.
const PART_BYTES: usize = 8 << 20;

/// How long the writing of one file may take. A sweep only looks for what is much older, so nothing
/// is swept while it is written.
const UPLOAD_MAX: Duration = Duration::from_mins(10);

/// How often an upload looks whether the sweep is done with the same content, and how long.
const REMOVAL_POLL: Duration = Duration::from_millis(20);
const REMOVAL_POLLS_MAX: u32 = 250;

/// The blob store; cheap to clone.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    store: Arc<dyn ObjectStore>,
    /// Where the files are, if they are on this machine.
    folder: Option<Arc<std::path::Path>>,
    spool: Arc<std::path::Path>,
    traffic: Traffic,
}

/// A blob's contents on their way out.
pub struct Contents {
    /// How many bytes they are.
    pub bytes: u64,
    /// They themselves.
    pub stream: BoxStream<'static, object_store::Result<Bytes>>,
}

impl Blobs {
    /// Opens the store in `folder`, which is made if it is not there. `spool` is for what is still
    /// being received; nothing in it outlives the process.
    pub fn local(
        folder: impl AsRef<std::path::Path>,
        spool: impl AsRef<std::path::Path>,
        db: Db,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let (folder, spool) = (folder.as_ref(), spool.as_ref());
        for path in [folder, spool] {
            std::fs::create_dir_all(path).with_context(|| format!("making {}", path.display()))?;
        }
        // Without fsync an acknowledged attachment may be lost with the power.
        let store = LocalFileSystem::new_with_prefix(folder)
            .with_context(|| format!("opening {}", folder.display()))?
            .with_fsync(true);
        let (folder, spool) = (Some(Arc::from(folder)), Arc::from(spool));
        let (store, traffic) = (Arc::new(store), Traffic::default());
        Ok(Self(Arc::new(Inner { db, clock, store, folder, spool, traffic })))
    }

    /// An empty spool to receive contents into.
    pub fn spool(&self) -> Spool {
        Spool::new(self.0.spool.clone())
    }

    /// Writes contents under their address; durable when it returns, and kept if a transaction
    /// marks it stored in time. The caller has made sure that the address is that of the contents.
    pub async fn put(&self, tenant: TenantId, sha2: &Sha2, contents: &mut Spool) -> Result<()> {
        let path = path_of(tenant, sha2);
        let state = self.announce(tenant, sha2, contents.bytes()).await?;
        if state == State::Stored && self.size(tenant, sha2).await? == Some(contents.bytes()) {
            return Ok(());
        }
        let upload = tokio::time::timeout(UPLOAD_MAX, self.upload(&path, contents)).await;
        upload.map_err(Problem::internal)?.map_err(Problem::internal)?;
        self.0.traffic.written.add(contents.bytes());
        Ok(())
    }

    /// How many bytes a blob has; none if it is not there.
    pub async fn size(&self, tenant: TenantId, sha2: &Sha2) -> Result<Option<u64>> {
        match self.0.store.head(&path_of(tenant, sha2)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Problem::internal(error)),
        }
    }

    /// A blob's contents; none if it is not there.
    pub async fn get(&self, tenant: TenantId, sha2: &Sha2) -> Result<Option<Contents>> {
        self.open(tenant, sha2).await.map_err(Problem::internal)
    }

    async fn open(&self, tenant: TenantId, sha2: &Sha2) -> object_store::Result<Option<Contents>> {
        match self.0.store.get(&path_of(tenant, sha2)).await {
            Ok(found) => {
                self.0.traffic.read.add(found.meta.size);
                Ok(Some(Contents { bytes: found.meta.size, stream: found.into_stream() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Announces an upload, having waited for a sweep that removes the same content.
    async fn announce(&self, tenant: TenantId, sha2: &Sha2, bytes: u64) -> Result<State> {
        let bytes = i64::try_from(bytes).map_err(Problem::internal)?;
        for _ in 0..REMOVAL_POLLS_MAX {
            let (now, sha2) = (self.0.clock.now_micros(), sha2.clone());
            let job = move |tx: &mut Tx<'_>| {
                life::hold(tx, tenant)?;
                Ok::<_, Problem>(store::announce(tx, tenant, sha2.as_str(), bytes, now)?)
            };
            if let Some(state) = self.0.db.of(tenant.0).write(job).await? {
                return Ok(state);
            }
            tokio::time::sleep(REMOVAL_POLL).await;
        }
        Err(swept())
    }

    async fn upload(&self, path: &Path, contents: &mut Spool) -> anyhow::Result<()> {
        let file = match contents.rewound().await? {
            Rewound::Memory(bytes) => {
                self.0.store.put(path, bytes.into()).await?;
                return Ok(());
            }
            Rewound::File(file) => file,
        };
        let mut upload = self.0.store.put_multipart(path).await?;
        let outcome = async {
            while let Some(part) = spool::next_part(file, PART_BYTES).await? {
                upload.put_part(part.into()).await?;
            }
            upload.complete().await.map_err(anyhow::Error::from)
        };
        if let Err(error) = outcome.await {
            // What cannot be aborted now is removed by the sweep.
            upload.abort().await.ok();
            return Err(error);
        }
        Ok(())
    }
}

/// Keeps uploaded blobs for good, in the transaction of the statements that need them.
///
/// Fails if one of them is gone: then its upload took longer than a sweep waits.
pub fn mark_stored(tx: &mut Tx<'_>, tenant: TenantId, sha2: &[String]) -> Result<()> {
    let mut sha2 = sha2.to_vec();
    sha2.sort_unstable();
    sha2.dedup();
    let wanted = sha2.len() as u64;
    if wanted == 0 || store::mark_stored(tx, tenant, sha2)? == wanted {
        Ok(())
    } else {
        Err(swept())
    }
}

/// Whether the contents of this address are kept for good.
pub fn is_stored(tx: &mut Tx<'_>, tenant: TenantId, sha2: &str) -> rollbook_db::Result<bool> {
    Ok(store::state_of(tx, tenant, sha2)? == Some(State::Stored))
}

fn swept() -> Problem {
    let detail = "an attachment was being removed at the same moment; send the request again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, Code::StorageUnavailable, detail)
}

/// Where a blob is; two digits keep folders from growing without bound.
fn path_of(tenant: TenantId, sha2: &Sha2) -> Path {
    let (first, _) = sha2.as_str().split_at(2);
    Path::from(format!("tenant/{}/{first}/{sha2}", tenant.0))
}

/// What a path says of its blob; none if no blob can be there.
fn address_in(path: &Path) -> Option<(TenantId, Sha2)> {
    let mut parts = path.as_ref().strip_prefix("tenant/")?.splitn(3, '/');
    let tenant = TenantId(parts.next()?.parse().ok()?);
    let sha2 = Sha2::parse(parts.nth(1)?)?;
    (path_of(tenant, &sha2) == *path).then_some((tenant, sha2))
}
