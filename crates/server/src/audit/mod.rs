//! The audit log: administrative acts, each in the transaction that it tells of.
//!
//! What always holds: rows are only added, in an order without gaps; each holds a hash of itself and
//! of the row before it, so that a change or a removal is noticed. The database itself refuses both,
//! except while the tenant is being deleted (`tenants::life`).

mod chain;
mod list;
mod record;
mod routes;
mod store;
#[cfg(test)]
mod tests;
mod verify;

use crate::http::openapi::{Answer, Payload, schemas};
use crate::http::{Access, Endpoint, Feature, Operation};
use crate::tenants::Scope;
use axum::routing;

pub use list::{Entry, Filter};
pub use record::{By, Whence, record, record_for_operator};
pub use verify::{Verified, verify};

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "audit",
    endpoints: &[Endpoint {
        method: "GET",
        path: "/api/v1/audit",
        access: Access::AnyOf(&[Scope::Admin]),
        operation: Operation::new("listAudit", "List the administrative acts on this tenant")
            .says(
                "Newest first. Each entry names who did what to what, and carries the hash by \
                 which `rollbook audit verify` notices a change or a removal.",
            )
            .takes(routes::PARAMETERS)
            .gives(&[Answer {
                status: 200,
                description: "A page of acts.",
                body: Some(Payload {
                    media: &["application/json"],
                    schema: schemas::page_of::<routes::Told>,
                }),
            }]),
        handler: || routing::get(routes::list),
    }],
    sql: &[store::ALL],
};
