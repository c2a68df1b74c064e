//! Activities: the canonical definition that the statements about an activity add up to
//! (1.0.3 Communication 2.5; 9274.1.1 4.1.6.4).

mod routes;
mod store;
#[cfg(test)]
mod tests;

use crate::http::authority::ActivityReader;
use crate::http::openapi::parameters::{ETAG, XAPI_VERSION};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature};
use crate::statements::SCHEMAS;
use axum::routing;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "activities",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/xapi/activities",
        access: Access::AnyOf(ActivityReader::ANY_OF),
        operation: READ,
        handler: || routing::get(routes::get),
    }],
    sql: &[store::ALL],
};

const READ: Operation = Operation::new("getActivity", "Read the definition of an activity")
    .says(
        "The definition that all statements about the activity add up to. An activity that nobody \
         has heard of has its id and no definition (1.0.3 Communication 2.5, 9274.1.1 4.1.6.4).",
    )
    .takes(&[
        XAPI_VERSION,
        Parameter {
            name: "activityId",
            place: Place::Query,
            required: true,
            description: "The id of the activity.",
            schema: schemas::iri,
        },
    ])
    .gives(&[Answer {
        status: 200,
        description: "The activity.",
        body: Some(Payload {
            media: &["application/json"],
            schema: || schemas::written("Activity", SCHEMAS),
        }),
    }])
    .heads(&[ETAG]);
