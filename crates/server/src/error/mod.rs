//! What goes wrong on the way to an answer, as `application/problem+json` (RFC 9457).
//!
//! Client text and operator text are different fields; the status is decided where the problem is
//! made and written once, here. A problem never carries a learner's data or a secret. Which request
//! it was is added by the front, which alone knows: see [`identify`].

mod told;

pub use crate::codes::Code;
pub use told::{Told, Wrong, identify};

use crate::operate::cause;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use rollbook_xapi::violation::Violation;

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
    /// What clients match on.
    pub code: Code,
    /// What is wrong with this request and what to do about it, for the client.
    pub detail: String,
    /// Every violation found, for invalid statements and parameters.
    pub violations: Vec<Violation>,
    /// What is wrong with which part of the request, for requests that are no statements.
    pub faults: Box<[Fault]>,
    /// Further members of the answer, such as the limit that was exceeded (RFC 9457 3.2).
    pub members: Box<[(&'static str, serde_json::Value)]>,
    /// Headers that belong to the refusal, such as `WWW-Authenticate`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The cause, for the operator only.
    pub because: Option<anyhow::Error>,
}

/// What is wrong with one part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong there. It never repeats what was sent.
    pub detail: String,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the body, as a JSON pointer in a fragment, such as `#/scopes/0` (RFC 6901 6).
    Body(String),
    /// In the query, by the parameter's name.
    Query(String),
    /// In an uploaded package.
    Package(Box<PackagePlace>),
}

/// Where in a package something is wrong, by which rule, and what its author does about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackagePlace {
    /// The code of what is wrong with an archive, such as `ZIP_BOMB`; empty if there is none.
    pub code: &'static str,
    /// The id of the requirement that is broken; empty if there is none.
    pub requirement: &'static str,
    /// Its clause; empty if there is none.
    pub clause: &'static str,
    /// The file, or the element and attribute of the structure.
    pub path: String,
    /// The line, from 1; 0 if there is none.
    pub line: u32,
    /// The column, from 1; 0 if there is none.
    pub column: u32,
    /// What mends it.
    pub fix: String,
}

impl Problem {
    /// A problem with a status of its code and a text for the client.
    pub fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        debug_assert!(
            code.statuses().contains(&status.as_u16()),
            "{code} is not answered with {status}: see codes.rs"
        );
        Self {
            status,
            code,
            detail: detail.into(),
            violations: Vec::new(),
            faults: Box::default(),
            members: Box::default(),
            headers: Vec::new(),
            because: None,
        }
    }

    /// A problem with the status that its code has.
    pub fn of(code: Code, detail: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(code.status()).expect("the table holds HTTP statuses");
        Self::new(status, code, detail)
    }

    /// 422: members of the body are not acceptable; each is listed.
    pub fn faults(faults: impl Into<Box<[Fault]>>) -> Self {
        let faults = faults.into();
        let detail = match &*faults {
            [one] => one.detail.clone(),
            many => format!("{} members of the body are not accepted, see `errors`", many.len()),
        };
        Self { faults, ..Self::of(Code::BodyInvalid, detail) }
    }

    /// 400: the request cannot be understood as the standard asks.
    pub fn bad_request(code: Code, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400: the request breaks rules of the standard; each one is listed.
    pub fn violations(violations: Vec<Violation>) -> Self {
        let detail = match violations.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} rules of the standard are broken, see `errors`", many.len()),
        };
        Self { violations, ..Self::bad_request(Code::ValidationStatementInvalid, detail) }
    }

    /// 401: no credential, or one that is not known, revoked or expired.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        let challenge = HeaderValue::from_static("Basic realm=\"Rollbook\", charset=\"UTF-8\"");
        Self {
            headers: vec![(header::WWW_AUTHENTICATE, challenge)],
            ..Self::of(Code::AuthCredentialInvalid, detail)
        }
    }

    /// 403: the caller is known but may not do this.
    pub fn forbidden(code: Code, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: there is no such thing, or it belongs to another tenant.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::of(Code::ResourceNotFound, detail)
    }

    /// 409: what is stored already disagrees.
    pub fn conflict(code: Code, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: a precondition header does not hold.
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::of(Code::PreconditionFailed, detail)
    }

    /// 413: a named limit is exceeded.
    pub fn too_large(limit: &'static str, detail: impl Into<String>) -> Self {
        Self::of(Code::PayloadTooLarge, detail).with("limit", limit)
    }

    /// 500: a fault of ours; the cause goes to the log, not to the client.
    pub fn internal(because: impl Into<anyhow::Error>) -> Self {
        let detail = "Rollbook could not complete the request; its operator finds the cause in the \
                      log under this request id";
        Self { because: Some(because.into()), ..Self::of(Code::Internal, detail) }
    }

    /// 503: the store is busy or out of reach; the same request may be sent again.
    pub fn unavailable() -> Self {
        let detail = "the store is busy or out of reach; try again in a moment";
        Self::of(Code::StorageUnavailable, detail)
    }

    /// 503: more is under way than may be at a time; the same request may be sent again.
    pub fn busy() -> Self {
        Self::of(Code::ServerBusy, "the server is busy; try again in a moment")
    }

    /// Whether trying again may help.
    pub fn is_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The same with one more member in its answer.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<serde_json::Value>) -> Self {
        let one = [(member, value.into())];
        self.members = self.members.into_iter().chain(one).collect();
        self
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail, violations, faults, members, headers, because } = self;
        if let Some(cause) = because {
            let (code, status, cause) = (code.name(), status.as_u16(), cause::shown(&cause));
            if status >= 500 {
                tracing::error!(code, status, cause, "Request failed");
            } else {
                tracing::debug!(code, status, cause, "Request refused");
            }
        }
        let told = Told::new(status, code, detail, members, (violations, faults));
        let mut response = (status, told.text(None)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(told);
        response
    }
}
