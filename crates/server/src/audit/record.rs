//! Recording an act, in the transaction that it tells of.

use super::list::Entry;
use super::{chain, store};
use crate::http::client::ClientAddress;
use crate::tenants::{Caller, FIRST_TENANT, Principal, TenantId};
use axum::extract::FromRequestParts;
use http::request::Parts;
use rollbook_db::{Result, Tx, Value};
use serde_json::Value as Json;
use std::convert::Infallible;
use std::net::IpAddr;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    principal: String,
    address: Option<String>,
}

/// Where a request came from, if that is known: a handler's argument.
#[derive(Clone, Copy, Debug)]
pub struct Whence(Option<IpAddr>);

impl By {
    /// The operator at the command line.
    pub fn operator() -> Self {
        Self::from(&Principal::Operator)
    }

    /// The name under which the log has them.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// A caller, from where the request came.
    pub fn of(caller: &Caller, whence: Whence) -> Self {
        Self { address: whence.0.map(|address| address.to_string()), ..Self::from(caller) }
    }
}

impl<S: Sync> FromRequestParts<S> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address)))
    }
}

impl From<&By> for By {
    fn from(by: &Self) -> Self {
        by.clone()
    }
}

impl From<&Principal> for By {
    fn from(principal: &Principal) -> Self {
        let principal = match principal {
            Principal::Key(key) => format!("key:{key}"),
            Principal::User { issuer, subject } => format!("user:{subject}@{issuer}"),
            Principal::Session(id) => format!("session:{id}"),
            Principal::Operator => "operator".to_owned(),
        };
        Self { principal, address: None }
    }
}

impl From<&Caller> for By {
    fn from(caller: &Caller) -> Self {
        Self::from(&caller.principal)
    }
}

/// Adds an act to a tenant's log. `object` reads `kind:name`; `detail` is a JSON object and holds
/// no secret and nothing of a learner.
#[expect(clippy::too_many_arguments, reason = "an entry has this many columns")]
pub fn record(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    by: impl Into<By>,
    act: &'static str,
    object: &str,
    detail: &Json,
    now: i64,
) -> Result<()> {
    let By { principal, address } = by.into();
    let number = Value::from(tenant.0);
    tx.run(&store::OPEN_HEAD, &[number.clone(), chain::START.as_slice().into()])?;
    let head: Option<(i64, Vec<u8>)> = tx.one(&store::LOCK_HEAD, std::slice::from_ref(&number))?;
    let (last, previous) = head.expect("the log was begun just now");
    let mut entry = Entry {
        position: last + 1,
        at: now,
        principal,
        address,
        act: act.to_owned(),
        object: object.to_owned(),
        detail: detail.to_string(),
        hash: Vec::new(),
    };
    entry.hash = chain::hash(tenant.0, &entry, &previous).to_vec();
    let Entry { position, at, principal, address, act, object, detail, hash } = entry;
    let row = [
        number.clone(),
        position.into(),
        at.into(),
        principal.into(),
        address.into(),
        act.into(),
        object.into(),
        detail.into(),
        previous.into(),
        hash.clone().into(),
    ];
    tx.run(&store::ADD, &row)?;
    tx.run(&store::MOVE_HEAD, &[number, position.into(), hash.into()])?;
    Ok(())
}

/// Adds an act of the operator on a tenant to that tenant's log and to that of the installation,
/// which is the first tenant's. The transaction must reach both (`db.every()`).
#[expect(clippy::too_many_arguments, reason = "an entry has this many columns")]
pub fn record_for_operator(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    by: &By,
    act: &'static str,
    object: &str,
    detail: &Json,
    now: i64,
) -> Result<()> {
    if tenant != FIRST_TENANT {
        record(tx, tenant, by.clone(), act, object, detail, now)?;
    }
    // Always the last that is locked, so that two such acts never wait for each other.
    record(tx, FIRST_TENANT, by.clone(), act, object, detail, now)
}
