//! The files of a package that was found good, put into the blob store by their contents.
//!
//! Nothing of it is kept for good until the transaction that makes the version marks it stored; what
//! a crash leaves behind is swept.

use super::examine::{Examined, Source};
use super::receive::Received;
use crate::app::App;
use crate::blobs::{Draft, Sha2, Spool};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rollbook_package::{self as package, Archive, Entry};
use std::collections::{HashMap, HashSet};
use std::io::BufReader;

/// Files that are written at the same time.
const WRITES_MAX: usize = 4;

/// Puts the upload and each content of it into the blob store.
pub(super) async fn keep(
    app: &App,
    tenant: TenantId,
    received: &mut Received,
    examined: &Examined,
    bounds: package::Limits,
) -> Result<()> {
    app.blobs.put(tenant, &received.sha2, &mut received.contents).await?;
    if !examined.is_archive {
        return Ok(());
    }
    let source = received.contents.reader().await.map_err(Problem::internal)?;
    let open = move || Archive::open(BufReader::new(source), &bounds);
    let opened = tokio::task::spawn_blocking(open).await.map_err(Problem::internal)?;
    let mut archive = opened.map_err(|problems| changed(&problems))?;
    let mut seen = HashSet::new();
    let mut writes = FuturesUnordered::new();
    for (entry, sha2) in &examined.files {
        if !seen.insert(sha2) {
            continue;
        }
        let (left, contents) = read(archive, entry.clone(), app.blobs.draft()).await?;
        archive = left;
        writes.push(write(app, tenant, sha2, contents));
        if writes.len() == WRITES_MAX
            && let Some(written) = writes.next().await
        {
            written?;
        }
    }
    while let Some(written) = writes.next().await {
        written?;
    }
    Ok(())
}

/// Bytes that an upload takes, if nothing of it is there yet.
pub(super) fn room(received: &Received, examined: &Examined) -> u64 {
    let files: HashMap<&Sha2, u64> =
        examined.files.iter().map(|(entry, sha2)| (sha2, entry.bytes)).collect();
    files.values().fold(received.contents.bytes(), |sum, bytes| sum.saturating_add(*bytes))
}

async fn write(app: &App, tenant: TenantId, sha2: &Sha2, mut contents: Spool) -> Result<()> {
    app.blobs.put(tenant, sha2, &mut contents).await
}

/// Reads one file where waiting is allowed; the archive comes back.
async fn read(
    mut archive: Archive<Source>,
    entry: Entry,
    mut draft: Draft,
) -> Result<(Archive<Source>, Spool)> {
    let read = move || archive.read(&entry, &mut draft).map(|_| (archive, draft));
    let read = tokio::task::spawn_blocking(read).await.map_err(Problem::internal)?;
    let (archive, draft) = read.map_err(|problem| changed(&[problem]))?;
    Ok((archive, draft.into_spool()))
}

/// It was read to its end a moment ago.
fn changed(now: &[package::Problem]) -> Problem {
    let codes: Vec<&str> = now.iter().map(|problem| problem.code.name()).collect();
    let codes = codes.join(", ");
    Problem::internal(anyhow::anyhow!(
        "a package that was found good cannot be read again: {codes}"
    ))
}
