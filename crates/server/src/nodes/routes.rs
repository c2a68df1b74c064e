//! `/api/v1/nodes`: the servers of this installation.

use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::api::{Asked, Listing, Query, QueryTable, sorts};
use crate::http::authority::InstallationOperator;
use crate::http::openapi::{Answer, Parameter, Payload, schemas};
use crate::http::{Access, Endpoint, Operation};
use crate::tenants::FIRST_TENANT;
use axum::extract::State;
use axum::routing;
use rollbook_db::Tx;
use rollbook_xapi::timestamp;
use serde::Serialize;
use std::cmp::Ordering;
use utoipa::ToSchema;

/// What the list understands.
static TABLE: QueryTable = TABLE_;
const TABLE_: QueryTable =
    QueryTable { name: "nodes", filters: &[], sorts: sorts!["started"], order: "started" };
const PARAMETERS: &[Parameter] = &TABLE_.parameters::<{ TABLE_.count() }>();

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: "GET",
    path: "/api/v1/nodes",
    access: Access::AnyOf(InstallationOperator::ANY_OF),
    operation: Operation::new("listNodes", "List the servers of this installation")
        .says(
            "The servers that share the database and were heard of lately, oldest first, and which \
             background work each of them does at this moment. A server that was killed is listed \
             until it was not heard of for the time that the setting `nodes.dead_after` says.",
        )
        .takes(PARAMETERS)
        .gives(&[Answer {
            status: 200,
            description: "A page of servers.",
            body: Some(Payload { media: &["application/json"], schema: schemas::page_of::<Node> }),
        }]),
    handler: || routing::get(list),
}];

/// One server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Node {
    /// Made anew at each start.
    id: String,
    /// By which its operator knows it: the setting `nodes.address`, or where it listens.
    address: String,
    /// The version of its program.
    version: String,
    /// When it was started, by the database's clock.
    started: String,
    /// When it was last heard of, by the database's clock.
    seen: String,
    /// Whether it is the one that answers.
    answering: bool,
    /// The background work that it does now.
    leases: Vec<String>,
}

/// GET /api/v1/nodes
async fn list(
    State(app): State<App>,
    _: InstallationOperator,
    asked: Asked,
) -> Result<Listing<Node>> {
    let query = asked.of(&TABLE, &app, FIRST_TENANT).await?;
    let dead_after = app.nodes.dead_after();
    let job = move |tx: &mut Tx<'_>| {
        Ok::<_, Problem>((store::live(tx, dead_after)?, store::holders(tx)?))
    };
    let (live, holders) = app.db.every().read(job).await?;
    let page = page(live, &query)?;
    let node = |row: store::Row| Node {
        leases: holders
            .iter()
            .filter(|(holder, _)| *holder == row.node)
            .map(|(_, lease)| lease.clone())
            .collect(),
        answering: row.node == app.nodes.id(),
        id: row.node,
        address: row.address,
        version: row.version,
        started: timestamp::format_micros(row.started),
        seen: timestamp::format_micros(row.seen),
    };
    let keys = |row: &store::Row| vec![row.started.into(), (&row.node).into()];
    Ok(Listing::new(query, page, keys).map(node))
}

/// The servers of a page, and one more. They are few, so they are sorted here.
fn page(mut live: Vec<store::Row>, query: &Query) -> Result<Vec<store::Row>> {
    let place = |row: &store::Row| (row.started, row.node.clone());
    live.sort_by_key(place);
    if query.is_descending() {
        live.reverse();
    }
    if let Some(cursor) = &query.page.after {
        let last = (cursor.int(0)?, cursor.text(1)?.to_owned());
        let behind = if query.is_descending() { Ordering::Less } else { Ordering::Greater };
        live.retain(|row| place(row).cmp(&last) == behind);
    }
    live.truncate(usize::try_from(query.rows()).unwrap_or(usize::MAX));
    Ok(live)
}
