//! What is done with keys, as parts of a transaction that may do more, such as an audit record.

use super::super::{Restrictions, Scopes, TenantId, key, store};
use super::{KeyChange, KeyError, KeyWish, Listed, NewKey, NewSecret, OVERLAP_MAX, argument};
use rollbook_db::{Tx, Value};
use serde::Serialize;
use std::time::Duration;

/// Makes the key that was drafted from a wish.
pub fn create(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wish: &KeyWish,
    made: &NewKey,
    now: i64,
) -> Result<(), KeyError> {
    let KeyWish { name, notes, scopes, restrictions, expires, home_page } = wish;
    let NewKey { key, secret, scopes: _ } = made;
    let [addresses, origins, activities] = columns(restrictions);
    let args = [
        tenant.0.into(),
        key.into(),
        name.into(),
        Value::Bytes(key::digest(secret).to_vec()),
        scopes.bits().into(),
        authority(name, home_page, key).into(),
        now.into(),
        (*expires).into(),
        notes.into(),
        addresses,
        origins,
        activities,
    ];
    tx.run(&store::ADD_CREDENTIAL, &args)?;
    Ok(())
}

/// Every key of a tenant, oldest first, revoked ones too.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Listed>, KeyError> {
    Ok(tx.all(&store::CREDENTIALS, &[tenant.0.into()])?)
}

/// Which keys a page has.
pub struct KeyPage {
    /// The moment and the key behind which it begins.
    pub after: Option<(i64, String)>,
    /// Whether the newest come first.
    pub descending: bool,
    /// Whether those that are active, expired and revoked are wanted.
    pub states: [bool; 3],
    /// At most how many there are.
    pub size: i64,
}

/// A page of a tenant's keys in the order in which they were made.
pub fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    page: KeyPage,
    now: i64,
) -> Result<Vec<Listed>, KeyError> {
    let KeyPage { after, descending, states, size } = page;
    let (sql, start) =
        if descending { (&store::PAGE_DOWN, i64::MAX) } else { (&store::PAGE, i64::MIN) };
    let (created, key) = after.unwrap_or((start, String::new()));
    let [active, expired, revoked] = states.map(|wanted| Value::from(i64::from(wanted)));
    let args = [
        tenant.0.into(),
        created.into(),
        key.into(),
        now.into(),
        active,
        expired,
        revoked,
        size.into(),
    ];
    Ok(tx.all(sql, &args)?)
}

/// How many keys of a tenant are neither revoked nor expired; counted no further than `most`.
pub fn count_live(tx: &mut Tx<'_>, tenant: TenantId, now: i64, most: i64) -> Result<i64, KeyError> {
    let count = tx.one(&store::COUNT_LIVE, &[tenant.0.into(), now.into(), most.into()])?;
    Ok(count.unwrap_or_default())
}

/// One key.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, key: &str) -> Result<Listed, KeyError> {
    let found = tx.one(&store::LISTED, &[tenant.0.into(), argument(key)?])?;
    found.ok_or_else(|| KeyError::Unknown(key.to_owned()))
}

/// Changes a key and says what it is now. A revoked key stays as it is.
pub fn update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &str,
    change: &KeyChange,
) -> Result<Listed, KeyError> {
    change.check(tenant)?;
    let KeyChange { name, notes, scopes, restrictions, expires } = change;
    let [addresses, origins, activities] =
        restrictions.as_ref().map_or([Value::Null, Value::Null, Value::Null], columns);
    let args = [
        tenant.0.into(),
        argument(key)?,
        name.clone().into(),
        notes.clone().into(),
        scopes.map(Scopes::bits).into(),
        i64::from(restrictions.is_some()).into(),
        addresses,
        origins,
        activities,
        i64::from(expires.is_some()).into(),
        expires.flatten().into(),
    ];
    if tx.run(&store::CHANGE, &args)? == 0 {
        return Err(unchanged(tx, tenant, key));
    }
    get(tx, tenant, key)
}

/// Gives a key a new secret; the one it had works until `now` and `overlap`.
///
/// No more than two secrets work at any time: one that was replaced earlier ends now.
pub fn rotate(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &str,
    secret: String,
    overlap: Duration,
    now: i64,
) -> Result<NewSecret, KeyError> {
    if overlap > OVERLAP_MAX {
        return Err(KeyError::Overlap);
    }
    let overlap = i64::try_from(overlap.as_micros()).expect("days in microseconds fit");
    let old_until = now.saturating_add(overlap);
    let digest = Value::Bytes(key::digest(&secret).to_vec());
    let args = [tenant.0.into(), argument(key)?, digest, now.into(), old_until.into()];
    if tx.run(&store::ROTATE, &args)? == 0 {
        return Err(unchanged(tx, tenant, key));
    }
    Ok(NewSecret { key: key.to_owned(), secret, old_until })
}

/// Revokes a key and says since when it is revoked. Doing it twice changes nothing.
pub fn revoke(tx: &mut Tx<'_>, tenant: TenantId, key: &str, now: i64) -> Result<i64, KeyError> {
    let revoked = tx.one(&store::REVOKE, &[tenant.0.into(), argument(key)?, now.into()])?;
    revoked.ok_or_else(|| KeyError::Unknown(key.to_owned()))
}

/// Why nothing was changed.
fn unchanged(tx: &mut Tx<'_>, tenant: TenantId, key: &str) -> KeyError {
    match get(tx, tenant, key) {
        Ok(_revoked) => KeyError::Revoked(key.to_owned()),
        Err(error) => error,
    }
}

/// The restrictions as they are stored: null where there is none.
fn columns(restrictions: &Restrictions) -> [Value; 3] {
    let Restrictions { addresses, origins, activities } = restrictions;
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    [&addresses, origins, activities].map(|list| {
        let text = || serde_json::to_string(list).expect("texts are JSON");
        (!list.is_empty()).then(text).into()
    })
}

/// The Agent that vouches for statements stored with a key (1.0.3 Data 2.4.9).
fn authority(name: &str, home_page: &str, key: &str) -> String {
    let account = Account { home_page, name: key };
    let agent = Agent { object_type: "Agent", name: Some(name), account };
    serde_json::to_string(&agent).expect("an agent is plain text")
}

/// The Agent that vouches for statements of somebody whom an issuer vouches for.
pub(in crate::tenants) fn authority_of_user(issuer: &str, subject: &str) -> String {
    let account = Account { home_page: issuer, name: subject };
    let agent = Agent { object_type: "Agent", name: None, account };
    serde_json::to_string(&agent).expect("an agent is plain text")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Agent<'a> {
    object_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    account: Account<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account<'a> {
    home_page: &'a str,
    name: &'a str,
}
