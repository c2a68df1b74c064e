//! The pages of a learner: a course at `/launch/{token}`, and `/return/{code}`, where units lead back
//! to (cmi5 8.1, 10.2.6).
//!
//! They are the same for all and know nothing: what they show they ask for with the address that
//! they are at (`cmi5/learner.rs`). That address is a credential, so no page of ours is told to
//! whom it leads on, and none is kept by anybody.

mod routes;
#[cfg(test)]
mod tests;

use crate::http::openapi::parameters::{ETAG, IF_NONE_MATCH};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature};
use axum::routing;

/// This feature's endpoints.
pub const FEATURE: Feature = Feature {
    name: "learner",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/launch/{token}",
            access: Access::Open,
            operation: COURSE,
            handler: || routing::get(routes::course),
        },
        Endpoint {
            method: "GET",
            path: "/return/{code}",
            access: Access::Open,
            operation: RETURN,
            handler: || routing::get(routes::way_back),
        },
        Endpoint {
            method: "GET",
            path: "/learner/assets/{file}",
            access: Access::Open,
            operation: FILE,
            handler: || routing::get(routes::file),
        },
    ],
    sql: &[],
};

const KNOWN: Answer =
    Answer { status: 304, description: "It is as `If-None-Match` says.", body: None };

const PAGE: Answer = Answer {
    status: 200,
    description: "The page.",
    body: Some(Payload { media: &["text/html"], schema: schemas::text }),
};

const COURSE: Operation = Operation::new("getLearnerPage", "Open a course as its learner")
    .says(
        "The page at a learner's link: the outline of the course, what is done and what is next. \
         Units open in a frame of it, or in its window if they ask for one of their own.",
    )
    .takes(&[in_path("token", "The last part of a learner's link."), IF_NONE_MATCH])
    .gives(&[PAGE, KNOWN])
    .heads(&[ETAG]);

const RETURN: Operation = Operation::new("getReturnPage", "Come back from a unit")
    .says(
        "The page where units lead back to: it says so to the server, and leads on to the course.",
    )
    .takes(&[in_path("code", "The last part of the return URL."), IF_NONE_MATCH])
    .gives(&[PAGE, KNOWN])
    .heads(&[ETAG]);

const FILE: Operation = Operation::new("getLearnerAsset", "Read a file of the learner's pages")
    .says("Its name changes with its contents, so that it may be kept for ever.")
    .takes(&[in_path("file", "The name of the file."), IF_NONE_MATCH])
    .gives(&[
        Answer {
            status: 200,
            description: "The file.",
            body: Some(Payload { media: &["*/*"], schema: schemas::binary }),
        },
        KNOWN,
    ])
    .heads(&[ETAG]);

const fn in_path(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: Place::Path, required: true, description, schema: schemas::text }
}
