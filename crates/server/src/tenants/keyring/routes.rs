//! `/api/v1/keys`: the administrators'.

use super::decide;
use super::wire::{KeyChangeBody, KeyMade, KeyRotated, KeyShown, NewKeyBody, RotationBody};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::error::{Problem, Result};
use crate::http::api::{
    ApiJson, Asked, Cursor, Idempotent, Listing, Query, QueryTable, Reply, filter, sorts,
};
use crate::http::authority::Administrator;
use crate::http::openapi::Parameter;
use crate::tenants::keys::act;
use crate::tenants::{Listed, NewSecret, keys};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use std::cmp::Ordering;
use std::time::Duration;

/// Where keys are.
pub(super) const PATH: &str = "/api/v1/keys";

/// What the list understands.
static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable = QueryTable {
    name: "keys",
    filters: &[
        filter!("state", words ["active", "expired", "revoked"], "In which state they are."),
    ],
    sorts: sorts!["created"],
    order: "created",
};

/// What the list takes.
pub(super) const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

/// GET /api/v1/keys
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    asked: Asked,
) -> Result<Listing<KeyShown>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&TABLE, &app, tenant).await?;
    let all = keys::list(&app.db, tenant).await?;
    let now = app.clock.now_micros();
    let page = page(all, &query, now)?;
    let keys = |listed: &Listed| vec![listed.created.into(), (&listed.key).into()];
    Ok(Listing::new(query, page, keys).map(|listed| KeyShown::of(&listed, now)))
}

/// The keys of a page, and one more. A tenant has few keys, so they are sorted here.
fn page(mut all: Vec<Listed>, query: &Query, now: i64) -> Result<Vec<Listed>> {
    let descending = query.order().first().is_some_and(|order| order.descending);
    let ordered = |one: (i64, &str), other: (i64, &str)| {
        let order = one.cmp(&other);
        if descending { order.reverse() } else { order }
    };
    all.sort_by(|one, other| ordered(place(one), place(other)));
    if let Some(cursor) = &query.page.after {
        let last: &Cursor = cursor;
        let last = (last.int(0)?, last.text(1)?.to_owned());
        all.retain(|listed| ordered(place(listed), (last.0, &last.1)) == Ordering::Greater);
    }
    if let Some(states) = query.words("state") {
        all.retain(|listed| states.contains(&state(listed, now)));
    }
    all.truncate(usize::try_from(query.rows()).unwrap_or(usize::MAX));
    Ok(all)
}

/// By what keys are ordered.
fn place(listed: &Listed) -> (i64, &str) {
    (listed.created, &listed.key)
}

fn state(listed: &Listed, now: i64) -> &'static str {
    match listed {
        Listed { revoked: Some(_), .. } => "revoked",
        Listed { expires: Some(end), .. } if *end <= now => "expired",
        _ => "active",
    }
}

/// POST /api/v1/keys
pub(super) async fn create(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    once: Idempotent,
    ApiJson(body): ApiJson<NewKeyBody>,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let wish = body.wish(&app.public_url)?;
    let made = wish.draft(&app.ids, tenant)?;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let listed = decide::create(tx, tenant, Some(&caller), &wish, &made, &by, now)?;
        let told = KeyMade { shown: KeyShown::of(&listed, now), secret: made.secret.clone() };
        let place = HeaderValue::try_from(format!("{PATH}/{}", made.key));
        let place = place.map_err(Problem::internal)?;
        Ok(secret(Reply::json(StatusCode::CREATED, &told)?).with(header::LOCATION, place))
    };
    once.run(&app, tenant, effect).await
}

/// GET /api/v1/keys/{key}
pub(super) async fn get(
    State(app): State<App>,
    who: Administrator,
    Path(key): Path<String>,
) -> Result<Response> {
    let tenant = who.caller.tenant;
    let listed = keys::get(&app.db, tenant, &key).await?;
    let now = app.clock.now_micros();
    Ok(Reply::json(StatusCode::OK, &KeyShown::of(&listed, now))?.into_response())
}

/// PATCH /api/v1/keys/{key}
pub(super) async fn patch(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(key): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<KeyChangeBody>,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let before = act::get(tx, tenant, &key)?;
        let change = body.change(&before)?;
        let after = decide::update(tx, tenant, Some(&caller), &key, &change, &by, now)?;
        Reply::json(StatusCode::OK, &KeyShown::of(&after, now))
    };
    once.run(&app, tenant, effect).await
}

/// POST /api/v1/keys/{key}/rotate
pub(super) async fn rotate(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(key): Path<String>,
    once: Idempotent,
    ApiJson(body): ApiJson<RotationBody>,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let overlap = Duration::from_secs(body.overlap_seconds.into());
    let new = keys::new_secret(&app.ids);
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let with = (new, overlap);
        let made = decide::rotate(tx, tenant, Some(&caller), &key, with, &by, now)?;
        let NewSecret { key, secret: told, old_until } = made;
        let old_secret_until = format_micros(old_until);
        Ok(secret(Reply::json(
            StatusCode::OK,
            &KeyRotated { key, secret: told, old_secret_until },
        )?))
    };
    once.run(&app, tenant, effect).await
}

/// POST /api/v1/keys/{key}/revoke
pub(super) async fn revoke(
    State(app): State<App>,
    who: Administrator,
    whence: Whence,
    Path(key): Path<String>,
    once: Idempotent,
) -> Result<Response> {
    let caller = who.caller;
    let tenant = caller.tenant;
    let (by, now) = (By::of(&caller, whence), app.clock.now_micros());
    let effect = move |tx: &mut Tx<'_>| {
        let after = decide::revoke(tx, tenant, Some(&caller), &key, &by, now)?;
        Reply::json(StatusCode::OK, &KeyShown::of(&after, now))
    };
    once.run(&app, tenant, effect).await
}

/// An answer with a secret in it, which no cache keeps.
fn secret(reply: Reply) -> Reply {
    reply.with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
