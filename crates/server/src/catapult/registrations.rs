//! Registrations, waivers, preferences and sessions: thin handlers.

use super::refuse::told;
use super::routes::{find, new};
use super::show::{self, Whose};
use super::store;
use super::wire::{PreferencesBody, RegistrationBody, WaiveBody, fault};
use crate::app::App;
use crate::audit::{self, By, Whence};
use crate::cmi5::{AbandonedBy, Account, Desk, UnitName};
use crate::documents;
use crate::error::{Problem, Result};
use crate::http::api::{ApiJson, Idempotent, Reply};
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::tenants::life;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rollbook_cmi5::rules::preferences;
use rollbook_cmi5::terms::LEARNER_PREFERENCES;
use rollbook_db::Tx;
use rollbook_xapi::ifi::Ifi;
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

/// POST /api/v1/registration
pub(super) async fn create(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    ApiJson(body): ApiJson<RegistrationBody>,
) -> Result<Response> {
    let (tenant, course) = (who.caller.tenant, body.course());
    let account = told(body.actor.account())?;
    let desk = Desk::open(&app, tenant).await?;
    let own = desk.clone();
    let effect = move |tx: &mut Tx<'_>| {
        let course = find(tx, tenant, &course, &store::COURSE)?;
        let registration = own.register(tx, &new(None, course, &account))?;
        shown(&own, tx, registration.id)
    };
    let response = told(once.run(&app, tenant, effect).await)?;
    desk.committed();
    Ok(response)
}

/// GET /api/v1/registration/{registration}
pub(super) async fn get(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        shown(&desk, tx, id)
    };
    Ok(told(app.db.of(tenant.0).read(job).await)?.into_response())
}

fn shown(desk: &Desk, tx: &mut Tx<'_>, id: Uuid) -> Result<Reply> {
    let registration = desk.registration(tx, id)?;
    let outline = desk.outline(tx, &registration)?;
    let units = desk.units(tx, id)?;
    let whose = Whose { base: &registration.base, tenant: desk.tenant() };
    Reply::json(StatusCode::OK, &show::registration(&registration, &outline, &units, whose)?)
}

/// DELETE /api/v1/registration/{registration}
pub(super) async fn delete(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, by) = (who.caller.tenant, By::of(&who.caller, whence));
    let desk = Desk::open(&app, tenant).await?;
    let own = desk.clone();
    let effect = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        let gone = own.delete(tx, id)?;
        let (object, detail) =
            (format!("registration:{id}"), json!({"contentId": gone.content_id}));
        audit::record(tx, tenant, &by, "registration.deleted", &object, &detail, own.now())?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    let response = told(once.run(&app, tenant, effect).await)?;
    desk.committed();
    Ok(response)
}

/// POST /api/v1/registration/{registration}/waive-au/{unit}
pub(super) async fn waive(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    once: Idempotent,
    Path((id, unit)): Path<(String, String)>,
    ApiJson(WaiveBody { reason }): ApiJson<WaiveBody>,
) -> Result<Response> {
    let (tenant, by) = (who.caller.tenant, By::of(&who.caller, whence));
    let no_unit = |_no_number| Problem::not_found("the course has no such unit");
    let unit = told(unit.parse::<usize>().map_err(no_unit))?;
    if !(1..=500).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        let detail = "this has 1 to 500 characters, no control characters";
        return told(Err(fault("#/reason", detail)));
    }
    let desk = Desk::open(&app, tenant).await?;
    let own = desk.clone();
    let effect = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        own.waive(tx, id, &UnitName::Index(unit), &reason)?;
        let (object, detail) = (format!("registration:{id}"), json!({"unit": unit}));
        audit::record(tx, tenant, &by, "registration.waived", &object, &detail, own.now())?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    let response = told(once.run(&app, tenant, effect).await)?;
    desk.committed();
    Ok(response)
}

/// GET /api/v1/registration/{registration}/learner-prefs
pub(super) async fn preferred(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        let agent = key(&desk.registration(tx, id)?.account);
        let known = documents::profile_of(tx, tenant, (&agent, LEARNER_PREFERENCES))?;
        let text = known.and_then(|found| String::from_utf8(found.body).ok());
        let known = text.and_then(|text| RawValue::from_string(text).ok());
        known.ok_or_else(|| Problem::not_found("nothing is known of what this learner prefers"))
    };
    let known = told(app.db.of(tenant.0).read(job).await)?;
    Ok(Reply::json(StatusCode::OK, &known)?.into_response())
}

/// POST /api/v1/registration/{registration}/learner-prefs
pub(super) async fn prefer(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<PreferencesBody>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let text = serde_json::to_string(&body).map_err(Problem::internal)?;
    if let Err((_, what)) = preferences::check("application/json", text.as_bytes()) {
        return told(Err(fault("#", what)));
    }
    let desk = Desk::open(&app, tenant).await?;
    let effect = move |tx: &mut Tx<'_>| {
        life::hold(tx, tenant)?;
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        let agent = key(&desk.registration(tx, id)?.account);
        let place = (agent.as_str(), LEARNER_PREFERENCES);
        let unseen = crate::http::Precondition::default();
        documents::keep_profile(tx, tenant, place, (text, desk.now()), &unseen)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    told(once.run(&app, tenant, effect).await)
}

/// A learner as documents are found by.
fn key(account: &Account) -> String {
    let Account { home_page, name } = account;
    Ifi::Account { home_page, name }.key()
}

/// GET /api/v1/session/{session}
pub(super) async fn session(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::SESSION)?;
        desk.session(tx, id)
    };
    let session = told(app.db.of(tenant.0).read(job).await)?;
    Ok(Reply::json(StatusCode::OK, &show::session(&session, tenant))?.into_response())
}

/// POST /api/v1/session/{session}/abandon
pub(super) async fn abandon(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    once: Idempotent,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, by) = (who.caller.tenant, By::of(&who.caller, whence));
    let desk = Desk::open(&app, tenant).await?;
    let own = desk.clone();
    let effect = move |tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::SESSION)?;
        let registration = own.session(tx, id)?.registration;
        if own.abandon(tx, registration, Some(id), AbandonedBy::Api)?.is_some() {
            let (object, detail) = (format!("session:{id}"), json!({"registration": registration}));
            audit::record(tx, tenant, &by, "session.abandoned", &object, &detail, own.now())?;
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    let response = told(once.run(&app, tenant, effect).await)?;
    desk.committed();
    Ok(response)
}
