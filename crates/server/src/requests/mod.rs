//! A tenant's log of requests: why does the store refuse what my content sends?
//!
//! An administrator switches it on for a while; it switches itself off. What always holds: it costs
//! nothing while no log is on, it never delays a request (what cannot be queued is dropped and
//! counted), it is bounded in number and in age, it holds no secret, and nobody but the
//! administrators of its tenant reads it.

mod body;
mod decide;
mod entry;
mod heard;
mod loose;
mod mask;
mod queue;
mod routes;
mod show;
mod store;
mod switch;
mod tell;
#[cfg(test)]
mod tests;

pub(crate) use heard::Heard;
pub use switch::{Requests, keep_fresh, keep_short};
pub(crate) use tell::{recent, turn_on};

use crate::http::authority::Administrator;
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature, Operation};
use axum::routing::{delete, get, put};
use show::{Entry, Shown, Wish};

const ADMIN: Access = Access::AnyOf(Administrator::ANY_OF);
const JSON: &[&str] = &["application/json"];
const SWITCH: Payload = Payload { media: JSON, schema: schemas::of::<Shown> };

/// The log of requests and its switch.
pub const FEATURE: Feature = Feature {
    name: "requests",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/api/v1/request-log",
            access: ADMIN,
            operation: Operation::new("getRequestLog", "Ask whether the log of requests is on")
                .gives(&[Answer { status: 200, description: "Whether, and until when.", body: Some(SWITCH) }]),
            handler: || get(routes::get_switch),
        },
        Endpoint {
            method: "PUT",
            path: "/api/v1/request-log",
            access: ADMIN,
            operation: Operation::new("putRequestLog", "Switch the log of requests on for a while")
                .says("Every server follows within 5 seconds. The log switches itself off; sent again, the time begins anew.")
                .reads(Payload { media: JSON, schema: schemas::of::<Wish> })
                .gives(&[Answer { status: 200, description: "It is on.", body: Some(SWITCH) }]),
            handler: || put(routes::turn_on),
        },
        Endpoint {
            method: "DELETE",
            path: "/api/v1/request-log",
            access: ADMIN,
            operation: Operation::new("deleteRequestLog", "Switch the log of requests off")
                .says("What was logged stays until it is too old.")
                .gives(&[Answer { status: 204, description: "It is off.", body: None }]),
            handler: || delete(routes::turn_off),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/requests",
            access: ADMIN,
            operation: Operation::new("listRequests", "Read the log of requests, newest first")
                .says("Requests of this tenant while its log was on, refused ones with the reason, also those with a wrong secret (`authenticated` is then false). Secrets are masked. Headers and bodies are shown for one request only.")
                .takes(routes::PARAMETERS)
                .gives(&[Answer {
                    status: 200,
                    description: "One page.",
                    body: Some(Payload { media: JSON, schema: schemas::page_of::<Entry> }),
                }]),
            handler: || get(routes::list),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/requests/{id}",
            access: ADMIN,
            operation: Operation::new("getRequest", "Read one request of the log")
                .takes(&[Parameter {
                    name: "id",
                    place: Place::Path,
                    required: true,
                    description: "The `id` of the entry.",
                    schema: schemas::uuid,
                }])
                .gives(&[Answer {
                    status: 200,
                    description: "All that was kept of it.",
                    body: Some(Payload { media: JSON, schema: schemas::of::<Entry> }),
                }]),
            handler: || get(routes::one),
        },
    ],
    sql: &[store::ALL],
};
