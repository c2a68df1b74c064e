//! No write outlives its tenant.
//!
//! Every transaction that adds rows of a tenant asks here first. One that was let through ends
//! before the deletion can mark the tenant, and one that comes later is refused, whatever its
//! process still remembers of the tenant.

use super::store;
use crate::error::{Problem, Result};
use crate::tenants::TenantId;
use rollbook_db::Tx;

/// Refuses to write for a tenant that is gone or going, and holds off its deletion until this
/// transaction ends, as a foreign key would.
pub fn hold(tx: &mut Tx<'_>, tenant: TenantId) -> Result<()> {
    let found = tx.one(&store::HOLD, &[tenant.0.into()])?;
    living(found)
}

/// The same for a transaction that holds the end of the tenant's log, which the deletion takes too:
/// reading is enough.
pub fn alive(tx: &mut Tx<'_>, tenant: TenantId) -> Result<()> {
    let found = tx.one(&store::DELETING, &[tenant.0.into()])?;
    living(found)
}

/// 401, as for every credential of a tenant that is not there.
#[expect(clippy::option_option, reason = "no tenant, one that lives, and one that is deleted")]
fn living(found: Option<Option<i64>>) -> Result<()> {
    match found {
        Some(None) => Ok(()),
        Some(Some(_)) | None => {
            Err(Problem::unauthorized("this key and secret are not known here"))
        }
    }
}
