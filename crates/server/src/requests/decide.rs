//! Switching a log on and off. Each function is a whole transaction's program, with its audit record.

use super::store::{self, Switch};
use crate::audit::{self, By};
use crate::error::Result;
use crate::tenants::{TenantId, life};
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use serde_json::{Value as Json, json};

/// What the acts are done to.
const OBJECT: &str = "log:requests";

/// Switches a tenant's log on, or begins its time anew.
pub(super) fn turn_on(tx: &mut Tx<'_>, wanted: Switch, by: &By, now: i64) -> Result<Switch> {
    let tenant = wanted.tenant;
    life::hold(tx, tenant)?;
    store::turn_on(tx, wanted)?;
    let until = format_micros(wanted.until);
    let detail = json!({ "until": until, "bodies": wanted.bodies });
    note(tx, tenant, by, "requests.log.enabled", &detail, now)?;
    Ok(store::switch(tx, tenant)?.unwrap_or(wanted))
}

/// Switches a tenant's log off. Doing it twice changes nothing.
pub(super) fn turn_off(tx: &mut Tx<'_>, tenant: TenantId, by: &By, now: i64) -> Result<()> {
    if store::turn_off(tx, tenant, now)? {
        note(tx, tenant, by, "requests.log.disabled", &json!({}), now)?;
    }
    Ok(())
}

fn note(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    by: &By,
    act: &'static str,
    detail: &Json,
    now: i64,
) -> Result<()> {
    if *by == By::operator() {
        audit::record_for_operator(tx, tenant, by, act, OBJECT, detail, now)?;
    } else {
        audit::record(tx, tenant, by, act, OBJECT, detail, now)?;
    }
    Ok(())
}
