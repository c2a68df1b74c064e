//! What goes wrong on the way to an answer, as `application/problem+json` (RFC 9457).
//!
//! Client text and operator text are different fields; the status is decided where the problem is
//! made and written once, here. A problem never carries a learner's data or a secret.

use crate::operate::cause;
use crate::operate::seen::Refusal;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use rollbook_xapi::violation::Violation;
use serde::Serialize;
use std::sync::Arc;

/// When to try again what failed because the store was busy, changed hands or was out of reach. A
/// request whose commit met such a failure may have been stored: its ids say so when it comes again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The outcome of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// One refusal or failure, ready to be answered.
#[derive(Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable, dotted code that clients may match on.
    pub code: &'static str,
    /// What is wrong with this request and what to do about it, for the client.
    pub detail: String,
    /// Every violation found, for invalid statements and parameters.
    pub violations: Vec<Violation>,
    /// Headers that belong to the refusal, such as `WWW-Authenticate`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The cause, for the operator only.
    pub because: Option<anyhow::Error>,
}

impl Problem {
    /// A problem with a status, a code and a text for the client.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            violations: Vec::new(),
            headers: Vec::new(),
            because: None,
        }
    }

    /// 400: the request cannot be understood as the standard asks.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400: the request breaks rules of the standard; each one is listed.
    pub fn violations(violations: Vec<Violation>) -> Self {
        let detail = match violations.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} rules of the standard are broken, see `errors`", many.len()),
        };
        Self { violations, ..Self::bad_request("validation.statement.invalid", detail) }
    }

    /// 401: no credential, or one that is not known, revoked or expired.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let challenge = HeaderValue::from_static("Basic realm=\"Rollbook\", charset=\"UTF-8\"");
        Self {
            headers: vec![(header::WWW_AUTHENTICATE, challenge)],
            ..Self::new(StatusCode::UNAUTHORIZED, "auth.credential.invalid", detail)
        }
    }

    /// 403: the caller is known but may not do this.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: there is no such thing, or it belongs to another tenant.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource.not_found", detail)
    }

    /// 409: what is stored already disagrees.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: a precondition header does not hold.
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", detail)
    }

    /// 413: a named limit is exceeded.
    pub fn too_large(limit: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, limit, detail)
    }

    /// 500: a fault of ours; the cause goes to the log, not to the client.
    pub fn internal(because: impl Into<anyhow::Error>) -> Self {
        let detail = "Rollbook could not complete the request; its operator finds the cause in the \
                      log under this request id";
        Self {
            because: Some(because.into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
        }
    }

    /// 503: the store is busy or out of reach; the same request may be sent again.
    pub fn unavailable() -> Self {
        let detail = "the store is busy or out of reach; try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage.unavailable", detail)
    }

    /// Whether trying again may help.
    pub fn is_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// Keeps the cause for the operator.
    #[must_use]
    pub fn because(self, cause: impl Into<anyhow::Error>) -> Self {
        Self { because: Some(cause.into()), ..self }
    }
}

impl From<rollbook_db::Error> for Problem {
    fn from(error: rollbook_db::Error) -> Self {
        use rollbook_db::ErrorKind;
        match error.kind() {
            ErrorKind::Busy | ErrorKind::Closed | ErrorKind::Serialization => {
                Self::unavailable().because(error)
            }
            _ => Self::internal(error),
        }
    }
}

/// The wire form of a problem.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Entry<'a>>,
}

/// The wire form of one violation.
#[derive(Serialize)]
struct Entry<'a> {
    pointer: &'a str,
    requirement: &'a str,
    clause: &'a str,
    detail: &'a str,
    fix: &'a str,
}

impl<'a> From<&'a Violation> for Entry<'a> {
    fn from(violation: &'a Violation) -> Self {
        let Violation { requirement, clause, pointer, message, fix } = violation;
        Entry { pointer, requirement, clause, detail: message, fix }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail, violations, headers, because } = self;
        if let Some(cause) = because {
            if status.is_server_error() {
                tracing::error!(
                    code,
                    status = status.as_u16(),
                    cause = cause::shown(&cause),
                    "Request failed"
                );
            } else {
                tracing::debug!(
                    code,
                    status = status.as_u16(),
                    cause = cause::shown(&cause),
                    "Request refused"
                );
            }
        }
        let body = Body {
            r#type: format!("urn:rollbook:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code,
            detail: &detail,
            errors: violations.iter().map(Entry::from).collect(),
        };
        let text = serde_json::to_vec(&body).expect("a problem is plain text and numbers");
        let mut response = (status, text).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(Arc::new(Refusal { code, detail, violations }));
        response
    }
}
