//! Where the files themselves are: a folder, or a bucket.
//!
//! A file is there whole or not at all, and durable when its writing returns.

use super::bucket::{self, BlobSettings, BucketUrl};
use super::source::Source;
use crate::error::{Code, Problem};
use anyhow::{Context as _, Result, bail};
use futures_util::TryStreamExt as _;
use http::{HeaderValue, header};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of one part of a large upload; object stores want at least 5 MB.
pub(super) const PART_BYTES: usize = 8 << 20;

/// Where no file ever is: to ask for it tells whether we may ask.
const NOTHING: &str = "nothing";

/// How long a server that starts waits to be told.
const CHECK_MAX: Duration = Duration::from_secs(5);

/// What a service says of a bucket that is not there; `object_store` has no kind for it.
const NO_BUCKET: &str = "NoSuchBucket";

/// Object stores take no more parts than this.
const PARTS_MAX: u64 = 10_000;

/// When a client may try again what failed because the bucket is out of reach.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Where files are; cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Where they are on this machine, if they are.
    folder: Option<Arc<std::path::Path>>,
}

impl Files {
    /// Files in a folder, which is made if it is not there. Servers on several machines may share
    /// one if it is on a file system that all of them see.
    pub fn in_folder(folder: impl AsRef<std::path::Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let opening = || format!("opening {}", folder.display());
        std::fs::create_dir_all(folder).with_context(opening)?;
        // Without fsync an acknowledged attachment may be lost with the power.
        let store = LocalFileSystem::new_with_prefix(folder).with_context(opening)?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), folder: Some(Arc::from(folder)) })
    }

    /// Files in a bucket. Nothing is asked of it yet.
    pub fn in_bucket(url: &BucketUrl, settings: &BlobSettings) -> Result<Self> {
        let client = bucket::client(url, settings)?;
        let store: Arc<dyn ObjectStore> = match url.prefix() {
            "" => Arc::new(client),
            prefix => Arc::new(PrefixStore::new(client, prefix)),
        };
        Ok(Self { store, folder: None })
    }

    /// Fails if the bucket refuses us or is not there. A service that is out of reach may come back,
    /// and is waited for.
    pub async fn check(&self) -> Result<()> {
        let asking = async {
            match self.store.get(&Path::from(NOTHING)).await {
                Ok(_) | Err(Error::NotFound { .. }) => {
                    self.store.list(None).try_next().await.map(drop)
                }
                Err(error) => Err(error),
            }
        };
        let Ok(asked) = tokio::time::timeout(CHECK_MAX, asking).await else {
            tracing::warn!("The attachments are out of reach: no answer yet");
            return Ok(());
        };
        let Err(error) = asked else { return Ok(()) };
        let may_pass = matches!(error, Error::Generic { .. });
        let cause = format!("{:#}", anyhow::Error::new(error));
        if may_pass && !cause.contains(NO_BUCKET) {
            tracing::warn!(cause, "The attachments are out of reach");
            return Ok(());
        }
        bail!("the attachments cannot be reached as set: {cause}")
    }

    pub(super) fn store(&self) -> &dyn ObjectStore {
        &*self.store
    }

    /// Where they are on this machine, if they are.
    pub(super) fn folder(&self) -> Option<Arc<std::path::Path>> {
        self.folder.clone()
    }

    /// What went wrong, as a client is told it: what a bucket cannot do now it may do in a moment.
    pub(super) fn failed(&self, error: Error) -> Problem {
        if is_full(&error) {
            return no_room(error);
        }
        let may_pass = matches!(error, Error::Generic { .. } | Error::JoinError { .. });
        if self.folder.is_none() && may_pass {
            out_of_reach(error)
        } else {
            Problem::internal(error)
        }
    }

    /// The same for a write. What an upload does not find is the upload itself: its end was reached
    /// and we were not told.
    fn unwritten(&self, error: Error) -> Problem {
        match error {
            Error::NotFound { .. } if self.folder.is_none() => out_of_reach(error),
            error => self.failed(error),
        }
    }

    /// Writes what `source` has, `bytes` in all, in `within` at most.
    pub(super) async fn write(
        &self,
        path: &Path,
        source: &mut Source<'_>,
        bytes: u64,
        within: Duration,
    ) -> Result<(), Problem> {
        let part = part_bytes(bytes);
        let writing = async {
            if bytes <= part as u64 {
                let all = source.next(part).await?.unwrap_or_default();
                self.store.put(path, all.into()).await.map_err(|error| self.unwritten(error))?;
                return Ok(());
            }
            let upload =
                self.store.put_multipart(path).await.map_err(|error| self.unwritten(error))?;
            let mut upload = Unfinished(Some(upload));
            while let Some(part) = source.next(part).await? {
                let Some(open) = &mut upload.0 else { break };
                open.put_part(part.into()).await.map_err(|error| self.unwritten(error))?;
            }
            if let Some(open) = &mut upload.0 {
                open.complete().await.map_err(|error| self.unwritten(error))?;
            }
            upload.0 = None;
            Ok(())
        };
        let timed = tokio::time::timeout(within, writing).await;
        timed.unwrap_or_else(|late| Err(out_of_reach(late)))
    }
}

/// Bytes of each part of an upload of so many bytes.
fn part_bytes(bytes: u64) -> usize {
    PART_BYTES.max(usize::try_from(bytes.div_ceil(PARTS_MAX)).unwrap_or(usize::MAX))
}

/// What went wrong on a disk of this machine, as a client is told it.
pub(crate) fn of_io(error: io::Error) -> Problem {
    if is_full(&error) { no_room(error) } else { Problem::internal(error) }
}

/// Whether something failed because a disk is full.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    std::iter::successors(Some(error), |error| error.source()).any(|error| {
        error.downcast_ref::<io::Error>().is_some_and(|error| full.contains(&error.kind()))
    })
}

/// 503: whoever runs the server may make room, and the same request may be sent again.
fn no_room(cause: impl Into<anyhow::Error>) -> Problem {
    let detail = "the disk of the server is full; send the request again once there is room";
    Problem::of(Code::StorageUnavailable, detail).because(cause)
}

fn out_of_reach(cause: impl Into<anyhow::Error>) -> Problem {
    let mut problem = Problem::unavailable().because(cause);
    problem.headers.push((header::RETRY_AFTER, RETRY_AFTER));
    problem
}

/// An upload whose parts are thrown away if it does not come to its end: it fails, takes too long,
/// or whoever waits for it goes away.
struct Unfinished(Option<Box<dyn MultipartUpload>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) =
            (self.0.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move {
            // Nobody sees the parts; a bucket's own rule removes what cannot be removed now.
            if let Err(error) = upload.abort().await {
                tracing::warn!(cause = %error, "The parts of an unfinished upload stay in the bucket");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_fault_of_ours() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let nested = Error::Generic { store: "folder", source: Box::new(full()) };
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path()).unwrap();
        for problem in [of_io(full()), files.failed(nested)] {
            assert_eq!((problem.status.as_u16(), problem.code), (503, Code::StorageUnavailable));
            assert!(problem.detail.contains("full") && problem.because.is_some());
        }
        let other = Error::Generic { store: "folder", source: "broken".into() };
        for problem in [of_io(io::Error::other("broken")), files.failed(other)] {
            assert_eq!(problem.code, Code::Internal);
        }
    }

    #[test]
    fn no_upload_has_too_many_parts() {
        assert_eq!(part_bytes(0), PART_BYTES);
        assert_eq!(part_bytes(PARTS_MAX * PART_BYTES as u64), PART_BYTES);
        let more = PARTS_MAX * PART_BYTES as u64 + 1;
        assert!(more.div_ceil(part_bytes(more) as u64) <= PARTS_MAX);
    }
}
