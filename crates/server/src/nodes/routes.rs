//! `/api/v1/nodes`: the servers of this installation.

use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::authority::InstallationOperator;
use crate::http::openapi::{Answer, Payload};
use crate::http::reply::Json;
use crate::http::{Access, Endpoint, Operation};
use crate::tenants::Scope;
use axum::extract::State;
use axum::routing;
use rollbook_db::Tx;
use rollbook_xapi::timestamp;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: "GET",
    path: "/api/v1/nodes",
    access: Access::AnyOf(&[Scope::Operator]),
    operation: Operation::new("listNodes", "List the servers of this installation")
        .says(
            "The servers that share the database and were heard of lately, oldest first, and which \
             background work each of them does at this moment. A server that was killed is listed \
             until it was not heard of for the time that the setting `nodes.dead_after` says.",
        )
        .gives(&[Answer {
            status: 200,
            description: "The servers.",
            body: Some(Payload { media: &["application/json"], schema }),
        }]),
    handler: || routing::get(list),
}];

/// The servers of this installation.
#[derive(Serialize, ToSchema)]
struct Listed {
    /// The servers, oldest first.
    #[schema(inline)]
    data: Vec<Node>,
}

/// One server.
#[derive(Serialize, ToSchema)]
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

fn schema() -> RefOr<Schema> {
    Listed::schema()
}

/// GET /api/v1/nodes
async fn list(State(app): State<App>, _: InstallationOperator) -> Result<Json> {
    let dead_after = app.nodes.dead_after();
    let own = app.nodes.id().to_owned();
    let job = move |tx: &mut Tx<'_>| {
        let (live, holders) = (store::live(tx, dead_after)?, store::holders(tx)?);
        let node = |row: store::Row| Node {
            leases: holders
                .iter()
                .filter(|held| held.0 == row.node)
                .map(|it| it.1.clone())
                .collect(),
            answering: row.node == own,
            id: row.node,
            address: row.address,
            version: row.version,
            started: timestamp::format_micros(row.started),
            seen: timestamp::format_micros(row.seen),
        };
        Ok::<_, Problem>(Listed { data: live.into_iter().map(node).collect() })
    };
    let listed = app.db.every().read(job).await?;
    Ok(Json::new(serde_json::to_string(&listed).map_err(Problem::internal)?))
}
