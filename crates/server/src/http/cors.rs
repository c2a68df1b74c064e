//! Cross-origin requests, so that learning content works from wherever it is served.
//!
//! Every origin is allowed and none is allowed credentials mode: a caller proves itself by a header
//! that the page sets, never by what its browser remembers, so another site gains nothing. The
//! answer is the same for all origins and needs no `Vary: Origin`. Preflights need no credential.
//!
//! But for fetch URLs, where no credential counts: some clients fetch in credentials mode, and their
//! browsers would keep the answer from them.

use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};

const METHODS: &str = "GET, HEAD, PUT, POST, DELETE, OPTIONS";

/// What content may send without asking for it by name.
const ALLOWED: &[&str] = &[
    "authorization",
    "content-type",
    "if-match",
    "if-none-match",
    "x-experience-api-version",
    "x-experience-api-hash",
    "content-transfer-encoding",
    "accept-language",
    "x-request-id",
    "x-api-key",
    "x-tenant-id",
];

/// What content may read of every answer.
const EXPOSED: &str = "ETag, Last-Modified, X-Experience-API-Version, \
    X-Experience-API-Consistent-Through, Link, Location, X-Request-Id, Retry-After, RateLimit, \
    RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";

/// How many names a preflight may ask for; the rest are left out of the answer.
const ASKED_MAX: usize = 64;

/// Lets a page of any origin read this answer.
pub fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// The page that asks at a fetch URL (cmi5 8.2).
pub fn fetching<B>(request: &Request<B>) -> Option<HeaderValue> {
    let is_fetch = request.uri().path().starts_with("/api/cmi5/fetch/");
    request.headers().get(ORIGIN).filter(|_| is_fetch).cloned()
}

/// Lets this page read this answer, also in credentials mode.
pub fn open_to(headers: &mut HeaderMap, page: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// The answer to an `OPTIONS` request.
pub fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(http::header::ALLOW, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed(asked));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    headers.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    response
}

/// The names that we know and those that are asked for, each once.
fn allowed(asked: &HeaderMap) -> HeaderValue {
    let mut names: Vec<HeaderName> =
        ALLOWED.iter().map(|name| HeaderName::from_static(name)).collect();
    let lists = asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS);
    let wanted =
        lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    for name in wanted.take(ASKED_MAX).filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let text = names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(text).expect("header names are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_allows_what_xapi_needs_and_what_is_asked_for() {
        let mut asked = HeaderMap::new();
        let wanted = HeaderValue::from_static("Authorization, X-Custom ,, x-custom, bad name");
        asked.insert(ACCESS_CONTROL_REQUEST_HEADERS, wanted);
        let response = preflight(&asked);
        let allowed = response.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
        assert_eq!(allowed, format!("{}, x-custom", ALLOWED.join(", ")));
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(response.headers()[VARY], "Access-Control-Request-Headers");
    }

    #[test]
    fn no_answer_allows_credentials_mode() {
        let mut headers = HeaderMap::new();
        open(&mut headers);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!headers.contains_key("access-control-allow-credentials"));
        assert!(headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().contains("ETag"));
    }
}
