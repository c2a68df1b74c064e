//! `/api/v1/tenants`: the operator's.

use super::decide::{self, Change, Wish};
use super::name::{self, TenantName};
use super::tenant::{Tenant, Told};
use crate::app::App;
use crate::audit::By;
use crate::error::{Problem, Result};
use crate::http::authority::InstallationOperator;
use crate::http::listing::{PAGE_AFTER, PAGE_SIZE, Page, created, read_json, told};
use crate::http::{Parameters, reply};
use crate::tenants::{Caller, FIRST_TENANT};
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use http::StatusCode;
use rollbook_db::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where tenants are.
pub(super) const PATH: &str = "/api/v1/tenants";

/// A tenant to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewTenant)]
pub(super) struct New {
    /// What it is known by in tokens, headers and paths; unique in the installation.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: String,
    /// What people call it.
    #[serde(default)]
    #[schema(max_length = 200)]
    title: String,
}

/// What shall change about a tenant; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TenantChange)]
pub(super) struct Patch {
    /// Another name. Tokens and headers with the old one stop working.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Option<String>,
    /// What people call it.
    #[schema(max_length = 200)]
    title: Option<String>,
}

/// GET /api/v1/tenants
pub(super) async fn list(
    State(app): State<App>,
    who: InstallationOperator,
    RawQuery(query): RawQuery,
) -> Result<reply::Json> {
    of_the_installation(&who.caller)?;
    let parameters = Parameters::parse(&query.unwrap_or_default(), &[PAGE_SIZE, PAGE_AFTER])?;
    let page = Page::of(&parameters)?;
    let (after, size) = (page.after_number()?.unwrap_or(i64::MIN), page.size + 1);
    let found = app.db.every().read(move |tx| decide::list(tx, after, size)).await?;
    page.answer(found, PATH, &parameters, Tenant::told, |tenant| tenant.number.0.to_string())
}

/// POST /api/v1/tenants
pub(super) async fn create(
    State(app): State<App>,
    who: InstallationOperator,
    request: Request,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let New { name, title } = read_json(&app, request).await?;
    let wish = Wish { name: TenantName::parse(&name)?, title: name::title(title)? };
    let made = act(&app, &who, move |tx, by, now| decide::create(tx, &wish, by, now)).await?;
    created(&format!("{PATH}/{}", made.name), &Told::from(&made))
}

/// GET /api/v1/tenants/{name}
pub(super) async fn get(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let found = app.db.every().read(move |tx| decide::find(tx, &name)).await?;
    told(StatusCode::OK, &Told::from(&found))
}

/// PATCH /api/v1/tenants/{name}
pub(super) async fn patch(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let Patch { name: wanted, title } = read_json(&app, request).await?;
    let change = Change {
        name: wanted.as_deref().map(TenantName::parse).transpose()?,
        title: title.map(name::title).transpose()?,
    };
    let changed = act(&app, &who, move |tx, by, now| decide::change(tx, &name, &change, by, now));
    told(StatusCode::OK, &Told::from(&changed.await?))
}

/// POST /api/v1/tenants/{name}/suspend
pub(super) async fn suspend(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let changed = act(&app, &who, move |tx, by, now| decide::suspend(tx, &name, by, now)).await?;
    told(StatusCode::OK, &Told::from(&changed))
}

/// POST /api/v1/tenants/{name}/resume
pub(super) async fn resume(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let changed = act(&app, &who, move |tx, by, now| decide::resume(tx, &name, by, now)).await?;
    told(StatusCode::OK, &Told::from(&changed))
}

/// DELETE /api/v1/tenants/{name}
pub(super) async fn delete(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let marked = act(&app, &who, move |tx, by, now| decide::delete(tx, &name, by, now)).await?;
    told(StatusCode::ACCEPTED, &Told::from(&marked))
}

/// An act of the operator as one transaction.
async fn act(
    app: &App,
    who: &InstallationOperator,
    effect: impl FnOnce(&mut Tx<'_>, &By, i64) -> Result<Tenant> + Send + 'static,
) -> Result<Tenant> {
    let (by, now) = (By::from(&who.caller), app.clock.now_micros());
    app.db.every().write(move |tx| effect(tx, &by, now)).await
}

/// Only the first tenant runs the installation, whatever a credential of another says that it may.
fn of_the_installation(caller: &Caller) -> Result<()> {
    if caller.tenant == FIRST_TENANT {
        return Ok(());
    }
    let detail = "only credentials of the first tenant may run this installation";
    Err(Problem::forbidden("auth.scope.missing", detail))
}
