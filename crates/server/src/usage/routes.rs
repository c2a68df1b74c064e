//! What is allowed and what is used, as `/api/v1` tells it, and how it is set.

use super::allowance::Measure;
use super::policy::{Kind, Policy};
use super::store::{self, Chosen};
use super::terms::{self, Terms};
use super::wire::{
    KeyLimits, PagePatch, Preferences, PreferencesPatch, Rates, Standing, StorageUsed,
    TenantLimits, TenantLimitsSet, TenantRates, UsageNow,
};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::authority::{Administrator, ApiReader, InstallationOperator};
use crate::http::body;
use crate::tenants::TenantId;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::StatusCode;
use rollbook_db::Tx;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Bytes of a body here: a few numbers.
const BODY_BYTES_MAX: usize = 16 << 10;

/// The largest limit: the largest number that both engines, and JSON, keep exactly.
const MOST_MAX: u64 = (1 << 53) - 1;

/// Statements in a page, whatever a tenant wishes (`decisions.md` 4).
const PAGE_STATEMENTS_MAX: i64 = 1_000;

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
    _who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Json<TenantLimits>> {
    let tenant = named(&app, &name).await?;
    tell_tenant(&app, tenant, name).await
}

/// PUT /api/v1/tenants/{name}/limits: sets what a tenant may use.
pub(super) async fn set_tenant_limits(
    State(app): State<App>,
    _who: InstallationOperator,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<TenantLimits>> {
    let TenantLimitsSet { tenant: together, key, user } = read(body).await?;
    let set =
        [(terms::TENANT, together.given()), (terms::KEY, key.given()), (terms::USER, user.given())];
    set.iter().try_for_each(|(_, measures)| check(measures))?;
    let tenant = named(&app, &name).await?;
    let job = move |tx: &mut Tx<'_>| {
        set.iter().try_for_each(|(subject, measures)| store::replace(tx, tenant, subject, measures))
    };
    app.db.of(tenant.0).write(job).await?;
    app.usage.forget(tenant);
    tell_tenant(&app, tenant, name).await
}

/// GET /api/v1/keys/{key}/limits: what a key may use.
pub(super) async fn key_limits(
    State(app): State<App>,
    who: Administrator,
    Path(key): Path<String>,
) -> Result<Json<KeyLimits>> {
    let tenant = who.caller.tenant;
    must_have_key(&app, tenant, &key).await?;
    tell_key(&app, tenant, key).await
}

/// PUT /api/v1/keys/{key}/limits: lowers what a key may use.
pub(super) async fn set_key_limits(
    State(app): State<App>,
    who: Administrator,
    Path(key): Path<String>,
    body: Body,
) -> Result<Json<KeyLimits>> {
    let tenant = who.caller.tenant;
    let measures = read::<Rates>(body).await?.given();
    check(&measures)?;
    must_have_key(&app, tenant, &key).await?;
    let terms = app.usage.terms(tenant).await?;
    measures.iter().try_for_each(|(measure, most)| must_lower(&terms, *measure, *most))?;
    let subject = terms::of_key(&key);
    app.db.of(tenant.0).write(move |tx| store::replace(tx, tenant, &subject, &measures)).await?;
    app.usage.forget(tenant);
    tell_key(&app, tenant, key).await
}

/// GET /api/v1/tenant: what the tenant has set for itself.
pub(super) async fn preferences(
    State(app): State<App>,
    who: Administrator,
) -> Result<Json<Preferences>> {
    let tenant = who.caller.tenant;
    let chosen = app.db.of(tenant.0).read(move |tx| store::chosen(tx, tenant)).await?;
    chosen.map(|chosen| Json(chosen.into())).ok_or_else(no_tenant)
}

/// PATCH /api/v1/tenant: changes what the tenant has set for itself.
pub(super) async fn set_preferences(
    State(app): State<App>,
    who: Administrator,
    body: Body,
) -> Result<Json<Preferences>> {
    let tenant = who.caller.tenant;
    let patch: PreferencesPatch = read(body).await?;
    if let PagePatch::Set(Some(count)) = patch.page_statements
        && !(1..=PAGE_STATEMENTS_MAX).contains(&count)
    {
        let detail = format!("`pageStatements` is 1 to {PAGE_STATEMENTS_MAX}, or null");
        return Err(invalid(detail));
    }
    let chosen = app.db.of(tenant.0).write(move |tx| change(tx, tenant, &patch)).await?;
    app.usage.forget(tenant);
    Ok(Json(chosen.into()))
}

/// Changes what is given of a tenant's preferences.
fn change(tx: &mut Tx<'_>, tenant: TenantId, patch: &PreferencesPatch) -> Result<Chosen> {
    let mut chosen = store::hold(tx, tenant)?.ok_or_else(no_tenant)?;
    if let Some(preconditions) = patch.state_preconditions {
        preconditions.word().clone_into(&mut chosen.state_preconditions);
    }
    if let PagePatch::Set(page) = patch.page_statements {
        chosen.page_statements = page;
    }
    store::choose(tx, tenant, &chosen)?;
    Ok(chosen)
}

async fn tell_tenant(app: &App, tenant: TenantId, name: String) -> Result<Json<TenantLimits>> {
    let terms = app.usage.terms(tenant).await?;
    let set = app.db.of(tenant.0).read(move |tx| store::allowances(tx, tenant)).await?;
    let most = |subject: &'static str| {
        let set = &set;
        move |measure| {
            let of = |(of, what, _): &&store::Setting| of == subject && *what == measure;
            set.iter().find(of).map(|(_, _, most)| *most)
        }
    };
    Ok(Json(TenantLimits {
        name,
        tenant: terms.tenant.into(),
        key: terms.key.into(),
        user: terms.user.into(),
        set: TenantLimitsSet {
            tenant: TenantRates::of(most(terms::TENANT)),
            key: Rates::of(most(terms::KEY)),
            user: Rates::of(most(terms::USER)),
        },
    }))
}

async fn tell_key(app: &App, tenant: TenantId, key: String) -> Result<Json<KeyLimits>> {
    let terms = app.usage.terms(tenant).await?;
    let lowered = |measure| {
        let of = |(what, _): &&(Measure, u64)| *what == measure;
        terms.lowered(&key).iter().find(of).map(|(_, most)| *most)
    };
    let (limits, set) = (terms.of_key(&key).into(), Rates::of(lowered));
    Ok(Json(KeyLimits { key, limits, set }))
}

/// The tenant that an operator names.
async fn named(app: &App, name: &str) -> Result<TenantId> {
    // No name holds U+0000, and PostgreSQL cannot be asked for one.
    let wanted = name.replace('\0', "\u{FFFD}");
    let found = app.db.every().read(move |tx| store::tenant_named(tx, &wanted)).await?;
    found.ok_or_else(|| Problem::not_found("there is no tenant of this name"))
}

async fn must_have_key(app: &App, tenant: TenantId, key: &str) -> Result<()> {
    let wanted = key.replace('\0', "\u{FFFD}");
    let there = app.db.of(tenant.0).read(move |tx| store::has_key(tx, tenant, &wanted)).await?;
    if there { Ok(()) } else { Err(Problem::not_found("there is no such key")) }
}

fn must_lower(terms: &Terms, measure: Measure, most: u64) -> Result<()> {
    match terms.key.of(measure) {
        Some(before) if most == 0 || most > before => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "limits.raised",
            format!(
                "this tenant's keys may have {before} {measure}, and one key no more than that"
            ),
        )),
        _ => Ok(()),
    }
}

fn check(measures: &[(Measure, u64)]) -> Result<()> {
    match measures.iter().find(|(_, most)| *most > MOST_MAX) {
        Some((measure, _)) => Err(invalid(format!("a limit is at most {MOST_MAX} ({measure})"))),
        None => Ok(()),
    }
}

async fn read<T: DeserializeOwned>(body: Body) -> Result<T> {
    let text = body::read_text(body, BODY_BYTES_MAX, "request_bytes_max").await?;
    let object: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
        if error.is_data() {
            invalid(error.to_string())
        } else {
            Problem::bad_request("validation.json.malformed", error.to_string())
        }
    })?;
    // Members go by their names alone; none is a list.
    if let Some((name, _)) = object.iter().find(|(_, value)| value.is_array()) {
        return Err(invalid(format!("`{name}` is no list")));
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| invalid(error.to_string()))
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "limits.invalid", detail)
}

fn no_tenant() -> Problem {
    Problem::not_found("there is no such tenant")
}
