//! Registrations, waivers, preferences and sessions: thin handlers.

use super::routes::{find, new};
use super::show::{self, Known, Whose};
use super::store;
use super::wire::{RegistrationBody, WaiveBody, fault};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::cmi5::{self, Desk, Preferences, UnitName};
use crate::documents;
use crate::error::{Problem, Result};
use crate::http::Precondition;
use crate::http::api::{ApiJson, Idempotent, Reply};
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::tenants::life;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rollbook_cmi5::terms::LEARNER_PREFERENCES;
use rollbook_db::Tx;
use uuid::Uuid;

/// POST /api/v1/registration
pub(super) async fn create(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    ApiJson(body): ApiJson<RegistrationBody>,
) -> Result<Response> {
    let (tenant, course) = (who.caller.tenant, body.course());
    let account = body.actor.account()?;
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let course = find(tx, tenant, &course, &store::COURSE)?;
        let registration = own.register(tx, &new(None, course, &account))?;
        shown(own, tx, registration.id)
    };
    Desk::once(&app, tenant, once, act).await
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
    Ok(app.db.of(tenant.0).read(job).await?.into_response())
}

fn shown(desk: &Desk, tx: &mut Tx<'_>, id: Uuid) -> Result<Reply> {
    let registration = desk.registration(tx, id)?;
    let outline = desk.outline(tx, &registration)?;
    let units = desk.units(tx, id)?;
    let lasted: Vec<(i64, String, i64)> =
        tx.all(&store::LASTED, &[desk.tenant().0.into(), id.into()])?;
    let known = Known { units: &units, lasted: &lasted };
    let whose = Whose { base: &registration.base, tenant: desk.tenant() };
    Reply::json(StatusCode::OK, &show::registration(&registration, &outline, known, whose)?)
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
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        own.remove(tx, id, &by)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    Desk::once(&app, tenant, once, act).await
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
    let unit = unit.parse::<usize>().map_err(no_unit)?;
    if !cmi5::is_reason(&reason) {
        return Err(fault("#/reason", cmi5::REASON));
    }
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::REGISTRATION)?;
        own.waive_by(tx, id, (&UnitName::Index(unit), &reason), &by)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    Desk::once(&app, tenant, once, act).await
}

/// GET /api/v1/registration/{registration}/learner-prefs
pub(super) async fn preferred(
    State(app): State<App>,
    who: ApiReader,
    seen: Precondition,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let agent = learner(&desk, tx, &id)?;
        Ok::<_, Problem>(documents::profile_of(tx, tenant, (&agent, LEARNER_PREFERENCES))?)
    };
    documents::answer(app.db.of(tenant.0).read(job).await?, &seen)
}

/// POST /api/v1/registration/{registration}/learner-prefs
pub(super) async fn prefer(
    State(app): State<App>,
    who: ApiWriter,
    seen: Precondition,
    once: Idempotent,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<Preferences>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let text = body.document()?;
    app.usage.reserve(tenant, text.len() as u64).await?;
    let desk = Desk::open(&app, tenant).await?;
    let effect = move |tx: &mut Tx<'_>| {
        life::hold(tx, tenant)?;
        let agent = learner(&desk, tx, &id)?;
        let place = (agent.as_str(), LEARNER_PREFERENCES);
        documents::keep_profile(tx, tenant, place, (text, desk.now()), &seen)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    once.run(&app, tenant, effect).await
}

/// DELETE /api/v1/registration/{registration}/learner-prefs
pub(super) async fn forget_preferred(
    State(app): State<App>,
    who: ApiWriter,
    seen: Precondition,
    once: Idempotent,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let effect = move |tx: &mut Tx<'_>| {
        let agent = learner(&desk, tx, &id)?;
        documents::drop_profile(tx, tenant, (&agent, LEARNER_PREFERENCES), &seen)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    once.run(&app, tenant, effect).await
}

/// The learner of a registration, as documents are found by.
fn learner(desk: &Desk, tx: &mut Tx<'_>, id: &str) -> Result<String> {
    let id = find(tx, desk.tenant(), id, &store::REGISTRATION)?;
    Ok(desk.registration(tx, id)?.account.key())
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
    let session = app.db.of(tenant.0).read(job).await?;
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
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let id = find(tx, tenant, &id, &store::SESSION)?;
        let registration = own.session(tx, id)?.registration;
        own.end(tx, (registration, id), &by)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    Desk::once(&app, tenant, once, act).await
}
