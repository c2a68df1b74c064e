//! The table of endpoints of keys, with what their documentation says.

use super::routes::{self, PATH};
use super::wire::{KeyChangeBody, KeyMade, KeyRotated, KeyShown, NewKeyBody, RotationBody};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use crate::tenants::Scope;
use axum::routing;
use utoipa::PartialSchema as _;

const ADMIN: Access = Access::AnyOf(&[Scope::Admin]);
const JSON: &[&str] = &["application/json"];
const ONE: &str = "/api/v1/keys/{key}";

const KEY: &[Parameter] = &[Parameter {
    name: "key",
    place: Place::Path,
    required: true,
    description: "The public part of the key.",
    schema: String::schema,
}];

const OK: &[Answer] = &[Answer {
    status: 200,
    description: "The key as it is now.",
    body: Some(Payload { media: JSON, schema: schemas::of::<KeyShown> }),
}];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: PATH,
        access: ADMIN,
        operation: Operation::new("listKeys", "List the keys of this tenant")
            .says("Revoked ones too. Secrets are not kept, so they cannot be shown.")
            .takes(routes::PARAMETERS)
            .gives(&[Answer {
                status: 200,
                description: "A page of keys.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<KeyShown> }),
            }]),
        handler: || routing::get(routes::list),
    },
    Endpoint {
        method: "POST",
        path: PATH,
        access: ADMIN,
        operation: Operation::new("createKey", "Make a key")
            .says(
                "The secret is in this answer only. Nobody gives a key scopes that they do not hold \
                 themselves: 403 `auth.scope.escalation`. Only keys of the first tenant may hold \
                 `operator`.",
            )
            .reads(Payload { media: JSON, schema: schemas::of::<NewKeyBody> })
            .gives(&[Answer {
                status: 201,
                description: "The key with its secret, and its place in `Location`.",
                body: Some(Payload { media: JSON, schema: schemas::of::<KeyMade> }),
            }]),
        handler: || routing::post(routes::create),
    },
    Endpoint {
        method: "GET",
        path: ONE,
        access: ADMIN,
        operation: Operation::new("getKey", "Read a key").takes(KEY).gives(OK),
        handler: || routing::get(routes::get),
    },
    Endpoint {
        method: "PATCH",
        path: ONE,
        access: ADMIN,
        operation: Operation::new("changeKey", "Change a key")
            .says("What is left out stays; a list is replaced whole. A revoked key stays as it is.")
            .takes(KEY)
            .reads(Payload { media: JSON, schema: schemas::of::<KeyChangeBody> })
            .gives(OK),
        handler: || routing::patch(routes::patch),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/keys/{key}/rotate",
        access: ADMIN,
        operation: Operation::new("rotateKey", "Give a key a new secret")
            .says(
                "The secret is in this answer only. The old one works for `overlapSeconds` more, at \
                 most 90 days. One that was replaced earlier ends now.",
            )
            .takes(KEY)
            .reads(Payload { media: JSON, schema: schemas::of::<RotationBody> })
            .gives(&[Answer {
                status: 200,
                description: "The new secret.",
                body: Some(Payload { media: JSON, schema: schemas::of::<KeyRotated> }),
            }]),
        handler: || routing::post(routes::rotate),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/keys/{key}/revoke",
        access: ADMIN,
        operation: Operation::new("revokeKey", "Revoke a key for good")
            .says("Servers refuse it within five seconds. Twice is no error.")
            .takes(KEY)
            .gives(OK),
        handler: || routing::post(routes::revoke),
    },
];
