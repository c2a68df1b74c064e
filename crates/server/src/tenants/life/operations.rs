//! The table of endpoints of tenants, with what their documentation says.

use super::routes::{self, New, PATH, Patch};
use super::tenant::Told;
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use crate::tenants::Scope;
use axum::routing;
use utoipa::PartialSchema as _;

const OPERATOR: Access = Access::AnyOf(&[Scope::Operator]);
const JSON: &[&str] = &["application/json"];
const ONE: &str = "/api/v1/tenants/{name}";

const NAME: &[Parameter] = &[Parameter {
    name: "name",
    place: Place::Path,
    required: true,
    description: "The tenant's name.",
    schema: String::schema,
}];

const TENANT: Option<Payload> = Some(Payload { media: JSON, schema: schemas::of::<Told> });

const OK: &[Answer] =
    &[Answer { status: 200, description: "The tenant as it is now.", body: TENANT }];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: PATH,
        access: OPERATOR,
        operation: Operation::new("listTenants", "List the tenants")
            .says("In the order in which they were made, or the other way round.")
            .takes(routes::PARAMETERS)
            .gives(&[Answer {
                status: 200,
                description: "A page of tenants.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<Told> }),
            }]),
        handler: || routing::get(routes::list),
    },
    Endpoint {
        method: "POST",
        path: PATH,
        access: OPERATOR,
        operation: Operation::new("createTenant", "Make a tenant")
            .says("409 `tenant.name.used` if there is one of that name.")
            .reads(Payload { media: JSON, schema: schemas::of::<New> })
            .gives(&[Answer {
                status: 201,
                description: "The tenant, and its place in `Location`.",
                body: TENANT,
            }]),
        handler: || routing::post(routes::create),
    },
    Endpoint {
        method: "GET",
        path: ONE,
        access: OPERATOR,
        operation: Operation::new("getTenant", "Read a tenant").takes(NAME).gives(OK),
        handler: || routing::get(routes::get),
    },
    Endpoint {
        method: "PATCH",
        path: ONE,
        access: OPERATOR,
        operation: Operation::new("changeTenant", "Name and describe a tenant")
            .says("What is left out stays. Tokens and headers with an old name stop working.")
            .takes(NAME)
            .reads(Payload { media: JSON, schema: schemas::of::<Patch> })
            .gives(OK),
        handler: || routing::patch(routes::patch),
    },
    Endpoint {
        method: "DELETE",
        path: ONE,
        access: OPERATOR,
        operation: Operation::new("deleteTenant", "Delete a tenant and everything that is its own")
            .says(
                "At once it is unknown to everybody but the operator; its rows and files are removed \
                 in the background, for good. When the last is gone, the tenant is not found. The \
                 first tenant cannot be deleted.",
            )
            .takes(NAME)
            .gives(&[Answer { status: 202, description: "It is being deleted.", body: TENANT }]),
        handler: || routing::delete(routes::delete),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/tenants/{name}/suspend",
        access: OPERATOR,
        operation: Operation::new("suspendTenant", "Let nobody of a tenant in")
            .says("Nothing is lost. The first tenant cannot be suspended. Twice is no error.")
            .takes(NAME)
            .gives(OK),
        handler: || routing::post(routes::suspend),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/tenants/{name}/resume",
        access: OPERATOR,
        operation: Operation::new("resumeTenant", "Let a suspended tenant in again")
            .takes(NAME)
            .gives(OK),
        handler: || routing::post(routes::resume),
    },
];
