//! `GET /api/v1/audit`: the acts on the caller's tenant.

use super::list::{self, Entry, Filter};
use crate::app::App;
use crate::error::Result;
use crate::hex;
use crate::http::api::{Asked, Listing, Query, QueryTable, Span, filter, sorts};
use crate::http::authority::Administrator;
use crate::http::openapi::Parameter;
use axum::extract::State;
use rollbook_db::Tx;
use rollbook_xapi::timestamp::format_micros;
use serde::Serialize;
use utoipa::ToSchema;

/// What the list understands.
pub(super) static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable = QueryTable {
    name: "audit",
    filters: &[
        filter!("act", text, "Only this act, such as `key.created`."),
        filter!("principal", text, "Only what this principal did: `key:…`, `user:…`, `operator`."),
        filter!("at", time, "When it was done."),
    ],
    sorts: sorts!["position"],
    order: "-position",
};

/// What it takes.
pub(super) const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

/// An administrative act.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub(super) struct Told {
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

/// GET /api/v1/audit
pub(super) async fn list(
    State(app): State<App>,
    who: Administrator,
    asked: Asked,
) -> Result<Listing<Told>> {
    let tenant = who.caller.tenant;
    let query = asked.of(&TABLE, &app, tenant).await?;
    let after = query.page.after.as_ref().map(|cursor| cursor.int(0)).transpose()?;
    let descending = query.is_descending();
    let (filter, size) = (filter(&query), query.rows());
    let job = move |tx: &mut Tx<'_>| list::list(tx, tenant, &filter, after, descending, size);
    let found = app.db.of(tenant.0).read(job).await?;
    Ok(Listing::new(query, found, |entry| vec![entry.position.into()]).map(|entry| told(&entry)))
}

fn filter(query: &Query) -> Filter {
    // No act and no principal holds U+0000, which the store cannot be asked about.
    let text = |name| query.text(name).unwrap_or_default().replace('\0', "\u{fffd}");
    let Span { from, before } = query.span("at");
    Filter { act: text("act"), principal: text("principal"), since: from, until: before }
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
        hash: hex::lower(hash),
    }
}
