//! The endpoints of `/api/v1/issuers`.

use super::act;
use super::shape::{Issuer, IssuerBody, IssuerShown, Kept};
use crate::app::App;
use crate::audit::{self, By, Whence};
use crate::error::{Problem, Result};
use crate::http::api::{ApiJson, Asked, Idempotent, Listing, Query, QueryTable, Reply, sorts};
use crate::http::authority::Administrator;
use crate::http::openapi::Parameter;
use crate::tenants::{Caller, TenantId};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_db::Tx;
use serde_json::{Value, json};
use std::cmp::Ordering;
use uuid::Uuid;

/// Where issuers are.
pub(super) const PATH: &str = "/api/v1/issuers";

/// What the list understands.
static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable =
    QueryTable { name: "issuers", filters: &[], sorts: sorts!["created"], order: "created" };

/// What the list takes.
pub(super) const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

/// GET /api/v1/issuers
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    asked: Asked,
) -> Result<Listing<IssuerShown>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&TABLE, &app, tenant).await?;
    let all = app.db.of(tenant.0).read(move |tx| act::list(tx, tenant)).await?;
    let page = page(all, &query)?;
    let keys = |kept: &Kept| vec![kept.created.into(), kept.id.into()];
    Ok(Listing::new(query, page, keys).map(IssuerShown::from))
}

/// The issuers of a page, and one more. A tenant has few, so they are sorted here.
fn page(mut all: Vec<Kept>, query: &Query) -> Result<Vec<Kept>> {
    let place = |kept: &Kept| (kept.created, kept.id);
    all.sort_by_key(place);
    if query.is_descending() {
        all.reverse();
    }
    if let Some(cursor) = &query.page.after {
        let last = (cursor.int(0)?, cursor.uuid(1)?);
        let behind = if query.is_descending() { Ordering::Less } else { Ordering::Greater };
        all.retain(|kept| place(kept).cmp(&last) == behind);
    }
    all.truncate(usize::try_from(query.rows()).unwrap_or(usize::MAX));
    Ok(all)
}

/// POST /api/v1/issuers
pub(super) async fn create(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    ApiJson(body): ApiJson<IssuerBody>,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let issuer = act::decided(body, None, &caller, app.callers.tokens())?;
    let kept = Kept { id: app.ids.statement(), created: app.clock.now_micros(), issuer };
    let issuers_max = app.limits.issuers_max;
    let (by, now) = (By::of(&caller, whence), kept.created);
    let effect = move |tx: &mut Tx<'_>| {
        let kept = act::create(tx, &caller, kept, issuers_max)?;
        note(tx, tenant, &by, "issuer.created", kept.id, &told(&kept.issuer), now)?;
        let place = HeaderValue::try_from(format!("{PATH}/{}", kept.id));
        let place = place.map_err(Problem::internal)?;
        Ok(Reply::json(StatusCode::CREATED, &IssuerShown::from(kept))?
            .with(header::LOCATION, place))
    };
    once.run(&app, tenant, effect).await
}

/// GET /api/v1/issuers/{id}
pub(super) async fn get(
    State(app): State<App>,
    who: Administrator,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let kept = app.db.of(tenant.0).read(move |tx| act::get(tx, tenant, id)).await?;
    Ok(Reply::json(StatusCode::OK, &IssuerShown::from(kept))?.into_response())
}

/// PUT /api/v1/issuers/{id}
pub(super) async fn replace(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<IssuerBody>,
) -> Result<Response> {
    let issuer = act::decided(body, None, &who.caller, app.callers.tokens())?;
    update(&app, who.caller, whence, &id, once, |_, _| Ok(issuer)).await
}

/// PATCH /api/v1/issuers/{id}
pub(super) async fn change(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<IssuerBody>,
) -> Result<Response> {
    let callers = app.callers.clone();
    let decide = move |before: &Issuer, caller: &Caller| {
        act::decided(body, Some(before), caller, callers.tokens())
    };
    update(&app, who.caller, whence, &id, once, decide).await
}

/// Puts what `decide` makes of an issuer in its place.
async fn update(
    app: &App,
    caller: Caller,
    whence: Whence,
    id: &str,
    once: Idempotent,
    decide: impl FnOnce(&Issuer, &Caller) -> Result<Issuer> + Send + 'static,
) -> Result<Response> {
    let (tenant, id) = (caller.tenant, known(id)?);
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let (before, kept) = act::change(tx, &caller, id, |before| decide(before, &caller))?;
        note(tx, tenant, &by, "issuer.updated", id, &differ(&before, &kept.issuer), now)?;
        Reply::json(StatusCode::OK, &IssuerShown::from(kept))
    };
    once.run(app, tenant, effect).await
}

/// DELETE /api/v1/issuers/{id}
pub(super) async fn delete(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let (caller, id) = (who.caller, known(&id)?);
    let tenant = caller.tenant;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let before = act::delete(tx, &caller, id)?;
        note(tx, tenant, &by, "issuer.deleted", id, &told(&before), now)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    once.run(&app, tenant, effect).await
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

/// An id that is no UUID is nobody's.
fn known(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_no_uuid| Problem::not_found("there is no such issuer"))
}
