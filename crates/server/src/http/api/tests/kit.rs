//! A resource that exists only here: rows with a name and a time, in the table of secrets.

use super::super::{ApiJson, Asked, Faults, Idempotent, Listing, QueryTable, Reply, filter, sorts};
use crate::app::App;
use crate::error::{Code, Problem, Result};
use crate::http::authority::{ApiReader, ApiWriter};
use crate::tenants::{self, KeyWish, NewKey, Scopes, TenantId};
use crate::testing::{Answer, Call, call};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use rollbook_db::{Tx, Value, sql};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) const PATH: &str = "/api/v1/rows";

sql! {
    ADD_ROW = "insert into secret (tenant, name, bytes, created) values ($1, $2, $3, $4)";

    ROWS = "select name, created from secret
        where tenant = $1 and (created, name) > ($2, $3) and created <= $4 and name like 'row%'
        order by created, name limit $5";

    COUNT_ROWS = "select count(*) from secret where tenant = $1 and name like 'row%'";
}

static TABLE: QueryTable = QueryTable {
    name: "rows",
    filters: &[
        filter!("kind", words ["old", "new"], "Its kind."),
        filter!("createdAt", time, "When it was made."),
    ],
    sorts: sorts!["createdAt", "name"],
    order: "createdAt",
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: String,
    #[serde(default)]
    ends: Ends,
}

/// How the effect ends.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Ends {
    #[default]
    Well,
    Refused,
    Broken,
    Panicking,
}

#[derive(Serialize)]
struct Row {
    name: String,
    created: i64,
}

impl rollbook_db::FromRow for Row {
    fn from_row(row: &rollbook_db::Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self { name: row.get(0)?, created: row.get(1)? })
    }
}

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(list).post(make).delete(required))
}

async fn list(
    reader: ApiReader,
    State(app): State<App>,
    asked: Asked,
) -> Result<Listing<serde_json::Value>> {
    let tenant = reader.caller.tenant;
    let query = asked.of(&TABLE, &app, tenant).await?;
    let (created, name) = match &query.page.after {
        Some(cursor) => (cursor.int(0)?, cursor.text(1)?.to_owned()),
        None => (i64::MIN, String::new()),
    };
    let args =
        [tenant.0.into(), created.into(), name.into(), query.bound.into(), query.rows().into()];
    let rows: Vec<Row> = app.db.of(tenant.0).read(move |tx| tx.all(&ROWS, &args)).await?;
    let keys = |row: &Row| vec![row.created.into(), Value::from(&row.name)];
    Ok(Listing::new(query, rows, keys).map(|row| json!(row)))
}

async fn make(
    writer: ApiWriter,
    State(app): State<App>,
    once: Idempotent,
    ApiJson(wish): ApiJson<Wish>,
) -> Result<Response> {
    let tenant = writer.caller.tenant;
    let mut faults = Faults::default();
    faults.unless(!wish.name.is_empty(), "#/name", "a name is not empty");
    faults.into_result()?;
    // Each time another, so that an effect that ran twice leaves two rows.
    let (id, now) = (app.ids.statement(), app.clock.now_micros());
    once.run(&app, tenant, move |tx| add(tx, tenant, &wish, &format!("row {id}"), now)).await
}

fn add(tx: &mut Tx<'_>, tenant: TenantId, wish: &Wish, name: &str, now: i64) -> Result<Reply> {
    add_row(tx, tenant, name, now)?;
    match wish.ends {
        Ends::Well => {
            let body = json!({"name": wish.name, "row": name, "secret": "only now"});
            let location = http::HeaderValue::from_static("/api/v1/rows/1");
            Ok(Reply::json(StatusCode::CREATED, &body)?.with(http::header::LOCATION, location))
        }
        Ends::Refused => Err(Problem::conflict(Code::StatementIdUsed, "refused")),
        Ends::Broken => Err(Problem::internal(anyhow::anyhow!("broken"))),
        Ends::Panicking => panic!("a bug"),
    }
}

async fn required(writer: ApiWriter, State(app): State<App>, once: Idempotent) -> Result<Response> {
    let tenant = writer.caller.tenant;
    once.required()?.run(&app, tenant, |_| Ok(Reply::empty(StatusCode::NO_CONTENT))).await
}

pub(super) fn add_row(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    name: &str,
    created: i64,
) -> rollbook_db::Result<u64> {
    let bytes = Value::from(vec![0_u8; 32]);
    tx.run(&ADD_ROW, &[tenant.0.into(), name.into(), bytes, created.into()])
}

/// How many rows a tenant has.
pub(super) async fn rows(app: &App, tenant: i64) -> i64 {
    let count = app.db.of(tenant).read(move |tx| tx.one::<i64>(&COUNT_ROWS, &[tenant.into()]));
    let count: rollbook_db::Result<_> = count.await;
    count.unwrap().unwrap()
}

/// A key of another tenant.
pub(super) async fn strangers_key(app: &App, scopes: &str) -> NewKey {
    let scopes = Scopes::parse(scopes).unwrap();
    let wish = KeyWish::new("stranger", scopes, "https://lrs.example.com");
    tenants::ensure_tenant(&app.db, TenantId(2), "stranger").await;
    tenants::create(&app.db, &app.clock, &app.ids, TenantId(2), wish).await.unwrap()
}

/// A request to the rows, with a key.
pub(super) fn ask(app: &App, key: &NewKey, method: Method, query: &str) -> Call {
    call(app, method, &format!("{PATH}{query}")).key(key)
}

pub(super) async fn send(call: Call) -> Answer {
    call.send_to(router()).await
}

/// Status and code of an answer.
pub(super) fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), code)
}
