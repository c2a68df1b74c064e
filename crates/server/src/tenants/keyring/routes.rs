//! `/api/v1/keys`: the administrators'.

use super::decide;
use super::wire::{KeyChangeBody, KeyMade, KeyRotated, KeyShown, NewKeyBody, RotationBody};
use crate::app::App;
use crate::audit::{By, Whence};
use crate::error::{Problem, Result};
use crate::http::api::{
    ApiJson, Asked, Idempotent, Listing, Query, QueryTable, Reply, filter, sorts,
};
use crate::http::authority::Administrator;
use crate::http::openapi::Parameter;
use crate::tenants::keys::act::{self, KeyPage};
use crate::tenants::{Listed, NewSecret, keys};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
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

/// The states, in the order in which a page asks for them.
const STATES: [&str; 3] = ["active", "expired", "revoked"];

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
    let now = app.clock.now_micros();
    let page = page(&query)?;
    let found = app.db.of(tenant.0).read(move |tx| act::page(tx, tenant, page, now)).await?;
    let keys = |listed: &Listed| vec![listed.created.into(), (&listed.key).into()];
    Ok(Listing::new(query, found, keys).map(|listed| KeyShown::of(&listed, now)))
}

/// The page that is asked for, and one key more.
fn page(query: &Query) -> Result<KeyPage> {
    let after = query.page.after.as_ref();
    let after = after.map(|cursor| Ok::<_, Problem>((cursor.int(0)?, cursor.text(1)?.to_owned())));
    let words = query.words("state");
    Ok(KeyPage {
        after: after.transpose()?,
        descending: query.is_descending(),
        states: STATES.map(|state| words.is_none_or(|words| words.contains(&state))),
        size: query.rows(),
    })
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
    let once = once.for_secret()?;
    let wish = body.wish(&app.public_url)?;
    let made = wish.draft(&app.ids, tenant)?;
    let (by, now, keys_max) =
        (By::of(&caller, whence), app.clock.now_micros(), app.limits.keys_max);
    let effect = move |tx: &mut Tx<'_>| {
        let listed = decide::create(tx, tenant, Some(&caller), &wish, &made, &by, now)?;
        decide::has_room(tx, tenant, keys_max, now)?;
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
    let (by, now, keys_max) =
        (By::of(&caller, whence), app.clock.now_micros(), app.limits.keys_max);
    let effect = move |tx: &mut Tx<'_>| {
        let before = act::get(tx, tenant, &key)?;
        let change = body.change(&before)?;
        let after = decide::update(tx, tenant, Some(&caller), &key, &change, &by, now)?;
        if after.is_live(now) && !before.is_live(now) {
            decide::has_room(tx, tenant, keys_max, now)?;
        }
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
    let once = once.for_secret()?;
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
