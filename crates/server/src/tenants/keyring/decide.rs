//! What may be done to keys. Each function is a whole transaction's program, with its audit record.

use crate::audit::{self, By};
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::tenants::keys::act;
use crate::tenants::{
    Caller, KeyChange, KeyError, KeyWish, Listed, NewKey, NewSecret, Principal, TenantId, life,
};
use rollbook_db::Tx;
use serde_json::{Value as Json, json};
use std::time::Duration;

use super::grant;

/// Makes the key that was drafted from a wish. A caller gives what it holds; the operator at the
/// command line, who is no caller, gives anything.
#[expect(clippy::too_many_arguments, reason = "who, when, what, and to what")]
pub fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    caller: Option<&Caller>,
    wish: &KeyWish,
    made: &NewKey,
    by: &By,
    now: i64,
) -> Result<Listed> {
    if let Some(caller) = caller {
        grant::may_give(caller, wish.scopes)?;
        grant::may_open(caller, &wish.restrictions)?;
        grant::may_outlast(caller, wish.expires)?;
    }
    life::hold(tx, tenant)?;
    act::create(tx, tenant, wish, made, now)?;
    let listed = act::get(tx, tenant, &made.key)?;
    note(tx, tenant, by, "key.created", &listed, now)?;
    Ok(listed)
}

/// Refuses a key more than a tenant may have. Ask when the act is in the audit log, which lets one
/// transaction of a tenant through at a time: then nobody else's key is missed.
pub fn has_room(tx: &mut Tx<'_>, tenant: TenantId, keys_max: usize, now: i64) -> Result<()> {
    let most = i64::try_from(keys_max).unwrap_or(i64::MAX);
    if act::count_live(tx, tenant, now, most.saturating_add(1))? <= most {
        return Ok(());
    }
    let detail = format!("a tenant has at most {keys_max} keys (limits.keys): revoke one first");
    Err(Problem::conflict(Code::LimitKeys, detail))
}

/// Changes a key.
#[expect(clippy::too_many_arguments, reason = "who, when, what, and to what")]
pub fn update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    caller: Option<&Caller>,
    key: &str,
    change: &KeyChange,
    by: &By,
    now: i64,
) -> Result<Listed> {
    let before = act::get(tx, tenant, key)?;
    if let Some(caller) = caller {
        may_hold(caller, &before)?;
        grant::may_give(caller, change.scopes.unwrap_or(before.scopes))?;
        grant::may_open(caller, change.restrictions.as_ref().unwrap_or(&before.restrictions))?;
        grant::may_outlast(caller, change.expires.unwrap_or(before.expires))?;
    }
    let after = act::update(tx, tenant, key, change)?;
    if after != before {
        note(tx, tenant, by, "key.updated", &after, now)?;
    }
    Ok(after)
}

/// Gives a key a new secret; the one it had works for `overlap` longer. Who gets the secret gets
/// what the key may do, so the caller must hold it.
#[expect(clippy::too_many_arguments, reason = "who, when, what, and to what")]
pub fn rotate(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    caller: Option<&Caller>,
    key: &str,
    (secret, overlap): (String, Duration),
    by: &By,
    now: i64,
) -> Result<NewSecret> {
    let before = act::get(tx, tenant, key)?;
    if let Some(caller) = caller {
        may_hold(caller, &before)?;
    }
    let made = act::rotate(tx, tenant, key, secret, overlap, now)?;
    let after = act::get(tx, tenant, key)?;
    note(tx, tenant, by, "key.rotated", &after, now)?;
    Ok(made)
}

/// Revokes a key: the caller's own, or one that may do no more than the caller. For how long makes
/// no difference, as nothing is given. Doing it twice changes nothing.
pub fn revoke(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    caller: Option<&Caller>,
    key: &str,
    by: &By,
    now: i64,
) -> Result<Listed> {
    let before = act::get(tx, tenant, key)?;
    let is_own = |caller: &Caller| caller.principal == Principal::Key(key.into());
    if let Some(caller) = caller.filter(|caller| !is_own(caller)) {
        grant::may_give(caller, before.scopes)?;
        grant::may_open(caller, &before.restrictions)?;
    }
    act::revoke(tx, tenant, key, now)?;
    let after = act::get(tx, tenant, key)?;
    if before.revoked.is_none() {
        note(tx, tenant, by, "key.revoked", &after, now)?;
    }
    Ok(after)
}

/// Refuses a key that may do more than the caller, or for longer.
fn may_hold(caller: &Caller, key: &Listed) -> Result<()> {
    grant::may_give(caller, key.scopes)?;
    grant::may_open(caller, &key.restrictions)?;
    grant::may_outlast(caller, key.expires)
}

fn note(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    by: &By,
    what: &'static str,
    key: &Listed,
    now: i64,
) -> Result<()> {
    let object = format!("key:{}", key.key);
    let detail = told(key);
    if *by == By::operator() {
        audit::record_for_operator(tx, tenant, by, what, &object, &detail, now)?;
    } else {
        audit::record(tx, tenant, by, what, &object, &detail, now)?;
    }
    Ok(())
}

/// What the log keeps of a key: what it may do and what it is called, never a secret.
fn told(key: &Listed) -> Json {
    let mut told = super::wire::in_json(key, 0);
    if let Some(members) = told.as_object_mut() {
        members.retain(|name, value| {
            !value.is_null() && !matches!(name.as_str(), "key" | "state" | "lastUsed" | "notes")
        });
    }
    json!(told)
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let at = |pointer: &str| {
            let place = Place::Body(pointer.to_owned());
            Self::faults(vec![Fault { place, detail: error.to_string() }])
        };
        match &error {
            KeyError::Name => at("#/name"),
            KeyError::Notes => at("#/notes"),
            KeyError::Scope(_) => at("#/scopes"),
            KeyError::Overlap => at("#/overlapSeconds"),
            KeyError::Restriction(restriction) => at(&pointer(&restriction.pointer)),
            KeyError::Operator => Self::forbidden(Code::AuthScopeEscalation, error.to_string()),
            KeyError::Revoked(_) => Self::conflict(Code::KeyRevoked, error.to_string()),
            KeyError::Unknown(_) => Self::not_found("there is no such key"),
            KeyError::Tenant(_) => Self::not_found("there is no such tenant"),
            KeyError::Store(cause) => Self::from(cause.clone()),
        }
    }
}

/// A place in the lists of restrictions by the names that the API gives them.
fn pointer(place: &str) -> String {
    let named = [
        ("/addresses", "#/ipRanges"),
        ("/origins", "#/origins"),
        ("/activities", "#/activityPrefixes"),
    ];
    let found = named.iter().find_map(|(inner, outer)| Some((outer, place.strip_prefix(inner)?)));
    found.map_or_else(|| format!("#{place}"), |(outer, rest)| format!("{outer}{rest}"))
}
