//! The endpoints of `/api/v1/issuers`.

use super::act;
use super::shape::{Issuer, IssuerBody, IssuerList, IssuerShown, Kept};
use crate::app::App;
use crate::audit::{self, By, Whence};
use crate::error::{Problem, Result};
use crate::http::authority::Administrator;
use crate::http::body;
use crate::tenants::TenantId;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use rollbook_db::Tx;
use serde_json::{Value, json};
use uuid::Uuid;

/// Bytes of an issuer as it is sent.
const ISSUER_BYTES_MAX: usize = 16 << 10;

/// GET /api/v1/issuers
pub(super) async fn list(State(app): State<App>, who: Administrator) -> Result<Json<IssuerList>> {
    let tenant = who.caller.tenant;
    let kept = app.db.of(tenant.0).read(move |tx| act::list(tx, tenant)).await?;
    Ok(Json(IssuerList::of(kept)))
}

/// POST /api/v1/issuers
pub(super) async fn create(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    body: Body,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let issuer = act::decided(read(body).await?, None, &caller, app.callers.tokens())?;
    let kept = Kept { id: app.ids.statement(), created: app.clock.now_micros(), issuer };
    let issuers_max = app.limits.issuers_max;
    let (by, now) = (By::of(&caller, whence), kept.created);
    let job = move |tx: &mut Tx<'_>| {
        let kept = act::create(tx, &caller, kept, issuers_max)?;
        note(tx, tenant, &by, "issuer.created", kept.id, &told(&kept.issuer), now)?;
        Ok::<_, Problem>(kept)
    };
    let kept = app.db.of(tenant.0).write(job).await?;
    let place = format!("/api/v1/issuers/{}", kept.id);
    let shown = Json(IssuerShown::from(kept));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], shown).into_response())
}

/// GET /api/v1/issuers/{id}
pub(super) async fn get(
    State(app): State<App>,
    who: Administrator,
    Path(id): Path<String>,
) -> Result<Json<IssuerShown>> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let kept = app.db.of(tenant.0).read(move |tx| act::get(tx, tenant, id)).await?;
    Ok(Json(kept.into()))
}

/// PUT /api/v1/issuers/{id}
pub(super) async fn replace(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<IssuerShown>> {
    let (caller, id) = (who.caller, known(&id)?);
    let tenant = caller.tenant;
    let issuer = act::decided(read(body).await?, None, &caller, app.callers.tokens())?;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let job = move |tx: &mut Tx<'_>| {
        let (before, kept) = act::change(tx, &caller, id, |_| Ok(issuer))?;
        note(tx, tenant, &by, "issuer.updated", id, &differ(&before, &kept.issuer), now)?;
        Ok::<_, Problem>(kept)
    };
    Ok(Json(app.db.of(tenant.0).write(job).await?.into()))
}

/// PATCH /api/v1/issuers/{id}
pub(super) async fn change(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<IssuerShown>> {
    let (caller, id) = (who.caller, known(&id)?);
    let tenant = caller.tenant;
    let (body, callers) = (read(body).await?, app.callers.clone());
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let job = move |tx: &mut Tx<'_>| {
        let decide = |before: &Issuer| act::decided(body, Some(before), &caller, callers.tokens());
        let (before, kept) = act::change(tx, &caller, id, decide)?;
        note(tx, tenant, &by, "issuer.updated", id, &differ(&before, &kept.issuer), now)?;
        Ok::<_, Problem>(kept)
    };
    Ok(Json(app.db.of(tenant.0).write(job).await?.into()))
}

/// DELETE /api/v1/issuers/{id}
pub(super) async fn delete(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let (caller, id) = (who.caller, known(&id)?);
    let tenant = caller.tenant;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let job = move |tx: &mut Tx<'_>| {
        let before = act::delete(tx, &caller, id)?;
        note(tx, tenant, &by, "issuer.deleted", id, &told(&before), now)
    };
    app.db.of(tenant.0).write(job).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the audit log keeps of an issuer: whom it trusts with what.
fn told(issuer: &Issuer) -> Value {
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
    json!({
        "name": name,
        "iss": iss,
        "audience": audience,
        "jwksUrl": jwks_url,
        "algorithms": algorithms.to_string(),
        "tenantClaim": tenant_claim,
        "scopeClaim": scope_claim,
        "subjectClaim": subject_claim,
        "scopes": scopes.names().collect::<Vec<_>>(),
        "activityPrefixes": activities,
    })
}

/// The same of an issuer before and after.
fn differ(before: &Issuer, after: &Issuer) -> Value {
    json!({ "from": told(before), "to": told(after) })
}

#[expect(clippy::too_many_arguments, reason = "an entry of the audit log has this many columns")]
fn note(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    by: &By,
    what: &'static str,
    id: Uuid,
    detail: &Value,
    now: i64,
) -> Result<()> {
    Ok(audit::record(tx, tenant, by, what, &format!("issuer:{id}"), detail, now)?)
}

async fn read(body: Body) -> Result<IssuerBody> {
    let text = body::read_text(body, ISSUER_BYTES_MAX, "issuer_bytes_max").await?;
    IssuerBody::read(&text)
}

/// An id that is no UUID is nobody's.
fn known(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_no_uuid| Problem::not_found("there is no such issuer"))
}
