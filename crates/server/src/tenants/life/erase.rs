//! Removing what a deleted tenant leaves, in steps that a crash may come between.
//!
//! A step removes some files, or some rows in one transaction; it needs to remember nothing, for
//! what is there says what is left to do. The transaction that finds no row puts down the number as
//! gone and removes the tenant. Any number of processes may do this at once, one transaction after
//! the other: what another is removing is not nothing.
//!
//! Files go before the rows that name them, so that none stays that nothing knows of. An upload that
//! was under way when the tenant was marked may still leave one, and so the place is looked at again
//! once no upload of that time can live.

use super::store;
use super::tables::TABLES;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::nodes;
use crate::tenants::TenantId;
use rollbook_db::{Tx, Value};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a running server looks for tenants to delete.
const EVERY: Duration = Duration::from_secs(10);

/// Rows that one transaction removes: it must not keep other writers waiting.
const ROWS_MAX: i64 = 2_000;

/// Files that one step removes.
const FILES_MAX: usize = 256;

/// A tenant is looked at again when it is gone for this long: well above any upload and request.
const SETTLED_AFTER_MICROS: i64 = 3_600_000_000;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Rows that were removed.
    pub rows: u64,
    /// Files that were removed.
    pub files: u64,
    /// Whether nothing is left.
    pub done: bool,
}

/// Deletes on one of the servers that share the database, until `stop`.
pub async fn keep_deleted(app: App, stop: CancellationToken) {
    nodes::run_leased(app, "tenants.delete", EVERY, stop, |app, _lease| async move {
        delete_due(&app).await
    })
    .await;
}

/// Does for each tenant that is being deleted all that is left to do.
///
/// One whose files cannot be removed keeps no other from going: it is passed over, and the last
/// error is told at the end.
pub async fn delete_due(app: &App) -> Result<()> {
    let (mut after, mut failure) = (0, None);
    while let Some(number) = next(app, after).await? {
        match erase_some(app, TenantId(number)).await {
            Ok(Erased { done: false, .. }) => continue,
            Ok(_) => tracing::info!(tenant = number, "Nothing is left of a deleted tenant"),
            Err(problem) => failure = Some(problem),
        }
        after = number;
    }
    failure.map_or(Ok(()), Err)
}

/// The next tenant of which something may be left.
async fn next(app: &App, after: i64) -> Result<Option<i64>> {
    let before = app.clock.now_micros().saturating_sub(SETTLED_AFTER_MICROS);
    let job = move |tx: &mut Tx<'_>| tx.one(&store::NEXT_DUE, &[after.into(), before.into()]);
    Ok(app.db.every().read(job).await?)
}

/// Does a step for a tenant that is being deleted, or that is gone.
pub async fn erase_some(app: &App, tenant: TenantId) -> Result<Erased> {
    app.log.forget(tenant);
    let files = app.blobs.erase(tenant, FILES_MAX).await?;
    if files > 0 {
        return Ok(Erased { rows: 0, files, done: false });
    }
    let now = app.clock.now_micros();
    let rows = app.db.of(tenant.0).write(move |tx| erase_rows(tx, tenant, now)).await?;
    Ok(Erased { rows, files: 0, done: rows == 0 })
}

/// How many rows a tenant has, in all tables.
pub fn rows_of(tx: &mut Tx<'_>, tenant: TenantId) -> rollbook_db::Result<u64> {
    let mut rows = 0;
    for table in TABLES {
        let count: Option<i64> = tx.one(table.count, &[tenant.0.into()])?;
        rows += count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    }
    Ok(rows)
}

/// Removes some rows; none are left if it removed none, and then the tenant is gone.
fn erase_rows(tx: &mut Tx<'_>, tenant: TenantId, now: i64) -> Result<u64> {
    let number = Value::from(tenant.0);
    let one = std::slice::from_ref(&number);
    let living: Option<Option<i64>> = tx.one(&store::HOLD_DELETING, one)?;
    if living == Some(None) {
        return Err(Problem::internal(anyhow::anyhow!(
            "a tenant that is not deleted is not erased"
        )));
    }
    if living.is_none() {
        let _gone: Option<i64> = tx.one(&store::HOLD_GONE, one)?;
    }
    let mut left = ROWS_MAX;
    for table in TABLES {
        let removed = tx.run(table.erase, &[number.clone(), left.into()])?;
        left = left.saturating_sub(i64::try_from(removed).unwrap_or(i64::MAX));
        if left <= 0 {
            break;
        }
    }
    if left == ROWS_MAX {
        if living.is_some() {
            tx.run(&store::BURY, &[number.clone(), now.into()])?;
            tx.run(&store::REMOVE, &[number])?;
        } else {
            let before = now.saturating_sub(SETTLED_AFTER_MICROS);
            tx.run(&store::SETTLE, &[number, now.into(), before.into()])?;
        }
    }
    Ok(ROWS_MAX.abs_diff(left))
}
