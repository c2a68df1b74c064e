//! How much goes in and out, and whether the store is there at all.

use super::Blobs;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use rollbook_db::stats::Counter;

/// Where nothing ever is.
const NOWHERE: &str = "tenant/0/ready";

/// Bytes of contents.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) written: Counter,
    pub(super) read: Counter,
}

impl Blobs {
    /// Bytes written and bytes asked for since the start.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.0.traffic.written.count(), self.0.traffic.read.count())
    }

    /// Whether the store answers.
    pub(crate) async fn is_reachable(&self) -> bool {
        if let Some(folder) = self.0.files.folder() {
            // A folder that is gone looks like one without the file.
            return tokio::fs::metadata(folder).await.is_ok_and(|found| found.is_dir());
        }
        let asked = self.0.files.store().head(&Path::from(NOWHERE)).await;
        matches!(asked, Ok(_) | Err(object_store::Error::NotFound { .. }))
    }
}
