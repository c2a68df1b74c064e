//! Tenants, tokens, courses and launches: thin handlers.

use super::number::{self, Meant};
use super::refuse::unusable;
use super::show::{self, Whose};
use super::store;
use super::wire::{AuthBody, LaunchBody, TenantBody};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::cmi5::{Account, Content, Desk, LAUNCH_BYTES, NewRegistration, Profile, Registration};
use crate::content::{self, Upload};
use crate::error::{Code, Problem, Result};
use crate::http::api::{ApiJson, Idempotent, Reply};
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::ids::sha2_256;
use crate::tenants::{Credential, TenantId};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rollbook_db::{Sql, Tx};
use serde_json::json;
use uuid::Uuid;

/// GET /api/v1/ping
pub(super) async fn ping() -> Result<Response> {
    Ok(Reply::json(StatusCode::OK, &json!({"ok": true}))?.into_response())
}

/// GET /api/v1/about
pub(super) async fn about(who: ApiReader) -> Result<Response> {
    let description = format!("Rollbook {}", env!("CARGO_PKG_VERSION"));
    let body = json!({"tenantId": who.caller.tenant.0, "description": description});
    Ok(Reply::json(StatusCode::OK, &body)?.into_response())
}

/// POST /api/v1/tenant: the tenant is the credential's, so none is made.
pub(super) async fn make_tenant(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    ApiJson(body): ApiJson<TenantBody>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let body = json!({"id": tenant.0, "code": body.code});
    once.run(&app, tenant, move |_| Reply::json(StatusCode::OK, &body)).await
}

/// DELETE /api/v1/tenant/{tenant}: none was made, so none goes.
pub(super) async fn drop_tenant(
    State(app): State<App>,
    who: ApiWriter,
    once: Idempotent,
    Path(number): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    own(tenant, number.parse().ok())?;
    once.run(&app, tenant, |_| Ok(Reply::empty(StatusCode::NO_CONTENT))).await
}

/// POST /api/v1/auth: the credential again, as a token.
pub(super) async fn token(
    who: ApiWriter,
    once: Idempotent,
    headers: HeaderMap,
    ApiJson(body): ApiJson<AuthBody>,
) -> Result<Response> {
    // Nothing is done, so nothing is kept.
    once.for_secret()?;
    own(who.caller.tenant, Some(body.tenant_id))?;
    let text = match Credential::of(&headers)? {
        Credential::Basic(text) => {
            let bytes = STANDARD.decode(text).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            text.map(|text| text.replacen(':', ".", 1))
        }
        Credential::Key { key, secret, .. } => Some(format!("{key}.{secret}")),
        Credential::Token(token) => Some(token.to_owned()),
        Credential::Session(_) => None,
    };
    let unreadable = || Problem::unauthorized("this credential cannot be used as a token");
    let body = json!({"token": text.ok_or_else(unreadable)?});
    let unkept = HeaderValue::from_static("no-store");
    Ok(Reply::json(StatusCode::OK, &body)?.with(header::CACHE_CONTROL, unkept).into_response())
}

fn own(tenant: TenantId, named: Option<i64>) -> Result<()> {
    if named == Some(tenant.0) {
        return Ok(());
    }
    Err(Problem::not_found("this credential belongs to no such tenant"))
}

/// POST /api/v1/course
pub(super) async fn import(
    State(app): State<App>,
    who: ApiWriter,
    whence: Whence,
    once: Idempotent,
    request: Request,
) -> Result<Response> {
    let (tenant, by) = (who.caller.tenant, By::of(&who.caller, whence));
    let received = content::receive(&app, tenant, request).await.map_err(unusable)?;
    once.body_was(sha2_256(received.sha2.as_str().as_bytes()));
    let import = async move {
        let upload = Upload::received(&app, tenant, received).await?;
        let (base, now) = (app.public_url.clone(), app.clock.now_micros());
        let effect = move |tx: &mut Tx<'_>| {
            let imported = upload.publish(tx, tenant, &by, now)?;
            shown(tx, &base, tenant, imported.course)
        };
        once.run(&app, tenant, effect).await
    };
    content::to_its_end(import).await.map_err(unusable)
}

/// GET /api/v1/course/{course}
pub(super) async fn course(
    State(app): State<App>,
    who: ApiReader,
    Path(id): Path<String>,
) -> Result<Response> {
    let (tenant, base) = (who.caller.tenant, app.public_url.clone());
    let job = move |tx: &mut Tx<'_>| {
        let course = find(tx, tenant, &id, &store::COURSE)?;
        shown(tx, &base, tenant, course)
    };
    Ok(app.db.of(tenant.0).read(job).await?.into_response())
}

fn shown(tx: &mut Tx<'_>, base: &str, tenant: TenantId, course: Uuid) -> Result<Reply> {
    let newest = content::newest(tx, tenant, course)?;
    Reply::json(StatusCode::OK, &show::course(course, newest, Whose { base, tenant })?)
}

/// DELETE /api/v1/course/{course}
pub(super) async fn drop_course(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    Path(id): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let (by, now) = (By::of(&who.caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let course = find(tx, tenant, &id, &store::COURSE)?;
        content::delete(tx, tenant, course, &by, now)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    once.run(&app, tenant, effect).await
}

/// POST /api/v1/course/{course}/launch-url/{unit}
pub(super) async fn launch(
    State(app): State<App>,
    who: ApiWriter,
    Path((id, unit)): Path<(String, String)>,
    once: Idempotent,
    ApiJson(mut body): ApiJson<LaunchBody>,
) -> Result<Response> {
    let (once, tenant) = (once.for_secret()?, who.caller.tenant);
    let no_unit = |_no_number| Problem::not_found("the course has no such unit");
    let unit = unit.parse::<usize>().map_err(no_unit)?;
    let (registration, account) = (body.reg.take(), body.actor.clone().account()?);
    let wish = body.wish(unit)?;
    app.usage.reserve(tenant, LAUNCH_BYTES).await?;
    let act = move |own: &Desk, tx: &mut Tx<'_>| {
        let course = find(tx, tenant, &id, &store::COURSE)?;
        let registration = registered(own, tx, registration, course, &account)?;
        let launched = own.launch(tx, registration, &wish)?;
        let body = json!({
            "id": number::told(launched.session),
            "launchMethod": launched.method.name(),
            "url": launched.url,
        });
        let unkept = HeaderValue::from_static("no-store");
        Ok(Reply::json(StatusCode::OK, &body)?.with(header::CACHE_CONTROL, unkept))
    };
    Desk::once(&app, tenant, once, act).await
}

/// The registration of a launch: the one that is named, or a new one under that id.
fn registered(
    desk: &Desk,
    tx: &mut Tx<'_>,
    named: Option<Uuid>,
    course: Uuid,
    account: &Account,
) -> Result<Uuid> {
    if let Some(known) = known(desk, tx, named)? {
        return fits(&known, course, account);
    }
    let refused = match desk.register(tx, &new(named, course, account)) {
        Ok(made) => return Ok(made.id),
        Err(problem) if problem.code == Code::Cmi5RegistrationExists => problem,
        Err(problem) => return Err(problem),
    };
    // Somebody else has made it in between.
    match known(desk, tx, named)? {
        Some(known) => fits(&known, course, account),
        None => Err(refused),
    }
}

fn known(desk: &Desk, tx: &mut Tx<'_>, named: Option<Uuid>) -> Result<Option<Registration>> {
    let Some(id) = named else { return Ok(None) };
    match desk.registration(tx, id) {
        Ok(known) => Ok(Some(known)),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// A registration is of one learner and one course for ever (`cmi5.md` 1.14).
fn fits(known: &Registration, course: Uuid, account: &Account) -> Result<Uuid> {
    let is_same = known.account == *account && known.course.is_some_and(|(id, _)| id == course);
    if is_same {
        return Ok(known.id);
    }
    let detail = "this registration is of another learner or another course";
    Err(Problem::of(Code::Cmi5RegistrationExists, detail))
}

/// A registration to be.
pub(super) fn new(id: Option<Uuid>, course: Uuid, account: &Account) -> NewRegistration {
    NewRegistration {
        id,
        profile: Profile::Cmi5,
        content: Content::Course { course, version: None },
        content_id: course.to_string(),
        learner_id: account.name.clone(),
        current: false,
        account: account.clone(),
    }
}

/// What an id in a path means.
///
/// # Errors
/// 404 if that is nothing; 409 if it is a number that several things have.
pub(super) fn find(tx: &mut Tx<'_>, tenant: TenantId, id: &str, sql: &'static Sql) -> Result<Uuid> {
    let nothing = || Problem::not_found("there is no such thing");
    let meant = Meant::read(id).ok_or_else(nothing)?;
    let (first, last) = meant.range();
    let near: Vec<Uuid> = tx.all(sql, &[tenant.0.into(), first.into(), last.into()])?;
    let mut found = near.into_iter().filter(|id| meant.is(*id));
    let one = found.next().ok_or_else(nothing)?;
    if found.next().is_none() {
        return Ok(one);
    }
    let detail = "several things that were made at the same moment have this number: name the one \
                  that is meant by its `code`, or a course by its UUID";
    Err(Problem::of(Code::CatapultNumberAmbiguous, detail))
}
