//! What the documentation says of the three document resources.

use crate::http::openapi::parameters::{
    ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, XAPI_VERSION,
};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use crate::statements::SCHEMAS;
use utoipa::openapi::{RefOr, Schema};

const PUT_RULES: &str = "\
Stores the document in place of the one that is there. Its `Content-Type` is kept and may be any; \
what says that it is `application/json` must be JSON (1.0.3 Communication 2.2, 3.1; 9274.1.1 4.1.4).";

const POST_RULES: &str = "\
Both documents must be JSON objects: each member of the one that is sent replaces the member of \
that name. Without a document it is stored as it is (1.0.3 Communication 2.2).";

const GET_RULES: &str = "\
With an id: the document, byte for byte, under the `Content-Type` that it was sent with. Without \
one: the ids of the documents that there are, as a JSON array, with `since` only those that were \
stored after it (1.0.3 Communication 2.3, 2.6, 2.7).";

const DELETE_RULES: &str = "\
That there is no such document is no error (1.0.3 Communication 2.3, 2.6, 2.7).";

const fn query(
    name: &'static str,
    description: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Query, required: true, description, schema }
}

const fn optional(parameter: Parameter) -> Parameter {
    Parameter { required: false, ..parameter }
}

const ACTIVITY: Parameter =
    query("activityId", "The activity that the document is about.", schemas::iri);

const AGENT: Parameter = query(
    "agent",
    "The Agent that the document is about. A Group's documents are kept under an Agent with its \
     identifier (Communication 2.6).",
    || schemas::written_as_text("Agent", SCHEMAS),
);

const REGISTRATION: Parameter =
    optional(query("registration", "The registration that it belongs to.", schemas::uuid));

const STATE_ID: Parameter =
    query("stateId", "The document's id; 1 to 1,024 bytes unless set.", name);

const PROFILE_ID: Parameter =
    query("profileId", "The document's id; 1 to 1,024 bytes unless set.", name);

const SINCE: Parameter =
    optional(query("since", "Only what was stored after this time.", schemas::timestamp));

const STATE: &[Parameter] =
    &[XAPI_VERSION, ACTIVITY, AGENT, REGISTRATION, STATE_ID, IF_MATCH, IF_NONE_MATCH];

const STATES: &[Parameter] =
    &[XAPI_VERSION, ACTIVITY, AGENT, REGISTRATION, optional(STATE_ID), IF_MATCH, IF_NONE_MATCH];

const STATES_SINCE: &[Parameter] = &[
    XAPI_VERSION,
    ACTIVITY,
    AGENT,
    REGISTRATION,
    optional(STATE_ID),
    SINCE,
    IF_MATCH,
    IF_NONE_MATCH,
];

const AGENT_PROFILE: &[Parameter] = &[XAPI_VERSION, AGENT, PROFILE_ID, IF_MATCH, IF_NONE_MATCH];

const AGENT_PROFILES_SINCE: &[Parameter] =
    &[XAPI_VERSION, AGENT, optional(PROFILE_ID), SINCE, IF_MATCH, IF_NONE_MATCH];

const ACTIVITY_PROFILE: &[Parameter] =
    &[XAPI_VERSION, ACTIVITY, PROFILE_ID, IF_MATCH, IF_NONE_MATCH];

const ACTIVITY_PROFILES_SINCE: &[Parameter] =
    &[XAPI_VERSION, ACTIVITY, optional(PROFILE_ID), SINCE, IF_MATCH, IF_NONE_MATCH];

pub(super) const PUT_STATE: Operation = put("putState", "Store a state document", STATE);
pub(super) const POST_STATE: Operation = post("postState", "Merge into a state document", STATE);
pub(super) const GET_STATE: Operation =
    get("getState", "Read a state document, or list those there are", STATES_SINCE);
pub(super) const DELETE_STATE: Operation =
    delete("deleteState", "Delete a state document, or all of them", STATES).says(
        "Without a `stateId` all documents of the activity and the agent go: those of the \
         registration if it is named, otherwise those of every registration. That there is none is \
         no error (1.0.3 Communication 2.3).",
    );

pub(super) const PUT_AGENT_PROFILE: Operation =
    put("putAgentProfile", "Store a document of an agent profile", AGENT_PROFILE);
pub(super) const POST_AGENT_PROFILE: Operation =
    post("postAgentProfile", "Merge into a document of an agent profile", AGENT_PROFILE);
pub(super) const GET_AGENT_PROFILE: Operation = get(
    "getAgentProfile",
    "Read a document of an agent profile, or list those there are",
    AGENT_PROFILES_SINCE,
);
pub(super) const DELETE_AGENT_PROFILE: Operation =
    delete("deleteAgentProfile", "Delete a document of an agent profile", AGENT_PROFILE);

pub(super) const PUT_ACTIVITY_PROFILE: Operation =
    put("putActivityProfile", "Store a document of an activity profile", ACTIVITY_PROFILE);
pub(super) const POST_ACTIVITY_PROFILE: Operation =
    post("postActivityProfile", "Merge into a document of an activity profile", ACTIVITY_PROFILE);
pub(super) const GET_ACTIVITY_PROFILE: Operation = get(
    "getActivityProfile",
    "Read a document of an activity profile, or list those there are",
    ACTIVITY_PROFILES_SINCE,
);
pub(super) const DELETE_ACTIVITY_PROFILE: Operation =
    delete("deleteActivityProfile", "Delete a document of an activity profile", ACTIVITY_PROFILE);

const fn put(
    id: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
) -> Operation {
    Operation::new(id, summary)
        .says(PUT_RULES)
        .takes(parameters)
        .reads(JSON)
        .or_reads(BYTES)
        .gives(&[DONE])
        .refuses(&[409])
}

const fn post(
    id: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
) -> Operation {
    put(id, summary, parameters).says(POST_RULES).refuses(&[])
}

const fn get(
    id: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
) -> Operation {
    Operation::new(id, summary)
        .says(GET_RULES)
        .takes(parameters)
        .gives(&[
            Answer {
                status: 200,
                description: "The document, or the ids of those there are.",
                body: Some(JSON),
            },
            Answer { status: 200, description: "", body: Some(BYTES) },
            Answer { status: 304, description: "It is as `If-None-Match` says.", body: None },
        ])
        .heads(&[ETAG, LAST_MODIFIED])
        .refuses(&[404])
}

const fn delete(
    id: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
) -> Operation {
    Operation::new(id, summary).says(DELETE_RULES).takes(parameters).gives(&[DONE])
}

const DONE: Answer = Answer { status: 204, description: "Done.", body: None };

const JSON: Payload = Payload { media: &["application/json"], schema: schemas::anything };

/// A document of any other type.
const BYTES: Payload =
    Payload { media: &["application/octet-stream", "*/*"], schema: schemas::binary };

fn name() -> RefOr<Schema> {
    schemas::inline(serde_json::json!({"type": "string", "minLength": 1, "maxLength": 1024}))
}
