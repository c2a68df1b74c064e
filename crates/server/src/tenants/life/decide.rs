//! What may be done to a tenant. Each function is a whole transaction's program: it decides, writes
//! and records the act at once. The transaction must reach every tenant (`db.every()`).

use super::name::TenantName;
use super::store;
use super::tenant::Tenant;
use crate::audit::{self, By};
use crate::error::{Code, Problem, Result};
use crate::statements;
use crate::tenants::{FIRST_TENANT, TenantId};
use rollbook_db::{Tx, Value};
use serde_json::{Value as Json, json};

/// What a new tenant shall be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its name; unique.
    pub name: TenantName,
    /// What people call it; may be empty.
    pub title: String,
}

/// What shall change about a tenant; nothing where there is none.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<TenantName>,
    /// What people call it.
    pub title: Option<String>,
}

/// Makes a tenant.
///
/// # Errors
/// 409 if the name is used.
pub fn create(tx: &mut Tx<'_>, wish: &Wish, by: &By, now: i64) -> Result<Tenant> {
    lock_register(tx)?;
    name_is_free(tx, &wish.name)?;
    let last: Option<i64> = tx.one(&store::LAST_NUMBER, &[])?;
    let number = last.unwrap_or_default() + 1;
    let (name, title) = (wish.name.to_string(), wish.title.clone());
    let row = [number.into(), Value::from(&name), Value::from(&title), now.into()];
    tx.run(&store::ADD, &row)?;
    let tenant = Tenant {
        number: TenantId(number),
        name,
        title,
        created: now,
        suspended: None,
        deleting: None,
    };
    note(tx, &tenant, by, "tenant.created", &json!({ "title": tenant.title }), now)?;
    Ok(tenant)
}

/// The tenant of that name, also while it is being deleted.
///
/// # Errors
/// 404 if there is none.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Tenant> {
    // What no tenant can be called is not worth asking the store about, and U+0000 cannot be asked.
    let name = TenantName::parse(name).map_err(|_invalid| unknown())?;
    tx.one(&store::FIND, &[name.as_str().into()])?.ok_or_else(unknown)
}

/// At most `size` tenants in the order of their numbers, or from the largest down, behind `after`.
pub fn list(
    tx: &mut Tx<'_>,
    after: Option<i64>,
    descending: bool,
    size: i64,
) -> Result<Vec<Tenant>> {
    let (sql, start) =
        if descending { (&store::LIST_DOWN, i64::MAX) } else { (&store::LIST, i64::MIN) };
    Ok(tx.all(sql, &[after.unwrap_or(start).into(), size.into()])?)
}

/// Names and describes a tenant.
///
/// # Errors
/// 404 if there is none, 409 if the new name is used or the tenant is being deleted.
pub fn change(tx: &mut Tx<'_>, name: &str, change: &Change, by: &By, now: i64) -> Result<Tenant> {
    lock_register(tx)?;
    let before = locked(tx, name)?;
    if let Some(wanted) = change.name.as_ref().filter(|wanted| wanted.as_str() != before.name) {
        name_is_free(tx, wanted)?;
    }
    let after = Tenant {
        name: change.name.as_ref().map_or(before.name.clone(), TenantName::to_string),
        title: change.title.clone().unwrap_or_else(|| before.title.clone()),
        ..before.clone()
    };
    if after != before {
        let row = [after.number.0.into(), Value::from(&after.name), Value::from(&after.title)];
        tx.run(&store::RENAME, &row)?;
        let detail = json!({
            "from": { "name": before.name, "title": before.title },
            "to": { "name": after.name, "title": after.title },
        });
        note(tx, &before, by, "tenant.renamed", &detail, now)?;
    }
    Ok(after)
}

/// Lets nobody in until the tenant is resumed. Doing it twice changes nothing.
///
/// # Errors
/// 404 if there is no such tenant, 409 for the first one and for one that is being deleted.
pub fn suspend(tx: &mut Tx<'_>, name: &str, by: &By, now: i64) -> Result<Tenant> {
    let tenant = locked(tx, name)?;
    if tenant.number == FIRST_TENANT {
        return Err(is_first("suspended"));
    }
    if tenant.suspended.is_some() {
        return Ok(tenant);
    }
    tx.run(&store::SUSPEND, &[tenant.number.0.into(), now.into()])?;
    note(tx, &tenant, by, "tenant.suspended", &json!({}), now)?;
    Ok(Tenant { suspended: Some(now), ..tenant })
}

/// Lets everybody in again. Doing it twice changes nothing.
///
/// # Errors
/// 404 if there is no such tenant, 409 if it is being deleted.
pub fn resume(tx: &mut Tx<'_>, name: &str, by: &By, now: i64) -> Result<Tenant> {
    let tenant = locked(tx, name)?;
    if tenant.suspended.is_none() {
        return Ok(tenant);
    }
    tx.run(&store::SUSPEND, &[tenant.number.0.into(), Value::Null])?;
    note(tx, &tenant, by, "tenant.resumed", &json!({}), now)?;
    Ok(Tenant { suspended: None, ..tenant })
}

/// Marks a tenant, after which it is unknown to everybody but the operator. What is its own is
/// removed later. Doing it twice changes nothing.
///
/// # Errors
/// 404 if there is no such tenant, 409 for the first one.
pub fn delete(tx: &mut Tx<'_>, name: &str, by: &By, now: i64) -> Result<Tenant> {
    let found = find(tx, name)?;
    let number = found.number;
    if number == FIRST_TENANT {
        return Err(is_first("deleted"));
    }
    if found.deleting.is_some() {
        return Ok(found);
    }
    // First the log, then the tenant: so a writer takes them too.
    statements::hold_log(tx, number, now)?;
    let tenant: Option<Tenant> = tx.one(&store::LOCK, &[number.0.into()])?;
    let tenant = tenant.filter(|tenant| tenant.name == name).ok_or_else(unknown)?;
    if tenant.deleting.is_some() {
        return Ok(tenant);
    }
    tx.run(&store::MARK, &[number.0.into(), now.into()])?;
    tx.run(&store::STOP_KEYS, &[number.0.into()])?;
    note(tx, &tenant, by, "tenant.deleted", &json!({ "number": number.0 }), now)?;
    Ok(Tenant { deleting: Some(now), ..tenant })
}

/// The tenant of that name, held, unless it is being deleted.
///
/// # Errors
/// 404 if there is no such tenant, 409 if it is being deleted.
pub fn locked(tx: &mut Tx<'_>, name: &str) -> Result<Tenant> {
    let Tenant { number, .. } = find(tx, name)?;
    let tenant: Option<Tenant> = tx.one(&store::LOCK, &[number.0.into()])?;
    let tenant = tenant.filter(|tenant| tenant.name == name).ok_or_else(unknown)?;
    if tenant.deleting.is_some() {
        let detail =
            format!("the tenant {name} is being deleted; nothing else can be done with it");
        return Err(Problem::conflict(Code::TenantDeleting, detail));
    }
    Ok(tenant)
}

fn lock_register(tx: &mut Tx<'_>) -> Result<()> {
    let _first: Option<i64> = tx.one(&store::LOCK_REGISTER, &[FIRST_TENANT.0.into()])?;
    Ok(())
}

fn name_is_free(tx: &mut Tx<'_>, name: &TenantName) -> Result<()> {
    if tx.one::<Tenant>(&store::FIND, &[name.as_str().into()])?.is_none() {
        return Ok(());
    }
    let detail = format!("there is a tenant {name} already; choose another name");
    Err(Problem::conflict(Code::TenantNameUsed, detail))
}

fn note(
    tx: &mut Tx<'_>,
    tenant: &Tenant,
    by: &By,
    act: &'static str,
    detail: &Json,
    now: i64,
) -> Result<()> {
    let object = format!("tenant:{}", tenant.name);
    Ok(audit::record_for_operator(tx, tenant.number, by, act, &object, detail, now)?)
}

fn unknown() -> Problem {
    Problem::not_found("there is no such tenant")
}

fn is_first(what: &str) -> Problem {
    let detail = format!(
        "the first tenant runs the installation and cannot be {what}; revoke its keys instead"
    );
    Problem::conflict(Code::TenantFirst, detail)
}
