//! Whether this server can serve.
//!
//! Anybody may ask, so what was found is repeated for a second, and one asks for all.

use crate::app::App;
use crate::migrations::MIGRATIONS;
use rollbook_db::{Sql, Tx, sql};
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

/// What was found last.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    found: Mutex<Option<(Instant, Vec<&'static str>)>>,
    /// The schema of a database that is open does not go back.
    migrated: AtomicBool,
    ready: AtomicBool,
}

impl Remembered {
    /// What was answered last.
    pub(super) fn was_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// The checks that fail now; none when the server is ready.
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
        self.ready.store(failed.is_empty(), Ordering::Relaxed);
        *found = Some((Instant::now(), failed.clone()));
        failed
    }

    async fn look(&self, app: &App) -> Vec<&'static str> {
        let within = app.operate.ready_within;
        let (database, migrations, blobs) = tokio::join!(
            in_time(within, database(app)),
            in_time(within, self.migrations(app)),
            in_time(within, app.blobs.is_reachable()),
        );
        let checks = [("database", database), ("migrations", migrations), ("blobs", blobs)];
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

async fn database(app: &App) -> bool {
    let answered = app.db.every().read(|tx: &mut Tx<'_>| tx.one::<(i64,)>(&ANSWER, &[])).await;
    if let Err(error) = &answered {
        tracing::warn!(%error, "The database does not answer");
    }
    answered.is_ok()
}
