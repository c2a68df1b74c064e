//! Refusals in the envelope of the contract: `{"success": false, "error": …}`.

use crate::error::{Code, Problem, Told};
use crate::http::{paths, version};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

/// The member of a problem in which the contract's own words are kept.
const WORDS: &str = "error";

/// The statements, where they have the envelope. The same path is xAPI's for who names a version.
pub(super) const STATEMENTS: &str = "/api/xapi/statements";

/// Whether answers of this endpoint have the envelope.
pub(crate) fn holds(endpoint: &str) -> bool {
    endpoint.starts_with("/api/cmi5/") || endpoint == STATEMENTS
}

/// Whether the answer to this request has the envelope; its path becomes that of the endpoint.
pub(crate) fn enter<B>(request: &mut Request<B>) -> bool {
    let path = request.uri().path();
    if path.starts_with("/api/cmi5/") {
        return true;
    }
    let is_ours = path.trim_end_matches('/') == STATEMENTS && is_plain(request);
    // Without the slashes at its end a path is no longer than it was.
    if is_ours && let Ok(uri) = paths::with_path(request.uri(), STATEMENTS) {
        *request.uri_mut() = uri;
    }
    is_ours
}

/// Whether a request is not of xAPI, whose clients name its version (Communication 3.3): in a header,
/// or in the form that a browser sends instead of headers (Communication 1.3).
fn is_plain<B>(request: &Request<B>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let is_form = || form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "method");
    match *request.method() {
        Method::GET | Method::HEAD => !request.headers().contains_key(version::HEADER),
        Method::POST => !request.headers().contains_key(version::HEADER) && !is_form(),
        _ => false,
    }
}

/// A refusal as the OpenAPI document shows it.
pub(crate) fn refusal(description: &str) -> Value {
    json!({
        "description": description,
        "content": {"application/json": {"schema": {
            "type": "object",
            "properties": {
                "success": {"const": false},
                "error": {"type": "string", "description": "What is wrong, in the contract's words."},
                "code": {"type": "string", "description": "The same for programs."},
            },
            "required": ["error"],
        }}},
    })
}

/// Puts a refusal into the envelope, with its code and what is wrong beside what the contract says;
/// other answers stay as they are. A body that was taken away, because the request was HEAD, stays
/// away.
pub(crate) fn enclose(response: &mut Response, has_body: bool) {
    let Some(told) = response.extensions().get::<Told>() else { return };
    let error = match told.member(WORDS).and_then(Value::as_str) {
        Some(words) => words,
        None if response.status() == StatusCode::UNAUTHORIZED => "Unauthorized",
        None => told.detail(),
    };
    let body = json!({
        "success": false,
        "error": error,
        "code": told.code().name(),
        "detail": told.detail(),
        "errors": told.errors(),
    });
    let text = body.to_string();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    if has_body {
        *response.body_mut() = Body::from(text);
    }
}

/// 400 for a body or a query that is not right.
pub(super) fn invalid(problem: Problem) -> Problem {
    if problem.status != StatusCode::UNPROCESSABLE_ENTITY {
        return problem;
    }
    let words = format!("Validation error: {}", problem.detail);
    Problem { status: StatusCode::BAD_REQUEST, ..problem }.with(WORDS, words)
}

/// 500 for a registration that is not there, as the contract has it. It is no fault of ours, so
/// nothing is logged.
pub(super) fn not_found(id: &str) -> Problem {
    let words = format!("Registration not found: {id}");
    let problem = Problem::not_found("there is no such registration");
    Problem { status: StatusCode::INTERNAL_SERVER_ERROR, ..problem }.with(WORDS, words)
}

/// What the contract says of a registration that is not there; other problems stay as they are.
pub(super) fn or_not_found(id: Uuid) -> impl FnOnce(Problem) -> Problem {
    move |problem| match problem.code {
        Code::ResourceNotFound => not_found(&id.to_string()),
        _ => problem,
    }
}

/// 400 for a path that ends before what it names.
pub(crate) fn unnamed(path: &str) -> Option<Problem> {
    let words = match path.strip_prefix("/api/cmi5/")?.trim_end_matches('/') {
        "launch" | "sessions" => "Registration ID required",
        "fetch" => "Token required",
        _ => return None,
    };
    let detail = "the path ends before what it names";
    Some(Problem::bad_request(Code::ValidationParameterMissing, detail).with(WORDS, words))
}

/// 403 where the operator has turned the API off.
pub(super) fn unavailable() -> Problem {
    let detail = "the operator of this server has turned `cmi5_launch` off";
    Problem::of(Code::FeatureUnavailable, detail).with(WORDS, "Feature not available")
}
