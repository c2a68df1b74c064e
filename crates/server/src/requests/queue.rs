//! Entries on their way into the database: off the path of requests, in batches.

use super::entry::Row;
use super::heard::Answered;
use super::store;
use super::switch::{Kept, id_at};
use crate::clock::Clock;
use crate::error::Problem;
use crate::ids::Ids;
use crate::tenants::{TenantId, life};
use rollbook_db::stats::Counter;
use rollbook_db::{Db, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Entries that are written in one go.
const BATCH_MAX: usize = 256;
/// How long the first of a batch waits for others.
const BATCH_AGE_MAX: Duration = Duration::from_millis(200);

/// What waits.
pub(super) enum Message {
    Entry(Box<Answered>),
    Flush(oneshot::Sender<()>),
}

/// Writes entries until nobody can queue one any more.
pub(super) struct Writer {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) kept: Kept,
    pub(super) dropped: Arc<Counter>,
}

impl Writer {
    /// Writes what comes.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Message>) {
        while let Some(first) = waiting.recv().await {
            let (batch, flushed) = gather(first, &mut waiting).await;
            for (tenant, rows) in self.rows(batch) {
                self.write(tenant, rows).await;
            }
            if let Some(reply) = flushed {
                // Who asked may be gone.
                reply.send(()).ok();
            }
        }
    }

    fn rows(&self, batch: Vec<Answered>) -> BTreeMap<TenantId, Vec<(Row, bool)>> {
        let mut rows: BTreeMap<TenantId, Vec<(Row, bool)>> = BTreeMap::new();
        for answered in batch {
            let id = id_at(answered.at, self.ids.trace());
            rows.entry(answered.tenant)
                .or_default()
                .push((Row::of(&answered, id), !answered.authenticated));
        }
        rows
    }

    async fn write(&self, tenant: TenantId, rows: Vec<(Row, bool)>) {
        let (count, kept) = (rows.len() as u64, self.kept);
        let oldest = id_at(self.clock.now_micros().saturating_sub(kept.age_micros), 0);
        let job = move |tx: &mut Tx<'_>| {
            life::hold(tx, tenant)?;
            for (row, stranger) in &rows {
                store::add(tx, tenant, row, *stranger)?;
            }
            Ok::<_, Problem>(store::trim(tx, tenant, oldest, kept)?)
        };
        if let Err(problem) = self.db.of(tenant.0).write(job).await {
            self.dropped.add(count);
            let code = problem.code.name();
            tracing::warn!(tenant = tenant.0, count, code, "Entries of a request log were lost");
        }
    }
}

/// A batch: until it is full, old enough, or somebody waits for it.
async fn gather(
    first: Message,
    waiting: &mut mpsc::Receiver<Message>,
) -> (Vec<Answered>, Option<oneshot::Sender<()>>) {
    let mut batch = Vec::new();
    let deadline = tokio::time::Instant::now() + BATCH_AGE_MAX;
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Entry(entry) => batch.push(*entry),
            Message::Flush(reply) => return (batch, Some(reply)),
        }
        if batch.len() >= BATCH_MAX {
            break;
        }
        next = tokio::time::timeout_at(deadline, waiting.recv()).await.unwrap_or(None);
    }
    (batch, None)
}
