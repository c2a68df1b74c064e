//! Forgetting the answers whose time is over.
//!
//! An expired answer is never replayed; removing it only gives back its room. A few at a time, so
//! that no writer waits for it.

use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::nodes;
use crate::tenants;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a running server sweeps.
const EVERY: Duration = Duration::from_mins(10);

/// How many answers are forgotten in one transaction.
const BATCH: u64 = 500;

/// Sweeps every ten minutes, on one of the servers that share the database, until `stop`.
pub async fn keep_forgetting(app: App, stop: CancellationToken) {
    nodes::run_leased(app, "answers.sweep", EVERY, stop, |app, _lease| async move {
        let count = forget(&app).await?;
        tracing::debug!(count, "Forgot {count} kept answers");
        Ok(())
    })
    .await;
}

/// Forgets every kept answer that has expired; how many they were.
pub async fn forget(app: &App) -> Result<u64> {
    let mut forgotten = 0;
    for (tenant, _) in tenants::all(&app.db).await.map_err(Problem::internal)? {
        loop {
            let now = app.clock.now_micros();
            let args = [tenant.0.into(), now.into(), i64::try_from(BATCH).unwrap_or(1).into()];
            let job = move |tx: &mut rollbook_db::Tx<'_>| tx.run(&store::FORGET_ANSWERS, &args);
            let batch = app.db.of(tenant.0).write(job).await?;
            forgotten += batch;
            if batch < BATCH {
                break;
            }
        }
    }
    Ok(forgotten)
}
