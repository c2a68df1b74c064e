//! Whether this server can serve.
//!
//! Anybody may ask, so what was found is repeated for a second, and one asks for all. What every
//! node lacks at once must not take all of them away from who can be served without it: that is told,
//! and the server is ready.

use crate::app::App;
use crate::migrations::MIGRATIONS;
use rollbook_db::{ErrorKind, Sql, Tx, sql};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer is repeated.
const REPEATED: Duration = Duration::from_secs(1);

sql! {
    /// Asks for an answer and nothing else.
    ANSWER = "select 1";
}

/// This file's SQL.
pub(super) const SQL: &[&Sql] = ALL;

/// The check that tells of the files of attachments, without which all else is served.
const BLOBS: &str = "blobs";

/// What was found last.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    found: Mutex<Option<(Instant, Vec<&'static str>)>>,
    /// The schema of a database that is open does not go back.
    migrated: AtomicBool,
    ready: AtomicBool,
    blobs: AtomicBool,
}

/// Whether requests can be served although these checks failed.
pub(super) fn serves(failed: &[&str]) -> bool {
    failed.iter().all(|check| *check == BLOBS)
}

impl Remembered {
    /// What was answered last.
    pub(super) fn was_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Whether the files of attachments were in reach when that was asked last.
    pub(super) fn had_blobs(&self) -> bool {
        self.blobs.load(Ordering::Relaxed)
    }

    /// The checks that fail now.
    pub(super) async fn check(&self, app: &App) -> Vec<&'static str> {
        // At once, whatever else is still being asked.
        if app.operate.is_stopping() {
            return vec!["stopping"];
        }
        let mut found = self.found.lock().await;
        if let Some((at, failed)) = &*found
            && at.elapsed() < REPEATED
        {
            return failed.clone();
        }
        let failed = self.look(app).await;
        self.ready.store(serves(&failed), Ordering::Relaxed);
        self.blobs.store(!failed.contains(&BLOBS), Ordering::Relaxed);
        *found = Some((Instant::now(), failed.clone()));
        failed
    }

    async fn look(&self, app: &App) -> Vec<&'static str> {
        let within = app.operate.ready_within;
        let (database, migrations, blobs) = tokio::join!(
            database(app, within),
            in_time(within, self.migrations(app)),
            in_time(within, app.blobs.is_reachable()),
        );
        let checks = [("database", database), ("migrations", migrations), (BLOBS, blobs)];
        checks.into_iter().filter(|(_, passed)| !passed).map(|(name, _)| name).collect()
    }

    async fn migrations(&self, app: &App) -> bool {
        if self.migrated.load(Ordering::Relaxed) {
            return true;
        }
        let done = matches!(app.db.pending(&MIGRATIONS).await, Ok(0));
        self.migrated.store(done, Ordering::Relaxed);
        done
    }
}

async fn in_time(within: Duration, check: impl Future<Output = bool>) -> bool {
    tokio::time::timeout(within, check).await.unwrap_or(false)
}

/// Whether the database answers, or others have all connections to it: a server that has much to do
/// is not to be left out.
async fn database(app: &App, within: Duration) -> bool {
    let asking = app.db.every().read(|tx: &mut Tx<'_>| tx.one::<(i64,)>(&ANSWER, &[]));
    match tokio::time::timeout(within, asking).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) if error.kind() == ErrorKind::Busy => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "The database does not answer");
            false
        }
        Err(_late) => {
            let load = app.db.usage();
            load.connections_max > 0 && load.connections_in_use >= load.connections_max
        }
    }
}
