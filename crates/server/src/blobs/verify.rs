//! Comparing files, their contents and the database, for `rollbook doctor`.

use super::store::{self, Known, State};
use super::sweep::half_written;
use super::{Blobs, Sha2, address_in};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use futures_util::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use std::fmt;

/// Rows read at once.
const PAGE: i64 = 1_000;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blobs whose contents were hashed.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Uploads under way, or dead and not yet swept.
    pub uploading: u64,
    /// Everything that is not as it should be.
    pub damages: Vec<Damage>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A statement needs a file that is not there.
    Missing(TenantId, Sha2),
    /// A file does not hold what its name says.
    Altered(TenantId, Sha2),
    /// A file that the database knows nothing of.
    Unknown(String),
    /// A file that was never finished; the server removes it when it starts.
    HalfWritten(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(tenant, sha2) => {
                write!(f, "attachment {sha2} of tenant {} is missing", tenant.0)
            }
            Self::Altered(tenant, sha2) => {
                write!(f, "attachment {sha2} of tenant {} has other contents", tenant.0)
            }
            Self::Unknown(path) => write!(f, "file {path} belongs to nothing"),
            Self::HalfWritten(path) => write!(f, "file {path} was never finished"),
        }
    }
}

impl Blobs {
    /// Reads every blob and looks for damage; `progress` hears of the bytes as they are read. May
    /// run beside a server.
    pub async fn verify(&self, mut progress: impl FnMut(u64) + Send) -> Result<Verified> {
        let mut verified = Verified::default();
        for tenant in self.0.db.every().read(store::tenants).await? {
            self.verify_rows(tenant, &mut verified, &mut progress).await?;
        }
        self.verify_files(&mut verified).await?;
        if let Some(folder) = self.0.files.folder() {
            let look = tokio::task::spawn_blocking(move || half_written(&folder));
            let found = look.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
            let damages = found.iter().map(|path| Damage::HalfWritten(path.display().to_string()));
            verified.damages.extend(damages);
        }
        Ok(verified)
    }

    async fn verify_rows(
        &self,
        tenant: TenantId,
        verified: &mut Verified,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<()> {
        let mut after = String::new();
        loop {
            let start = after.clone();
            let job = move |tx: &mut rollbook_db::Tx<'_>| store::list(tx, tenant, &start, PAGE);
            let page = self.0.db.of(tenant.0).read(job).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.sha2);
            for known in page {
                self.verify_row(tenant, known, verified, progress).await?;
            }
        }
    }

    async fn verify_row(
        &self,
        tenant: TenantId,
        known: Known,
        verified: &mut Verified,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<()> {
        let Known { sha2, bytes, state } = known;
        if state != State::Stored {
            verified.uploading += 1;
            return Ok(());
        }
        let Some(address) = Sha2::parse(&sha2) else {
            verified.damages.push(Damage::Unknown(sha2));
            return Ok(());
        };
        let Some(contents) = self.get(tenant, &address).await? else {
            verified.damages.push(Damage::Missing(tenant, address));
            return Ok(());
        };
        let mut hasher = address.hasher();
        let (size, mut stream) = (contents.bytes, contents.stream);
        while let Some(piece) =
            stream.try_next().await.map_err(|error| self.0.files.failed(error))?
        {
            hasher.update(&piece);
            progress(piece.len() as u64);
        }
        verified.blobs += 1;
        verified.bytes += size;
        if hasher.finish() != address || i64::try_from(size).ok() != Some(bytes) {
            verified.damages.push(Damage::Altered(tenant, address));
        }
        Ok(())
    }

    async fn verify_files(&self, verified: &mut Verified) -> Result<()> {
        let mut files = self.0.files.store().list(None);
        while let Some(file) = files.try_next().await.map_err(|error| self.0.files.failed(error))? {
            if !self.is_known(&file.location).await? {
                verified.damages.push(Damage::Unknown(file.location.to_string()));
            }
        }
        Ok(())
    }

    /// Whether the database knows this file, or a sweep has just removed both.
    async fn is_known(&self, path: &Path) -> Result<bool> {
        if let Some((tenant, sha2)) = address_in(path) {
            let job =
                move |tx: &mut rollbook_db::Tx<'_>| store::state_of(tx, tenant, sha2.as_str());
            if self.0.db.of(tenant.0).read(job).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(matches!(
            self.0.files.store().head(path).await,
            Err(object_store::Error::NotFound { .. })
        ))
    }
}
