//! What the documentation says of the Statements resource.
//!
//! `schemas.json` is a statement as JSON Schema (2020-12). It refuses nothing that the store takes;
//! what a schema cannot say is left to `rollbook_xapi::validate`.

use crate::http::openapi::parameters::{
    ACCEPT_LANGUAGE, CONSISTENT_THROUGH, LAST_MODIFIED, XAPI_VERSION,
};
use crate::http::openapi::{Answer, Operation, Parameter, Payload, Place, schemas};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};

/// The objects of xAPI, by name.
pub(crate) const SCHEMAS: &str = include_str!("schemas.json");

const JSON: &[&str] = &["application/json"];

/// Statements with their attachments.
const MULTIPART: Payload = Payload { media: &["multipart/mixed"], schema: schemas::binary };

const fn query(
    name: &'static str,
    description: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Query, required: false, description, schema }
}

const FORMAT: Parameter = query(
    "format",
    "`exact`: as it was stored. `ids`: of actors, activities and verbs only what identifies them. \
     `canonical`: definitions as they are now, in one language (Communication 2.1.3).",
    || schemas::inline(json!({"enum": ["exact", "ids", "canonical"], "default": "exact"})),
);

const ATTACHMENTS: Parameter = query(
    "attachments",
    "Whether the contents of attachments come along. Then the answer is `multipart/mixed`.",
    schemas::flag,
);

pub(super) const FIND: Operation = Operation::new("getStatements", "Find statements, or read one")
    .says(
        "Without an id: the page of statements that match **all** filters, the latest first. \
         `more` leads to the next page. Voided statements are left out, and what refers to a \
         statement that matches is found, too (1.0.3 Communication 2.1.3, 9274.1.1 4.1.6.1).\n\n\
         With `statementId` or `voidedStatementId`: that statement, or 404. Then only `format` and \
         `attachments` may be given besides.",
    )
    .takes(&[
        XAPI_VERSION,
        query("statementId", "The id of a statement that is not voided.", schemas::uuid),
        query("voidedStatementId", "The id of a voided statement.", schemas::uuid),
        query("agent", "An Agent or an identified Group: who acted, or was acted upon.", || {
            schemas::written_as_text("Actor", SCHEMAS)
        }),
        query("verb", "The id of a verb.", schemas::iri),
        query("activity", "The id of the activity that is the object.", schemas::iri),
        query("registration", "The registration in the context.", schemas::uuid),
        query(
            "related_activities",
            "Look for `activity` in the context and in SubStatements, too.",
            schemas::flag,
        ),
        query(
            "related_agents",
            "Look for `agent` in the context, the authority and SubStatements, too.",
            schemas::flag,
        ),
        query("since", "Only what was stored after this time.", schemas::timestamp),
        query("until", "Only what was stored up to this time.", schemas::timestamp),
        query(
            "limit",
            "How many statements a page holds at most. 0 and more than the server's limit (100 \
             unless set) mean that limit.",
            schemas::count,
        ),
        FORMAT,
        ATTACHMENTS,
        query("ascending", "The earliest first.", schemas::flag),
        query("cursor", "Where the page begins: from a `more` link only.", schemas::text),
        query("language", "As `Accept-Language`: from a `more` link only.", schemas::text),
        ACCEPT_LANGUAGE,
    ])
    .gives(&[
        Answer {
            status: 200,
            description: "A page of statements, or the statement that was asked for.",
            body: Some(Payload {
                media: JSON,
                schema: || schemas::written("FoundStatements", SCHEMAS),
            }),
        },
        WITH_ATTACHMENTS,
    ])
    .heads(&[CONSISTENT_THROUGH, LAST_MODIFIED])
    .refuses(&[404]);

const WITH_ATTACHMENTS: Answer = Answer {
    status: 200,
    description: "With `attachments=true`: the JSON as the first part, and each content as a part \
        with its `X-Experience-API-Hash` (Communication 1.5.2).",
    body: Some(MULTIPART),
};

pub(super) const POST: Operation = Operation::new("postStatements", "Store statements")
    .says(
        "One statement, or a list that is stored as a whole or not at all. A statement that is \
         stored already is accepted and stored once; another one under the same id is 409. The \
         answer comes when they are durable (1.0.3 Communication 2.1.2).\n\n\
         With attachments: `multipart/mixed`, the statements as the first part and each content as \
         a part with `X-Experience-API-Hash` (Communication 1.5.2).",
    )
    .takes(&[XAPI_VERSION])
    .reads(Payload { media: JSON, schema: || schemas::written("Statements", SCHEMAS) })
    .or_reads(MULTIPART)
    .gives(&[Answer {
        status: 200,
        description: "Stored.",
        body: Some(Payload { media: JSON, schema: || schemas::written("StatementIds", SCHEMAS) }),
    }])
    .heads(&[CONSISTENT_THROUGH])
    .refuses(&[409]);

pub(super) const PUT: Operation = Operation::new("putStatement", "Store a statement under its id")
    .says(
        "Exactly one statement. If it has an id of its own, it is the same \
         (1.0.3 Communication 2.1.1).",
    )
    .takes(&[
        XAPI_VERSION,
        Parameter {
            required: true,
            ..query("statementId", "The id of the statement.", schemas::uuid)
        },
    ])
    .reads(Payload { media: JSON, schema: || schemas::written("Statement", SCHEMAS) })
    .or_reads(MULTIPART)
    .gives(&[Answer { status: 204, description: "Stored.", body: None }])
    .heads(&[CONSISTENT_THROUGH])
    .refuses(&[409]);

pub(super) const READ: Operation = Operation::new("getStatement", "Read a statement")
    .says("One statement by its id, as `statementId` does it, for those who prefer a path.")
    .takes(&[
        XAPI_VERSION,
        Parameter {
            name: "id",
            place: Place::Path,
            required: true,
            description: "The id of a statement that is not voided.",
            schema: schemas::uuid,
        },
        FORMAT,
        ATTACHMENTS,
        ACCEPT_LANGUAGE,
    ])
    .gives(&[
        Answer {
            status: 200,
            description: "The statement.",
            body: Some(Payload { media: JSON, schema: || schemas::written("Statement", SCHEMAS) }),
        },
        WITH_ATTACHMENTS,
    ])
    .heads(&[CONSISTENT_THROUGH, LAST_MODIFIED]);
