//! The files of a package that was found good, put into the blob store by their contents.
//!
//! Nothing of it is kept for good until the transaction that makes the version marks it stored; what
//! a crash leaves behind is swept.

use super::examine::{Examined, Source};
use super::receive::Received;
use crate::app::App;
use crate::blobs::{self, Draft, Sha2, Spool};
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rollbook_package::{self as package, Archive, Entry};
use std::collections::{HashMap, HashSet};
use std::io::BufReader;

/// Files that are written at the same time.
const WRITES_MAX: usize = 4;

/// Files that are announced in one transaction, before any of them is written.
const ANNOUNCED_MAX: usize = 1_000;

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
    let source = received.contents.reader().await.map_err(blobs::of_io)?;
    let open = move || Archive::open(BufReader::new(source), &bounds);
    let opened = tokio::task::spawn_blocking(open).await.map_err(Problem::internal)?;
    let mut archive = opened.map_err(|problems| changed(&problems))?;
    let mut seen = HashSet::new();
    let once: Vec<_> = examined.files.iter().filter(|(_, sha2)| seen.insert(sha2)).collect();
    for some in once.chunks(ANNOUNCED_MAX) {
        archive = keep_some(app, tenant, archive, some).await?;
    }
    Ok(())
}

/// Announces files and writes those that are not there; the archive comes back.
async fn keep_some(
    app: &App,
    tenant: TenantId,
    mut archive: Archive<Source>,
    files: &[&(Entry, Sha2)],
) -> Result<Archive<Source>> {
    let announced: Vec<_> = files.iter().map(|(entry, sha2)| (sha2.clone(), entry.bytes)).collect();
    let known = app.blobs.announce(tenant, &announced).await?;
    let mut writes = FuturesUnordered::new();
    for (entry, sha2) in files {
        if known.contains(sha2) && app.blobs.size(tenant, sha2).await? == Some(entry.bytes) {
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
    Ok(archive)
}

/// Bytes that an upload takes, if nothing of it is there yet.
pub(super) fn room(received: &Received, examined: &Examined) -> u64 {
    let files: HashMap<&Sha2, u64> =
        examined.files.iter().map(|(entry, sha2)| (sha2, entry.bytes)).collect();
    files.values().fold(received.contents.bytes(), |sum, bytes| sum.saturating_add(*bytes))
}

async fn write(app: &App, tenant: TenantId, sha2: &Sha2, mut contents: Spool) -> Result<()> {
    app.blobs.write(tenant, sha2, &mut contents).await
}

/// Reads one file where waiting is allowed; the archive comes back.
async fn read(
    mut archive: Archive<Source>,
    entry: Entry,
    mut draft: Draft,
) -> Result<(Archive<Source>, Spool)> {
    let read = move || {
        let outcome = archive.read(&entry, &mut draft);
        (outcome, archive, draft)
    };
    let (outcome, archive, draft) =
        tokio::task::spawn_blocking(read).await.map_err(Problem::internal)?;
    match (outcome, draft.failed()) {
        (Ok(_), _) => Ok((archive, draft.into_spool())),
        (Err(_), Some(kind)) => Err(blobs::of_io(kind.into())),
        (Err(problem), None) => Err(changed(&[problem])),
    }
}

/// It was read to its end a moment ago.
fn changed(now: &[package::Problem]) -> Problem {
    let codes: Vec<&str> = now.iter().map(|problem| problem.code.name()).collect();
    let codes = codes.join(", ");
    Problem::internal(anyhow::anyhow!(
        "a package that was found good cannot be read again: {codes}"
    ))
}
