//! `/api/v1/registrations`, and how strict courses are taken: thin handlers.

use super::desk::Desk;
use super::events::Event;
use super::launch::LAUNCH_BYTES;
use super::lists;
use super::project::Projection;
use super::register::{Content, NewRegistration};
use super::row::{Profile, Registration, Session};
use super::satisfaction::Satisfaction;
use super::store;
use super::wire::{
    EventShown, LaunchBody, LaunchShown, LinkBody, LinkShown, RegistrationBody, RegistrationShown,
    RulesBody, SessionShown, WaiverBody,
};
use crate::app::App;
use crate::audit::{self, By, Whence};
use crate::error::{Problem, Result};
use crate::http::api::{
    ApiJson, Asked, Cursor, Idempotent, Listing, Query, QueryTable, Reply, filter, sorts,
};
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::http::openapi::Parameter;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rollbook_db::{Tx, Value};
use rollbook_xapi::format::parse_accept_language;
use rollbook_xapi::timestamp::format_micros;
use serde_json::json;
use uuid::Uuid;

/// Where registrations are.
pub(super) const PATH: &str = "/api/v1/registrations";

/// What the list of registrations understands.
static REGISTRATIONS: QueryTable = REGISTRATIONS_;
const REGISTRATIONS_: QueryTable = QueryTable {
    name: "registrations",
    filters: &[
        filter!("contentId", text, "Those for this content: the id of a course, or other content."),
        filter!(
            "learner",
            text,
            "Those of the learner who is called this: by the name of the account, unless whoever registered said another."
        ),
        filter!("satisfied", flag, "Those whose course is satisfied, or is not."),
    ],
    sorts: sorts!["created"],
    order: "-created",
};

/// What the list of a registration's sessions understands.
static SESSIONS: QueryTable = SESSIONS_;
const SESSIONS_: QueryTable =
    QueryTable { name: "sessions", filters: &[], sorts: sorts!["launched"], order: "launched" };

/// What the log of a session understands.
static EVENTS: QueryTable = EVENTS_;
const EVENTS_: QueryTable =
    QueryTable { name: "sessionEvents", filters: &[], sorts: sorts!["at"], order: "at" };

/// What the list of registrations takes.
pub(super) const REGISTRATIONS_TAKE: &[Parameter] =
    &REGISTRATIONS_.parameters::<{ REGISTRATIONS_.count() }>();
/// What the list of a registration's sessions takes.
pub(super) const SESSIONS_TAKE: &[Parameter] = &SESSIONS_.parameters::<{ SESSIONS_.count() }>();
/// What the log of a session takes.
pub(super) const EVENTS_TAKE: &[Parameter] = &EVENTS_.parameters::<{ EVENTS_.count() }>();

/// POST /api/v1/registrations
pub(super) async fn create(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    ApiJson(body): ApiJson<RegistrationBody>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let account = body.account()?;
    let new = NewRegistration {
        id: None,
        profile: Profile::Cmi5,
        content: Content::Course { course: body.course_id, version: body.version },
        content_id: body.course_id.to_string(),
        learner_id: account.name.clone(),
        current: false,
        account,
    };
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let registration = own.register(tx, &new)?;
        let place = text(&format!("{PATH}/{}", registration.id))?;
        let shown = RegistrationShown::of(&registration)?;
        Ok(Reply::json(StatusCode::CREATED, &shown)?.with(header::LOCATION, place))
    };
    Desk::once(&app, tenant, once, act).await
}

/// GET /api/v1/registrations
pub(super) async fn list(
    State(app): State<App>,
    who: ApiReader,
    asked: Asked,
) -> Result<Listing<RegistrationShown>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&REGISTRATIONS, &app, tenant).await?;
    let is_down = query.is_descending();
    let first = if is_down { (i64::MAX, Uuid::max()) } else { (i64::MIN, Uuid::nil()) };
    let (created, id) = query.page.after.as_ref().map(place).transpose()?.unwrap_or(first);
    let satisfied = match query.flag("satisfied") {
        None => 0_i64,
        Some(true) => 1,
        Some(false) => 2,
    };
    let mut args: Vec<Value> = vec![
        tenant.0.into(),
        created.into(),
        id.into(),
        query.bound.into(),
        satisfied.into(),
        query.rows().into(),
    ];
    let (content, learner) = (filtered(&query, "contentId"), filtered(&query, "learner"));
    let (down, up) = match (content, learner) {
        (None, None) => (&lists::ALL_DOWN, &lists::ALL_UP),
        (Some(content), learner) => {
            args.extend([content.into(), learner.unwrap_or_default().into()]);
            (&lists::CONTENT_DOWN, &lists::CONTENT_UP)
        }
        (None, Some(learner)) => {
            args.push(learner.into());
            (&lists::LEARNER_DOWN, &lists::LEARNER_UP)
        }
    };
    let sql = if is_down { down } else { up };
    let rows = app.db.of(tenant.0).read(move |tx| tx.all(sql, &args)).await?;
    let keys = |row: &Registration| vec![row.created.into(), row.id.into()];
    Listing::new(query, rows, keys).try_map(|row| RegistrationShown::of(&row))
}

fn place(cursor: &Cursor) -> Result<(i64, Uuid)> {
    Ok((cursor.int(0)?, cursor.uuid(1)?))
}

/// No id is empty, or holds U+0000, which the store cannot be asked about.
fn filtered(query: &Query, name: &str) -> Option<String> {
    let text = query.text(name).filter(|text| !text.is_empty())?;
    Some(text.replace('\0', "\u{fffd}"))
}

/// GET /api/v1/registrations/{id}
pub(super) async fn get(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let languages = languages(&headers);
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let languages: Vec<&str> = languages.iter().map(String::as_str).collect();
        desk.projection(tx, id, &languages)
    };
    let shown: Projection = app.db.of(tenant.0).read(job).await?;
    Ok(Reply::json(StatusCode::OK, &shown)?.into_response())
}

/// DELETE /api/v1/registrations/{id}
pub(super) async fn delete(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let by = By::of(&who.caller, whence);
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        own.remove(tx, id, &by)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    Desk::once(&app, tenant, once, act).await
}

/// POST /api/v1/registrations/{id}/launch
pub(super) async fn launch(
    State(app): State<App>,
    who: ApiWriter,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<LaunchBody>,
) -> Result<Response> {
    let (once, tenant, id) = (once.for_secret()?, who.caller.tenant, known(&id)?);
    let wish = body.wish()?;
    app.usage.reserve(tenant, LAUNCH_BYTES).await?;
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let shown = LaunchShown::from(own.launch(tx, id, &wish)?);
        let unkept = HeaderValue::from_static("no-store");
        Ok(Reply::json(StatusCode::OK, &shown)?.with(header::CACHE_CONTROL, unkept))
    };
    Desk::once(&app, tenant, once, act).await
}

/// POST /api/v1/registrations/{id}/waive
pub(super) async fn waive(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<WaiverBody>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let (by, (unit, reason)) = (By::of(&who.caller, whence), body.read()?);
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let registration = own.waive_by(tx, id, (&unit, &reason), &by)?;
        Reply::json(StatusCode::OK, &RegistrationShown::of(&registration)?)
    };
    Desk::once(&app, tenant, once, act).await
}

/// GET /api/v1/registrations/{id}/satisfaction
pub(super) async fn satisfaction(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| desk.satisfaction(tx, id);
    let shown: Satisfaction = app.db.of(tenant.0).read(job).await?;
    Ok(Reply::json(StatusCode::OK, &shown)?.into_response())
}

/// POST /api/v1/registrations/{id}/links
pub(super) async fn link(
    State(app): State<App>,
    who: ApiWriter,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<LinkBody>,
) -> Result<Response> {
    let (once, tenant, id) = (once.for_secret()?, who.caller.tenant, known(&id)?);
    let most = app.limits.cmi5.link_seconds_max;
    let seconds = body.expires_in.unwrap_or(most).clamp(1, most.max(1));
    let desk = Desk::open(&app, tenant).await?;
    let effect = move |tx: &mut Tx<'_>| {
        desk.registration(tx, id)?;
        let expires = desk.after(seconds);
        let shown = LinkShown { url: desk.link(id, expires), expires: format_micros(expires) };
        let unkept = HeaderValue::from_static("no-store");
        Ok(Reply::json(StatusCode::CREATED, &shown)?.with(header::CACHE_CONTROL, unkept))
    };
    once.run(&app, tenant, effect).await
}

/// GET /api/v1/registrations/{id}/sessions
pub(super) async fn sessions(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Listing<SessionShown>> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let query = asked.of(&SESSIONS, &app, tenant).await?;
    let (sql, first) = if query.is_descending() {
        (&lists::SESSIONS_DOWN, (i64::MAX, Uuid::max()))
    } else {
        (&lists::SESSIONS_UP, (i64::MIN, Uuid::nil()))
    };
    let (launched, last) = query.page.after.as_ref().map(place).transpose()?.unwrap_or(first);
    let args: [Value; 5] =
        [tenant.0.into(), id.into(), launched.into(), last.into(), query.rows().into()];
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        desk.registration(tx, id)?;
        Ok::<_, Problem>(tx.all::<Session>(sql, &args)?)
    };
    let rows = app.db.of(tenant.0).read(job).await?;
    let keys = |row: &Session| vec![row.launched.into(), row.id.into()];
    Listing::new(query, rows, keys).try_map(|row| SessionShown::of(&row))
}

/// GET /api/v1/registrations/{id}/sessions/{session}
pub(super) async fn session(
    State(app): State<App>,
    who: ApiReader,
    Path((id, session)): Path<(String, String)>,
) -> Result<Response> {
    let (tenant, id, session) = (who.caller.tenant, known(&id)?, known(&session)?);
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| of_registration(&desk, tx, id, session);
    let session = app.db.of(tenant.0).read(job).await?;
    Ok(Reply::json(StatusCode::OK, &SessionShown::of(&session)?)?.into_response())
}

fn of_registration(
    desk: &Desk,
    tx: &mut Tx<'_>,
    registration: Uuid,
    session: Uuid,
) -> Result<Session> {
    let session = desk.session(tx, session)?;
    if session.registration == registration { Ok(session) } else { Err(absent()) }
}

/// POST /api/v1/registrations/{id}/sessions/{session}/abandon
pub(super) async fn abandon(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    Path((id, session)): Path<(String, String)>,
    once: Idempotent,
) -> Result<Response> {
    let (tenant, id, session) = (who.caller.tenant, known(&id)?, known(&session)?);
    let by = By::of(&who.caller, whence);
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        own.end(tx, (id, session), &by)?;
        Reply::json(StatusCode::OK, &SessionShown::of(&own.session(tx, session)?)?)
    };
    Desk::once(&app, tenant, once, act).await
}

/// GET /api/v1/registrations/{id}/sessions/{session}/log
pub(super) async fn log(
    State(app): State<App>,
    who: ApiReader,
    Path((id, session)): Path<(String, String)>,
    asked: Asked,
) -> Result<Listing<EventShown>> {
    let (tenant, id, session) = (who.caller.tenant, known(&id)?, known(&session)?);
    let query = asked.of(&EVENTS, &app, tenant).await?;
    let (sql, first) = if query.is_descending() {
        (&lists::EVENTS_DOWN, Uuid::max())
    } else {
        (&lists::EVENTS_UP, Uuid::nil())
    };
    let after = query.page.after.as_ref().map(|cursor| cursor.uuid(0)).transpose()?;
    let after = after.unwrap_or(first);
    let args: [Value; 4] = [tenant.0.into(), session.into(), after.into(), query.rows().into()];
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        of_registration(&desk, tx, id, session)?;
        Ok::<_, Problem>(tx.all::<Event>(sql, &args)?)
    };
    let rows = app.db.of(tenant.0).read(job).await?;
    Ok(Listing::new(query, rows, |event: &Event| vec![event.id.into()]).map(EventShown::from))
}

/// GET /api/v1/courses/{id}/rules
pub(super) async fn rules(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let job = move |tx: &mut Tx<'_>| {
        let args = [tenant.0.into(), id.into()];
        tx.one::<i64>(&store::COURSE, &args)?.ok_or_else(absent)?;
        Ok::<_, Problem>(tx.one::<bool>(&store::LENIENT, &args)?.unwrap_or(false))
    };
    let lenient = app.db.of(tenant.0).read(job).await?;
    Ok(Reply::json(StatusCode::OK, &RulesBody { lenient })?.into_response())
}

/// PUT /api/v1/courses/{id}/rules
pub(super) async fn set_rules(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<RulesBody>,
) -> Result<Response> {
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        crate::tenants::life::hold(tx, tenant)?;
        let args = [tenant.0.into(), id.into()];
        tx.one::<i64>(&store::COURSE, &args)?.ok_or_else(absent)?;
        tx.run(&store::SET_LENIENT, &[tenant.0.into(), id.into(), body.lenient.into()])?;
        let detail = json!({"lenient": body.lenient});
        audit::record(tx, tenant, &by, "course.rules", &format!("course:{id}"), &detail, now)?;
        Reply::json(StatusCode::OK, &body)
    };
    once.run(&app, tenant, effect).await
}

/// The languages that a reader asks for, best first.
pub(super) fn languages(headers: &HeaderMap) -> Vec<String> {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let ranges = parse_accept_language(text.unwrap_or_default());
    let wanted = ranges.into_iter().filter(|range| range.quality > 0 && range.tag != "*");
    wanted.map(|range| range.tag).collect()
}

/// An id that is no UUID is nobody's.
fn known(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_no_uuid| absent())
}

fn absent() -> Problem {
    Problem::not_found("there is no such course, registration or session")
}

fn text(value: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(value).map_err(Problem::internal)
}
