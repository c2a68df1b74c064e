//! Copying files from one place to another, for backups and for moving to a bucket.
//!
//! The database says which: so a copy of the database that was made first gets every file that it
//! needs, and none that came later. Nothing that is whole is ever replaced: what stands at the
//! destination may be the only good copy, or another record's.

use super::files::Files;
use super::pieces;
use super::source::Source;
use super::store::{self, State};
use super::{Damage, Sha2, path_of};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt as _};
use rollbook_db::{Db, Tx};
use std::time::Duration;

/// Rows read at once.
const PAGE: i64 = 1_000;

/// How long the copying of one file may take.
const COPY_MAX: Duration = Duration::from_hours(1);

/// What was copied, and what could not be copied as it should.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was wrong with them where they came from.
    pub damages: Vec<Damage>,
}

/// Copies every file that `db` needs, durably, unless it is there already; `progress` hears of the
/// bytes.
pub async fn copy(
    db: &Db,
    from: &Files,
    to: &Files,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Copied> {
    let mut copied = Copied::default();
    for tenant in db.every().read(store::tenants).await? {
        let mut after = String::new();
        loop {
            let start = after.clone();
            let job = move |tx: &mut Tx<'_>| store::list(tx, tenant, &start, PAGE);
            let page = db.of(tenant.0).read(job).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.sha2);
            for known in page.into_iter().filter(|known| known.state == State::Stored) {
                let Some(sha2) = Sha2::parse(&known.sha2) else { continue };
                copied.add(copy_one(tenant, sha2, from, to, &mut progress).await?);
            }
        }
    }
    Ok(copied)
}

/// Copies these files, durably, unless they are there already; `progress` hears of the bytes.
pub async fn copy_these(
    these: Vec<(TenantId, Sha2)>,
    from: &Files,
    to: &Files,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Copied> {
    let mut copied = Copied::default();
    for (tenant, sha2) in these {
        copied.add(copy_one(tenant, sha2, from, to, &mut progress).await?);
    }
    Ok(copied)
}

impl Copied {
    fn add(&mut self, one: Result<u64, Damage>) {
        match one {
            Ok(bytes) => {
                self.blobs += 1;
                self.bytes += bytes;
            }
            Err(damage) => self.damages.push(damage),
        }
    }
}

/// Copies one file, unless it is there already; how many bytes, or what is wrong with them.
///
/// Where nothing stands, what is wrong is copied too: part of a file is better than none.
async fn copy_one(
    tenant: TenantId,
    sha2: Sha2,
    from: &Files,
    to: &Files,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Result<u64, Damage>> {
    let path = path_of(tenant, &sha2);
    match hash(to, &path, &sha2).await? {
        None => {}
        Some((found, bytes)) if found == sha2 => {
            progress(bytes);
            return Ok(Ok(bytes));
        }
        Some(_) => match hash(from, &path, &sha2).await? {
            None => return Ok(Err(Damage::Missing(tenant, sha2))),
            Some((found, _)) if found != sha2 => return Ok(Err(Damage::Altered(tenant, sha2))),
            Some(_) => {}
        },
    }
    let found = match from.store().get(&path).await {
        Ok(found) => found,
        Err(Error::NotFound { .. }) => return Ok(Err(Damage::Missing(tenant, sha2))),
        Err(error) => return Err(from.failed(error)),
    };
    let bytes = found.meta.size;
    let (stream, waiting, hasher) = (pieces::of(found), BytesMut::new(), sha2.hasher());
    let mut source = Source::Copy { stream, waiting, hasher, progress };
    to.write(&path, &mut source, bytes, COPY_MAX).await?;
    let Source::Copy { hasher, .. } = source else {
        return Err(Problem::internal(anyhow::anyhow!("a copy is made of a copy")));
    };
    Ok(if hasher.finish() == sha2 { Ok(bytes) } else { Err(Damage::Altered(tenant, sha2)) })
}

/// What is in a file, as an address of the kind of `like`, and how many bytes; none if it is not
/// there.
async fn hash(files: &Files, path: &Path, like: &Sha2) -> Result<Option<(Sha2, u64)>> {
    let found = match files.store().get(path).await {
        Ok(found) => found,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(files.failed(error)),
    };
    let (bytes, mut stream, mut hasher) = (found.meta.size, pieces::of(found), like.hasher());
    while let Some(piece) = stream.try_next().await.map_err(|error| files.failed(error))? {
        hasher.update(&piece);
    }
    Ok(Some((hasher.finish(), bytes)))
}
