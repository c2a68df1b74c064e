//! Registering, launching, and what came of it: thin handlers.

use super::envelope::{invalid, not_found, or_not_found, unavailable};
use super::show::{self, Success};
use super::wire::{RegisterBody, StatusBody, StatusWish};
use super::{content, wire};
use crate::app::App;
use crate::audit::{self, By, Whence};
use crate::cmi5::{
    AbandonedBy, Content, Desk, LAUNCH_BYTES, NewRegistration, Registration, Status,
};
use crate::error::{Code, Problem, Result};
use crate::http::api::{ApiJson, Idempotent, Reply};
use crate::http::authority::{CourseParticipant, CourseReader};
use crate::tenants::{Caller, Principal, Scope};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};
use rollbook_db::Tx;
use serde_json::json;
use uuid::Uuid;

/// Who may do it for everybody.
const STAFF: &[Scope] = &[Scope::Write, Scope::Admin];

/// POST /api/cmi5/register
pub(super) async fn register(
    State(app): State<App>,
    who: CourseParticipant,
    once: Idempotent,
    body: Result<ApiJson<RegisterBody>>,
) -> Result<Response> {
    gate(&app)?;
    let ApiJson(body) = body.map_err(invalid)?;
    body.check().map_err(invalid)?;
    permit(&who.caller, &body.learner_id, STAFF)?;
    as_themselves(&who.caller, &body)?;
    let tenant = who.caller.tenant;
    let desk = Desk::open(&app, tenant).await?;
    let (own, base) = (desk.clone(), app.public_url.clone());
    let effect = move |tx: &mut Tx<'_>| {
        let registration = registered(&own, tx, &base, &body).map_err(invalid)?;
        Reply::json(StatusCode::CREATED, &show::registration(&own, tx, registration)?)
    };
    let response = once.run(&app, tenant, effect).await?;
    desk.committed();
    Ok(response)
}

/// The registration of this learner for this content: the one that is there, or a new one. The
/// learner of one that is there stays who it is, for statements tell of them.
fn registered(
    desk: &Desk,
    tx: &mut Tx<'_>,
    base: &str,
    body: &RegisterBody,
) -> Result<Registration> {
    let (profile, content) = content::resolve(tx, desk, base, &body.content_id)?;
    if let Some(known) = desk.find_current(tx, &body.content_id, &body.learner_id)? {
        // A course that was deleted may have come back as another one.
        let is_back =
            matches!(content, Content::Course { .. }) && !desk.is_launchable(tx, &known)?;
        if !body.new_attempt && !is_back {
            return desk.touch(tx, known.id);
        }
        desk.archive(tx, known.id)?;
    }
    let new = NewRegistration {
        id: None,
        profile,
        content,
        content_id: body.content_id.clone(),
        learner_id: body.learner_id.clone(),
        current: true,
        account: body.account(),
    };
    match desk.register(tx, &new) {
        // Somebody else was first.
        Err(problem) if problem.code == Code::Cmi5RegistrationExists => {
            // Whoever holds it may wait for the end of the log, which is held here: it stays as it is.
            desk.find_current(tx, &body.content_id, &body.learner_id)?.ok_or(problem)
        }
        outcome => outcome,
    }
}

/// GET and POST /api/cmi5/launch/{registrationId}. HEAD is not answered: a launch is no reading.
pub(super) async fn launch(
    State(app): State<App>,
    who: CourseParticipant,
    method: Method,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    once: Idempotent,
) -> Result<Response> {
    gate(&app)?;
    if method == Method::HEAD {
        let (status, code) = (StatusCode::METHOD_NOT_ALLOWED, Code::RequestMethodNotAllowed);
        return Err(Problem::new(status, code, "a launch is no reading: send GET or POST"));
    }
    let (once, tenant, caller) = (once.for_secret()?, who.caller.tenant, who.caller);
    let mut wish = wire::wish(query.as_deref().unwrap_or_default()).map_err(invalid)?;
    let id = known(&id)?;
    app.usage.reserve(tenant, LAUNCH_BYTES).await?;
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let registration = own.registration(tx, id).map_err(or_not_found(id))?;
        permit(&caller, &registration.learner_id, STAFF)?;
        if wish.unit.is_none() {
            wish.unit = content::unit_of(tx, own, &registration)?;
        }
        let launched = own.launch(tx, id, &wish).map_err(invalid)?;
        let shown = Success::new(json!({
            "launchUrl": launched.url,
            "sessionId": launched.session,
            "launchMethod": launched.method.name(),
            "launchMode": launched.mode.name(),
        }));
        let unkept = HeaderValue::from_static("no-store");
        Ok(Reply::json(StatusCode::OK, &shown)?.with(header::CACHE_CONTROL, unkept))
    };
    Desk::once(&app, tenant, once, act).await
}

/// GET /api/cmi5/sessions/{registrationId}
pub(super) async fn get(
    State(app): State<App>,
    who: CourseReader,
    Path(id): Path<String>,
) -> Result<Response> {
    gate(&app)?;
    let (tenant, caller, id) = (who.caller.tenant, who.caller, known(&id)?);
    let desk = Desk::open(&app, tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let registration = desk.registration(tx, id).map_err(or_not_found(id))?;
        permit(&caller, &registration.learner_id, &[Scope::Read, Scope::Write, Scope::Admin])?;
        Reply::json(StatusCode::OK, &show::registration(&desk, tx, registration)?)
    };
    Ok(app.db.of(tenant.0).read(job).await?.into_response())
}

/// PUT /api/cmi5/sessions/{registrationId}
pub(super) async fn put(
    State(app): State<App>,
    who: CourseParticipant,
    whence: Whence,
    Path(id): Path<String>,
    once: Idempotent,
    body: Result<ApiJson<StatusBody>>,
) -> Result<Response> {
    let ApiJson(body) = body.map_err(invalid)?;
    let wish = body.read().map_err(invalid)?;
    let (tenant, id) = (who.caller.tenant, known(&id)?);
    let (by, caller) = (By::of(&who.caller, whence), who.caller);
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let registration = own.registration(tx, id).map_err(or_not_found(id))?;
        permit(&caller, &registration.learner_id, STAFF)?;
        if wish.status == Status::Waived && !caller.scopes.any(STAFF) {
            return Err(unpermitted("nobody excuses themselves", STAFF));
        }
        let registration = ended(own, tx, &registration, &wish)?;
        let (object, detail) =
            (format!("registration:{id}"), json!({"status": wish.status.name()}));
        audit::record(tx, tenant, &by, "registration.labelled", &object, &detail, own.now())?;
        Reply::json(StatusCode::OK, &show::registration(own, tx, registration)?)
    };
    Desk::once(&app, tenant, once, act).await
}

/// Sets a status. Only what a launcher may tell becomes a statement: that units are waived, or that a
/// session was abandoned. The rest is a label, for nobody speaks for the content.
fn ended(
    desk: &Desk,
    tx: &mut Tx<'_>,
    registration: &Registration,
    wish: &StatusWish,
) -> Result<Registration> {
    let id = registration.id;
    match wish.status {
        Status::Waived => {
            let outcome = match content::unit_of(tx, desk, registration)? {
                Some(unit) => desk.waive(tx, id, &unit, &wish.reason),
                None => desk.waive_all(tx, id, &wish.reason),
            };
            match outcome {
                // It is satisfied already: there is nothing to excuse from.
                Err(problem) if problem.code == Code::Cmi5UnitWaived => {}
                outcome => drop(outcome?),
            }
        }
        Status::Abandoned | Status::Terminated => {
            desk.abandon(tx, id, None, AbandonedBy::Api)?;
        }
        _ => {}
    }
    desk.label(tx, id, wish.status, wish.score.as_deref())
}

/// An id in a path; what is no UUID is no registration.
fn known(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_no_uuid| not_found(id))
}

fn gate(app: &App) -> Result<()> {
    if app.cmi5.launches { Ok(()) } else { Err(unavailable()) }
}

/// Who holds one of these scopes may do it for everybody; who has a token, for themselves. Launched
/// content may do nothing here, whatever its token is signed with (`cmi5.md` 2.2).
fn permit(caller: &Caller, learner: &str, staff: &[Scope]) -> Result<()> {
    let is_own = match &caller.principal {
        Principal::User { subject, .. } => **subject == *learner,
        _ => false,
    };
    if caller.session.is_none() && (caller.scopes.any(staff) || is_own) {
        return Ok(());
    }
    Err(unpermitted("this credential may do this for nobody but its own learner", staff))
}

/// Who registers themselves does so under their own name: what is launched for an account reads and
/// writes what is that account's.
fn as_themselves(caller: &Caller, body: &RegisterBody) -> Result<()> {
    let is_own = match &caller.principal {
        Principal::User { subject, .. } => body.account().name == **subject,
        _ => false,
    };
    if is_own || caller.scopes.any(STAFF) {
        return Ok(());
    }
    Err(unpermitted("`actorAccount.name` is not who calls, and others register themselves", STAFF))
}

/// 403.
fn unpermitted(what: &str, staff: &[Scope]) -> Problem {
    let names: Vec<&str> = staff.iter().map(|scope| scope.name()).collect();
    let detail = format!("{what}; for others it needs one of the scopes {}", names.join(", "));
    Problem::forbidden(Code::AuthScopeMissing, detail)
}
