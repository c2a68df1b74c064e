//! The interface, told to programs (`/openapi.json`) and to people (`/docs`).
//!
//! Both are open to all and the same for all. The page is ours to the last byte: it loads nothing
//! from elsewhere, so that it works where there is no Internet and nobody learns who reads it.

mod routes;
#[cfg(test)]
mod tests;

use crate::http::openapi::parameters::{ETAG, IF_NONE_MATCH};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature};
use axum::routing;

/// This feature's endpoints.
pub const FEATURE: Feature = Feature {
    name: "docs",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/openapi.json",
            access: Access::Open,
            operation: DOCUMENT,
            handler: || routing::get(routes::document),
        },
        Endpoint {
            method: "GET",
            path: "/docs",
            access: Access::Open,
            operation: PAGE,
            handler: || routing::get(routes::page),
        },
        Endpoint {
            method: "GET",
            path: "/docs/assets/{file}",
            access: Access::Open,
            operation: FILE,
            handler: || routing::get(routes::file),
        },
    ],
    sql: &[],
};

const KNOWN: Answer =
    Answer { status: 304, description: "It is as `If-None-Match` says.", body: None };

const DOCUMENT: Operation = Operation::new("getOpenApi", "Read this document")
    .says("The interface of this server as OpenAPI 3.1. Any page may read it.")
    .takes(&[IF_NONE_MATCH])
    .gives(&[
        Answer {
            status: 200,
            description: "The document.",
            body: Some(Payload {
                media: &["application/json"],
                schema: || schemas::inline(serde_json::json!({"type": "object"})),
            }),
        },
        KNOWN,
    ])
    .heads(&[ETAG]);

const PAGE: Operation = Operation::new("getDocs", "Read this document as a page")
    .says("A page for people, in which requests can be tried.")
    .takes(&[IF_NONE_MATCH])
    .gives(&[
        Answer {
            status: 200,
            description: "The page.",
            body: Some(Payload { media: &["text/html"], schema: schemas::text }),
        },
        KNOWN,
    ])
    .heads(&[ETAG]);

const FILE: Operation = Operation::new("getDocsAsset", "Read a file of the page")
    .says("Its name changes with its contents, so that it may be kept for ever.")
    .takes(&[
        Parameter {
            name: "file",
            place: Place::Path,
            required: true,
            description: "The name of the file.",
            schema: schemas::text,
        },
        IF_NONE_MATCH,
    ])
    .gives(&[
        Answer {
            status: 200,
            description: "The file.",
            body: Some(Payload { media: &["*/*"], schema: schemas::binary }),
        },
        KNOWN,
    ])
    .heads(&[ETAG]);
