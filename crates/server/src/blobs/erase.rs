//! Removing every file of a tenant that is being deleted.

use super::Blobs;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

impl Blobs {
    /// Removes at most `files_max` files of a tenant and says how many they were. None are left,
    /// half-written ones neither, if it removed none.
    pub async fn erase(&self, tenant: TenantId, files_max: usize) -> Result<u64> {
        let place = format!("tenant/{}", tenant.0);
        let files = self.0.files.store().list(Some(&Path::from(place.as_str()))).take(files_max);
        let files: Vec<_> = files.try_collect().await.map_err(Problem::internal)?;
        for file in &files {
            match self.0.files.store().delete(&file.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Problem::internal(error)),
            }
        }
        if let (true, Some(folder)) = (files.is_empty(), self.0.files.folder()) {
            match tokio::fs::remove_dir_all(folder.join(place)).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Problem::internal(error)),
            }
        }
        Ok(files.len() as u64)
    }
}
