//! Files by content address: attachments of statements, packages and the files in them.
//!
//! A file is announced in the database before it is written, and kept by the transaction that
//! stores the statement, or the version of a course, that needs it. What was announced and never
//! kept is swept away, and so is what nothing needs any more. So after a crash at any moment no
//! statement lacks its file, and no file stays that nothing knows of.

mod address;
mod bucket;
mod copy;
mod erase;
#[cfg(test)]
mod faults;
mod files;
mod pieces;
mod source;
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
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStoreExt as _};
use rollbook_db::{Db, Sql, Tx};
use source::Source;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use store::State;
use traffic::Traffic;

pub use address::{Hasher, Sha2};
pub use bucket::{BlobSettings, BucketUrl, Secret};
pub use copy::{Copied, copy, copy_these};
pub use files::Files;
pub(crate) use files::of_io;
pub use spool::{Draft, MEMORY_BYTES_MAX, Reader, Spool};
pub use sweep::keep_swept;
pub use verify::{Damage, Verified};

/// This folder's SQL, for the prepare test.
pub const SQL: &[&[&Sql]] = &[store::ALL];

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
    files: Files,
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
    /// The store of these files. The folder `spool` is for what is still being received; it is
    /// made if it is not there, and nothing in it outlives the process.
    pub fn new(
        files: Files,
        spool: impl AsRef<std::path::Path>,
        db: Db,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let spool = spool.as_ref();
        std::fs::create_dir_all(spool).with_context(|| format!("making {}", spool.display()))?;
        let (spool, traffic) = (Arc::from(spool), Traffic::default());
        Ok(Self(Arc::new(Inner { db, clock, files, spool, traffic })))
    }

    /// An empty spool to receive contents into.
    pub fn spool(&self) -> Spool {
        Spool::new(self.0.spool.clone())
    }

    /// Writes contents under their address; durable when it returns, and kept if a transaction
    /// marks it stored in time. The caller has made sure that the address is that of the contents.
    pub async fn put(&self, tenant: TenantId, sha2: &Sha2, contents: &mut Spool) -> Result<()> {
        let known = self.announce(tenant, &[(sha2.clone(), contents.bytes())]).await?;
        if known.contains(sha2) && self.size(tenant, sha2).await? == Some(contents.bytes()) {
            return Ok(());
        }
        self.write(tenant, sha2, contents).await
    }

    /// Writes contents whose address was announced, and that are not there.
    pub(crate) async fn write(
        &self,
        tenant: TenantId,
        sha2: &Sha2,
        contents: &mut Spool,
    ) -> Result<()> {
        let (path, bytes) = (path_of(tenant, sha2), contents.bytes());
        let mut source = Source::from(contents.rewound().await.map_err(of_io)?);
        self.0.files.write(&path, &mut source, bytes, UPLOAD_MAX).await?;
        self.0.traffic.written.add(bytes);
        Ok(())
    }

    /// How many bytes a blob has; none if it is not there.
    pub async fn size(&self, tenant: TenantId, sha2: &Sha2) -> Result<Option<u64>> {
        match self.0.files.store().head(&path_of(tenant, sha2)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.0.files.failed(error)),
        }
    }

    /// How many bytes a blob has; none if it was never kept. One that was kept and is not there is
    /// a fault of ours.
    pub async fn kept_size(&self, tenant: TenantId, sha2: &Sha2) -> Result<Option<u64>> {
        if let Some(bytes) = self.size(tenant, sha2).await? {
            return Ok(Some(bytes));
        }
        let known = sha2.clone();
        let job = move |tx: &mut Tx<'_>| is_stored(tx, tenant, known.as_str());
        if self.0.db.of(tenant.0).read(job).await? {
            let damage = Damage::Missing(tenant, sha2.clone());
            return Err(Problem::internal(anyhow::anyhow!("{damage}")));
        }
        Ok(None)
    }

    /// A blob's contents; none if it is not there.
    pub async fn get(&self, tenant: TenantId, sha2: &Sha2) -> Result<Option<Contents>> {
        match self.0.files.store().get(&path_of(tenant, sha2)).await {
            Ok(found) => {
                self.0.traffic.read.add(found.meta.size);
                Ok(Some(Contents { bytes: found.meta.size, stream: pieces::of(found) }))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.0.files.failed(error)),
        }
    }

    /// Some of a blob's contents; none if it is not there. The caller knows that it has them.
    pub async fn get_part(
        &self,
        tenant: TenantId,
        sha2: &Sha2,
        range: Range<u64>,
    ) -> Result<Option<Contents>> {
        let bytes = range.end.saturating_sub(range.start);
        let options = GetOptions::default().with_range(Some(range));
        match self.0.files.store().get_opts(&path_of(tenant, sha2), options).await {
            Ok(found) => {
                self.0.traffic.read.add(bytes);
                Ok(Some(Contents { bytes, stream: pieces::of(found) }))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.0.files.failed(error)),
        }
    }

    /// What is written by a thread that may wait, to become a spool.
    pub fn draft(&self) -> Draft {
        Draft::new(self.0.spool.clone())
    }

    /// Announces uploads, a thousand at most, having waited for a sweep that removes the same
    /// contents; which of them are kept already.
    pub(crate) async fn announce(
        &self,
        tenant: TenantId,
        contents: &[(Sha2, u64)],
    ) -> Result<HashSet<Sha2>> {
        let size = |bytes| i64::try_from(bytes).map_err(Problem::internal);
        let sizes = contents.iter().map(|(sha2, bytes)| Ok((sha2.to_string(), size(*bytes)?)));
        let mut left: BTreeMap<String, i64> = sizes.collect::<Result<_>>()?;
        let mut known = HashSet::new();
        for _ in 0..REMOVAL_POLLS_MAX {
            let (now, announced) = (self.0.clock.now_micros(), left.clone());
            let job = move |tx: &mut Tx<'_>| {
                life::hold(tx, tenant)?;
                Ok::<_, Problem>(store::announce(tx, tenant, announced, now)?)
            };
            for (sha2, state) in self.0.db.of(tenant.0).write(job).await? {
                left.remove(&sha2);
                if state == State::Stored {
                    known.extend(Sha2::parse(&sha2));
                }
            }
            if left.is_empty() {
                return Ok(known);
            }
            tokio::time::sleep(REMOVAL_POLL).await;
        }
        Err(swept())
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

/// Lets go of contents that were kept and that nothing needs any more, as `needed` finds: from now on
/// they are dead uploads, and swept as such.
///
/// Their rows are held first. Whoever keeps the same contents at the same time has committed by
/// then, and is seen by `needed`; or comes later, and keeps them again.
pub fn let_go(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sha2: Vec<String>,
    now: i64,
    needed: impl FnOnce(&mut Tx<'_>) -> rollbook_db::Result<Vec<String>>,
) -> rollbook_db::Result<()> {
    let held: BTreeSet<String> = store::hold(tx, tenant, sha2)?.into_iter().collect();
    let needed: HashSet<String> = needed(tx)?.into_iter().collect();
    let free = held.into_iter().filter(|sha2| !needed.contains(sha2)).collect();
    store::let_go(tx, tenant, free, now)?;
    Ok(())
}

fn swept() -> Problem {
    let detail = "a file was being removed at the same moment; send the request again";
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
