//! Copying files from another folder, for backups.
//!
//! The database says which: so a copy of the database that was made first gets every file that it
//! needs, and none that came later.

use super::store::{self, State};
use super::{Blobs, Damage, Sha2, path_of};
use crate::error::{Problem, Result};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

/// Rows read at once.
const PAGE: i64 = 1_000;
/// Bytes copied at once.
const PIECE_BYTES: usize = 1 << 20;

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

/// What became of one file.
enum One {
    Copied(u64),
    Missing,
    Altered,
}

impl Blobs {
    /// Copies every file that this store's database needs from `folder`, durably; `progress` hears
    /// of the bytes.
    pub async fn copy_from(&self, folder: &Path, mut progress: impl FnMut(u64)) -> Result<Copied> {
        let mut copied = Copied::default();
        let from: Arc<Path> = Arc::from(folder);
        let Some(to) = self.0.folder.clone() else { return Ok(copied) };
        for tenant in self.0.db.every().read(store::tenants).await? {
            let mut after = String::new();
            loop {
                let start = after.clone();
                let job = move |tx: &mut rollbook_db::Tx<'_>| store::list(tx, tenant, &start, PAGE);
                let page = self.0.db.of(tenant.0).read(job).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.sha2);
                for known in page.into_iter().filter(|known| known.state == State::Stored) {
                    let Some(sha2) = Sha2::parse(&known.sha2) else { continue };
                    let path = path_of(tenant, &sha2);
                    let (from, to) = (from.join(path.as_ref()), to.join(path.as_ref()));
                    let address = sha2.clone();
                    let copying = tokio::task::spawn_blocking(move || copy(&from, &to, &address));
                    let one = copying.await.map_err(Problem::internal)?;
                    match one.map_err(Problem::internal)? {
                        One::Copied(bytes) => {
                            copied.blobs += 1;
                            copied.bytes += bytes;
                            progress(bytes);
                        }
                        One::Missing => copied.damages.push(Damage::Missing(tenant, sha2)),
                        One::Altered => copied.damages.push(Damage::Altered(tenant, sha2)),
                    }
                }
            }
        }
        Ok(copied)
    }
}

fn copy(from: &Path, to: &Path, sha2: &Sha2) -> io::Result<One> {
    let source = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(One::Missing),
        opened => opened?,
    };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut target = File::create(to)?;
    let (mut hasher, mut total) = (sha2.hasher(), 0);
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        (&source).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        hasher.update(&piece);
        target.write_all(&piece)?;
        total += piece.len() as u64;
    }
    target.sync_all()?;
    Ok(if hasher.finish() == *sha2 { One::Copied(total) } else { One::Altered })
}
