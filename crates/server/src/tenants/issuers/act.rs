//! What is done with issuers, as parts of a transaction that may do more, such as an audit record.

use super::super::keyring::grant;
use super::super::tokens::StoredIssuer;
use super::super::{Caller, Restrictions, Scopes, TenantId, life};
use super::shape::{Issuer, IssuerBody, Kept, prefixes_of};
use super::store;
use crate::error::{Code, Problem, Result};
use rollbook_db::{FromRow, Row, Tx, Value};
use uuid::Uuid;

/// Makes an issuer. A tenant has few, and each name and audience once.
pub(super) fn create(tx: &mut Tx<'_>, by: &Caller, kept: Kept, issuers_max: usize) -> Result<Kept> {
    may_trust(by, &kept.issuer)?;
    let tenant = by.tenant;
    let count: Option<i64> = tx.one(&store::COUNT, &[tenant.0.into()])?;
    if usize::try_from(count.unwrap_or_default()).unwrap_or(usize::MAX) >= issuers_max {
        let detail = format!("a tenant has at most {issuers_max} issuers (limits.issuers)");
        return Err(Problem::conflict(Code::LimitIssuers, detail));
    }
    life::hold(tx, tenant)?;
    let mut args = arguments(tenant, kept.id, &kept.issuer);
    args.push(kept.created.into());
    if tx.run(&store::ADD, &args)? == 0 { Err(taken()) } else { Ok(kept) }
}

/// Every issuer of a tenant, oldest first.
pub(super) fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Kept>> {
    Ok(tx.all(&store::ISSUERS, &[tenant.0.into()])?)
}

/// One issuer.
pub(super) fn get(tx: &mut Tx<'_>, tenant: TenantId, id: Uuid) -> Result<Kept> {
    tx.one(&store::ISSUER, &[tenant.0.into(), id.into()])?.ok_or_else(absent)
}

/// Puts what `decide` makes of an issuer in its place; what it was and what it is.
pub(super) fn change(
    tx: &mut Tx<'_>,
    by: &Caller,
    id: Uuid,
    decide: impl FnOnce(&Issuer) -> Result<Issuer>,
) -> Result<(Issuer, Kept)> {
    let tenant = by.tenant;
    let Kept { id, created, issuer: before } = get(tx, tenant, id)?;
    may_trust(by, &before)?;
    let issuer = decide(&before)?;
    may_trust(by, &issuer)?;
    let other: Option<Uuid> = tx.one(
        &store::ANOTHER,
        &[tenant.0.into(), (&issuer.iss).into(), (&issuer.audience).into(), id.into()],
    )?;
    if other.is_some() {
        return Err(taken());
    }
    tx.run(&store::REPLACE, &arguments(tenant, id, &issuer))?;
    Ok((before, Kept { id, created, issuer }))
}

/// Deletes an issuer and says what it was.
pub(super) fn delete(tx: &mut Tx<'_>, by: &Caller, id: Uuid) -> Result<Issuer> {
    let Kept { issuer, .. } = get(tx, by.tenant, id)?;
    may_trust(by, &issuer)?;
    tx.run(&store::DELETE, &[by.tenant.0.into(), id.into()])?;
    Ok(issuer)
}

/// Refuses to lay hands on an issuer whose people may do more than the caller. Where its tokens are
/// used from and for how long is not bounded, so the caller must not be bounded in that either.
fn may_trust(by: &Caller, issuer: &Issuer) -> Result<()> {
    let activities = issuer.activities.clone();
    grant::may_give(by, issuer.scopes)?;
    grant::may_open(by, &Restrictions { activities, ..Restrictions::default() })?;
    grant::may_outlast(by, None)
}

/// The issuers of every tenant that is not being deleted.
pub(in super::super) fn every(tx: &mut Tx<'_>) -> Result<Vec<StoredIssuer>> {
    Ok(tx.all(&store::EVERY, &[])?)
}

/// What a body makes of an issuer.
pub(super) fn decided(
    body: IssuerBody,
    before: Option<&Issuer>,
    by: &Caller,
    tokens: &super::super::Tokens,
) -> Result<Issuer> {
    let issuer = body.onto(before, by, tokens.fetches_anywhere())?;
    if tokens.is_installation(&issuer.iss) {
        let detail = "this server itself knows this issuer, for all its tenants";
        return Err(Problem::conflict(Code::IssuerReserved, detail));
    }
    if tokens.is_home(&issuer.iss) {
        let detail = "this is the address of this server: accounts under it are its keys";
        return Err(Problem::conflict(Code::IssuerReserved, detail));
    }
    Ok(issuer)
}

fn arguments(tenant: TenantId, id: Uuid, issuer: &Issuer) -> Vec<Value> {
    let Issuer {
        name,
        iss,
        audience,
        jwks_url,
        algorithms,
        tenant_claim,
        scope_claim,
        subject_claim,
        scopes,
        activities,
    } = issuer;
    let prefixes = || serde_json::to_string(activities).expect("texts are JSON");
    vec![
        tenant.0.into(),
        id.into(),
        name.into(),
        iss.into(),
        audience.into(),
        jwks_url.into(),
        algorithms.to_string().into(),
        tenant_claim.clone().into(),
        scope_claim.into(),
        subject_claim.into(),
        scopes.bits().into(),
        (!activities.is_empty()).then(prefixes).into(),
    ]
}

fn absent() -> Problem {
    Problem::not_found("there is no such issuer")
}

fn taken() -> Problem {
    let detail = "this tenant has this issuer for this audience already; change that one";
    Problem::conflict(Code::IssuerExists, detail)
}

impl FromRow for StoredIssuer {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self {
            tenant: TenantId(row.get(0)?),
            tenant_name: row.get(1)?,
            suspended: row.get::<Option<i64>>(2)?.is_some(),
            iss: row.get(3)?,
            audience: row.get(4)?,
            jwks_url: row.get(5)?,
            algorithms: row.get(6)?,
            tenant_claim: row.get(7)?,
            scope_claim: row.get(8)?,
            subject_claim: row.get(9)?,
            scopes: Scopes::from_bits(row.get(10)?),
            activities: prefixes_of(row, 11)?,
        })
    }
}
