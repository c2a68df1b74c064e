//! What is open to whoever has the link of a learner, and to launched content without a token: the
//! fetch URL, the learner's course, and the way back (8.2, 10.2).
//!
//! A link stands for its learner: it shows the course, launches units of it, and keeps preferences. It
//! waives nothing and overrides nothing but the mode.

use super::desk::Desk;
use super::fetch::{Fetched, fetch};
use super::launch::{LAUNCH_BYTES, LaunchWish, UnitName};
use super::link::Link;
use super::project::{Preferences, Projection};
use super::row::Profile;
use super::wire::LaunchShown;
use super::{code, routes, store};
use crate::app::App;
use crate::documents;
use crate::error::{Problem, Result};
use crate::http::Precondition;
use crate::http::api::{ApiJson, Reply};
use crate::tenants::{Caller, Principal, Scopes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rollbook_cmi5::launch::LaunchMode;
use rollbook_cmi5::terms::LEARNER_PREFERENCES;
use rollbook_db::Tx;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// In which mode a learner launches.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LearnerLaunch {
    /// `Normal`, `Browse` or `Review`: `Normal` until the unit is satisfied unless said.
    #[schema(value_type = Option<String>)]
    mode: Option<LaunchMode>,
}

/// POST /api/cmi5/fetch/{token} (8.2; `cmi5.md` 2.2). The body, if there is one, is nobody's concern.
pub(super) async fn hand_out(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response> {
    let refused = |status: u16, error: &str, number: &str| {
        let text = format!("{error}: launch again");
        let body = match status {
            200 => json!({"error": error, "error-code": number, "error-text": text}),
            _ => {
                json!({"success": false, "error": error, "error-code": number, "error-text": text})
            }
        };
        answer(status, &body)
    };
    // The contract says 401; to the standard a refusal is an answer like others (8.2.1).
    let status = |profile: Profile| match profile {
        Profile::Cmi5 => 200,
        Profile::Creatiq => 401,
    };
    Ok(match fetch(&app, &token).await? {
        Fetched::Token(token) => answer(200, &json!({"auth-token": token})),
        Fetched::Used(profile) => refused(status(profile), "Invalid or expired fetch token", "1"),
        Fetched::Expired(profile) => refused(status(profile), "Fetch token expired", "1"),
        Fetched::Unknown => refused(401, "Invalid or expired fetch token", "2"),
    })
}

/// What a link is good for, within the limits of its learner and tenant.
async fn admitted(app: &App, token: &str) -> Result<Link> {
    let link = Link::read(app, token).await?;
    let learner = Caller {
        tenant: link.tenant,
        principal: Principal::Session(link.registration),
        scopes: Scopes::NONE,
        authority: "".into(),
        activity_prefixes: None,
        bounds: None,
        session: None,
    };
    app.usage.charge(&learner, app.live_nodes()).await?;
    Ok(link)
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body.to_string()).into_response()
}

/// GET /launch/{token}/course
pub(super) async fn course(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let link = admitted(&app, &token).await?;
    let languages = routes::languages(&headers);
    let desk = Desk::open(&app, link.tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let languages: Vec<&str> = languages.iter().map(String::as_str).collect();
        desk.projection(tx, link.registration, &languages)
    };
    let shown: Projection = app.db.of(link.tenant.0).read(job).await?;
    Ok(unkept(Reply::json(StatusCode::OK, &shown)?))
}

/// POST /launch/{token}/units/{unit}
pub(super) async fn launch(
    State(app): State<App>,
    Path((token, unit)): Path<(String, String)>,
    ApiJson(body): ApiJson<LearnerLaunch>,
) -> Result<Response> {
    let link = admitted(&app, &token).await?;
    let unit = unit.parse().map_err(|_no_number| Problem::not_found("there is no such unit"))?;
    let wish =
        LaunchWish { unit: Some(UnitName::Index(unit)), mode: body.mode, ..LaunchWish::default() };
    app.usage.reserve(link.tenant, LAUNCH_BYTES).await?;
    let desk = Desk::open(&app, link.tenant).await?;
    let own = desk.clone();
    let job = move |tx: &mut Tx<'_>| own.launch(tx, link.registration, &wish);
    let launched = app.db.of(link.tenant.0).write(job).await?;
    desk.committed();
    Ok(unkept(Reply::json(StatusCode::OK, &LaunchShown::from(launched))?))
}

/// PUT /launch/{token}/preferences
pub(super) async fn prefer(
    State(app): State<App>,
    Path(token): Path<String>,
    ApiJson(body): ApiJson<Preferences>,
) -> Result<Response> {
    let link = admitted(&app, &token).await?;
    let text = body.document()?;
    app.usage.reserve(link.tenant, text.len() as u64).await?;
    let desk = Desk::open(&app, link.tenant).await?;
    let job = move |tx: &mut Tx<'_>| {
        let registration = desk.hold(tx, link.registration)?;
        let agent = registration.account.key();
        let place = (agent.as_str(), LEARNER_PREFERENCES);
        let unseen = Precondition::default();
        documents::keep_profile(tx, link.tenant, place, (text, desk.now()), &unseen)
    };
    app.db.of(link.tenant.0).write(job).await?;
    Ok(unkept(Reply::empty(StatusCode::NO_CONTENT)))
}

/// POST /return/{code}: the learner came back. Whoever knows a session may say so: it ends what should
/// have ended, after a while.
pub(super) async fn came_back(
    State(app): State<App>,
    Path(code): Path<String>,
) -> Result<Response> {
    if let Some((tenant, session)) = code::read(&code) {
        let asked = [tenant.0.into(), session.into()];
        let job = move |tx: &mut Tx<'_>| tx.one::<i32>(&store::MAY_RETURN, &asked);
        // Strangers, and whoever says it again, cost a read.
        if app.db.of(tenant.0).read(job).await?.is_some() {
            let args = [tenant.0.into(), session.into(), app.clock.now_micros().into()];
            let job = move |tx: &mut Tx<'_>| tx.run(&store::NOTE_RETURN, &args);
            app.db.of(tenant.0).write(job).await?;
        }
    }
    // Nobody learns from this which sessions there are.
    Ok(unkept(Reply::empty(StatusCode::ACCEPTED)))
}

fn unkept(reply: Reply) -> Response {
    let unkept = HeaderValue::from_static("no-store");
    reply.with(header::CACHE_CONTROL, unkept).into_response()
}
