//! The table of endpoints, with what their documentation says.

use super::envelope::STATEMENTS;
use super::wire::{RegisterBody, StatusBody};
use super::{routes, statements};
use crate::http::authority::{CourseParticipant, CourseReader, StatementReader, StatementWriter};
use crate::http::openapi::{Answer, Parameter, Payload, Place, schemas};
use crate::http::{Access, Endpoint, Operation};
use crate::statements::SCHEMAS;
use axum::routing::{get, post, put};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};

const PARTICIPANT: Access = Access::AnyOf(CourseParticipant::ANY_OF);
const READER: Access = Access::AnyOf(CourseReader::ANY_OF);
const JSON: &[&str] = &["application/json"];

const REGISTRATION: Parameter = Parameter {
    name: "registrationId",
    place: Place::Path,
    required: true,
    description: "The registration. One that is not there is 500 `Registration not found: {id}`, as the contract has it.",
    schema: schemas::text,
};
const LAUNCH_TAKES: &[Parameter] = &[
    REGISTRATION,
    in_query(
        "au",
        "The unit of the course, by its place from 0 or its publisher's id; the next one that is not satisfied unless said.",
    ),
    in_query("mode", "`Normal`, `Browse` or `Review`."),
    in_query("returnUrl", "Where the learner goes at the end."),
];

const REGISTERED: Payload = Payload { media: JSON, schema: registered };
const LAUNCHED: Payload = Payload { media: JSON, schema: launched };

const fn in_query(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, required: false, description, schema: schemas::text }
}

fn success(data: &serde_json::Value) -> RefOr<Schema> {
    schemas::inline(json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {"success": {"const": true}, "data": data},
    }))
}

fn registered() -> RefOr<Schema> {
    success(&json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "contentId": {"type": "string"},
            "learnerId": {"type": "string"},
            "actorAccount": {"type": "object"},
            "status": {"type": "string"},
            "sessionId": {"type": ["string", "null"]},
            "score": {"type": ["object", "null"]},
            "launchMode": {"type": "string"},
            "createdAt": {"type": "string", "format": "date-time"},
            "updatedAt": {"type": "string", "format": "date-time"},
            "cmi5": {"type": "object", "description": "What is so whatever the last session was like."},
        },
    }))
}

fn launched() -> RefOr<Schema> {
    success(&json!({
        "type": "object",
        "properties": {
            "launchUrl": {"type": "string"},
            "sessionId": {"type": "string", "format": "uuid"},
            "launchMethod": {"type": "string"},
            "launchMode": {"type": "string"},
        },
    }))
}

const fn launching(id: &'static str) -> Operation {
    Operation::new(id, "Launch content for a learner, by the Creatiq cmi5 API")
        .says("The URL holds what launched content needs (cmi5 8.1). The session before is abandoned.")
        .takes(LAUNCH_TAKES)
        .gives(&[Answer { status: 200, description: "The launch.", body: Some(LAUNCHED) }])
        .refuses(&[400, 404, 409, 507])
}

const STORE: Access = Access::AnyOf(StatementWriter::ANY_OF);
const FIND: Access = Access::AnyOf(StatementReader::ANY_OF);

const FIND_TAKES: &[Parameter] = &[
    in_query(
        "actorId",
        "The name of an actor's account, or an address: who acted, or was acted upon.",
    ),
    Parameter { schema: schemas::iri, ..in_query("verbId", "The id of a verb.") },
    Parameter {
        schema: schemas::iri,
        ..in_query("objectId", "The id of the activity that is the object.")
    },
    Parameter {
        schema: schemas::timestamp,
        ..in_query("since", "Only what was stored after this time.")
    },
    Parameter {
        schema: schemas::timestamp,
        ..in_query("until", "Only what was stored up to this time.")
    },
    Parameter {
        schema: schemas::count,
        ..in_query(
            "limit",
            "How many statements a page holds at most. 0 and more than the server's limit (100 unless set) mean that limit.",
        )
    },
    in_query("cursor", "Where the page begins: from a `more` link only."),
];

fn stored() -> RefOr<Schema> {
    success(&json!({
        "type": "object",
        "required": ["ids"],
        "properties": {"ids": {"type": "array", "items": {"type": "string", "format": "uuid"}}},
    }))
}

fn found() -> RefOr<Schema> {
    success(&json!({
        "type": "object",
        "required": ["statements", "more"],
        "properties": {
            "statements": {"type": "array", "items": {"type": "object"}},
            "more": {"type": "string", "description": "The next page, if there is one."},
        },
    }))
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "POST",
        path: STATEMENTS,
        access: STORE,
        operation: Operation::new("postPlainStatements", "Store statements, by the Creatiq xAPI guide")
            .says("For requests without `X-Experience-API-Version`; with it, this path is that of xAPI. A statement or a list, by the rules of 1.0.3. What a person's token or launched content stores is of that person, whatever `actor` says. The same statement again is stored once; another one under its id is 409.")
            .reads(Payload { media: JSON, schema: || schemas::written("Statements", SCHEMAS) })
            .gives(&[Answer { status: 200, description: "Stored.", body: Some(Payload { media: JSON, schema: stored }) }])
            .refuses(&[400, 409, 507]),
        handler: || post(statements::post),
    },
    Endpoint {
        method: "GET",
        path: STATEMENTS,
        access: FIND,
        operation: Operation::new("getPlainStatements", "Find statements, by the Creatiq xAPI guide")
            .says("For requests without `X-Experience-API-Version`; with it, this path is that of xAPI. The latest first; all filters hold.")
            .takes(FIND_TAKES)
            .gives(&[Answer { status: 200, description: "A page of statements.", body: Some(Payload { media: JSON, schema: found }) }]),
        handler: || get(statements::list),
    },
    Endpoint {
        method: "POST",
        path: "/api/cmi5/register",
        access: PARTICIPANT,
        operation: Operation::new("registerContent", "Register a learner for content, by the Creatiq cmi5 API")
            .says("There is one registration for content and learner: the same again gives the same. `newAttempt` makes a new one.")
            .reads(Payload { media: JSON, schema: schemas::of::<RegisterBody> })
            .gives(&[Answer { status: 201, description: "The registration.", body: Some(REGISTERED) }]),
        handler: || post(routes::register),
    },
    Endpoint {
        method: "GET",
        path: "/api/cmi5/launch/{registrationId}",
        access: PARTICIPANT,
        operation: launching("launchContent").acts(),
        handler: || get(routes::launch),
    },
    Endpoint {
        method: "POST",
        path: "/api/cmi5/launch/{registrationId}",
        access: PARTICIPANT,
        operation: launching("postLaunchContent"),
        handler: || post(routes::launch),
    },
    Endpoint {
        method: "GET",
        path: "/api/cmi5/sessions/{registrationId}",
        access: READER,
        operation: Operation::new("getContentSession", "Read a registration, by the Creatiq cmi5 API")
            .takes(&[REGISTRATION])
            .gives(&[Answer { status: 200, description: "The registration, with what came of its last session.", body: Some(REGISTERED) }])
            .refuses(&[400]),
        handler: || get(routes::get),
    },
    Endpoint {
        method: "PUT",
        path: "/api/cmi5/sessions/{registrationId}",
        access: PARTICIPANT,
        operation: Operation::new("putContentSession", "Set a status, by the Creatiq cmi5 API")
            .says("`waived` excuses the learner; `abandoned` and `terminated` end the session. All else is a label, and satisfies nothing: only content says what its learner did.")
            .takes(&[REGISTRATION])
            .reads(Payload { media: JSON, schema: schemas::of::<StatusBody> })
            .gives(&[Answer { status: 200, description: "The registration.", body: Some(REGISTERED) }])
            .refuses(&[400]),
        handler: || put(routes::put),
    },
];
