//! The table of endpoints, with what their documentation says.

use super::wire::{AuthBody, LaunchBody, RegistrationBody, TenantBody, WaiveBody};
use super::{registrations, routes};
use crate::cmi5::Preferences;
use crate::content;
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::http::openapi::parameters::{ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use axum::routing::{delete, get, post};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};

const READ: Access = Access::AnyOf(ApiReader::ANY_OF);
const WRITE: Access = Access::AnyOf(ApiWriter::ANY_OF);
const ADMIN: Access = Access::AnyOf(Administrator::ANY_OF);
const JSON: &[&str] = &["application/json"];

const COURSE: Parameter = in_path("course", "The `id` of the course, or its UUID.");
const REGISTRATION: Parameter =
    in_path("registration", "The `id` or the `code` of the registration.");
const SESSION: Parameter = in_path("session", "The `id` or the `code` of the session.");
const TENANT: Parameter = in_path("tenant", "The `id` of the tenant.");
const UNIT: Parameter = in_path("unit", "The unit, by its place from 0.");

const PREFERENCES_TAKE: &[Parameter] = &[REGISTRATION, IF_MATCH, IF_NONE_MATCH];

/// What CATAPULT's own documentation describes.
const OBJECT: Payload = Payload { media: JSON, schema: object };
const PREFERENCES: Payload = Payload { media: JSON, schema: schemas::of::<Preferences> };

const fn in_path(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: Place::Path, required: true, description, schema: schemas::text }
}

fn object() -> RefOr<Schema> {
    schemas::inline(json!({"type": "object"}))
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: "/api/v1/ping",
        access: Access::Open,
        operation: Operation::new("pingCatapult", "Say that it is there")
            .gives(&[Answer { status: 200, description: "It is there.", body: Some(OBJECT) }]),
        handler: || get(routes::ping),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/about",
        access: READ,
        operation: Operation::new("getCatapultAbout", "Say whose credential this is")
            .gives(&[Answer { status: 200, description: "The tenant.", body: Some(OBJECT) }]),
        handler: || get(routes::about),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/tenant",
        access: WRITE,
        operation: Operation::new("createCatapultTenant", "Name the tenant of this credential")
            .says("None is made: it is the one that the credential belongs to.")
            .reads(Payload { media: JSON, schema: schemas::of::<TenantBody> })
            .gives(&[Answer { status: 200, description: "The tenant.", body: Some(OBJECT) }]),
        handler: || post(routes::make_tenant),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/tenant/{tenant}",
        access: WRITE,
        operation: Operation::new("deleteCatapultTenant", "Leave the tenant of this credential")
            .says("None was made, so none goes. Courses and registrations stay.")
            .takes(&[TENANT])
            .gives(&[Answer { status: 204, description: "It is left.", body: None }])
            .refuses(&[404]),
        handler: || delete(routes::drop_tenant),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/auth",
        access: WRITE,
        operation: Operation::new("createCatapultToken", "Use this credential as a token")
            .says("The answer is the credential itself as a Bearer token: it may do the same, and ends with it.")
            .reads(Payload { media: JSON, schema: schemas::of::<AuthBody> })
            .gives(&[Answer { status: 200, description: "The token.", body: Some(OBJECT) }])
            .refuses(&[404]),
        handler: || post(routes::token),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/course",
        access: WRITE,
        operation: Operation::new("importCatapultCourse", "Import a course package")
            .says("As `importCourse` does. A package that cannot be used is 400 with `violatedReqId`.")
            .reads(Payload { media: content::RAW, schema: schemas::binary })
            .gives(&[Answer { status: 200, description: "The course.", body: Some(OBJECT) }])
            .refuses(&[400]),
        handler: || post(routes::import),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/course/{course}",
        access: READ,
        operation: Operation::new("getCatapultCourse", "Read a course")
            .takes(&[COURSE])
            .gives(&[Answer { status: 200, description: "The course in its current version.", body: Some(OBJECT) }])
            .refuses(&[409]),
        handler: || get(routes::course),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/course/{course}",
        access: ADMIN,
        operation: Operation::new("deleteCatapultCourse", "Delete a course")
            .takes(&[COURSE])
            .gives(&[Answer { status: 204, description: "It is gone.", body: None }])
            .refuses(&[404]),
        handler: || delete(routes::drop_course),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/course/{course}/launch-url/{unit}",
        access: WRITE,
        operation: Operation::new("launchCatapultUnit", "Launch a unit for a learner")
            .says("The registration is made if `reg` is not said, or not known. As `launchUnit` does, this abandons the session before.")
            .takes(&[COURSE, UNIT])
            .reads(Payload { media: JSON, schema: schemas::of::<LaunchBody> })
            .gives(&[Answer { status: 200, description: "The launch.", body: Some(OBJECT) }])
            .refuses(&[507]),
        handler: || post(routes::launch),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registration",
        access: WRITE,
        operation: Operation::new("createCatapultRegistration", "Register a learner for a course")
            .reads(Payload { media: JSON, schema: schemas::of::<RegistrationBody> })
            .gives(&[Answer { status: 200, description: "The registration.", body: Some(OBJECT) }])
            .refuses(&[404]),
        handler: || post(registrations::create),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registration/{registration}",
        access: READ,
        operation: Operation::new("getCatapultRegistration", "Read a registration")
            .takes(&[REGISTRATION])
            .gives(&[Answer { status: 200, description: "The registration, with what is known of each unit.", body: Some(OBJECT) }])
            .refuses(&[409]),
        handler: || get(registrations::get),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/registration/{registration}",
        access: ADMIN,
        operation: Operation::new("deleteCatapultRegistration", "Remove a registration")
            .says("The statements stay in the record.")
            .takes(&[REGISTRATION])
            .gives(&[Answer { status: 204, description: "It is gone.", body: None }])
            .refuses(&[404]),
        handler: || delete(registrations::delete),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registration/{registration}/waive-au/{unit}",
        access: WRITE,
        operation: Operation::new("waiveCatapultUnit", "Excuse a learner from a unit")
            .takes(&[REGISTRATION, UNIT])
            .reads(Payload { media: JSON, schema: schemas::of::<WaiveBody> })
            .gives(&[Answer { status: 204, description: "It is waived.", body: None }])
            .refuses(&[404, 409]),
        handler: || post(registrations::waive),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registration/{registration}/learner-prefs",
        access: READ,
        operation: Operation::new("getCatapultPreferences", "Read what a learner prefers")
            .takes(PREFERENCES_TAKE)
            .gives(&[
                Answer { status: 200, description: "The preferences.", body: Some(PREFERENCES) },
                Answer { status: 304, description: "They are as `If-None-Match` says.", body: None },
            ])
            .heads(&[ETAG, LAST_MODIFIED])
            .refuses(&[409]),
        handler: || get(registrations::preferred),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registration/{registration}/learner-prefs",
        access: WRITE,
        operation: Operation::new("putCatapultPreferences", "Keep what a learner prefers")
            .says("Without a precondition they are kept in place of whatever is there.")
            .takes(PREFERENCES_TAKE)
            .reads(PREFERENCES)
            .gives(&[Answer { status: 204, description: "They are kept.", body: None }])
            .refuses(&[507]),
        handler: || post(registrations::prefer),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/registration/{registration}/learner-prefs",
        access: WRITE,
        operation: Operation::new("deleteCatapultPreferences", "Forget what a learner prefers")
            .says("That nothing is known is no error.")
            .takes(PREFERENCES_TAKE)
            .gives(&[Answer { status: 204, description: "They are forgotten.", body: None }]),
        handler: || delete(registrations::forget_preferred),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/session/{session}",
        access: READ,
        operation: Operation::new("getCatapultSession", "Read a session")
            .takes(&[SESSION])
            .gives(&[Answer { status: 200, description: "The session.", body: Some(OBJECT) }])
            .refuses(&[409]),
        handler: || get(registrations::session),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/session/{session}/abandon",
        access: WRITE,
        operation: Operation::new("abandonCatapultSession", "End a session")
            .takes(&[SESSION])
            .gives(&[Answer { status: 204, description: "It has ended.", body: None }])
            .refuses(&[404]),
        handler: || post(registrations::abandon),
    },
];
