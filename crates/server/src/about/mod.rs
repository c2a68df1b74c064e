//! About: which versions of xAPI are spoken here (1.0.3 Communication 2.8; 9274.1.1 4.1.6.7).
//!
//! Anybody may ask, with any version header and with none.

#[cfg(test)]
mod tests;

use crate::error::Result;
use crate::http::openapi::parameters::{ETAG, XAPI_VERSION};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, schemas};
use crate::http::reply::Json;
use crate::http::{Access, Endpoint, Feature, Parameters, conditional};
use axum::extract::RawQuery;
use axum::routing;
use serde::Serialize;
use utoipa::ToSchema;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "about",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/xapi/about",
        access: Access::Open,
        operation: READ,
        handler: || routing::get(get),
    }],
    sql: &[],
};

const READ: Operation = Operation::new("getAbout", "Read what this store is")
    .says("Anybody may ask, with any version and with none (1.0.3 Communication 2.8).")
    .takes(&[Parameter { required: false, schema: schemas::text, ..XAPI_VERSION }])
    .gives(&[Answer {
        status: 200,
        description: "The versions that are spoken, and the version of this program.",
        body: Some(Payload { media: &["application/json"], schema: schemas::of::<About> }),
    }])
    .heads(&[ETAG]);

/// The latest patch of each major version, and `1.0.0`, which Communication 2.8 names.
const VERSIONS: [&str; 3] = ["2.0.0", "1.0.3", "1.0.0"];

/// What this store is. Nothing but these two may be in it.
#[derive(Serialize, ToSchema)]
struct About {
    /// The versions of xAPI that are spoken.
    version: [&'static str; 3],
    extensions: Extensions,
}

/// What else there is to say.
#[derive(Serialize, ToSchema)]
#[schema(as = AboutExtensions)]
struct Extensions {
    /// The version of this program.
    #[serde(rename = "urn:rollbook:about:version")]
    version: &'static str,
}

/// GET /xapi/about
async fn get(RawQuery(query): RawQuery) -> Result<Json> {
    Parameters::parse(&query.unwrap_or_default(), &[])?;
    let extensions = Extensions { version: env!("CARGO_PKG_VERSION") };
    let about = About { version: VERSIONS, extensions };
    let text = serde_json::to_string(&about).map_err(crate::error::Problem::internal)?;
    let etag = conditional::header(&conditional::digest(text.as_bytes()));
    Ok(Json::new(text).with(etag))
}
