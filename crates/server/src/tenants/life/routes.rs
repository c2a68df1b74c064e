//! `/api/v1/tenants`: the operator's.

use super::decide::{self, Change, Wish};
use super::name::{self, TenantName};
use super::tenant::{Tenant, Told};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::error::{Code, Problem, Result};
use crate::http::api::{ApiJson, Asked, Idempotent, Listing, QueryTable, Reply, sorts};
use crate::http::authority::InstallationOperator;
use crate::http::openapi::Parameter;
use crate::tenants::{Caller, FIRST_TENANT};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_db::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where tenants are.
pub(super) const PATH: &str = "/api/v1/tenants";

/// What the list understands.
static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable =
    QueryTable { name: "tenants", filters: &[], sorts: sorts!["number"], order: "number" };

/// What the list takes.
pub(super) const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

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
    asked: Asked,
) -> Result<Listing<Told>> {
    of_the_installation(&who.caller)?;
    let query = asked.of(&TABLE, &app, FIRST_TENANT).await?;
    let after = query.page.after.as_ref().map(|cursor| cursor.int(0)).transpose()?;
    let descending = query.is_descending();
    let size = query.rows();
    let found = app.db.every().read(move |tx| decide::list(tx, after, descending, size)).await?;
    let keys = |tenant: &Tenant| vec![tenant.number.0.into()];
    Ok(Listing::new(query, found, keys).map(|tenant| Told::from(&tenant)))
}

/// POST /api/v1/tenants
pub(super) async fn create(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    once: Idempotent,
    ApiJson(New { name, title }): ApiJson<New>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let wish = Wish { name: TenantName::parse(&name)?, title: name::title(title)? };
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let made = decide::create(tx, &wish, &by, now)?;
        let place = HeaderValue::try_from(format!("{PATH}/{}", made.name));
        let place = place.map_err(Problem::internal)?;
        Ok(Reply::json(StatusCode::CREATED, &Told::from(&made))?.with(header::LOCATION, place))
    };
    once.run_everywhere(&app, FIRST_TENANT, effect).await
}

/// GET /api/v1/tenants/{name}
pub(super) async fn get(
    State(app): State<App>,
    who: InstallationOperator,
    Path(name): Path<String>,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let found = app.db.every().read(move |tx| decide::find(tx, &name)).await?;
    Ok(Reply::json(StatusCode::OK, &Told::from(&found))?.into_response())
}

/// PATCH /api/v1/tenants/{name}
pub(super) async fn patch(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    Path(name): Path<String>,
    once: Idempotent,
    ApiJson(Patch { name: wanted, title }): ApiJson<Patch>,
) -> Result<Response> {
    let change = Change {
        name: wanted.as_deref().map(TenantName::parse).transpose()?,
        title: title.map(name::title).transpose()?,
    };
    let effect = move |tx: &mut Tx<'_>, by: &By, now| decide::change(tx, &name, &change, by, now);
    act(&app, &who, whence, once, StatusCode::OK, effect).await
}

/// POST /api/v1/tenants/{name}/suspend
pub(super) async fn suspend(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    Path(name): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let effect = move |tx: &mut Tx<'_>, by: &By, now| decide::suspend(tx, &name, by, now);
    act(&app, &who, whence, once, StatusCode::OK, effect).await
}

/// POST /api/v1/tenants/{name}/resume
pub(super) async fn resume(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    Path(name): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let effect = move |tx: &mut Tx<'_>, by: &By, now| decide::resume(tx, &name, by, now);
    act(&app, &who, whence, once, StatusCode::OK, effect).await
}

/// DELETE /api/v1/tenants/{name}
pub(super) async fn delete(
    State(app): State<App>,
    who: InstallationOperator,
    whence: Whence,
    Path(name): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let effect = move |tx: &mut Tx<'_>, by: &By, now| decide::delete(tx, &name, by, now);
    act(&app, &who, whence, once, StatusCode::ACCEPTED, effect).await
}

/// An act of the operator on one tenant, as one transaction.
async fn act(
    app: &App,
    who: &InstallationOperator,
    whence: Whence,
    once: Idempotent,
    status: StatusCode,
    effect: impl FnOnce(&mut Tx<'_>, &By, i64) -> Result<Tenant> + Send + 'static,
) -> Result<Response> {
    of_the_installation(&who.caller)?;
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| Reply::json(status, &Told::from(&effect(tx, &by, now)?));
    once.run_everywhere(app, FIRST_TENANT, effect).await
}

/// Only the first tenant runs the installation, whatever a credential of another says that it may.
///
/// # Errors
/// 403 for everybody else.
pub fn of_the_installation(caller: &Caller) -> Result<()> {
    if caller.tenant == FIRST_TENANT {
        return Ok(());
    }
    let detail = "only credentials of the first tenant may run this installation";
    Err(Problem::forbidden(Code::AuthScopeMissing, detail))
}
