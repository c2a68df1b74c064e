//! The table of endpoints, with what their documentation says.

use super::learner::{self, LearnerLaunch};
use super::project::{Preferences, Projection};
use super::routes::{self, EVENTS_TAKE, PATH, REGISTRATIONS_TAKE, SESSIONS_TAKE};
use super::satisfaction::Satisfaction;
use super::wire::{
    EventShown, LaunchBody, LaunchShown, LinkBody, LinkShown, RegistrationBody, RegistrationShown,
    RulesBody, SessionShown, WaiverBody,
};
use crate::http::api::joined;
use crate::http::authority::{Administrator, ApiReader, ApiWriter};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use axum::routing::{delete, get, post, put};
use serde_json::json;

const READ: Access = Access::AnyOf(ApiReader::ANY_OF);
const WRITE: Access = Access::AnyOf(ApiWriter::ANY_OF);
const ADMIN: Access = Access::AnyOf(Administrator::ANY_OF);
const JSON: &[&str] = &["application/json"];

const ID: Parameter = in_path("id", "The `id` of the registration.", schemas::uuid);
const ONE: &[Parameter] = &[ID];
const ONE_SESSION: &[Parameter] =
    &[ID, in_path("session", "The `id` of the session.", schemas::uuid)];
const COURSE: &[Parameter] = &[in_path("id", "The `id` of the course.", schemas::uuid)];
const LINK: Parameter = in_path("token", "The last part of the link.", schemas::text);

const REGISTRATION: Payload = Payload { media: JSON, schema: schemas::of::<RegistrationShown> };
const PROGRESS: Payload = Payload { media: JSON, schema: schemas::of::<Projection> };
const LAUNCH: Payload = Payload { media: JSON, schema: schemas::of::<LaunchShown> };
const SESSION: Payload = Payload { media: JSON, schema: schemas::of::<SessionShown> };
const RULES: Payload = Payload { media: JSON, schema: schemas::of::<RulesBody> };

const fn in_path(
    name: &'static str,
    description: &'static str,
    schema: fn() -> utoipa::openapi::RefOr<utoipa::openapi::Schema>,
) -> Parameter {
    Parameter { name, place: Place::Path, required: true, description, schema }
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: PATH,
        access: WRITE,
        operation: Operation::new("createRegistration", "Register a learner for a course")
            .says(
                "Each call makes one, so a retake is another registration. It stays on its version \
                 of the course. What is satisfied from the start, because nothing is asked, is told \
                 at once (cmi5 9.6.1).",
            )
            .reads(Payload { media: JSON, schema: schemas::of::<RegistrationBody> })
            .gives(&[Answer {
                status: 201,
                description: "It was made; `Location` says where it is.",
                body: Some(REGISTRATION),
            }])
            .refuses(&[404]),
        handler: || post(routes::create),
    },
    Endpoint {
        method: "GET",
        path: PATH,
        access: READ,
        operation: Operation::new("listRegistrations", "List the registrations of this tenant")
            .takes(REGISTRATIONS_TAKE)
            .gives(&[Answer {
                status: 200,
                description: "One page.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<RegistrationShown> }),
            }]),
        handler: || get(routes::list),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registrations/{id}",
        access: READ,
        operation: Operation::new("getRegistration", "Read where a learner stands")
            .says("The outline of the course with what is done, in the learner's language.")
            .takes(ONE)
            .gives(&[Answer {
                status: 200,
                description: "The registration with the parts of its course.",
                body: Some(PROGRESS),
            }]),
        handler: || get(routes::get),
    },
    Endpoint {
        method: "DELETE",
        path: "/api/v1/registrations/{id}",
        access: ADMIN,
        operation: Operation::new("deleteRegistration", "Remove a registration")
            .says(
                "An open session is abandoned. Its sessions with their logs, what is known of its \
                 units, and their state documents go with it; the statements stay in the record.",
            )
            .takes(ONE)
            .gives(&[Answer { status: 204, description: "It is gone.", body: None }]),
        handler: || delete(routes::delete),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registrations/{id}/launch",
        access: WRITE,
        operation: Operation::new("launchUnit", "Launch a unit for a learner")
            .says(
                "The session that the registration had is abandoned (cmi5 9.3.6). The state document \
                 `LMS.LaunchData` and the statement `launched` are stored before this is answered. \
                 The address is for the learner's browser, once.",
            )
            .takes(ONE)
            .reads(Payload { media: JSON, schema: schemas::of::<LaunchBody> })
            .gives(&[Answer { status: 200, description: "The launch.", body: Some(LAUNCH) }])
            .refuses(&[507]),
        handler: || post(routes::launch),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registrations/{id}/waive",
        access: WRITE,
        operation: Operation::new("waiveUnit", "Excuse a learner from a unit")
            .says("Stores `waived`, and `satisfied` for what that satisfies (cmi5 9.3.7, 9.3.9).")
            .takes(ONE)
            .reads(Payload { media: JSON, schema: schemas::of::<WaiverBody> })
            .gives(&[Answer {
                status: 200,
                description: "The registration.",
                body: Some(REGISTRATION),
            }])
            .refuses(&[409]),
        handler: || post(routes::waive),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registrations/{id}/satisfaction",
        access: READ,
        operation: Operation::new("explainSatisfaction", "Ask why a course is not satisfied")
            .takes(ONE)
            .gives(&[Answer {
                status: 200,
                description: "What is missing, in sentences.",
                body: Some(Payload { media: JSON, schema: schemas::of::<Satisfaction> }),
            }]),
        handler: || get(routes::satisfaction),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registrations/{id}/links",
        access: WRITE,
        operation: Operation::new("createLearnerLink", "Make a link for the learner")
            .says("Whoever opens it is the learner. It ends with its time or its registration.")
            .takes(ONE)
            .reads(Payload { media: JSON, schema: schemas::of::<LinkBody> })
            .gives(&[Answer {
                status: 201,
                description: "The link.",
                body: Some(Payload { media: JSON, schema: schemas::of::<LinkShown> }),
            }]),
        handler: || post(routes::link),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registrations/{id}/sessions",
        access: READ,
        operation: Operation::new("getSessions", "List the sessions of a registration")
            .takes(&{
                const ALL: [Parameter; 1 + SESSIONS_TAKE.len()] = joined(ONE, SESSIONS_TAKE);
                ALL
            })
            .gives(&[Answer {
                status: 200,
                description: "One page.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<SessionShown> }),
            }]),
        handler: || get(routes::sessions),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registrations/{id}/sessions/{session}",
        access: READ,
        operation: Operation::new("getSession", "Read one session")
            .takes(ONE_SESSION)
            .gives(&[Answer { status: 200, description: "The session.", body: Some(SESSION) }]),
        handler: || get(routes::session),
    },
    Endpoint {
        method: "POST",
        path: "/api/v1/registrations/{id}/sessions/{session}/abandon",
        access: WRITE,
        operation: Operation::new("abandonSession", "End a session from outside")
            .says("Stores `abandoned`, and its token opens nothing from then on. A session that has \
                   ended stays as it is (cmi5 9.3.6).")
            .takes(ONE_SESSION)
            .gives(&[Answer { status: 200, description: "The session.", body: Some(SESSION) }]),
        handler: || post(routes::abandon),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/registrations/{id}/sessions/{session}/log",
        access: READ,
        operation: Operation::new("getSessionLog", "Read the log of a session")
            .says("Every request with the session's token, what was answered, and why it was refused.")
            .takes(&{
                const ALL: [Parameter; 2 + EVENTS_TAKE.len()] = joined(ONE_SESSION, EVENTS_TAKE);
                ALL
            })
            .gives(&[Answer {
                status: 200,
                description: "One page.",
                body: Some(Payload { media: JSON, schema: schemas::page_of::<EventShown> }),
            }]),
        handler: || get(routes::log),
    },
    Endpoint {
        method: "GET",
        path: "/api/v1/courses/{id}/rules",
        access: READ,
        operation: Operation::new("getCourseRules", "Ask how strict a course is taken")
            .takes(COURSE)
            .gives(&[Answer { status: 200, description: "How strict.", body: Some(RULES) }]),
        handler: || get(routes::rules),
    },
    Endpoint {
        method: "PUT",
        path: "/api/v1/courses/{id}/rules",
        access: ADMIN,
        operation: Operation::new("putCourseRules", "Say how strict a course is taken")
            .takes(COURSE)
            .reads(RULES)
            .gives(&[Answer { status: 200, description: "How strict.", body: Some(RULES) }]),
        handler: || put(routes::set_rules),
    },
    Endpoint {
        method: "POST",
        path: "/api/cmi5/fetch/{token}",
        access: Access::Open,
        operation: Operation::new("fetchToken", "Fetch the token of a session, once")
            .says(
                "Launched content asks here, by the address in its launch URL (cmi5 8.2). A second \
                 time there is an error instead of a token: with status 200 for units of cmi5 \
                 courses, as the standard has it, and 401 for other content.",
            )
            .takes(&[in_path("token", "The token of the launch URL.", schemas::text)])
            .gives(&[Answer {
                status: 200,
                description: "The token, or why there is none.",
                body: Some(Payload { media: JSON, schema: fetched }),
            }])
            .refuses(&[401]),
        handler: || post(learner::hand_out),
    },
    Endpoint {
        method: "GET",
        path: "/launch/{token}/course",
        access: Access::Open,
        operation: Operation::new("getLearnerCourse", "Read the course of a learner's link")
            .takes(&[LINK])
            .gives(&[Answer {
                status: 200,
                description: "Where the learner stands.",
                body: Some(PROGRESS),
            }])
            .refuses(&[404]),
        handler: || get(learner::course),
    },
    Endpoint {
        method: "POST",
        path: "/launch/{token}/units/{unit}",
        access: Access::Open,
        operation: Operation::new("launchLearnerUnit", "Launch a unit by a learner's link")
            .takes(&[LINK, in_path("unit", "The unit, by its place from 0.", schemas::count)])
            .reads(Payload { media: JSON, schema: schemas::of::<LearnerLaunch> })
            .gives(&[Answer { status: 200, description: "The launch.", body: Some(LAUNCH) }])
            .refuses(&[403, 404, 409, 415, 422, 429, 503, 507]),
        handler: || post(learner::launch),
    },
    Endpoint {
        method: "PUT",
        path: "/launch/{token}/preferences",
        access: Access::Open,
        operation: Operation::new("putLearnerPreferences", "Keep what a learner prefers")
            .says("Content reads them as the agent profile `cmi5LearnerPreferences` (cmi5 11).")
            .takes(&[LINK])
            .reads(Payload { media: JSON, schema: schemas::of::<Preferences> })
            .gives(&[Answer { status: 204, description: "They are kept.", body: None }])
            .refuses(&[404, 409, 415, 422, 429, 503, 507]),
        handler: || put(learner::prefer),
    },
    Endpoint {
        method: "POST",
        path: "/return/{code}",
        access: Access::Open,
        operation: Operation::new("returnLearner", "Say that a learner came back")
            .says("A session that does not end within a while after that is abandoned.")
            .takes(&[in_path("code", "The last part of the return URL.", schemas::text)])
            .gives(&[Answer { status: 202, description: "It was heard.", body: None }]),
        handler: || post(learner::came_back),
    },
];

fn fetched() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let text = || json!({"type": "string"});
    schemas::inline(json!({
        "type": "object",
        "properties": {
            "auth-token": text(), "error-code": text(), "error-text": text(), "error": text(),
        },
    }))
}
