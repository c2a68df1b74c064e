//! Sessions that nobody ends: those that are silent for long, too old, or whose learner came back,
//! are abandoned in the background by one node at a time (9.3.6).
//!
//! Those that never began are among them: a launch that nothing came of is a session too.

use super::abandon::AbandonedBy;
use super::desk::{Desk, micros};
use super::store;
use crate::app::App;
use crate::error::Result;
use crate::nodes;
use crate::tenants::TenantId;
use rollbook_db::Tx;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a running server sweeps.
const EVERY: Duration = Duration::from_secs(10);

/// Sessions that are looked for at once.
const AT_ONCE: i64 = 256;

/// Abandons what is due now; how many sessions that was.
pub(crate) async fn sweep(app: &App) -> Result<usize> {
    let (now, limits) = (app.clock.now_micros(), &app.limits);
    let before = |seconds: u64| now.saturating_sub(micros(seconds));
    let (idle, returned) =
        (before(limits.cmi5.idle_seconds_max), before(limits.cmi5.return_seconds_max));
    let mut swept = 0;
    loop {
        let args = [idle.into(), now.into(), returned.into(), AT_ONCE.into()];
        let job = move |tx: &mut Tx<'_>| tx.all(&store::DUE, &args);
        let due: Vec<(i64, Uuid, Uuid, i32)> = app.db.every().read(job).await?;
        let found = due.len();
        let mut ended = 0;
        for (tenant, registration, session, why) in due {
            let by = match why {
                3 => AbandonedBy::Returned,
                2 => AbandonedBy::Age,
                _ => AbandonedBy::Idle,
            };
            match end(app, TenantId(tenant), (registration, session), by).await {
                Ok(true) => ended += 1,
                Ok(false) => {}
                // Its tenant is going, or somebody else was faster: the others are due all the same.
                Err(problem) => {
                    tracing::debug!(code = problem.code.name(), "A session was not abandoned");
                }
            }
        }
        swept += ended;
        if ended == 0 || i64::try_from(found).unwrap_or(i64::MAX) < AT_ONCE {
            return Ok(swept);
        }
    }
}

/// Sweeps again and again, on one of the servers that share the database, until `stop`.
pub async fn keep_swept(app: App, stop: CancellationToken) {
    nodes::run_leased(app, "sessions.sweep", EVERY, stop, |app, _lease| async move {
        let swept = sweep(&app).await?;
        tracing::debug!(swept, "Abandoned sessions of launched content");
        Ok(())
    })
    .await;
}

async fn end(
    app: &App,
    tenant: TenantId,
    (registration, session): (Uuid, Uuid),
    by: AbandonedBy,
) -> Result<bool> {
    let desk = Desk::open(app, tenant).await?;
    let own = desk.clone();
    let job = move |tx: &mut Tx<'_>| own.abandon(tx, registration, Some(session), by);
    let ended = app.db.of(tenant.0).write(job).await?;
    desk.committed();
    Ok(ended.is_some())
}
