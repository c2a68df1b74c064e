//! The endpoints of the log of requests.

use super::show::{self, Entry, Links, List, Meta, PageMeta, Shown, Wish};
use super::store::{self, Filter, Switch};
use super::switch::id_at;
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::authority::Administrator;
use crate::http::parameters::invalid;
use crate::http::{Parameters, body};
use crate::tenants::Masked;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use rollbook_db::Tx;
use rollbook_xapi::version::Version;
use uuid::Uuid;

const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 200;
/// A wish is small.
const WISH_BYTES_MAX: usize = 1 << 10;

const PARAMETERS: &[&str] = &[
    "page[size]",
    "page[after]",
    "filter[status]",
    "filter[refused]",
    "filter[key]",
    "filter[path]",
    "filter[since]",
];

/// GET /api/v1/request-log.
pub(super) async fn get_switch(State(app): State<App>, who: Administrator) -> Result<Json<Shown>> {
    let tenant = who.caller.tenant;
    let switch = app.db.of(tenant.0).read(move |tx| store::switch(tx, tenant)).await?;
    Ok(Json(Shown::of(switch, app.clock.now_micros())))
}

/// PUT /api/v1/request-log.
pub(super) async fn turn_on(
    State(app): State<App>,
    who: Administrator,
    body: Body,
) -> Result<Json<Shown>> {
    let bytes = body::read(body, WISH_BYTES_MAX, "request_log_wish_bytes_max").await?;
    let wish: Wish = serde_json::from_slice(&bytes).map_err(|error| {
        let detail = "the body must be JSON such as {\"minutes\": 30, \"bodies\": true}";
        Problem::bad_request(Code::BodyMalformed, detail).because(error)
    })?;
    let minutes_max = app.limits.request_log_on_seconds_max / 60;
    if wish.minutes == 0 || wish.minutes > minutes_max {
        let detail = format!("`minutes` must be from 1 to {minutes_max}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, Code::BodyInvalid, detail));
    }
    let (tenant, now) = (who.caller.tenant, app.clock.now_micros());
    let micros = i64::try_from(wish.minutes * 60_000_000).unwrap_or(i64::MAX);
    let until = now.saturating_add(micros);
    let switch = Switch { tenant, began: now, until, bodies: wish.bodies };
    let job = move |tx: &mut Tx<'_>| {
        store::turn_on(tx, switch)?;
        store::switch(tx, tenant)
    };
    let switch = app.db.of(tenant.0).write(job).await?;
    app.requests.refresh().await?;
    Ok(Json(Shown::of(switch, now)))
}

/// DELETE /api/v1/request-log.
pub(super) async fn turn_off(State(app): State<App>, who: Administrator) -> Result<StatusCode> {
    let (tenant, now) = (who.caller.tenant, app.clock.now_micros());
    app.db.of(tenant.0).write(move |tx| store::turn_off(tx, tenant, now)).await?;
    app.requests.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// GET /api/v1/requests.
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    RawQuery(query): RawQuery,
) -> Result<Json<List>> {
    let query = query.unwrap_or_default();
    let given = Parameters::parse(&query, PARAMETERS)?;
    let size = match given.count("page[size]")? {
        None => PAGE_DEFAULT,
        Some(size @ 1..=PAGE_MAX) => size,
        Some(_) => return Err(invalid("page[size]", "from 1 to 200")),
    };
    let (filter, after) = (filter(&given)?, after(&given)?);
    // Whoever tries something and looks wants to find it.
    app.requests.flush().await;
    let tenant = who.caller.tenant;
    let job = move |tx: &mut Tx<'_>| store::list(tx, tenant, &filter, after, size + 1);
    let mut found = app.db.of(tenant.0).read(job).await?;
    let more = found.len() > size;
    found.truncate(size);
    let next_cursor = found.last().filter(|_| more).map(|last| show::cursor(last.id));
    let next = next_cursor.as_ref().map(|cursor| next_link(&query, cursor));
    Ok(Json(List {
        data: found.into_iter().map(Entry::in_list).collect::<Result<_>>()?,
        meta: Meta { page: PageMeta { size, next_cursor } },
        links: Links { next },
    }))
}

/// GET /api/v1/requests/{id}.
pub(super) async fn one(
    State(app): State<App>,
    who: Administrator,
    Path(id): Path<String>,
) -> Result<Json<Entry>> {
    let absent = || Problem::not_found("there is no such request in the log");
    let id = Uuid::parse_str(&id).map_err(|_no_uuid| absent())?;
    let tenant = who.caller.tenant;
    let found = app.db.of(tenant.0).read(move |tx| store::one(tx, tenant, id)).await?;
    Ok(Json(Entry::of(found.ok_or_else(absent)?)?))
}

fn filter(given: &Parameters) -> Result<Filter> {
    let status = given.count("filter[status]")?.unwrap_or(0);
    let since = given.timestamp("filter[since]", Version::V2)?;
    let key = given.text("filter[key]").map(|key| Masked(key).to_string());
    Ok(Filter {
        status: i64::try_from(status).unwrap_or(i64::MAX),
        refused: given.flag("filter[refused]")?,
        key: key.unwrap_or_default().replace('\0', ""),
        path: given.text("filter[path]").unwrap_or_default().replace('\0', ""),
        since: since.map(|since| id_at(since, 0)),
    })
}

fn after(given: &Parameters) -> Result<Option<Uuid>> {
    let Some(text) = given.text("page[after]") else { return Ok(None) };
    let unknown =
        |_no_uuid| Problem::bad_request(Code::CursorInvalid, "`page[after]` is no cursor");
    Uuid::try_parse(text).map(Some).map_err(unknown)
}

/// The same question, from the cursor on.
fn next_link(query: &str, cursor: &str) -> String {
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "page[after]");
    let mut next = form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(kept).append_pair("page[after]", cursor);
    format!("/api/v1/requests?{}", next.finish())
}
