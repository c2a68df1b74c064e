//! Which refusals an endpoint may answer with, told from what is said of it.
//!
//! All of them are `application/problem+json` (RFC 9457) and stand in the document once.

use super::operation::{Header, Operation, Place};
use super::parameters;
use crate::http::feature::{Access, Endpoint};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One refusal as it is documented.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Its name under `components`.
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// Headers besides those of every answer.
    pub(super) headers: &'static [Header],
}

impl Refusal {
    const fn new(status: u16, name: &'static str, description: &'static str) -> Self {
        Self { status, name, description, headers: &[] }
    }

    const fn with(self, headers: &'static [Header]) -> Self {
        Self { headers, ..self }
    }
}

/// Every refusal that an endpoint may declare or have.
pub(super) const ALL: &[Refusal] = &[
    Refusal::new(400, "BadRequest", "The request breaks rules; `errors` names each of them."),
    Refusal::new(
        401,
        "Unauthorized",
        "There is no credential, or it is not known, expired or revoked.",
    )
    .with(&[parameters::CHALLENGE]),
    Refusal::new(
        403,
        "Forbidden",
        "The credential is good and lacks the scope, or may not do this.",
    ),
    Refusal::new(404, "NotFound", "There is no such thing, or it belongs to another tenant."),
    Refusal::new(408, "Slow", "The body arrives too slowly; send it again."),
    Refusal::new(409, "Conflict", "What is stored already disagrees with this request."),
    Refusal::new(410, "Gone", "The cursor was made for other filters, or is too old: start again."),
    Refusal::new(
        412,
        "PreconditionFailed",
        "`If-Match` or `If-None-Match` does not hold: read again.",
    ),
    Refusal::new(413, "TooLarge", "A limit on sizes is exceeded; `code` names it."),
    Refusal::new(415, "UnsupportedMediaType", "The body is not of a type that is taken here."),
    Refusal::new(422, "Unprocessable", "The request is well-formed, and cannot be done as it is."),
    Refusal::new(429, "TooManyRequests", "A limit on rates is exceeded; try again later.").with(&[
        parameters::RETRY_AFTER,
        parameters::RATE_LIMIT,
        parameters::RATE_LIMIT_POLICY,
    ]),
    Refusal::new(500, "Internal", "A fault of ours. The operator finds it by the request's id."),
    Refusal::new(503, "Unavailable", "The store is busy or out of reach; try again in a moment.")
        .with(&[parameters::RETRY_AFTER]),
    Refusal::new(507, "NoRoom", "The tenant keeps as much as it may; nothing was stored."),
];

/// Whether it is a write under `/api/v1`, of which the conventions of the API hold.
pub(super) fn is_api_write(endpoint: &Endpoint) -> bool {
    endpoint.path.starts_with("/api/v1/") && !matches!(endpoint.method, "GET" | "HEAD")
}

/// The statuses with which this endpoint may refuse.
pub(super) fn of(endpoint: &Endpoint) -> BTreeSet<u16> {
    let Endpoint { method, path, access, operation, handler: _ } = endpoint;
    let Operation { parameters, body, .. } = operation;
    let api = path.starts_with("/api/");
    let writes = !matches!(*method, "GET" | "HEAD");
    let takes = |place: Place, start: &str| {
        parameters.iter().any(|one| one.place == place && one.name.starts_with(start))
    };
    let scoped = matches!(access, Access::AnyOf(_));
    let mut statuses = BTreeSet::from([500]);
    let mut when = |holds: bool, these: &[u16]| {
        if holds {
            statuses.extend(these);
        }
    };
    when(scoped, &[401, 403, 429, 503]);
    when(!parameters.is_empty() || body.is_some() || path.starts_with("/xapi/"), &[400]);
    when(path.contains('{'), &[404]);
    // A read whose `If-None-Match` does not hold is 304.
    when(takes(Place::Header, "If-Match") || writes && takes(Place::Header, "If-"), &[412]);
    when(takes(Place::Query, "page["), &[410]);
    when(body.is_some(), &[408, 413]);
    when(!api && scoped && body.is_some(), &[507]);
    when(api && body.is_some(), &[415, 422]);
    when(is_api_write(endpoint), &[400, 409, 422]);
    when(true, operation.refuses);
    statuses
}

/// The schema of every refusal. A client matches on `code`; the rest is for people.
pub(super) fn problem() -> [(&'static str, Value); 2] {
    let problem = json!({
        "type": "object",
        "description": "One refusal or failure (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail", "retriable"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "Names the kind of problem."},
            "title": {"type": "string", "description": "The kind of problem in words."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
            "code": {
                "type": "string",
                "description": "The kind of problem for programs: dotted, and stable.",
                "examples": ["validation.statement.invalid"],
            },
            "detail": {"type": "string", "description": "What is wrong with this request, and what to do about it."},
            "instance": {"type": "string", "format": "uri-reference", "description": "Names this occurrence."},
            "requestId": {"type": "string", "description": "The `X-Request-Id` of the answer."},
            "traceId": {"type": "string", "description": "The trace that the request is part of."},
            "retriable": {"type": "boolean", "description": "Whether the same request may succeed later."},
            "limit": {"type": "string", "description": "The limit that was exceeded, by name."},
            "kind": {"type": "string", "description": "The standard that a package follows.", "examples": ["scorm", "h5p", "tincan", "aicc"]},
            "errors": {
                "type": "array",
                "description": "Every fault that was found.",
                "items": {"$ref": "#/components/schemas/ProblemEntry"},
            },
        },
    });
    let entry = json!({
        "type": "object",
        "description": "One fault in a request.",
        "required": ["detail"],
        "properties": {
            "pointer": {"type": "string", "description": "Where: a JSON pointer (RFC 6901) into the body."},
            "parameter": {"type": "string", "description": "Where: a parameter of the query."},
            "path": {"type": "string", "description": "Where: a file of a package, or an element of its structure."},
            "line": {"type": "integer", "minimum": 1, "description": "The line there."},
            "column": {"type": "integer", "minimum": 1, "description": "The column there."},
            "code": {"type": "string", "description": "What is wrong with an archive, for programs.", "examples": ["ZIP_SLIP"]},
            "detail": {"type": "string", "description": "What is wrong there."},
            "requirement": {
                "type": "string",
                "description": "The requirement of the standard that is broken.",
                "examples": ["XAPI-00142"],
            },
            "clause": {"type": "string", "description": "Where the standard says so."},
            "fix": {"type": "string", "description": "What would mend it."},
        },
    });
    [("Problem", problem), ("ProblemEntry", entry)]
}
