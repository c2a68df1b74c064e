//! What is allowed and what is used, as `/api/v1` tells it, and how it is set.

use super::policy::{Kind, Policy};
use super::wire::{
    KeyLimits, Preferences, PreferencesPatch, Rates, Standing, StorageUsed, TenantLimits,
    TenantLimitsSet, UsageNow,
};
use super::{Measure, decide};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::error::Result;
use crate::http::api::{ApiJson, Idempotent, Reply};
use crate::http::authority::{Administrator, ApiReader, InstallationOperator};
use crate::tenants::FIRST_TENANT;
use crate::tenants::life;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rollbook_db::Tx;
use tokio::sync::oneshot;

/// GET /api/v1/usage: what may be used, and what is.
pub(super) async fn usage(State(app): State<App>, who: ApiReader) -> Result<Json<UsageNow>> {
    let tenant = who.caller.tenant;
    let mut limits: Vec<Policy> = Vec::new();
    for kind in [Kind::Store, Kind::Query, Kind::Other] {
        for policy in app.usage.policies(&who.caller, kind, app.live_nodes()).await? {
            let told = |other: &Policy| other.name() == policy.name();
            if !limits.iter().any(told) {
                limits.push(policy);
            }
        }
    }
    let standing = |policy: Policy| {
        let level = app.usage.level(&policy);
        Standing::new(policy.name(), policy.most, policy.measure.window_micros(), level)
    };
    let quota = app.usage.terms(tenant).await?.tenant.of(Measure::Storage);
    let storage = StorageUsed::new(quota, app.usage.stored(tenant).await?);
    Ok(Json(UsageNow { limits: limits.into_iter().map(standing).collect(), storage }))
}

/// GET /api/v1/tenants/{name}/limits: what a tenant may use.
pub(super) async fn tenant_limits(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Json<TenantLimits>> {
    life::of_the_installation(&who.caller)?;
    let limits = app.limits.clone();
    let job = move |tx: &mut Tx<'_>| {
        let tenant = life::find(tx, &name)?;
        decide::of_tenant(tx, &limits, &tenant)
    };
    Ok(Json(app.db.every().read(job).await?))
}

/// PUT /api/v1/tenants/{name}/limits: sets what a tenant may use.
pub(super) async fn set_tenant_limits(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    Path(name): Path<String>,
    once: Idempotent,
    ApiJson(set): ApiJson<TenantLimitsSet>,
) -> Result<Response> {
    life::of_the_installation(&who.caller)?;
    let (by, now, limits) =
        (By::of(&who.caller, whence), app.clock.now_micros(), app.limits.clone());
    let (number, changed) = oneshot::channel();
    let effect = move |tx: &mut Tx<'_>| {
        let tenant = life::locked(tx, &name)?;
        decide::set_for_tenant(tx, &tenant, set, &by, now)?;
        let told = decide::of_tenant(tx, &limits, &tenant)?;
        // Nobody waits for it any more once the client is gone; then five seconds pass here too.
        number.send(tenant.number).ok();
        Reply::json(StatusCode::OK, &told)
    };
    let answer = once.run_everywhere(&app, FIRST_TENANT, effect).await?;
    if let Ok(tenant) = changed.await {
        app.usage.forget(tenant);
    }
    Ok(answer)
}

/// GET /api/v1/keys/{key}/limits: what a key may use.
pub(super) async fn key_limits(
    State(app): State<App>,
    who: Administrator,
    Path(key): Path<String>,
) -> Result<Json<KeyLimits>> {
    let (tenant, limits) = (who.caller.tenant, app.limits.clone());
    let job = move |tx: &mut Tx<'_>| {
        decide::must_have_key(tx, tenant, &key)?;
        decide::of_key(tx, &limits, tenant, key)
    };
    Ok(Json(app.db.of(tenant.0).read(job).await?))
}

/// PUT /api/v1/keys/{key}/limits: lowers what a key may use.
pub(super) async fn set_key_limits(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(key): Path<String>,
    once: Idempotent,
    ApiJson(set): ApiJson<Rates>,
) -> Result<Response> {
    let (tenant, limits) = (who.caller.tenant, app.limits.clone());
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        decide::set_for_key(tx, &limits, (tenant, &key), set, &by, now)?;
        Reply::json(StatusCode::OK, &decide::of_key(tx, &limits, tenant, key)?)
    };
    let answer = once.run(&app, tenant, effect).await?;
    app.usage.forget(tenant);
    Ok(answer)
}

/// GET /api/v1/tenant: what the tenant has set for itself.
pub(super) async fn preferences(
    State(app): State<App>,
    who: Administrator,
) -> Result<Json<Preferences>> {
    let tenant = who.caller.tenant;
    Ok(Json(app.db.of(tenant.0).read(move |tx| decide::preferences(tx, tenant)).await?))
}

/// PATCH /api/v1/tenant: changes what the tenant has set for itself.
pub(super) async fn set_preferences(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    ApiJson(patch): ApiJson<PreferencesPatch>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        Reply::json(StatusCode::OK, &decide::change(tx, tenant, &patch, &by, now)?)
    };
    let answer = once.run(&app, tenant, effect).await?;
    app.usage.forget(tenant);
    Ok(answer)
}
