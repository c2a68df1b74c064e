//! A tenant's own issuers of tokens: who vouches for its people (`progress.md` 2.3).
//!
//! Only where the issuer publishes its keys is stored, never a secret. Whoever an issuer vouches for
//! belongs to the tenant that the issuer is of, whatever the token says. What is changed here reaches
//! every server within five seconds.

mod act;
mod routes;
mod shape;
mod store;
#[cfg(test)]
mod tests;

pub(super) use act::every;

use crate::http::authority::Administrator;
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Feature, Operation};
use axum::routing;
use shape::{IssuerBody, IssuerShown};

const JSON: &[&str] = &["application/json"];

const BODY: Payload = Payload { media: JSON, schema: schemas::of::<IssuerBody> };
const SHOWN: Payload = Payload { media: JSON, schema: schemas::of::<IssuerShown> };
const LISTED: Payload = Payload { media: JSON, schema: schemas::page_of::<IssuerShown> };

const ID: &[Parameter] = &[Parameter {
    name: "id",
    place: Place::Path,
    required: true,
    description: "The issuer's id.",
    schema: schemas::uuid,
}];

const FOUND: &[Answer] = &[Answer { status: 200, description: "The issuer.", body: Some(SHOWN) }];

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature {
    name: "issuers",
    endpoints: &[
        Endpoint {
            method: "GET",
            path: routes::PATH,
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("listIssuers", "List the tenant's issuers of tokens")
                .takes(routes::PARAMETERS)
                .gives(&[Answer {
                    status: 200,
                    description: "A page of issuers.",
                    body: Some(LISTED),
                }]),
            handler: || routing::get(routes::list),
        },
        Endpoint {
            method: "POST",
            path: routes::PATH,
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("createIssuer", "Make an issuer's tokens good here")
                .says(
                    "Its tokens stand for people of this tenant only. Servers know it within five \
                     seconds.",
                )
                .reads(BODY)
                .gives(&[Answer {
                    status: 201,
                    description: "It was made; `Location` says where it is.",
                    body: Some(SHOWN),
                }]),
            handler: || routing::post(routes::create),
        },
        Endpoint {
            method: "GET",
            path: "/api/v1/issuers/{id}",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("getIssuer", "Read one issuer").takes(ID).gives(FOUND),
            handler: || routing::get(routes::get),
        },
        Endpoint {
            method: "PUT",
            path: "/api/v1/issuers/{id}",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("replaceIssuer", "Replace an issuer")
                .says("Members that are left out get their defaults.")
                .takes(ID)
                .reads(BODY)
                .gives(FOUND),
            handler: || routing::put(routes::replace),
        },
        Endpoint {
            method: "PATCH",
            path: "/api/v1/issuers/{id}",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("changeIssuer", "Change an issuer")
                .says("Members that are left out stay as they are.")
                .takes(ID)
                .reads(BODY)
                .gives(FOUND),
            handler: || routing::patch(routes::change),
        },
        Endpoint {
            method: "DELETE",
            path: "/api/v1/issuers/{id}",
            access: Access::AnyOf(Administrator::ANY_OF),
            operation: Operation::new("deleteIssuer", "Refuse an issuer's tokens from now on")
                .says("Servers refuse them within five seconds.")
                .takes(ID)
                .gives(&[Answer { status: 204, description: "It is gone.", body: None }]),
            handler: || routing::delete(routes::delete),
        },
    ],
    sql: &[store::ALL],
};
