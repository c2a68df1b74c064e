//! The tenant that a new store starts with and its first key, and tenants by name.

use super::super::{FIRST_TENANT, TenantId, store};
use super::{KeyError, KeyWish, NewKey, act};
use crate::clock::Clock;
use crate::ids::Ids;
use rollbook_db::{Db, Tx, Value};

/// The name of the tenant that a new store starts with.
pub const FIRST_TENANT_NAME: &str = "main";

/// Makes the first tenant, and a key for it if that tenant is new: then the key is returned.
///
/// Both happen in one transaction, so of many servers that start at once one tells a key.
pub async fn open_store(
    db: &Db,
    clock: &Clock,
    ids: &Ids,
    first: KeyWish,
) -> Result<Option<NewKey>, KeyError> {
    let now = clock.now_micros();
    let made = first.draft(ids, FIRST_TENANT)?;
    db.every()
        .write(move |tx| {
            if !add_tenant(tx, FIRST_TENANT, FIRST_TENANT_NAME, now)? {
                return Ok(None);
            }
            act::create(tx, FIRST_TENANT, &first, &made, now)?;
            Ok(Some(made))
        })
        .await
}

/// Makes the first tenant unless it is there.
pub async fn ensure_first_tenant(db: &Db, clock: &Clock) -> Result<(), KeyError> {
    let now = clock.now_micros();
    let job = move |tx: &mut Tx<'_>| add_tenant(tx, FIRST_TENANT, FIRST_TENANT_NAME, now);
    db.every().write(job).await?;
    Ok(())
}

/// Makes a tenant of a test unless it is there.
#[cfg(test)]
pub(crate) async fn ensure_tenant(db: &Db, tenant: TenantId, name: &str) {
    let name = name.to_owned();
    let job = move |tx: &mut Tx<'_>| add_tenant(tx, tenant, &name, 1);
    db.every().write(job).await.expect("a tenant can be made");
}

/// The tenant of that name; the first one if no name is given.
pub async fn tenant_named(db: &Db, name: Option<&str>) -> Result<TenantId, KeyError> {
    let Some(name) = name else { return Ok(FIRST_TENANT) };
    let wanted = Value::from(name);
    let found: Option<i64> =
        db.every().read(move |tx| tx.one(&store::TENANT_NAMED, &[wanted])).await?;
    found.map(TenantId).ok_or_else(|| KeyError::Tenant(name.to_owned()))
}

/// Every tenant with its name.
pub async fn all(db: &Db) -> Result<Vec<(TenantId, String)>, KeyError> {
    let rows: Vec<(i64, String)> = db.every().read(|tx| tx.all(&store::TENANTS, &[])).await?;
    Ok(rows.into_iter().map(|(number, name)| (TenantId(number), name)).collect())
}

fn add_tenant(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    name: &str,
    now: i64,
) -> rollbook_db::Result<bool> {
    Ok(tx.run(&store::ADD_TENANT, &[tenant.0.into(), name.into(), now.into()])? == 1)
}
