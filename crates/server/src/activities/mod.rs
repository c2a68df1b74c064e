//! Activities: the canonical definition that the statements about an activity add up to
//! (1.0.3 Communication 2.5; 9274.1.1 4.1.6.4).

mod routes;
mod store;
#[cfg(test)]
mod tests;

use crate::http::authority::ActivityReader;
use crate::http::{Access, Endpoint, Feature, Operation};
use axum::routing;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "activities",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/xapi/activities",
        access: Access::AnyOf(ActivityReader::ANY_OF),
        operation: Operation::new("getActivity", "Read the definition of an activity"),
        handler: || routing::get(routes::get),
    }],
    sql: &[store::ALL],
};
