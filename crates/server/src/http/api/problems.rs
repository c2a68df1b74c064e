//! `/problems/{code}`: what the `type` of a problem leads to (RFC 9457 3.1.1).

use crate::error::{Code, Problem, Result};
use crate::http::openapi::{Answer, Parameter, Payload, Place};
use crate::http::reply::Json;
use crate::http::{Access, Endpoint, Operation};
use axum::extract::Path;
use axum::routing;
use serde::Serialize;
use utoipa::{PartialSchema as _, ToSchema};

/// The one endpoint. Anybody may ask.
pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: "GET",
    path: "/problems/{code}",
    access: Access::Open,
    operation: Operation::new("getProblem", "Read what the code of a refusal means")
        .takes(&[Parameter {
            name: "code",
            place: Place::Path,
            required: true,
            description: "The code, such as `cursor.stale`.",
            schema: String::schema,
        }])
        .gives(&[Answer {
            status: 200,
            description: "What it means.",
            body: Some(Payload { media: &["application/json"], schema: Explained::schema }),
        }]),
    handler: || routing::get(get),
};

/// A code, explained.
#[derive(Serialize, ToSchema)]
struct Explained {
    /// What clients match on.
    code: &'static str,
    /// A few words, the same each time.
    title: &'static str,
    /// The statuses with which it is answered.
    statuses: &'static [u16],
    /// What it means, and what to do about it.
    meaning: String,
    /// Whether the same request may succeed when it is sent again later.
    retriable: bool,
}

/// GET /problems/{code}
async fn get(Path(code): Path<String>) -> Result<Json> {
    let code = Code::named(&code).ok_or_else(|| Problem::not_found("there is no such code"))?;
    let explained = Explained {
        code: code.name(),
        title: code.title(),
        statuses: code.statuses(),
        meaning: code.meaning(),
        retriable: code.is_retriable(),
    };
    Ok(Json::new(serde_json::to_string(&explained).map_err(Problem::internal)?))
}
