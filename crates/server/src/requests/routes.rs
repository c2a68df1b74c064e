//! The endpoints of the log of requests.

use super::decide;
use super::show::{Entry, Shown, Wish};
use super::store::{self, Filter, Switch};
use super::switch::id_at;
use crate::app::App;
use crate::audit::{By, Whence};
use crate::error::{Problem, Result};
use crate::http::api::{
    ApiJson, Asked, Faults, Idempotent, Listing, Query, QueryTable, Reply, Span, filter, sorts,
};
use crate::http::authority::Administrator;
use crate::http::openapi::Parameter;
use crate::tenants::Masked;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use rollbook_db::Tx;
use uuid::Uuid;

/// What the list understands.
static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable = QueryTable {
    name: "requests",
    filters: &[
        filter!("status", text, "Only this status."),
        filter!("refused", flag, "`true`: only what was refused or failed."),
        filter!("key", text, "Only this key; its first 8 characters are compared."),
        filter!("path", text, "Only paths that begin so."),
        filter!("at", time, "When it was answered."),
    ],
    sorts: sorts!["at"],
    order: "-at",
};

/// What the list takes.
pub(super) const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

/// GET /api/v1/request-log
pub(super) async fn get_switch(State(app): State<App>, who: Administrator) -> Result<Response> {
    let tenant = who.caller.tenant;
    let switch = app.db.of(tenant.0).read(move |tx| store::switch(tx, tenant)).await?;
    let shown = Shown::of(switch, app.clock.now_micros());
    Ok(Reply::json(StatusCode::OK, &shown)?.into_response())
}

/// PUT /api/v1/request-log
pub(super) async fn turn_on(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    ApiJson(Wish { minutes, bodies }): ApiJson<Wish>,
) -> Result<Response> {
    let minutes_max = app.limits.request_log_on_seconds_max / 60;
    let mut faults = Faults::default();
    let fits = (1..=minutes_max).contains(&minutes);
    faults.unless(fits, "#/minutes", format!("this is from 1 to {minutes_max}"));
    faults.into_result()?;
    let (tenant, now) = (who.caller.tenant, app.clock.now_micros());
    let micros = i64::try_from(minutes.saturating_mul(60_000_000)).unwrap_or(i64::MAX);
    let wanted = Switch { tenant, began: now, until: now.saturating_add(micros), bodies };
    let by = By::of(&who.caller, whence);
    let effect = move |tx: &mut Tx<'_>| {
        let switch = decide::turn_on(tx, wanted, &by, now)?;
        Reply::json(StatusCode::OK, &Shown::of(Some(switch), now))
    };
    let response = once.run(&app, tenant, effect).await?;
    app.requests.refresh().await?;
    Ok(response)
}

/// DELETE /api/v1/request-log
pub(super) async fn turn_off(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
) -> Result<Response> {
    let (tenant, now) = (who.caller.tenant, app.clock.now_micros());
    let by = By::of(&who.caller, whence);
    let effect = move |tx: &mut Tx<'_>| {
        decide::turn_off(tx, tenant, &by, now)?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    };
    let response = once.run(&app, tenant, effect).await?;
    app.requests.refresh().await?;
    Ok(response)
}

/// GET /api/v1/requests
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    asked: Asked,
) -> Result<Listing<Entry>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&TABLE, &app, tenant).await?;
    let after = query.page.after.as_ref().map(|cursor| cursor.uuid(0)).transpose()?;
    let (filter, rows) = (filter(&query), query.rows());
    // Whoever tries something and looks wants to find it.
    app.requests.flush().await;
    let descending = query.is_descending();
    let job = move |tx: &mut Tx<'_>| store::list(tx, tenant, &filter, after, descending, rows);
    let found = app.db.of(tenant.0).read(job).await?;
    let page = found.into_iter().map(|row| Ok((row.id, Entry::in_list(row)?)));
    let page = page.collect::<Result<Vec<(Uuid, Entry)>>>()?;
    Ok(Listing::new(query, page, |(id, _)| vec![(*id).into()]).map(|(_, entry)| entry))
}

/// GET /api/v1/requests/{id}
pub(super) async fn one(
    State(app): State<App>,
    who: Administrator,
    Path(id): Path<String>,
) -> Result<Response> {
    let absent = || Problem::not_found("there is no such request in the log");
    let id = Uuid::parse_str(&id).map_err(|_no_uuid| absent())?;
    let tenant = who.caller.tenant;
    let found = app.db.of(tenant.0).read(move |tx| store::one(tx, tenant, id)).await?;
    let entry = Entry::of(found.ok_or_else(absent)?)?;
    Ok(Reply::json(StatusCode::OK, &entry)?.into_response())
}

fn filter(query: &Query) -> Filter {
    // No row holds U+0000, which the store cannot be asked about.
    let text = |name| query.text(name).unwrap_or_default().replace('\0', "\u{fffd}");
    let Span { from, before } = query.span("at");
    Filter {
        status: text("status"),
        refused: query.flag("refused"),
        key: query.text("key").map_or_else(String::new, |_| Masked(&text("key")).to_string()),
        path: text("path"),
        // Ids grow with time, so a span of time is a span of ids.
        from: id_at(from, 0),
        before: if before == i64::MAX { Uuid::max() } else { id_at(before, 0) },
    }
}
