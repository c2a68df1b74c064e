//! `GET /api/v1/audit`: the acts on the caller's tenant.

use super::list::{self, Entry, Filter};
use super::verify::hex;
use crate::app::App;
use crate::error::Result;
use crate::http::Parameters;
use crate::http::authority::Administrator;
use crate::http::listing::{PAGE_AFTER, PAGE_SIZE, Page};
use crate::http::openapi::{Parameter, Place};
use crate::http::reply::Json;
use axum::extract::{RawQuery, State};
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use rollbook_xapi::version::Version;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};

const PATH: &str = "/api/v1/audit";
const ACT: &str = "filter[act]";
const PRINCIPAL: &str = "filter[principal]";
const SINCE: &str = "filter[since]";
const UNTIL: &str = "filter[until]";

/// What it takes.
pub(super) const PARAMETERS: &[Parameter] = &[
    query(ACT, "Only this act, such as `key.created`."),
    query(PRINCIPAL, "Only what this principal did: `key:…`, `user:…` or `operator`."),
    query(SINCE, "Only acts at this time or later (RFC 3339)."),
    query(UNTIL, "Only acts before this time (RFC 3339)."),
    query(PAGE_SIZE, "Entries in a page: 1 to 200, 50 if it is not said."),
    query(PAGE_AFTER, "`meta.page.nextCursor` of the page before."),
];

const fn query(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, required: false, description, schema: String::schema }
}

/// An administrative act.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
struct Told {
    /// Its place in the log of the tenant: 1, 2, 3 and so on.
    position: i64,
    /// When it was done.
    at: String,
    /// Who did it: `key:` and the key, `user:` and whom an issuer vouched for, or `operator`.
    principal: String,
    /// Where the request came from; null for what was done at the command line.
    address: Option<String>,
    /// What was done, such as `key.created`.
    act: String,
    /// To what, as `kind:name`.
    object: String,
    /// More about it, by act.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// SHA-256 of this entry and of the hash before it, in hexadecimal.
    hash: String,
}

/// A page of acts.
#[derive(ToSchema)]
#[schema(as = AuditPage)]
#[expect(dead_code, reason = "only its schema is used; the page itself is put together in one place")]
struct ToldPage {
    data: Vec<Told>,
}

/// The schema of a page.
pub(super) fn page_schema() -> RefOr<Schema> {
    ToldPage::schema()
}

/// GET /api/v1/audit
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    RawQuery(query): RawQuery,
) -> Result<Json> {
    let allowed = &[ACT, PRINCIPAL, SINCE, UNTIL, PAGE_SIZE, PAGE_AFTER];
    let parameters = Parameters::parse(&query.unwrap_or_default(), allowed)?;
    let page = Page::of(&parameters)?;
    let filter = filter(&parameters)?;
    let before = page.after_number()?.unwrap_or(i64::MAX);
    let (tenant, size) = (who.caller.tenant, page.size as i64 + 1);
    let job = move |tx: &mut Tx<'_>| list::list(tx, tenant, &filter, before, size);
    let found = app.db.of(tenant.0).read(job).await?;
    page.answer(found, PATH, &parameters, told, |entry| entry.position.to_string())
}

fn filter(parameters: &Parameters) -> Result<Filter> {
    let text = |name| parameters.text(name).unwrap_or_default().replace('\0', "\u{fffd}");
    let time = |name| parameters.timestamp(name, Version::V1);
    Ok(Filter {
        act: text(ACT),
        principal: text(PRINCIPAL),
        since: time(SINCE)?.unwrap_or(i64::MIN),
        until: time(UNTIL)?.unwrap_or(i64::MAX),
    })
}

fn told(entry: &Entry) -> Told {
    let Entry { position, at, principal, address, act, object, detail, hash } = entry;
    Told {
        position: *position,
        at: format_micros(*at),
        principal: principal.clone(),
        address: address.clone(),
        act: act.clone(),
        object: object.clone(),
        detail: serde_json::from_str(detail).unwrap_or_default(),
        hash: hex(hash),
    }
}
