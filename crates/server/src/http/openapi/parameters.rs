//! Parameters and headers that several endpoints share.

use super::operation::{Header, Parameter, Place};
use super::schemas;
use serde_json::json;

/// The version of xAPI that a request speaks (1.0.3 Communication 3.3, 9274.1.1 4.1.3).
pub const XAPI_VERSION: Parameter = Parameter {
    name: "X-Experience-API-Version",
    place: Place::Header,
    required: true,
    description: "The version of the standard whose rules apply: `1.0` or `1.0.x` for 1.0.3, `2.0` \
        or `2.0.x` for IEEE 9274.1.1 (1.0.3 Communication 3.3).",
    schema: || {
        schemas::inline(json!({
            "type": "string",
            "pattern": "^(1\\.0|2\\.0)(\\.[0-9]+)?$",
            "default": "2.0.0",
        }))
    },
};

/// What a writer has seen, or that there must be something (RFC 9110 13.1.1).
pub const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: Place::Header,
    required: false,
    description: "The `ETag` of the document as it was read, or `*` for any document. 412 if the \
        document is another one by now (1.0.3 Communication 3.1).",
    schema: etags,
};

/// What must not be there, or what a reader has already (RFC 9110 13.1.2).
pub const IF_NONE_MATCH: Parameter = Parameter {
    name: "If-None-Match",
    place: Place::Header,
    required: false,
    description: "With a write `*`: only if there is no document yet, otherwise 412. With a read the \
        `ETag` that is known already: 304 if it is still that (1.0.3 Communication 3.1).",
    schema: etags,
};

/// By which a write that is sent again is known (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: Place::Header,
    required: false,
    description: "A new string for each new request, such as a UUID, and the same when that request \
        is sent again: it then has its effect once, and the answer is the first one's.",
    schema: || {
        schemas::inline(json!({
            "type": "string", "minLength": 1, "maxLength": 255,
            // Plain, or a string in quotes (RFC 9651 3.3.3).
            "pattern": r#"^([!#-~]([ !#-~]*[!#-~])?|"([ !#-\[\]-~]|\\["\\])+")$"#,
            "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        }))
    },
};

/// The languages that a reader prefers (RFC 9110 12.5.4).
pub const ACCEPT_LANGUAGE: Parameter = Parameter {
    name: "Accept-Language",
    place: Place::Header,
    required: false,
    description: "With `format=canonical`: one language of each language map is kept, the best of \
        these (RFC 9110 12.5.4).",
    schema: || {
        schemas::inline(json!({"type": "string", "examples": ["de-AT, de;q=0.8, en;q=0.5"]}))
    },
};

/// Which copy of a resource this is.
pub const ETAG: Header = Header {
    name: "ETag",
    description: "A strong tag: the quoted SHA-1 of the content in hexadecimal. For `If-Match` and \
        `If-None-Match`.",
    schema: || schemas::inline(json!({"type": "string", "pattern": "^\"[0-9a-f]+\"$"})),
};

/// When a resource was changed last.
pub const LAST_MODIFIED: Header = Header {
    name: "Last-Modified",
    description: "When what is answered was stored; of several, the latest (RFC 9110 8.8.2).",
    schema: || {
        schemas::inline(json!({"type": "string", "examples": ["Sun, 06 Nov 1994 08:49:37 GMT"]}))
    },
};

/// Up to when everything that was stored can be seen.
pub const CONSISTENT_THROUGH: Header = Header {
    name: "X-Experience-API-Consistent-Through",
    description: "Everything stored up to this time is visible in this answer, and nothing will be \
        stored there any more (1.0.3 Communication 2.1.3).",
    schema: schemas::time,
};

/// Headers that the document defines once; they are referred to by name.
pub(super) const SHARED: &[Header] = &[
    ETAG,
    LAST_MODIFIED,
    CONSISTENT_THROUGH,
    REQUEST_ID,
    XAPI_VERSION_ANSWERED,
    API_VERSION_ANSWERED,
    RATE_LIMIT,
    RATE_LIMIT_POLICY,
    RETRY_AFTER,
    CHALLENGE,
];

pub(super) const REQUEST_ID: Header = Header {
    name: "X-Request-Id",
    description: "By this the operator finds the request in the log. A request's own \
        `X-Request-Id` is kept if it has at most 128 visible ASCII characters.",
    schema: schemas::text,
};

pub(super) const XAPI_VERSION_ANSWERED: Header = Header {
    name: "X-Experience-API-Version",
    description: "On all answers of the xAPI tree: the version by whose rules this answer was made.",
    schema: || schemas::inline(json!({"type": "string", "enum": ["1.0.3", "2.0.0"]})),
};

pub(super) const API_VERSION_ANSWERED: Header = Header {
    name: "X-API-Version",
    description: "On all answers under `/api/v1`: the version of this interface.",
    schema: || schemas::inline(json!({"type": "string", "pattern": "^1\\.[0-9]+$"})),
};

pub(super) const RATE_LIMIT: Header = Header {
    name: "RateLimit",
    description: "What is left of each limit, and in how many seconds there is more.",
    schema: schemas::text,
};

pub(super) const RATE_LIMIT_POLICY: Header = Header {
    name: "RateLimit-Policy",
    description: "The limits that apply to this caller.",
    schema: schemas::text,
};

pub(super) const RETRY_AFTER: Header = Header {
    name: "Retry-After",
    description: "In how many seconds to send the same request again.",
    schema: schemas::count,
};

pub(super) const CHALLENGE: Header = Header {
    name: "WWW-Authenticate",
    description: "How to prove who is calling (RFC 9110 11.6.1).",
    schema: schemas::text,
};

fn etags() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    // Tags without quotes are understood, too: some clients send them so.
    schemas::inline(json!({
        "type": "string",
        "examples": ["*", "\"a9993e364706816aba3e25717850c26c9cd0d89d\""],
    }))
}
